"""Optimal couplings along directions, and what they cost once the points have moved on.

Along one direction an optimal plan is a sort: each bit of mass of x is matched to a bit of mass of y. Keep that plan, let the
points of x move, and its cost

    sum of share · |θ·x[index] - value|^p

needs no sort. It bounds the 1-D distance from above, since it is the cost of *a* plan, and meets it where the plan is still
optimal: so following its gradient is a majorise-minimise step.

:func:`coupling_step` is the estimate that :class:`reswd_torch.ReservoirSlicedWasserstein` gives: a few plans sorted for now, and
those of the steps before, looked at again without a sort.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from einops import einsum
from jaxtyping import Float, Int
from torch import Tensor

from reswd_torch.sorting import argsort, sort
from reswd_torch.wasserstein import Others, OtherWeights, Points, Weights, on_lines, plan


@dataclass(frozen=True)
class Couplings:
    """A plan along each of several directions, in steps of constant value on both sides.

    For sets of one size without weights a step is a point of x; otherwise x and y have points + other steps between them.
    """

    directions: Float[Tensor, "lines dims"]  # rows of length 1
    values: Float[Tensor, "*batch lines steps"]  # θ·y of the mass that the step's mass of x goes to
    index: Int[Tensor, "*batch lines steps"] | None  # whose mass of x it is; None: step i is point i
    share: Float[Tensor, "*batch lines steps"] | None  # how much mass, summing to 1; None: all equal


def couple(
    x: Points,
    y: Others,
    directions: Float[Tensor, "lines dims"],
    x_weights: Weights | None = None,
    y_weights: OtherWeights | None = None,
) -> Couplings:
    """The optimal plans, the same for every p of at least 1. One sort of each set a direction; without gradient.

    Args:
        x, y, x_weights, y_weights: as for :func:`reswd_torch.wasserstein.direction_costs`.
        directions: (lines, dims), rows of length 1.
    """
    with torch.no_grad():
        x_lines = einsum(x, directions, "... points dims, line dims -> ... line points")
        y_lines = einsum(y, directions, "... points dims, line dims -> ... line points")
        if x_weights is None and y_weights is None and x_lines.shape == y_lines.shape:
            # Scattered into the order of the points, so that later steps need no gather.
            values = torch.empty_like(y_lines).scatter_(-1, argsort(x_lines), sort(y_lines)[0])
            return Couplings(directions, values, None, None)
        index, values, share = plan(x_lines, y_lines, on_lines(x_weights, x_lines), on_lines(y_weights, y_lines))
        return Couplings(directions, values, index, share)


def coupled_costs(x: Points, couplings: Couplings, p: int) -> Float[Tensor, "*batch lines"]:
    """What each plan costs with the points of x where they are now, to the power p; differentiable in x.

    With couplings of these very points it equals :func:`reswd_torch.wasserstein.direction_costs`.
    """
    lines = einsum(x, couplings.directions, "... points dims, line dims -> ... line points")
    gap = (lines if couplings.index is None else lines.gather(-1, couplings.index)) - couplings.values
    cost = gap.abs() if p == 1 else gap.square()
    if couplings.share is None:
        return cost.mean(dim=-1)
    return (cost * couplings.share).sum(dim=-1)


@dataclass(frozen=True)
class KeptCouplings:
    """Plans of earlier steps: what lasts from one step to the next."""

    plans: Couplings  # of the sets as they were; the oldest first
    age: Int[Tensor, " kept"]  # steps since a plan was optimal, at least 1; 0 marks an empty slot


def none_kept(kept: int, x: Points, y: Others, *, weighted: bool) -> KeptCouplings:
    """A reservoir of empty slots for plans between sets of these sizes."""
    even = not weighted and x.shape == y.shape
    steps = x.shape[-2] if even else x.shape[-2] + y.shape[-2]
    shape = (*x.shape[:-2], kept, steps)
    plans = Couplings(
        directions=x.new_zeros(kept, x.shape[-1]),
        values=x.new_zeros(shape),
        index=None if even else torch.zeros(shape, dtype=torch.int64, device=x.device),
        share=None if even else x.new_zeros(shape),
    )
    return KeptCouplings(plans, torch.zeros(kept, dtype=torch.int64, device=x.device))


def coupling_step(
    before: KeptCouplings,
    directions: Float[Tensor, "fresh dims"],
    x: Points,
    y: Others,
    p: int = 2,
    tau: float | None = None,
    x_weights: Weights | None = None,
    y_weights: OtherWeights | None = None,
) -> tuple[Float[Tensor, "*batch"], KeptCouplings]:
    """One estimate of SW_p^p and the reservoir after it. A pure function; values are not checked.

    The estimate is the mean cost of fresh and kept plans, a plan of age a weighing exp(-a/tau). As the weights do not depend on
    what was drawn, it is unbiased for fixed sets, for which every plan stays optimal.

    Args:
        before: the reservoir.
        directions: (fresh, dims), rows of length 1: those to sort along now.
        x, y, p, x_weights, y_weights: as in :func:`reswd_torch.wasserstein.direction_costs`; the gradient flows to x only.
        tau: steps; None: all plans weigh alike.
    """
    now = couple(x.detach(), y.detach(), directions, x_weights, y_weights)
    count = len(directions)
    old = torch.exp(-before.age.to(x.dtype) / (math.inf if tau is None else tau)) * (before.age > 0)
    costs = torch.cat((coupled_costs(x, before.plans, p), coupled_costs(x, now, p)), dim=-1)
    weights = torch.cat((old, old.new_ones(count)))
    value = costs @ (weights / weights.sum())
    age = torch.cat((torch.where(before.age > 0, before.age + 1, 0), before.age.new_ones(count)))
    return value, _latest(before, now, age)


def _latest(before: KeptCouplings, now: Couplings, age: Int[Tensor, " offered"]) -> KeptCouplings:
    """The last of the plans, as many as there are slots."""
    kept = len(before.age)

    def joined(old: Tensor | None, new: Tensor | None, axis: int) -> Tensor | None:
        if old is None or new is None:
            return None
        slots = slice(-kept, None)
        both = torch.cat((old, new), dim=axis)
        return both[slots] if axis == 0 else both[..., slots, :]

    plans = before.plans
    directions = joined(plans.directions, now.directions, 0)
    values = joined(plans.values, now.values, -2)
    assert directions is not None and values is not None
    return KeptCouplings(
        Couplings(directions, values, joined(plans.index, now.index, -2), joined(plans.share, now.share, -2)),
        age[-kept:],
    )
