"""Data terms: golden values from POT, and that their force is the derivative of their loss."""

from __future__ import annotations

import ot
import pytest
import torch
from hypothesis import settings

from reswd_torch.matching.data_terms import JoinedCoupling, PairedCoupling, SlicedCoupling

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


def test_joined_couplings_are_a_weighted_sum() -> None:
    generator = torch.Generator().manual_seed(0)
    lab, target = (100 * torch.rand(count, 3, generator=generator) for count in (50, 70))
    pairs = 100 * torch.rand(20, 3, generator=generator)
    directions = torch.nn.functional.normalize(torch.randn(4, 3, generator=generator), dim=1)
    sliced, paired = SlicedCoupling(target, directions, 30), PairedCoupling(pairs)
    joined = JoinedCoupling([(sliced, 30, 0.25), (paired, 20, 0.75)])(lab)
    first, second = sliced(lab[:30]), paired(lab[30:])
    torch.testing.assert_close(joined.loss, 0.25 * first.loss + 0.75 * second.loss)
    torch.testing.assert_close(joined.force, torch.cat([0.25 * first.force, 0.75 * second.force]))
    torch.testing.assert_close(joined.curvature, torch.cat([0.25 * first.curvature, 0.75 * second.curvature]))


def test_tails_are_left_out_along_each_direction() -> None:
    """Without them the fit takes no notice of a tenth that has no counterpart; with them it does."""
    generator = torch.Generator().manual_seed(0)
    lab = torch.randn(2000, 3, generator=generator) * 15 + torch.tensor([50.0, 0.0, 0.0])
    target = lab + torch.tensor([10.0, 0.0, 0.0])
    target[:100] += torch.tensor([200.0, 0.0, 0.0])
    up = torch.tensor([[1.0, 0.0, 0.0]])
    trimmed, whole = SlicedCoupling(target, up, 2000, tails=0.15)(lab), SlicedCoupling(target, up, 2000)(lab)
    counted = trimmed.force[:, 0] != 0
    assert counted.sum() == 1400
    ranks = lab[:, 0].argsort().argsort()
    assert torch.equal(counted, (ranks >= 300) & (ranks < 1700))
    assert trimmed.curvature[~counted].abs().max() == 0
    assert float(trimmed.loss) < 0.8 * 11 < float(whole.loss)
    same = SlicedCoupling(target, up, 2000, tails=0.0)(lab)
    assert torch.equal(same.force, whole.force)
