"""The distance that people are shown: golden values from POT, and a shift whose distance is known."""

from __future__ import annotations

import ot
import pytest
import torch

from reswd_torch.color import lab_to_srgb, srgb_to_lab
from reswd_torch.directions import fibonacci_spiral
from reswd_torch.matching.distance import color_distance
from tests.conftest import photograph


def test_distance_equals_pot_and_is_zero_for_equal_sets() -> None:
    one, other = (torch.from_numpy(photograph(seed).reshape(-1, 3)) for seed in (1, 2))
    lines = fibonacci_spiral(32).double()
    expected = ot.sliced_wasserstein_distance(
        srgb_to_lab(one).double(), srgb_to_lab(other).double(), p=1, projections=lines.T
    )
    assert color_distance(one, other) == pytest.approx(float(expected), rel=1e-4)
    assert color_distance(one, one[torch.randperm(len(one), generator=torch.Generator().manual_seed(0))]) < 1e-5
    assert color_distance(one, other) == pytest.approx(color_distance(other, one), rel=1e-6)


def test_distance_of_a_shift_in_lightness() -> None:
    """A shift by d along L projects to d |cos|: its mean over the sphere is d / 2."""
    lab = torch.tensor([[40.0, 0.0, 0.0], [50.0, 5.0, 5.0]])
    moved = lab + torch.tensor([10.0, 0.0, 0.0])
    assert color_distance(lab_to_srgb(lab), lab_to_srgb(moved), directions=512) == pytest.approx(5.0, rel=0.01)
