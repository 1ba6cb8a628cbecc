"""Bands, false contours and kept structure, on pictures whose answers are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from training.contours import false_contours, smooth_area, structure_kept


def _ramp(low: float = 0.3, high: float = 0.7, size: int = 64, slope: float = 0.0) -> Tensor:
    """A gradient from top to bottom (and a share of it from left to right), (1, 3, size, size)."""
    along = torch.linspace(0, 1, size)
    share = (along[:, None] + slope * along) / (1 + slope)
    return (low + (high - low) * share).expand(1, 3, size, size).contiguous()


def _posterised(picture: Tensor, levels: float) -> Tensor:
    return (picture * levels).round() / levels


def _noisy(picture: Tensor, deviation: float, seed: int = 0) -> Tensor:
    noise = torch.randn(picture.shape, generator=torch.Generator().manual_seed(seed))
    return (picture + deviation * noise).clamp(0, 1)


@pytest.mark.parametrize("slope", [0.0, 0.5, 1.0])
def test_a_smooth_gradient_has_no_false_contour(slope: float) -> None:
    plain = _ramp(slope=slope)
    assert false_contours(plain, plain) == [0]
    assert false_contours(plain**1.7 * 0.9, plain) == [0]
    stretched = ((plain - 0.3) * 2.4).clamp(0, 1)
    assert false_contours(stretched, plain) == [0]


@pytest.mark.parametrize("slope", [0.0, 0.5, 1.0])
def test_a_posterised_gradient_has_many(slope: float) -> None:
    plain = _ramp(slope=slope)
    assert false_contours(_posterised(plain, 16), plain)[0] > 0.3
    assert false_contours(_posterised(plain, 8), plain)[0] > 0.15


def test_a_contour_that_is_two_pixels_wide_counts_as_well() -> None:
    plain = _ramp()
    soft = torch.nn.functional.avg_pool2d(_posterised(plain, 12), (2, 1), 1)
    assert false_contours(soft, plain[:, :, 1:])[0] > 0.15


@pytest.mark.parametrize("deviation", [0.005, 0.02, 0.05, 0.1])
def test_noise_is_no_banding(deviation: float) -> None:
    plain = _ramp()
    grey = (plain + deviation * torch.randn(1, 1, 64, 64, generator=torch.Generator().manual_seed(1))).clamp(0, 1)
    assert false_contours(_noisy(plain, deviation), plain)[0] < 0.02
    assert false_contours(grey, plain)[0] < 0.02


def test_more_bands_than_in_faint_noise() -> None:
    plain = _ramp()
    assert false_contours(_noisy(_posterised(plain, 10), 0.002), plain)[0] > 0.15


def test_a_step_of_hue_alone_counts() -> None:
    plain = _ramp()
    tinted = plain.clone()
    tinted[:, 0, 32:] += 0.05
    assert 0.03 < false_contours(tinted, plain)[0] < 0.15


def test_a_turn_of_the_ramp_counts_and_a_reversal_as_a_whole_does_not() -> None:
    plain = _ramp()
    folded = 0.3 + 0.8 * (plain - 0.5).abs()
    assert 0.03 < false_contours(folded, plain)[0] < 0.2
    assert false_contours(1 - plain, plain) == [0]
    assert false_contours(folded, folded) == [0]  # the plain picture turns there as well


def test_what_happens_at_the_plain_pictures_edges_does_not_count() -> None:
    plain = torch.full((1, 3, 64, 64), 0.2)
    plain[..., 32:] = 0.8
    shifted = plain.clone()
    shifted[..., 31] = 0.8
    assert false_contours(1 - plain, plain) == [0]
    assert false_contours(shifted, plain) == [0]


def test_a_picture_without_a_smooth_area_has_no_share() -> None:
    rough = _noisy(_ramp(), 0.2)
    assert not smooth_area(np.random.default_rng(0).random((32, 32, 3)) * 100).any()
    assert math.isnan(false_contours(rough, rough)[0])


def test_structure_is_kept_by_a_grade_and_lost_by_another_picture() -> None:
    plain, other = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0)).split(1)
    assert structure_kept(plain, plain)[0] == pytest.approx(1)
    assert structure_kept(0.5 * plain + 0.2, plain)[0] > 0.98
    assert abs(structure_kept(other, plain)[0]) < 0.1
    assert structure_kept(1 - plain, plain)[0] < -0.9


def test_structure_sees_both_directions() -> None:
    across = torch.zeros(1, 3, 16, 16)
    across[..., 8:] = 1
    assert structure_kept(across, across.mT)[0] == pytest.approx(0, abs=0.05)
    assert structure_kept(across.mT, across.mT)[0] == pytest.approx(1)


def test_structure_of_one_lightness_is_not_a_number() -> None:
    flat = torch.full((1, 3, 8, 8), 0.5)
    assert math.isnan(structure_kept(flat, _ramp(size=8))[0])
