"""Optimal couplings along directions, and what they cost once the points have moved on.

Along one direction an optimal plan is a sort: each bit of mass of x is matched to a bit of mass of y. Keep that plan, let the
points of x move, and its cost

    sum of share · |θ·x[index] - value|^p

needs no sort. While y and the weights stay as they are it bounds the 1-D distance from above, since it is the cost of *a* plan,
and meets it where the plan is still optimal. With plans of several ages that is close to stochastic majorisation and
minimisation (J. Mairal, "Stochastic majorization-minimization algorithms for large-scale optimization", 2013).

:func:`coupling_step` is the estimate that :class:`reswd_torch.ReservoirSlicedWasserstein` gives: a few plans sorted for now, and
those of the steps before, looked at again without a sort.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from reswd_torch.shortcuts import numbers_alone
from reswd_torch.sorting import argsort, sorted_values
from reswd_torch.wasserstein import Others, OtherWeights, Points, Weights, centre, on_lines, plan, to_power

_LONG = 1 << 17
"""Numbers from which it matters how a product is cut up."""
_SHORT = 4096
"""Points up to which a norm in float32 is as exact as a mean of squares, on the CPU."""


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
        return _coupled(directions @ x.mT, directions @ y.mT, directions, x_weights, y_weights)


def _coupled(
    x_lines: Float[Tensor, "*batch lines points"],
    y_lines: Float[Tensor, "*batch lines other"],
    directions: Float[Tensor, "lines dims"],
    x_weights: Weights | None,
    y_weights: OtherWeights | None,
) -> Couplings:
    if x_weights is None and y_weights is None and x_lines.shape == y_lines.shape:
        # Scattered into the order of the points, so that later steps need no gather.
        values = torch.empty_like(y_lines).scatter_(-1, argsort(x_lines), sorted_values(y_lines))
        return Couplings(directions, values, None, None)
    index, values, share = plan(x_lines, y_lines, on_lines(x_weights, x_lines), on_lines(y_weights, y_lines))
    return Couplings(directions, values, index, share)


def _projected(directions: Float[Tensor, "lines dims"], x: Points) -> Float[Tensor, "*batch lines points"]:
    """θ·x of numbers alone, without gradient. On the CPU eight lines at a time: of more, the product with a matrix of three
    columns takes three times as long (MKL, 65 lines, 16,384 points: 0.17 ms against 0.57)."""
    count = len(directions)
    if x.device.type != "cpu" or x.ndim != 2 or count * len(x) < _LONG:
        return directions @ x.mT
    lines = x.new_empty(count, len(x))
    for first in range(0, count, 8):
        torch.mm(directions[first : first + 8], x.detach().mT, out=lines[first : first + 8])
    return lines


def coupled_costs(x: Points, couplings: Couplings, p: int) -> Float[Tensor, "*batch lines"]:
    """What each plan costs with the points of x where they are now, to the power p; differentiable in x.

    With couplings of these very points it equals :func:`reswd_torch.wasserstein.direction_costs`.
    """
    return _mean(to_power(_gap(x, couplings), p), couplings)


def _gap(x: Points, plans: Couplings) -> Float[Tensor, "*batch lines steps"]:
    lines = plans.directions @ x.mT.contiguous()
    return (lines if plans.index is None else lines.gather(-1, plans.index)) - plans.values


def _mean(steps: Float[Tensor, "*batch lines steps"], plans: Couplings) -> Float[Tensor, "*batch lines"]:
    return steps.mean(dim=-1) if plans.share is None else (steps * plans.share).sum(dim=-1)


def _estimate(
    x: Points,
    plans: Couplings,
    weight: Float[Tensor, " lines"],
    p: int,
    x_weights: Weights | None,
    y_mean: Float[Tensor, "*batch dims"],
    lines: Float[Tensor, "*batch lines points"] | None,
) -> Float[Tensor, "*batch"]:
    """The mean cost of the plans, ``weight`` summing to 1; for p = 2 the means' part of it in closed form.

    ``lines`` are the projections of x, which somebody has already and needs no longer, where step i is point i and x and y are
    numbers alone.
    """
    if lines is not None:
        value: Tensor = _Estimate.apply(x, lines, plans.directions, plans.values, weight, y_mean, p)
        return value
    gap = _gap(x, plans)
    if p == 1:
        return _mean(gap.abs(), plans) @ weight
    shift = centre(x, None if x_weights is None else x_weights.detach()) - y_mean
    spread = (gap - _mean(gap, plans).unsqueeze(-1)).square()
    return _mean(spread, plans) @ weight + shift.square().sum(dim=-1) / x.shape[-1]


class _Estimate(torch.autograd.Function):
    """:func:`_estimate` where step i is point i, in half the passes over lines x points that autograd would make."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, lines: Tensor, directions: Tensor, values: Tensor, weight: Tensor, y_mean: Tensor, p: int
    ) -> Tensor:
        gap, shift = lines.sub_(values), None
        if p == 2:
            shift = x.mean(dim=-2) - y_mean
            gap -= (shift @ directions.mT).unsqueeze(-1)
        count = gap.shape[-1]
        if p == 1:
            costs = gap.abs().mean(dim=-1)
        elif count <= _SHORT or gap.device.type != "cpu":  # a norm makes no second array as large as the gap
            costs = torch.linalg.vector_norm(gap, dim=-1).square() / count
        else:  # but on the CPU it adds up one by one
            parts = [torch.linalg.vector_norm(part, dim=-1).square() for part in gap.split(_SHORT, dim=-1)]
            costs = torch.stack(parts).sum(dim=0) / count
        value = costs @ weight
        ctx.p = p
        ctx.save_for_backward(x, directions, values, weight, y_mean, gap, shift)
        return value if shift is None else value + shift.square().mean(dim=-1)

    @staticmethod
    def backward(ctx: Any, *pull: Tensor) -> tuple[Tensor | None, ...]:
        device = pull[0].device.type
        if torch.is_autocast_enabled(device):
            with torch.autocast(device, enabled=False):
                return _Estimate.backward(ctx, *pull)
        x, directions, values, weight, y_mean, gap, shift = ctx.saved_tensors
        if torch.is_grad_enabled():  # somebody differentiates a second time, and these have to know whence they come
            gap = directions @ x.mT - values
            if shift is not None:
                shift = x.mean(dim=-2) - y_mean
                gap = gap - (shift @ directions.mT).unsqueeze(-1)
        each = pull[0][..., None, None] * (ctx.p / x.shape[-2])
        along = (directions * weight.unsqueeze(-1) * each).mT
        # Transposed at the end: the other way round the product of so thin a matrix takes fifteen times as long on the CPU.
        if shift is None:
            return (along @ gap.sign()).mT, None, None, None, None, None, None
        slope = (along @ gap + (shift.unsqueeze(-2) * (each / x.shape[-1])).mT).mT
        return slope, None, None, None, None, None, None


@dataclass(frozen=True)
class KeptCouplings:
    """Plans of earlier steps: what lasts from one step to the next."""

    plans: Couplings  # of the sets as they were; the oldest first
    weight: Float[Tensor, " kept"]  # exp(-age/tau) at the step that made or last looked at them; 0 marks an empty slot

    def to(self, like: Tensor) -> KeptCouplings:
        """The same in another precision, on another device."""
        old = self.plans
        index = None if old.index is None else old.index.to(like.device)
        share = None if old.share is None else old.share.to(like)
        plans = Couplings(old.directions.to(like), old.values.to(like), index, share)
        return KeptCouplings(plans, self.weight.to(like))


def none_kept(kept: int, x: Points, y: Others, *, weighted: bool) -> KeptCouplings:
    """A reservoir of empty slots for plans between sets of these sizes."""
    even = not weighted and x.shape == y.shape
    shape = (*x.shape[:-2], kept, x.shape[-2] if even else x.shape[-2] + y.shape[-2])
    plans = Couplings(
        directions=x.new_zeros(kept, x.shape[-1]),
        values=x.new_zeros(shape),
        index=None if even else torch.zeros(shape, dtype=torch.int64, device=x.device),
        share=None if even else x.new_zeros(shape),
    )
    return KeptCouplings(plans, x.new_zeros(kept))


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
    what was drawn, it is unbiased for fixed sets, for which every plan stays optimal. For p = 2 each cost is that of the centred
    sets, and the means' own part, whose mean over all directions is |mean of x - mean of y|^2 / dims, is added exactly.

    Args:
        before: the reservoir.
        directions: (fresh, dims), rows of length 1: those to sort along now.
        x, y, p, x_weights, y_weights: as in :func:`reswd_torch.wasserstein.direction_costs`; the gradient flows to x only.
        tau: steps; None: all plans weigh alike.
    """
    count, kept = len(directions), len(before.weight)
    ageing = 1.0 if tau is None else math.exp(-1.0 / tau)
    with torch.no_grad():
        both = torch.cat((before.plans.directions, directions))
        alone = before.plans.index is None and numbers_alone(x) and numbers_alone(y)
        lines = _projected(both, x) if alone else None
        now_lines = directions @ x.mT if lines is None else lines[..., kept:, :]
        now = _coupled(now_lines, directions @ y.mT, directions, x_weights, y_weights)
        offered = _joined(before.plans, now, both)
        weight = torch.cat((before.weight * ageing, before.weight.new_ones(count)))
        share, y_mean = weight / weight.sum(), centre(y, y_weights)
    value = _estimate(x, offered, share, p, x_weights, y_mean, lines)
    return value, KeptCouplings(_latest(offered, kept), weight[count:])


def _joined(old: Couplings, new: Couplings, directions: Float[Tensor, "lines dims"]) -> Couplings:
    """The plans of both, the old ones first."""
    return Couplings(
        directions,
        torch.cat((old.values, new.values), dim=-2),
        None if old.index is None or new.index is None else torch.cat((old.index, new.index), dim=-2),
        None if old.share is None or new.share is None else torch.cat((old.share, new.share), dim=-2),
    )


def _latest(plans: Couplings, count: int) -> Couplings:
    """The last of the plans."""
    first = len(plans.directions) - count
    index, share = (None if each is None else each[..., first:, :] for each in (plans.index, plans.share))
    return Couplings(plans.directions[first:], plans.values[..., first:, :], index, share)
