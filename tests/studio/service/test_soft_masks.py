"""Masks with soft edges: as wide as asked, without steps, and honoured by the grade and by its statistics."""

from __future__ import annotations

import numpy as np
import pytest

from reswd_torch import Cdl, Grade
from reswd_torch.matching import sample_pixels
from studio.service.render import render
from studio.service.soft_masks import feathered, full_size_weights

DARKER = Grade(Cdl((0.5, 0.5, 0.5)))


def half(height: int = 400, width: int = 600) -> np.ndarray:
    """A mask of the right half."""
    mask = np.zeros((height, width), np.float32)
    mask[:, width // 2 :] = 1
    return mask


def disc(height: int, width: int) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    return (y + 0.5 - height / 2) ** 2 + (x + 0.5 - width / 2) ** 2 < (height / 3) ** 2


@pytest.mark.parametrize("radius", [2, 10, 60, 150])
def test_feather_is_as_wide_as_asked_and_smooth(radius: int) -> None:
    row = feathered(half(), radius)[200].astype(float)
    assert row[300 - round(1.4 * radius)] < 0.02
    assert row[299 + round(1.4 * radius)] > 0.98
    assert 0.02 < row[300 - round(0.8 * radius)] < 0.12
    assert (row[299] + row[300]) / 2 == pytest.approx(0.5, abs=0.01)
    assert (np.diff(row) >= -1e-4).all()
    assert np.diff(row).max() < 0.9 / radius, "no step is larger than the feather implies"


def test_no_feather_leaves_the_mask_as_it_is() -> None:
    assert np.array_equal(feathered(half(), 0), half())


@pytest.mark.parametrize("kind", [bool, np.uint8, np.float32])
@pytest.mark.parametrize("feather", [0, 25])
def test_small_mask_gets_smooth_edges_at_full_size(kind: type, feather: float) -> None:
    small = disc(150, 225)
    mask = small if kind is bool else (small * 255).astype(np.uint8) if kind is np.uint8 else small.astype(np.float32)
    weights = full_size_weights(mask, (1200, 1800), feather)
    assert (weights.shape, weights.dtype) == ((1200, 1800), np.float32)
    assert set(weights[[0, 600], [0, 900]].tolist()) == {0.0, 1.0}, "away from the edge it is all or nothing"
    steps = max(float(np.abs(np.diff(weights, axis=axis)).max()) for axis in (0, 1))
    assert steps < (0.07 if feather == 0 else 0.05)
    y, x = np.nonzero(np.abs(weights - 0.5) < 0.03)
    radius = np.hypot(y - 599.5, x - 899.5)
    assert np.abs(radius - radius.mean()).max() < 5, "the edge is a circle: the steps of the small mask are gone"
    assert radius.mean() == pytest.approx(400, abs=4)


def test_course_of_a_hard_edge_has_no_stairs() -> None:
    """A slanted edge at eight times the size: the places where it is half are nearly on a line."""
    y, x = np.mgrid[:150, :225]
    weights = full_size_weights(x > 60 + 0.37 * y, (1200, 1800))[200:1000]
    places = np.array([np.interp(0.5, row, np.arange(row.size)) for row in weights])
    rows = np.arange(200, 1000)
    off = places - np.polyval(np.polyfit(rows, places, 1), rows)
    assert np.abs(off).max() < 1.5, "of the 8 of a stair"
    across = np.count_nonzero((weights > 0.02) & (weights < 0.98), axis=1)
    assert across.max() < 40, "and it does not look feathered"


def test_soft_edge_stays_as_soft_as_it_was_painted() -> None:
    ramp = np.clip((np.arange(225) - 100) / 20, 0, 1).astype(np.float32)
    weights = full_size_weights(np.tile(ramp, (150, 1)), (1200, 1800))
    expected = np.clip(((np.arange(1800) - 3.5) / 8 - 100) / 20, 0, 1)
    assert np.abs(weights[600] - expected).max() < 0.03


@pytest.mark.parametrize("size", [(150, 225), (75, 112), (149, 230)])
def test_mask_of_any_other_size(size: tuple[int, int]) -> None:
    weights = full_size_weights(disc(150, 225), size)
    assert weights.shape == size
    assert weights.mean() == pytest.approx(disc(150, 225).mean(), abs=0.01)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("radius", [8, 40])
def test_grade_has_no_visible_edge_in_a_feather(dtype: type, radius: int) -> None:
    top = np.iinfo(dtype).max
    picture = np.full((400, 600, 3), top * 4 // 5, dtype)
    graded = render(picture, DARKER, feathered(half(), radius)).astype(float)
    row = graded[200, :, 1]
    assert row[0] == picture[0, 0, 0]
    assert row[-1] == pytest.approx(top * 2 / 5, abs=1)
    assert (np.diff(row) <= 0).all()
    assert np.abs(np.diff(row)).max() <= 0.9 / radius * top * 2 / 5 + 1
    assert np.array_equal(graded[0], graded[-1])


def test_statistics_count_pixels_by_their_weight() -> None:
    """Three weights side by side: colours are drawn in proportion."""
    picture = np.zeros((300, 900, 3), np.uint8)
    weights = np.zeros((300, 900), np.float32)
    for place, (level, weight) in enumerate(((50, 1.0), (150, 0.5), (250, 0.0))):
        picture[:, 300 * place : 300 * (place + 1)] = level
        weights[:, 300 * place : 300 * (place + 1)] = weight
    levels = np.rint(sample_pixels(picture, 3000, 0, weights).fit.numpy()[:, 0] * 255)
    assert (levels == 50).mean() == pytest.approx(2 / 3, abs=0.01)
    assert (levels == 250).sum() == 0


def test_enlarging_gives_the_same_weights_every_time() -> None:
    first, second = (full_size_weights(disc(600, 900), (1600, 2400), 30) for _ in range(2))
    assert np.array_equal(first, second)
