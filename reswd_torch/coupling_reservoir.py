"""Optimal couplings along directions, and what they cost once the points have moved on.

Along one direction an optimal plan is a sort: each bit of mass of x is matched to a bit of mass of y. When that plan is kept and
the points of x move, its cost

    sum of share · |θ·x[index] - value|^p

needs no sort. While y and the weights stay as they are, that cost bounds the 1-D distance from above, since it is the cost of *a*
plan, and equals it where the plan is still optimal. With plans of several ages that is close to stochastic majorisation and
minimisation (J. Mairal, "Stochastic majorization-minimization algorithms for large-scale optimization", 2013).

:func:`coupling_step` is one step of :class:`reswd_torch.ReservoirSlicedWasserstein`: a few plans are sorted for now, and those of
the steps before are looked at again without a sort.
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
from reswd_torch.wasserstein import Others, OtherWeights, Points, PointSets, Weights, centre, on_lines, plan, to_power

_LONG = 1 << 17
"""Size of a product, in numbers, from which on it is computed a few lines at a time."""
_SHORT = 4096
"""Number of points up to which a norm in float32 is as exact as a mean of squares, on the CPU."""


@dataclass(frozen=True)
class Couplings:
    """An optimal plan along each of several directions, as steps in which the value of both sides is constant.

    For sets of one size without weights, a step is a point of x. Otherwise a plan has points + other steps.
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
    """The optimal plans, which are the same for every p of at least 1. They need one sort of each set per direction, and carry no
    gradient.

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
    """θ·x of a plain tensor, without gradient.

    On the CPU eight lines are computed at a time: with more lines the product with a matrix of three columns takes three times
    as long (MKL, 65 lines, 16,384 points: 0.17 ms against 0.57).
    """
    count = len(directions)
    if x.device.type != "cpu" or x.ndim != 2 or count * len(x) < _LONG:
        return directions @ x.mT
    lines = x.new_empty(count, len(x))
    for first in range(0, count, 8):
        torch.mm(directions[first : first + 8], x.detach().mT, out=lines[first : first + 8])
    return lines


def coupled_costs(x: Points, couplings: Couplings, p: int) -> Float[Tensor, "*batch lines"]:
    """The cost of each plan with the points of x where they are now, to the power p; differentiable in x.

    For the optimal plans of these very points it equals :func:`reswd_torch.wasserstein.direction_costs`.
    """
    return _mean(to_power(_gap(x, couplings), p), couplings)


def _gap(x: Points, plans: Couplings) -> Float[Tensor, "*batch lines steps"]:
    lines = plans.directions @ x.mT.contiguous()
    return (lines if plans.index is None else lines.gather(-1, plans.index)) - plans.values


def _mean(steps: Float[Tensor, "*batch lines steps"], plans: Couplings) -> Float[Tensor, "*batch lines"]:
    return steps.mean(dim=-1) if plans.share is None else (steps * plans.share).sum(dim=-1)


def _estimate(
    sets: PointSets,
    plans: Couplings,
    weight: Float[Tensor, " lines"],
    p: int,
    lines: Float[Tensor, "*batch lines points"] | None,
) -> Float[Tensor, "*batch"]:
    """The weighted mean cost of the plans; for p = 2 with the contribution of the sets' means in closed form.

    Args:
        sets: the points as they are now.
        plans: what they are matched by.
        weight: weight of each plan, summing to 1.
        p: 1 or 2.
        lines: the projections of x, if the caller has them; they are overwritten. Only for plans in which step i is point i,
            and for plain tensors (:func:`reswd_torch.shortcuts.numbers_alone`). None: PyTorch's own operations compute all.
    """
    x = sets.x
    with torch.no_grad():
        y_mean = centre(sets.y, sets.y_weights)
    if lines is not None:
        value: Tensor = _Estimate.apply(x, lines, plans.directions, plans.values, weight, y_mean, p)
        return value
    gap = _gap(x, plans)
    if p == 1:
        return _mean(gap.abs(), plans) @ weight
    shift = centre(x, None if sets.x_weights is None else sets.x_weights.detach()) - y_mean
    spread = (gap - _mean(gap, plans).unsqueeze(-1)).square()
    return _mean(spread, plans) @ weight + shift.square().sum(dim=-1) / x.shape[-1]


class _Estimate(torch.autograd.Function):
    """:func:`_estimate` for plans in which step i is point i, in half the passes over lines x points that autograd would need."""

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
        elif count <= _SHORT or gap.device.type != "cpu":  # a norm needs no second array as large as the gap
            costs = torch.linalg.vector_norm(gap, dim=-1).square() / count
        else:  # but on the CPU it adds up one by one, which loses digits over many points
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
        if torch.is_grad_enabled():  # for a second derivative, gap and shift are computed again, as functions of x
            gap = directions @ x.mT - values
            if shift is not None:
                shift = x.mean(dim=-2) - y_mean
                gap = gap - (shift @ directions.mT).unsqueeze(-1)
        each = pull[0][..., None, None] * (ctx.p / x.shape[-2])
        along = (directions * weight.unsqueeze(-1) * each).mT
        # Transposed at the end: on the CPU the product of such thin matrices the other way round takes fifteen times as long.
        if shift is None:
            return (along @ gap.sign()).mT, None, None, None, None, None, None
        slope = (along @ gap + (shift.unsqueeze(-2) * (each / x.shape[-1])).mT).mT
        return slope, None, None, None, None, None, None


@dataclass(frozen=True)
class KeptCouplings:
    """The plans of earlier steps, which last from one step to the next."""

    plans: Couplings  # of the sets as they were; the oldest first
    weight: Float[Tensor, " kept"]  # exp(-age/tau) at the step that made or last looked at them; 0 marks an empty slot

    def to(self, like: Tensor) -> KeptCouplings:
        """The same plans in the precision and on the device of ``like``."""
        old = self.plans
        index = None if old.index is None else old.index.to(like.device)
        share = None if old.share is None else old.share.to(like)
        plans = Couplings(old.directions.to(like), old.values.to(like), index, share)
        return KeptCouplings(plans, self.weight.to(like))


def none_kept(kept: int, x: Points, y: Others, *, weighted: bool) -> KeptCouplings:
    """A reservoir of ``kept`` empty slots for plans between sets of the sizes of x and y."""
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
    sets: PointSets,
    p: int = 2,
    tau: float | None = None,
) -> tuple[Float[Tensor, "*batch"], KeptCouplings]:
    """One estimate of SW_p^p and the reservoir after it. A pure function; values are not checked.

    The estimate is the mean cost of fresh and kept plans, in which a plan of age a has the weight exp(-a/tau). As the weights
    do not depend on what was drawn, it is unbiased for fixed sets, for which every plan stays optimal. For p = 2 each cost is
    that of the centred sets, and the contribution of the means, whose mean over all directions is
    |mean of x - mean of y|^2 / dims, is added exactly.

    Args:
        before: the reservoir.
        directions: (fresh, dims), rows of length 1, along which the sets are sorted now.
        sets: the points and their weights; the gradient flows to x only.
        p: 1 or 2.
        tau: decay time in steps; None: all plans weigh alike.

    Returns:
        The estimate, and the reservoir after this step.
    """
    x, y = sets.x, sets.y
    count, kept = len(directions), len(before.weight)
    ageing = 1.0 if tau is None else math.exp(-1.0 / tau)
    with torch.no_grad():
        both = torch.cat((before.plans.directions, directions))
        alone = before.plans.index is None and numbers_alone(x) and numbers_alone(y)
        lines = _projected(both, x) if alone else None
        now_lines = directions @ x.mT if lines is None else lines[..., kept:, :]
        now = _coupled(now_lines, directions @ y.mT, directions, sets.x_weights, sets.y_weights)
        offered = _joined(before.plans, now, both)
        weight = torch.cat((before.weight * ageing, before.weight.new_ones(count)))
        share = weight / weight.sum()
    value = _estimate(sets, offered, share, p, lines)
    return value, KeptCouplings(_latest(offered, kept), weight[count:])


def _joined(old: Couplings, new: Couplings, directions: Float[Tensor, "lines dims"]) -> Couplings:
    """The old plans followed by the new ones."""
    return Couplings(
        directions,
        torch.cat((old.values, new.values), dim=-2),
        None if old.index is None or new.index is None else torch.cat((old.index, new.index), dim=-2),
        None if old.share is None or new.share is None else torch.cat((old.share, new.share), dim=-2),
    )


def _latest(plans: Couplings, count: int) -> Couplings:
    """The last ``count`` plans."""
    first = len(plans.directions) - count
    index, share = (None if each is None else each[..., first:, :] for each in (plans.index, plans.share))
    return Couplings(plans.directions[first:], plans.values[..., first:, :], index, share)
