"""What a grade pushed out, and how it is shown."""

from __future__ import annotations

import numpy as np
import pytest

from reswd_torch import Cdl, Grade
from reswd_torch.errors import InputError
from studio.service.render import render
from studio.views.clipping import HIGHLIGHTS, SHADOWS, draw_clipping, pushed_out


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_only_what_the_grade_pushed_out_counts(dtype: type) -> None:
    top = np.iinfo(dtype).max
    before = np.array([[[0, 9, 9], [9, 9, 9], [top, 9, 9], [9, 9, 9], [9, 9, 9], [9, 9, top]]], dtype)
    after = np.array([[[0, 9, 9], [9, 0, 9], [top, 9, 9], [9, 9, top], [1, 9, top - 1], [0, 9, 0]]], dtype)
    clipped = pushed_out(before, after)
    assert clipped.shadows.tolist() == [[False, True, False, False, False, True]]
    assert clipped.highlights.tolist() == [[False, False, False, True, False, False]]
    assert clipped.shares == pytest.approx((2 / 6, 1 / 6))


def test_bright_grade_of_a_ramp_pushes_out_its_bright_end() -> None:
    ramp = np.arange(256, dtype=np.uint8)[None, :, None].repeat(3, axis=2)
    grade = Grade(Cdl((1.25, 1.25, 1.25), (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), 1.0))
    clipped = pushed_out(ramp, render(ramp, grade))
    assert not clipped.shadows.any()
    assert clipped.highlights[0].tolist() == [204 <= level < 255 for level in range(256)]


@pytest.mark.parametrize("color", [(255, 0, 0), (0, 60, 255), (0, 0, 0), (255, 255, 255), (130, 130, 130)])
def test_signals_are_seen_over_any_picture(color: tuple[int, int, int]) -> None:
    shown = np.full((20, 20, 3), color, np.uint8)
    before, after = shown.copy(), shown.copy()
    before[:5], after[:5], before[10:15], after[10:15] = 9, 0, 9, 255
    drawn = draw_clipping(shown, pushed_out(before, after))
    assert (drawn[:5] == SHADOWS).all()
    assert (drawn[10:15] == HIGHLIGHTS).all()
    for signal in (SHADOWS, HIGHLIGHTS):
        assert np.abs(drawn[5:10].astype(int) - signal).sum(axis=2).min() > 150


def test_one_pixel_of_a_large_picture_is_seen_in_its_preview() -> None:
    before = np.full((300, 450, 3), 100, np.uint8)
    after = before.copy()
    after[123, 321] = 255
    drawn = draw_clipping(np.full((100, 150, 3), 100, np.uint8), pushed_out(before, after))
    assert np.argwhere((drawn == HIGHLIGHTS).all(axis=2)).tolist() == [[41, 107]]


def test_two_pictures_of_different_kinds_are_refused() -> None:
    eight = np.zeros((2, 2, 3), np.uint8)
    for other in (eight.astype(np.uint16), eight[:1]):
        with pytest.raises(InputError, match="one picture twice"):
            pushed_out(eight, other)
