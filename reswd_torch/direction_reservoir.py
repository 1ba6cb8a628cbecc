"""A weighted reservoir of directions: which ones to keep between steps, and how to stay unbiased (arXiv 2510.01061).

Each step offers the kept directions and fresh ones. All are scored by their cost *now*; weighted sampling without
replacement keeps some (P. Efraimidis and P. Spirakis, "Weighted random sampling with a reservoir", 2006); the loss is a
weighted sum over everything offered. These are pure functions of tensors: the module
:class:`reswd_torch.DirectionReservoirSlicedWasserstein` draws the random numbers.

**Why the estimate is unbiased.** A kept direction carries an importance weight a with E Σ a·h(θ) = Σ h over all
directions seen so far, for any h. Fresh ones have a = 1. With keys e = E/w (E standard exponential, w > 0) and t the
(R+1)-th smallest key, a direction stays with probability p = 1 - exp(-w·t) given the others' keys, so a <- a/p keeps
the property: "rank conditioning" (E. Cohen and H. Kaplan, "Summarizing data using bottom-k sketches", 2007). Keys are
new at each step.

**Decay.** Age counts from birth: d = exp(-age/τ) multiplies a in the draw and in the estimate

    Σ a·d·f / N     over everything offered,     N = Σ d over all directions seen.

d depends on the birth step alone, so this is still unbiased. If only the draw decayed, young directions would be likelier
to stay without counting for more, which widens the spread. Since f is known for everything offered, and not only for what
is kept, a·d·f is summed before the draw rather than a·d·f/p after it, which removes that step's sampling noise at no cost.

The estimate is unbiased for fixed point sets. Once points move along kept directions no correction is exact.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from einops import einsum, reduce
from jaxtyping import Bool, Float, Int
from torch import Tensor

from reswd_torch.wasserstein import PointSets, direction_costs

CORRECTIONS = ("exact", "paper")
"""``exact`` never resets and is unbiased. ``paper`` divides by the sum of the importance weights instead of its expectation and
resets on a low effective sample size; it is biased but consistent (the bias falls as the reservoir grows)."""

SCORES = ("distance", "gradient")
"""What a direction is scored by: its cost, as in the paper, or the length of the cost's gradient in the points. For p = 2 that
length is proportional to the square root of the cost; for p = 1 it is the same for all directions."""

FLOOR = 0.2
"""Scores below this share of the mean score are raised to it for the draw. The estimate is unbiased with any positive weights;
the floor keeps 1/p bounded for directions that cost nothing now but may cost something later, and whose gradient does not shrink
when p = 1."""


@dataclass(frozen=True)
class ReservoirState:
    """The reservoir, which lasts from one step to the next."""

    directions: Float[Tensor, "kept dims"]  # rows of length 1, or of zeros in an empty slot
    carried: Float[Tensor, " kept"]  # importance weight a, at least 1; 0 marks an empty slot
    birth: Int[Tensor, " kept"]  # step at which the direction was fresh
    step: Int[Tensor, ""]  # number of steps taken
    seen: Float[Tensor, ""]  # N: directions seen since the last reset, each counted exp(-age/tau); 0 = nothing kept


@dataclass(frozen=True)
class Draws:
    """The random numbers of one step."""

    fresh: Float[Tensor, "fresh dims"]  # new directions, rows of length 1
    starters: Float[Tensor, "kept dims"] | None  # more new directions, for when the reservoir is empty; None: none
    noise: Float[Tensor, " offered"]  # standard exponential draws that decide which of the kept + fresh stay


@dataclass(frozen=True)
class ReservoirRule:
    """What a step does with its directions."""

    p: int = 2  # the power of the distance, 1 or 2
    tau: float | None = None  # number of steps after which a direction counts 1/e; None: no decay
    correction: str = "exact"  # one of CORRECTIONS
    reset_below: float = 0.5  # share of the reservoir's size below which "paper" empties it, see keep
    score: str = "distance"  # one of SCORES


@dataclass(frozen=True)
class Offer:
    """The directions of one step: kept ones first, then fresh ones."""

    directions: Float[Tensor, "offered dims"]
    carried: Float[Tensor, " offered"]  # importance weight a; 0 in an empty slot
    birth: Int[Tensor, " offered"]
    decay: Float[Tensor, " offered"]  # d = exp(-age/tau), in (0, 1]
    seen: Float[Tensor, ""]  # N, the new ones included
    importance: Float[Tensor, " offered"]  # a·d/N: the estimate is the sum of importance times cost


@dataclass(frozen=True)
class Kept:
    """The outcome of one draw."""

    state: ReservoirState
    index: Int[Tensor, " kept"]  # which of the offered stayed
    inclusion: Float[Tensor, " kept"]  # their probability p, in (0, 1]
    effective_size: Float[Tensor, ""]  # (Σw)²/Σw² of the decayed scores that stayed, 1..kept
    reset: Bool[Tensor, ""]  # whether the reservoir was emptied afterwards ("paper" only)


@dataclass(frozen=True)
class ReservoirResult:
    """One step of the reservoir estimate."""

    value: Float[Tensor, "*batch"]  # the estimate of SW_p^p, differentiable
    costs: Float[Tensor, "*batch offered"]  # W_p^p on each direction, kept ones first, differentiable
    directions: Float[Tensor, "offered dims"]  # what was projected on; zeros in an empty slot
    importance: Float[Tensor, " offered"]  # factor of each cost in the value
    age: Int[Tensor, " offered"]  # steps since the direction was fresh
    index: Int[Tensor, " kept"]  # which of the offered stayed
    inclusion: Float[Tensor, " kept"]  # the probability with which they stayed, in (0, 1]
    effective_size: Float[Tensor, ""]  # (Σw)²/Σw² of the decayed costs that stayed
    reset: Bool[Tensor, ""]  # whether the reservoir was emptied after this step


def empty_state(kept: int, dims: int, dtype: torch.dtype, device: torch.device | str | None = None) -> ReservoirState:
    """A reservoir of ``kept`` empty slots at step 0."""
    return ReservoirState(
        directions=torch.zeros(kept, dims, dtype=dtype, device=device),
        carried=torch.zeros(kept, dtype=dtype, device=device),
        birth=torch.zeros(kept, dtype=torch.int64, device=device),
        step=torch.zeros((), dtype=torch.int64, device=device),
        seen=torch.zeros((), dtype=dtype, device=device),
    )


def reservoir_step(
    state: ReservoirState, draws: Draws, sets: PointSets, rule: ReservoirRule
) -> tuple[ReservoirResult, ReservoirState]:
    """One estimate of SW_p^p and the reservoir after it. A pure function; values are not checked.

    One reservoir serves the whole batch: a direction's score is its mean cost over the batch, the value stays per item,
    and the reservoir does not depend on the batch size. The gradient flows through the costs only.

    Args:
        state: the reservoir before this step.
        draws: the random numbers of this step.
        sets: the points, and their weights.
        rule: what is done with the directions.

    Returns:
        The estimate with what led to it, and the reservoir after this step.
    """
    offer = make_offer(state, draws.fresh, draws.starters, rule.tau)
    costs = direction_costs(sets.x, sets.y, offer.directions, rule.p, sets.x_weights, sets.y_weights)
    scores = reduce(costs.detach(), "... offered -> offered", "mean")
    if rule.score == "gradient":
        scores = scores.sqrt() if rule.p == 2 else torch.ones_like(scores)
    resets = rule.correction == "paper"
    kept = keep(state, offer, scores, draws.noise, reset_below=rule.reset_below if resets else None)
    importance = offer.importance
    if rule.correction == "paper":
        importance = importance / importance.sum()  # self-normalised: constants are met exactly, the rest only nearly
    result = ReservoirResult(
        value=einsum(costs, importance, "... offered, offered -> ..."),
        costs=costs,
        directions=offer.directions,
        importance=importance,
        age=state.step - offer.birth,
        index=kept.index,
        inclusion=kept.inclusion,
        effective_size=kept.effective_size,
        reset=kept.reset,
    )
    return result, kept.state


def make_offer(
    state: ReservoirState,
    fresh: Float[Tensor, "fresh dims"],
    starters: Float[Tensor, "kept dims"] | None = None,
    tau: float | None = None,
) -> Offer:
    """The kept directions followed by fresh ones, with their importance.

    Args:
        state: the reservoir.
        fresh: this step's new directions.
        starters: more new directions, used in place of the kept ones when nothing is kept (at the first step, after a reset).
        tau: number of steps after which a direction counts 1/e; None: no decay.
    """
    directions, carried, birth = state.directions, state.carried, state.birth
    seen = decay_factor(torch.ones_like(state.step), tau, fresh.dtype) * state.seen + fresh.shape[0]
    if starters is not None:
        begin = state.seen == 0
        directions = torch.where(begin, starters, directions)
        carried = torch.where(begin, torch.ones_like(carried), carried)
        birth = torch.where(begin, state.step, birth)
        seen = torch.where(begin, seen + starters.shape[0], seen)
    carried = torch.cat([carried, carried.new_ones(fresh.shape[0])])
    birth = torch.cat([birth, state.step.expand(fresh.shape[0])])
    decay = decay_factor(state.step - birth, tau, fresh.dtype)
    return Offer(
        directions=torch.cat([directions, fresh]),
        carried=carried,
        birth=birth,
        decay=decay,
        seen=seen,
        importance=carried * decay / seen,
    )


def keep(
    state: ReservoirState,
    offer: Offer,
    scores: Float[Tensor, " offered"],
    noise: Float[Tensor, " offered"],
    *,
    reset_below: float | None = None,
) -> Kept:
    """Draw which of the offered directions stay, and carry their importance weights on.

    Args:
        state: the reservoir that the offer was made from (its size and step count).
        offer: from :func:`make_offer`.
        scores: present cost of each offered direction, at least 0. If all are zero, every direction counts alike.
        noise: standard exponential draws, one per offered direction: -ln(u) of a uniform u.
        reset_below: empty the reservoir when its effective size falls below this share of its size; None: never. Because what
            was kept decides about the reset, later estimates are biased.
    """
    kept = state.carried.shape[0]
    contribution = offer.carried * offer.decay
    log_weights = selection_log_weights(scores, contribution)
    keys = log_keys(log_weights, noise)
    smallest = torch.topk(keys, kept + 1, largest=False, sorted=True)
    index, threshold = smallest.indices[:kept], smallest.values[kept]
    # an empty slot may be kept while there is room; a direction whose decay has underflowed to 0 leaves an empty slot
    occupied = contribution[index] > 0
    inclusion = torch.where(occupied, inclusion_probability(log_weights[index], threshold), 1.0)
    carried = torch.where(occupied, offer.carried[index], 0.0) / inclusion
    effective = effective_sample_size(scores[index] * offer.decay[index])
    reset = torch.zeros_like(effective, dtype=torch.bool) if reset_below is None else effective < reset_below * kept
    following = ReservoirState(
        directions=offer.directions[index],
        carried=torch.where(reset, torch.zeros_like(carried), carried),
        birth=offer.birth[index],
        step=state.step + 1,
        seen=torch.where(reset, torch.zeros_like(offer.seen), offer.seen),
    )
    return Kept(state=following, index=index, inclusion=inclusion, effective_size=effective, reset=reset)


def decay_factor(age: Int[Tensor, "*shape"], tau: float | None, dtype: torch.dtype) -> Float[Tensor, "*shape"]:
    """exp(-age/τ) for ages in steps since birth; 1 if τ is None."""
    return torch.exp(-age.to(dtype) / (math.inf if tau is None else tau))


def selection_log_weights(
    scores: Float[Tensor, " offered"], contribution: Float[Tensor, " offered"]
) -> Float[Tensor, " offered"]:
    """ln(contribution · score) with the score at least :data:`FLOOR` of the mean; -inf where the contribution is 0.

    Only ratios matter to a draw, so scores are taken relative to their mean: tiny costs do not underflow, and if all scores are
    zero each direction counts by its contribution alone.
    """
    occupied = contribution > 0
    mean = torch.where(occupied, scores, 0.0).sum() / occupied.sum()
    relative = torch.where(mean > 0, scores / torch.where(mean > 0, mean, 1.0), 1.0).clamp(min=FLOOR)
    return torch.where(occupied, torch.log(torch.where(occupied, contribution, 1.0)) + torch.log(relative), -math.inf)


def log_keys(log_weights: Float[Tensor, " offered"], noise: Float[Tensor, " offered"]) -> Float[Tensor, " offered"]:
    """The logarithms of the keys e = noise/w, of which the smallest stay. The paper's keys u^(1/w), of which the largest stay,
    give the same order but underflow for small w."""
    return torch.log(noise.clamp(min=torch.finfo(noise.dtype).tiny)) - log_weights


def inclusion_probability(
    log_weights: Float[Tensor, " kept"], log_threshold: Float[Tensor, ""]
) -> Float[Tensor, " kept"]:
    """p = 1 - exp(-w·t), the probability to stay given the other keys; 1 where the threshold t is infinite because all could
    stay."""
    return -torch.expm1(-torch.exp(log_weights + log_threshold))


def effective_sample_size(weights: Float[Tensor, " kept"]) -> Float[Tensor, ""]:
    """(Σw)²/Σw², from 1 to the number of weights; weights that are all zero count as equal."""
    largest = weights.max()
    relative = torch.where(largest > 0, weights / torch.where(largest > 0, largest, 1.0), 1.0)
    return relative.sum().square() / relative.square().sum()
