"""Masks by colours: which pixels are near, how softly that ends, and that depth and strips don't matter."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from reswd_torch.color import lab_to_srgb, srgb_to_lab
from reswd_torch.profiles import to_profile
from reswd_torch.profiles.curves import ParametricCurve
from reswd_torch.profiles.icc import D65, SRGB_PRIMARIES, write_profile
from studio.service.color_range import LIGHTNESS, color_range
from tests.studio.media.images.profiles_for_tests import display_p3

LINEAR = write_profile("linear", SRGB_PRIMARIES, D65, ParametricCurve(1.0))
SKY, GRASS = (0.35, 0.55, 0.8), (0.3, 0.5, 0.2)


def around(color: tuple[float, float, float], axis: int, reach: float, count: int = 601) -> np.ndarray:
    """(1, count, 3) uint16: colours from a colour along one axis of Lab."""
    lab = srgb_to_lab(torch.tensor(color, dtype=torch.float64)).repeat(count, 1)
    lab[:, axis] += torch.linspace(0, reach, count, dtype=torch.float64)
    return np.rint(lab_to_srgb(lab).clamp(0, 1).numpy() * 65535).astype(np.uint16)[None]


@pytest.mark.parametrize(("axis", "counts"), [(0, LIGHTNESS), (1, 1.0), (2, 1.0)])
def test_weight_falls_smoothly_from_1_to_0_with_the_distance(axis: int, counts: float) -> None:
    reach = 24 / counts
    weights = color_range(around(SKY, axis, -reach if axis == 0 else reach), None, (SKY,), 6, 12)[0]
    distance = np.linspace(0, 24, 601)
    assert (weights[distance < 5.7] == 1).all()
    assert (weights[distance > 18.3] == 0).all()
    assert (np.diff(weights) <= 1e-4).all()
    assert weights[np.abs(distance - 12).argmin()] == pytest.approx(0.5, abs=0.03)
    assert np.abs(np.diff(weights)).max() < 0.008, "there is no step"
    assert np.abs(np.diff(weights, 2)).max() < 0.003, "and no kink"


def test_without_softness_the_edge_is_hard() -> None:
    weights = color_range(around(SKY, 1, 20), None, (SKY,), 10, 0)[0]
    assert set(weights.tolist()) == {0.0, 1.0}
    assert weights.sum() == pytest.approx(301, abs=6)


def test_several_colours_are_a_union() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    one, other = (color_range(picture, None, (color,), 10, 15) for color in (SKY, GRASS))
    assert np.allclose(color_range(picture, None, (SKY, GRASS), 10, 15), np.maximum(one, other), atol=1e-5)
    assert 0 < one.sum() != other.sum() > 0


def test_depth_does_not_matter() -> None:
    eight = np.random.default_rng(1).integers(0, 256, (50, 60, 3), np.uint8)
    assert np.array_equal(
        color_range(eight, None, (SKY,), 20, 30), color_range(eight.astype(np.uint16) * 257, None, (SKY,), 20, 30)
    )


def test_strips_do_not_matter() -> None:
    picture = np.random.default_rng(2).integers(0, 256, (700, 90, 3), np.uint8)
    whole = color_range(picture, None, (SKY, GRASS), 20, 30)
    rows = np.concatenate(
        [color_range(picture[at : at + 100], None, (SKY, GRASS), 20, 30) for at in range(0, 700, 100)]
    )
    assert np.array_equal(whole, rows)
    assert np.array_equal(whole[:, ::-1], color_range(picture[:, ::-1], None, (SKY, GRASS), 20, 30))


@pytest.mark.parametrize("icc", [display_p3(), LINEAR], ids=["Display P3", "linear light"])
def test_encoding_does_not_matter(icc: bytes) -> None:
    picture = np.rint(np.random.default_rng(3).uniform(0.15, 0.85, (40, 50, 3)) * 65535).astype(np.uint16)
    here = color_range(picture, None, (SKY,), 20, 30)
    there = color_range(to_profile(picture, None, icc), icc, (SKY,), 20, 30)
    assert np.abs(here - there).max() < 0.03
    assert here.max() > 0.9
