"""The reservoir: keys, decay, inclusion, and the exactness of the correction."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from reswd_torch.direction_reservoir import (
    FLOOR,
    Draws,
    ReservoirRule,
    ReservoirState,
    decay_factor,
    effective_sample_size,
    empty_state,
    inclusion_probability,
    keep,
    log_keys,
    make_offer,
    reservoir_step,
    selection_log_weights,
)
from reswd_torch.directions import draw_directions
from reswd_torch.wasserstein import PointSets, direction_costs

DOUBLE = torch.float64


def lines(count: int, seed: int = 0) -> Tensor:
    return draw_directions("gaussian", count, 3, generator=torch.Generator().manual_seed(seed), dtype=DOUBLE)


def exponential(*shape: int, seed: int = 0) -> Tensor:
    return torch.empty(*shape, dtype=DOUBLE).exponential_(generator=torch.Generator().manual_seed(seed))


DRAWS = Draws(lines(2), None, exponential(5))


def filled(kept: int = 3) -> ReservoirState:
    return ReservoirState(
        directions=lines(kept, 7),
        carried=torch.linspace(1.0, 2.0, kept, dtype=DOUBLE),
        birth=torch.arange(kept),
        step=torch.tensor(5),
        seen=torch.tensor(9.0, dtype=DOUBLE),
    )


def test_first_offer_is_plain_sampling() -> None:
    offer = make_offer(empty_state(3, 3, DOUBLE), lines(2), lines(3, 1), tau=8.0)
    torch.testing.assert_close(offer.importance, torch.full((5,), 0.2, dtype=DOUBLE))
    assert torch.equal(offer.directions, torch.cat([lines(3, 1), lines(2)]))


def test_first_offer_without_starters_leaves_slots_empty() -> None:
    offer = make_offer(empty_state(3, 3, DOUBLE), lines(2), None)
    assert offer.importance.tolist() == [0.0, 0.0, 0.0, 0.5, 0.5]
    kept = keep(empty_state(3, 3, DOUBLE), offer, torch.rand(5, dtype=DOUBLE), exponential(5))
    assert sorted(kept.state.carried.tolist()) == [0.0, 1.0, 1.0]  # nobody had to go, so nobody's weight changes
    assert kept.inclusion.tolist() == [1.0, 1.0, 1.0]


def test_decay_counts_from_birth_and_does_not_compound() -> None:
    """Birth at steps 0, 1, 2, seen at step 5: exp(-5/τ), exp(-4/τ), exp(-3/τ), whatever happened in between."""
    offer = make_offer(filled(), lines(2), None, tau=4.0)
    expected = torch.exp(-torch.tensor([5.0, 4.0, 3.0, 0.0, 0.0], dtype=DOUBLE) / 4.0)
    torch.testing.assert_close(offer.decay, expected)
    torch.testing.assert_close(offer.seen, torch.tensor(9.0 * math.exp(-0.25) + 2.0, dtype=DOUBLE))
    torch.testing.assert_close(offer.importance, offer.carried * expected / offer.seen)
    assert torch.equal(decay_factor(torch.tensor([0, 100]), None, DOUBLE), torch.ones(2, dtype=DOUBLE))


def test_seen_is_the_discounted_count_of_directions() -> None:
    state = empty_state(4, 3, DOUBLE)
    x = torch.zeros(2, 3, dtype=DOUBLE)
    for step in range(6):
        draws = Draws(lines(2, step), lines(4, 50 + step), exponential(6, seed=step))
        _, state = reservoir_step(state, draws, PointSets(x, x + 1), ReservoirRule(tau=3.0))
    births = [0] * 6 + [s for s in range(1, 6) for _ in range(2)]
    assert float(state.seen) == pytest.approx(sum(math.exp(-(5 - b) / 3.0) for b in births))
    assert int(state.step) == 6


def test_keys_order_as_in_the_paper() -> None:
    """The smallest -ln(u)/w are the largest u^(1/w)."""
    weights, noise = torch.rand(20, dtype=DOUBLE) + 0.1, exponential(20)
    keys = log_keys(torch.log(weights), noise)
    assert torch.equal(keys.argsort(), torch.exp(-noise).pow(1 / weights).argsort(descending=True))


def test_tiny_scores_neither_underflow_nor_matter() -> None:
    """Only ratios count: float32 scores of 1e-30, where u^(1/w) is zero for all, keep what scores of 1 keep."""
    state = empty_state(3, 3, torch.float32)
    offer = make_offer(state, lines(3).float(), lines(3, 1).float())
    scores, noise = torch.tensor([0.3, 1.0, 2.0, 0.4, 5.0, 1.5]), exponential(6).float()
    small, large = keep(state, offer, scores * 1e-30, noise), keep(state, offer, scores, noise)
    assert torch.equal(small.index, large.index)
    torch.testing.assert_close(small.state.carried, large.state.carried)


def test_zero_scores_are_bounded() -> None:
    state = empty_state(3, 3, DOUBLE)
    offer = make_offer(state, lines(3), lines(3, 1))
    for scores in (torch.zeros(6, dtype=DOUBLE), torch.tensor([0, 0, 0, 0, 0, 1.0], dtype=DOUBLE)):
        kept = keep(state, offer, scores, exponential(6))
        assert torch.isfinite(kept.state.carried).all() and (kept.inclusion > 0).all()
    log_weights = selection_log_weights(torch.tensor([0.0, 1.0]), torch.ones(2))
    torch.testing.assert_close(torch.exp(log_weights), torch.tensor([FLOOR, 2.0]))
    assert torch.equal(selection_log_weights(torch.zeros(3), torch.ones(3)), torch.zeros(3))


def test_inclusion_probability() -> None:
    p = inclusion_probability(torch.log(torch.tensor([0.5, 2.0])), torch.log(torch.tensor(3.0)))
    torch.testing.assert_close(p, 1 - torch.exp(-torch.tensor([1.5, 6.0])))
    assert inclusion_probability(torch.zeros(1), torch.tensor(math.inf)).item() == 1.0


def test_effective_sample_size() -> None:
    assert effective_sample_size(torch.full((7,), 0.3)).item() == pytest.approx(7)
    assert effective_sample_size(torch.tensor([5.0, 0.0, 0.0])).item() == pytest.approx(1)
    assert effective_sample_size(torch.tensor([3.0, 1.0])).item() == pytest.approx(16 / 10)
    assert effective_sample_size(torch.zeros(4)).item() == 4
    assert effective_sample_size(torch.full((4,), 1e-30)).item() == pytest.approx(4)


def test_inclusion_frequencies_agree_with_the_definition() -> None:
    """Keeping one of two with weights w: item i stays with probability w_i / (w_1 + w_2)."""
    state = empty_state(1, 3, DOUBLE)
    offer = make_offer(state, lines(1), lines(1, 1))
    scores = torch.tensor([1.0, 3.0], dtype=DOUBLE)
    chosen = [int(keep(state, offer, scores, noise).index) for noise in exponential(2000, 2)]
    assert sum(chosen) / 2000 == pytest.approx(0.75, abs=4 * (0.75 * 0.25 / 2000) ** 0.5)


@pytest.mark.parametrize("tau", [None, 3.0])
def test_one_draw_preserves_any_sum_in_expectation(tau: float | None) -> None:
    """E of the sum of a·h over the kept is that over the offered, for an h that has nothing to do with the scores."""
    state = filled(4)
    offer = make_offer(state, lines(3), None, tau)
    scores = torch.tensor([0.2, 1.0, 3.0, 0.0, 0.5, 2.0, 0.9], dtype=DOUBLE)
    values = offer.directions[:, 1] + 0.5
    sums = []
    for noise in exponential(4000, 7):
        kept = keep(state, offer, scores, noise)
        sums.append((kept.state.carried * values[kept.index]).sum())
    estimates = torch.stack(sums)
    exact = (offer.carried * values).sum()
    assert abs(float(estimates.mean() - exact)) < 3 * float(estimates.std()) / 4000**0.5


def test_scores_are_of_this_step() -> None:
    """After the points move, kept directions are scored on the points as they are."""
    x = torch.zeros(2, 3, dtype=DOUBLE)
    state = filled()
    along = torch.tensor([1.0, 0.0, 0.0], dtype=DOUBLE)
    across = torch.tensor([0.0, 1.0, 0.0], dtype=DOUBLE)
    for shift in (along, across):
        result, state = reservoir_step(state, DRAWS, PointSets(x, x + shift), ReservoirRule(p=1))
        torch.testing.assert_close(result.costs, (result.directions @ shift).abs())
        torch.testing.assert_close(result.value, (result.costs * result.importance).sum())


def test_value_is_the_mean_over_all_draws_of_the_kept_estimate() -> None:
    """The sum over the offered is the expectation of the rank-conditioned sum over the kept: same mean, no noise."""
    x = torch.zeros(1, 3, dtype=DOUBLE)
    y = x + torch.tensor([1.0, 0.5, 0.0], dtype=DOUBLE)
    state, fresh = filled(), lines(2)
    kept_estimates = []
    for noise in exponential(2000, 5):
        result, _ = reservoir_step(state, Draws(fresh, None, noise), PointSets(x, y), ReservoirRule(tau=4.0))
        kept_estimates.append((result.importance * result.costs)[result.index].div(result.inclusion).sum())
    estimates = torch.stack(kept_estimates)
    assert abs(float(estimates.mean() - result.value)) < 3 * float(estimates.std()) / 2000**0.5


def test_reset_empties_and_starts_again() -> None:
    x = torch.zeros(1, 3, dtype=DOUBLE)
    step = torch.tensor([1.0, 0.0, 0.0], dtype=DOUBLE)
    sets, rule = PointSets(x, x + step), ReservoirRule(p=1, correction="paper", reset_below=1.0)
    _, state = reservoir_step(filled(), DRAWS, sets, rule)
    assert float(state.seen) == 0 and torch.equal(state.carried, torch.zeros(3, dtype=DOUBLE))
    result, _ = reservoir_step(state, replace(DRAWS, starters=lines(3, 4)), sets, rule)
    torch.testing.assert_close(result.value, result.costs.mean())
    assert torch.equal(result.age, torch.zeros(5, dtype=torch.int64))


def test_paper_correction_is_self_normalised() -> None:
    x = torch.zeros(1, 3, dtype=DOUBLE)
    arguments = (filled(), DRAWS, PointSets(x, x + 1))
    exact, _ = reservoir_step(*arguments, ReservoirRule(tau=4.0, correction="exact"))
    paper, _ = reservoir_step(*arguments, ReservoirRule(tau=4.0, correction="paper", reset_below=0.0))
    assert float(paper.importance.sum()) == pytest.approx(1.0)
    torch.testing.assert_close(paper.importance, exact.importance / exact.importance.sum())
    assert torch.equal(paper.index, exact.index)


def test_batch_shares_one_reservoir_and_keeps_its_values() -> None:
    x, y = torch.randn(2, 4, 3, dtype=DOUBLE), torch.randn(2, 5, 3, dtype=DOUBLE)
    result, _ = reservoir_step(filled(), DRAWS, PointSets(x, y), ReservoirRule())
    for i, (a, b) in enumerate(zip(x, y, strict=True)):
        costs = direction_costs(a, b, result.directions)
        torch.testing.assert_close(result.value[i], (costs * result.importance).sum())


def test_gradient_flows_through_costs_only() -> None:
    x = torch.randn(2, 4, 3, dtype=DOUBLE, requires_grad=True)
    y = torch.randn(2, 5, 3, dtype=DOUBLE, requires_grad=True)

    def value(x: Tensor, y: Tensor) -> Tensor:
        return reservoir_step(filled(), DRAWS, PointSets(x, y), ReservoirRule(tau=8.0))[0].value

    assert torch.autograd.gradcheck(value, (x, y))
    _, state = reservoir_step(filled(), DRAWS, PointSets(x, y), ReservoirRule())
    assert not any(tensor.requires_grad for tensor in vars(state).values())


def test_step_leaves_its_inputs_alone() -> None:
    state = filled()
    before = {name: tensor.clone() for name, tensor in vars(state).items()}
    x = torch.zeros(1, 3, dtype=DOUBLE)
    reservoir_step(state, replace(DRAWS, starters=lines(3)), PointSets(x, x + 1), ReservoirRule())
    assert all(torch.equal(before[name], tensor) for name, tensor in vars(state).items())


def test_age_far_beyond_tau_stays_finite() -> None:
    state = replace(filled(), step=torch.tensor(10_000))
    x = torch.zeros(1, 3, dtype=DOUBLE)
    result, following = reservoir_step(state, DRAWS, PointSets(x, x + 1), ReservoirRule(tau=1.0))
    assert all(torch.isfinite(tensor).all() for tensor in (result.value, *vars(following).values()))
    assert sorted(following.carried.tolist()) == [0.0, 1.0, 1.0]  # what has faded away leaves its slot


def test_large_reservoir_with_short_decay_stays_finite() -> None:
    """64 kept and 1 fresh outlive tau = 0.2 by far: exp(-age/tau) underflows in float32 while there is room for all."""
    state, x = empty_state(64, 3, torch.float32), torch.zeros(1, 3)
    for step in range(80):
        draws = Draws(lines(1, step).float(), lines(64, 999).float(), exponential(65, seed=step).float())
        result, state = reservoir_step(state, draws, PointSets(x, x + 1), ReservoirRule(tau=0.2))
        assert torch.isfinite(result.value) and torch.isfinite(state.carried).all()


@pytest.mark.parametrize("correction", ["exact", "paper"])
def test_step_compiles_as_one_graph(correction: str) -> None:
    """No data-dependent branch: one graph, the same numbers (traced only; a code generator is not needed for that)."""
    x = torch.zeros(4, 3, dtype=DOUBLE)
    rule = ReservoirRule(p=1, tau=8.0, correction=correction)
    arguments = (filled(), replace(DRAWS, starters=lines(3, 1)), PointSets(x, x + 1), rule)
    compiled = torch.compile(reservoir_step, fullgraph=True, backend="eager")
    result, state = compiled(*arguments)
    expected, expected_state = reservoir_step(*arguments)
    torch.testing.assert_close(result.value, expected.value)
    torch.testing.assert_close(state.carried, expected_state.carried)
