"""Plans along directions: what they cost, the bound they are, and the estimate over old and new ones."""

from __future__ import annotations

import math
from dataclasses import fields

import pytest
import torch
from torch import Tensor

from reswd_torch.coupling_reservoir import (
    Couplings,
    KeptCouplings,
    couple,
    coupled_costs,
    coupling_step,
    none_kept,
)
from reswd_torch.directions import draw_directions
from reswd_torch.wasserstein import PointSets, direction_costs

DOUBLE = torch.float64


def points(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=DOUBLE)


def lines(count: int, dims: int = 3, seed: int = 0) -> Tensor:
    return draw_directions("gaussian", count, dims, generator=torch.Generator().manual_seed(seed), dtype=DOUBLE)


def sets(kind: str) -> tuple[Tensor, Tensor, Tensor | None, Tensor | None]:
    """Two sets and their weights."""
    if kind == "one size":
        return points(1, 9, 3), points(2, 9, 3), None, None
    if kind == "two sizes":
        return points(1, 9, 3), points(2, 13, 3), None, None
    if kind == "weights":
        return points(1, 9, 3), points(2, 9, 3), points(3, 9).abs(), points(4, 9).abs()
    if kind == "a weight of 0":
        return points(1, 4, 3), points(2, 4, 3), torch.tensor([1.0, 0.0, 2.0, 1.0], dtype=DOUBLE), None
    if kind == "ties":
        return points(1, 3, 3).repeat(3, 1), points(2, 3, 3).repeat(3, 1), None, None
    if kind == "one point":
        return points(1, 1, 3), points(2, 5, 3), None, None
    assert kind == "batch"
    return points(1, 2, 6, 3), points(2, 2, 8, 3), points(3, 2, 6).abs(), None


KINDS = ("one size", "two sizes", "weights", "a weight of 0", "ties", "one point", "batch")


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_a_new_plan_costs_the_distance_and_an_old_one_at_least_it(kind: str, p: int) -> None:
    x, y, a, b = sets(kind)
    theta = lines(7)
    plans = couple(x, y, theta, a, b)
    torch.testing.assert_close(coupled_costs(x, plans, p), direction_costs(x, y, theta, p, a, b))
    moved = x + points(5, *x.shape)
    bound, distance = coupled_costs(moved, plans, p), direction_costs(moved, y, theta, p, a, b)
    assert (bound >= distance - 1e-12).all()
    assert kind == "one point" or float((bound - distance).max()) > 0.01


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("kind", ["one size", "two sizes", "batch"])
def test_gradient_is_the_distances_own_while_the_plan_is_optimal(kind: str, p: int) -> None:
    x, y, a, b = sets(kind)
    theta = lines(7)
    x.requires_grad_()
    (ours,) = torch.autograd.grad(coupled_costs(x, couple(x, y, theta, a, b), p).sum(), x)
    (wanted,) = torch.autograd.grad(direction_costs(x, y, theta, p, a, b).sum(), x)
    torch.testing.assert_close(ours, wanted)


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("kind", ["one size", "two sizes", "batch"])
def test_gradcheck_away_from_where_the_plan_was_made(kind: str, p: int) -> None:
    x, y, a, b = sets(kind)
    plans = couple(x, y, lines(4), a, b)
    moved = (x + 0.3).requires_grad_()
    assert torch.autograd.gradcheck(lambda at: coupled_costs(at, plans, p), (moved,))


def test_following_old_plans_never_leads_uphill() -> None:
    """Majorise and minimise: the minimum of the plans' cost has no larger distance than where they were made."""
    x, y, theta = points(1, 40, 2), points(2, 40, 2) + 2, lines(6, 2)
    for _ in range(5):
        plans = couple(x, y, theta)
        normal = theta.T @ theta
        target = plans.values.mT @ theta
        nearer = torch.linalg.solve(normal, target.mT).mT  # least squares: every direction's value at once
        assert direction_costs(nearer, y, theta, 2).mean() <= direction_costs(x, y, theta, 2).mean() + 1e-12
        x = nearer


def centred_costs(x: Tensor, y: Tensor, plans: Couplings, p: int, a: Tensor | None, b: Tensor | None) -> Tensor:
    """Of each plan what it costs; for p = 2 with the means' part of it replaced by that part's mean over the sphere."""
    costs = coupled_costs(x, plans, p)
    if p == 1:
        return costs
    a, b = (torch.ones_like(s[..., 0]) if m is None else m for s, m in ((x, a), (y, b)))
    shift = (x * a[..., None]).sum(-2) / a.sum(-1)[..., None] - (y * b[..., None]).sum(-2) / b.sum(-1)[..., None]
    return costs - (shift @ plans.directions.T).square() + shift.square().sum(-1)[..., None] / x.shape[-1]


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("kind", ["one size", "two sizes", "batch"])
def test_the_estimate_weighs_plans_by_age(kind: str, p: int) -> None:
    x, y, a, b = sets(kind)
    state = none_kept(5, x, y, weighted=a is not None)
    made: list[Couplings] = []
    for step in range(4):
        at = x + 0.2 * step
        theta = lines(2, seed=step)
        value, state = coupling_step(state, theta, PointSets(at, y, a, b), p, 3.0)
        made.append(couple(at, y, theta, a, b))
        costs = [centred_costs(at, y, plans, p, a, b) for plans in made]
        # of five slots the oldest of three earlier steps with two plans each keeps one
        costs[:-1] = [each[..., -1:] if step == 3 and age == 0 else each for age, each in enumerate(costs[:-1])]
        weights = [math.exp(-(step - born) / 3.0) for born in range(step + 1)]
        total = sum(weight * each.sum(-1) for weight, each in zip(weights, costs, strict=True))
        count = sum(weight * each.shape[-1] for weight, each in zip(weights, costs, strict=True))
        torch.testing.assert_close(value, total / count)
    ages = torch.tensor([2.0, 1.0, 1.0, 0.0, 0.0], dtype=DOUBLE)
    torch.testing.assert_close(state.weight, torch.exp(-ages / 3.0))


def test_a_shift_is_read_exactly_in_any_direction() -> None:
    """SW_2^2 between a set and itself moved by v is |v|^2 / dims, whatever is looked along; so is its gradient."""
    x, shift = points(1, 7, 5).requires_grad_(), points(2, 5)
    value, _ = coupling_step(none_kept(2, x, x, weighted=False), lines(1, 5), PointSets(x, x.detach() + shift))
    torch.testing.assert_close(value, shift.square().sum() / 5)
    torch.testing.assert_close(torch.autograd.grad(value, x)[0], (-2 / 35 * shift).expand(7, 5))


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("kind", ["one size", "batch of one size"])
def test_the_short_way_is_the_plain_way(kind: str, p: int) -> None:
    """Where functions are transformed, PyTorch's own operations follow the gradient; elsewhere one written for it."""
    shape = (6, 3) if kind == "one size" else (2, 6, 3)
    x, y = points(1, *shape), points(2, *shape)
    _, state = coupling_step(none_kept(4, x, y, weighted=False), lines(4), PointSets(x, y))
    moved, theta = x + 0.3 * points(3, *shape), lines(2, seed=5)

    def value(at: Tensor) -> Tensor:
        return coupling_step(state, theta, PointSets(at, y), p, 3.0)[0].sum()

    short = moved.clone().requires_grad_()
    total = value(short)
    slope, plain = torch.func.grad_and_value(value)(moved)
    torch.testing.assert_close(total, plain)
    torch.testing.assert_close(torch.autograd.grad(total, short)[0], slope)


def test_transforms_of_what_is_not_x() -> None:
    x, y, _, _ = sets("one size")
    sets_now = PointSets(x, y)
    state, theta = none_kept(2, x, y, weighted=False), lines(3)
    each = torch.vmap(lambda line: coupling_step(state, line, sets_now)[0])(theta.unsqueeze(1))
    torch.testing.assert_close(each, torch.stack([coupling_step(state, line, sets_now)[0] for line in theta.split(1)]))
    slope = torch.func.grad(lambda scale: coupling_step(state, theta, sets_now)[0] * scale)(
        torch.tensor(2.0, dtype=DOUBLE)
    )
    torch.testing.assert_close(slope, coupling_step(state, theta, sets_now)[0])


def test_weights_get_no_gradient() -> None:
    x, y, a, b = sets("weights")
    assert a is not None
    value, _ = coupling_step(none_kept(2, x, y, weighted=True), lines(3), PointSets(x, y, a.requires_grad_(), b))
    assert not value.requires_grad


def test_long_products_are_the_same() -> None:
    """Of many points the projections are made a few lines at a time."""
    x, y = points(1, 6000, 3), points(2, 6000, 3)
    theta = lines(27)
    value, state = coupling_step(none_kept(30, x, y, weighted=False), theta, PointSets(x.mT.contiguous().mT, y), 1)
    torch.testing.assert_close(value, direction_costs(x, y, theta, 1).mean())
    torch.testing.assert_close(state.plans.values[-27:], couple(x, y, theta).values)


def test_it_exports_for_any_number_of_points() -> None:
    class Once(torch.nn.Module):
        def forward(self, x: Tensor, y: Tensor, theta: Tensor) -> Tensor:
            return coupling_step(none_kept(4, x, y, weighted=False), theta, PointSets(x, y))[0]

    count = torch.export.Dim("count", min=2, max=100_000)
    x, y, theta = points(1, 9, 3), points(2, 9, 3), lines(4)
    shapes = {"x": {0: count}, "y": {0: count}, "theta": None}
    exported = torch.export.export(Once(), (x, y, theta), dynamic_shapes=shapes).module()
    x, y = points(3, 20, 3), points(4, 20, 3)
    torch.testing.assert_close(exported(x, y, theta), Once()(x, y, theta))


def test_without_ageing_fixed_sets_read_as_all_directions_at_once() -> None:
    x, y, _, _ = sets("one size")
    state = none_kept(12, x, y, weighted=False)
    theta = lines(12)
    for part in theta.split(3):
        value, state = coupling_step(state, part, PointSets(x, y), 1)
    torch.testing.assert_close(value, direction_costs(x, y, theta, 1).mean())


def test_more_new_plans_than_slots() -> None:
    x, y, _, _ = sets("one size")
    theta = lines(6)
    _, state = coupling_step(none_kept(4, x, y, weighted=False), theta, PointSets(x, y))
    assert torch.equal(state.plans.directions, theta[-4:])
    value, _ = coupling_step(state, theta, PointSets(x, y), 1)
    both = torch.cat((theta[-4:], theta))
    torch.testing.assert_close(value, direction_costs(x, y, both, 1).mean())


def test_a_step_leaves_its_inputs_alone_and_keeps_no_graph() -> None:
    x, y, _, _ = sets("one size")
    _, state = coupling_step(none_kept(4, x, y, weighted=False), lines(2), PointSets(x, y))
    before = [getattr(state.plans, field.name) for field in fields(Couplings)]
    copies = [None if each is None else each.clone() for each in before]
    value, after = coupling_step(state, lines(2, seed=1), PointSets(x.requires_grad_(), y))
    value.backward()
    for kept, copy in zip(before, copies, strict=True):
        assert kept is None or torch.equal(kept, copy)
    assert not after.plans.values.requires_grad and not after.weight.requires_grad


@pytest.mark.parametrize("kind", ["one size", "batch"])
def test_step_compiles_as_one_graph(kind: str) -> None:
    x, y, a, b = sets(kind)
    compiled = torch.compile(coupling_step, fullgraph=True, backend="aot_eager")
    plain = quick = none_kept(4, x, y, weighted=a is not None)
    for seed in range(3):
        at = (x + 0.1 * seed).requires_grad_()
        value, plain = coupling_step(plain, lines(2, seed=seed), PointSets(at, y, a, b), 2, 2.5)
        (slope,) = torch.autograd.grad(value.sum(), at)
        again, quick = compiled(quick, lines(2, seed=seed), PointSets(at, y, a, b), 2, 2.5)
        (same,) = torch.autograd.grad(again.sum(), at)
        torch.testing.assert_close(again, value)
        torch.testing.assert_close(same, slope)
    assert isinstance(quick, KeptCouplings)
    torch.testing.assert_close(quick.plans.values, plain.plans.values)
