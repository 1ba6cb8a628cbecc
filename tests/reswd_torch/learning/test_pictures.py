"""Colours of aligned pictures: what counts, and what a shift is."""

from __future__ import annotations

import numpy as np
import pytest

from reswd_torch.learning.pictures import aligned_colours, measure_shift, small
from tests.conftest import photograph

PHOTO = photograph(1, 300, 400).astype(np.float32)


@pytest.mark.parametrize(("right", "down"), [(7, 0), (0, -5), (-12, 9)])
def test_a_shift_is_measured_whatever_the_colours(right: int, down: int) -> None:
    other = np.roll(PHOTO[..., ::-1] ** 1.5 * 0.7 + 0.1, (down, right), (0, 1))
    found = measure_shift(small(PHOTO), small(other))
    assert found is not None and not found.is_aligned
    assert (found.right, found.down) == pytest.approx((right, down), abs=0.7)
    assert f"{abs(found.right):.1f} pixels to the {'right' if found.right > 0 else 'left'}" in found.in_words()


def test_another_rendering_is_no_shift() -> None:
    found = measure_shift(small(PHOTO), small(PHOTO**0.6 * 0.8))
    assert found is not None and found.is_aligned and found.small < 0.3


def test_of_a_large_picture_the_shift_is_in_its_own_pixels() -> None:
    large = np.kron(PHOTO, np.ones((4, 4, 1), np.float32))
    found = measure_shift(small(large), small(np.roll(large, 24, 1)))
    assert found is not None and found.right == pytest.approx(24, abs=1.5)
    one = measure_shift(small(large), small(np.roll(large, 1, 1)))
    assert one is not None and one.is_aligned


def test_a_flat_picture_tells_no_shift() -> None:
    flat = np.full((100, 100, 3), 0.5, np.float32)
    assert measure_shift(small(flat), small(flat)) is None


def test_clipped_and_transparent_pixels_do_not_count() -> None:
    before = np.full((60, 60, 3), 128, np.uint8)
    after = before.copy()
    before[:20], after[:, :20] = 255, 0
    opacity = np.ones((60, 60), np.float32)
    opacity[40:] = 0.5
    found = aligned_colours(small(before, opacity), small(after), 10_000)
    assert len(found.before) == 19 * 39  # of 20 x 40, those beside others that do not count are at an edge
    np.testing.assert_allclose(found.before, 128 / 255, atol=1e-6)
    np.testing.assert_allclose(found.after, 128 / 255, atol=1e-6)


def test_colours_are_spread_over_parts_of_the_picture() -> None:
    found = aligned_colours(small(PHOTO), small(PHOTO * 0.5 + 0.1), 1000)
    assert len(found.before) == 1000
    assert np.bincount(found.parts, minlength=5).min() > 60
    np.testing.assert_allclose(found.after, found.before * 0.5 + 0.1, atol=1e-6)
