"""Data terms: golden values from POT, and that their force is the derivative of their loss."""

from __future__ import annotations

import ot
import pytest
import torch
from hypothesis import settings

from reswd_torch.color import srgb_to_lab
from reswd_torch.matching.data_terms import PairedCoupling, SlicedCoupling
from reswd_torch.matching.distance import color_distance
from tests.conftest import photograph

QUICK = settings(max_examples=25, deadline=None, derandomize=True)
DOUBLE = torch.float64


def cloud(count: int, seed: int, scale: float = 20.0) -> torch.Tensor:
    return torch.randn(count, 3, generator=torch.Generator().manual_seed(seed), dtype=DOUBLE) * scale


def directions(count: int, seed: int = 0) -> torch.Tensor:
    free = torch.randn(count, 3, generator=torch.Generator().manual_seed(seed), dtype=DOUBLE)
    return free / free.norm(dim=1, keepdim=True)


@pytest.mark.parametrize(("n", "seed"), [(1, 0), (7, 1), (200, 2)])
def test_loss_equals_pot_sliced_wasserstein(n: int, seed: int) -> None:
    source, target, lines = cloud(n, seed), cloud(n, seed + 100), directions(16)
    expected = ot.sliced_wasserstein_distance(source, target, p=1, projections=lines.T)
    assert float(SlicedCoupling(target, lines, n)(source).loss) == pytest.approx(float(expected), rel=1e-9)


def test_loss_with_other_sizes_is_close_to_pots() -> None:
    """Quantiles of another count approximate the exact coupling of sets of unequal size."""
    source, target, lines = cloud(400, 3), cloud(700, 4) + 5, directions(16)
    expected = float(ot.sliced_wasserstein_distance(source, target, p=1, projections=lines.T))
    assert float(SlicedCoupling(target, lines, 400)(source).loss) == pytest.approx(expected, rel=0.01)


def test_distance_equals_pot_and_is_zero_for_equal_sets() -> None:
    one, other = (torch.from_numpy(photograph(seed).reshape(-1, 3)) for seed in (1, 2))
    from reswd_torch.directions import fibonacci_spiral

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
    from reswd_torch.color import lab_to_srgb

    moved = lab + torch.tensor([10.0, 0.0, 0.0])
    assert color_distance(lab_to_srgb(lab), lab_to_srgb(moved), directions=512) == pytest.approx(5.0, rel=0.01)


def test_pull_is_the_gradient_of_the_reweighted_loss() -> None:
    """Far from the target every |r| is above the rounding, and force = d loss / d lab."""
    source, target, lines = cloud(30, 5), cloud(30, 6) + 500, directions(9)
    leaf = source.clone().requires_grad_(True)
    coupling = SlicedCoupling(target, lines, 30)
    (expected,) = torch.autograd.grad(coupling(leaf).loss, leaf)
    torch.testing.assert_close(coupling(source).force, expected)


def test_curvature_is_symmetric_and_not_negative() -> None:
    term = SlicedCoupling(cloud(40, 7), directions(12), 30)(cloud(30, 8))
    torch.testing.assert_close(term.curvature, term.curvature.transpose(1, 2))
    assert float(torch.linalg.eigvalsh(term.curvature).min()) > -1e-12


def test_equal_sets_exert_no_force() -> None:
    source = cloud(50, 9)
    term = SlicedCoupling(source, directions(8), 50)(source)
    assert float(term.loss) == 0
    assert float(term.force.abs().max()) == 0


def test_pairs() -> None:
    source, target = cloud(20, 10), cloud(20, 11) + 100
    leaf = source.clone().requires_grad_(True)
    term = PairedCoupling(target)(leaf)
    assert float(term.loss.detach()) == pytest.approx(float((source - target).norm(dim=1).mean()))
    (expected,) = torch.autograd.grad(term.loss, leaf)
    torch.testing.assert_close(term.force.detach(), expected)
    assert float(PairedCoupling(source)(source).loss) == 0
