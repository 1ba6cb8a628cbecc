"""The estimators that are compared, by name; each is built for a number of dimensions and of sorts in a step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from reswd_torch.direction_reswd import DirectionReservoirSlicedWasserstein
from reswd_torch.directions import draw_directions
from reswd_torch.reswd import KEPT_DIMS, ReservoirSlicedWasserstein
from reswd_torch.swd import SlicedWasserstein
from reswd_torch.wasserstein import direction_costs

Build = Callable[[int, int, int, int], nn.Module]
"""Makes a loss from dims, sorts in a step, p and a seed, in this order."""


@dataclass(frozen=True)
class Estimator:
    """One estimator: a row of the map.

    Attributes:
        name: the name in the tables.
        build: makes the loss.
        rival: whether the default is asked to beat this one; it is not asked to beat our own variants.
        only: the numbers of dimensions that it can serve; None where it serves all.
    """

    name: str
    build: Build
    rival: bool = True
    only: tuple[int, ...] | None = None


def _fresh(kind: str, control: str | None, dims: int, sorts: int, p: int, seed: int) -> nn.Module:
    return SlicedWasserstein(sorts, p, kind, control, seed)


def _directions(correction: str, score: str, dims: int, sorts: int, p: int, seed: int) -> nn.Module:
    new = max(1, sorts // 4)
    return DirectionReservoirSlicedWasserstein(
        dims, max(1, sorts - new), new, p, correction=correction, score=score, seed=seed
    )


def _couplings(kind: str, tau: float | None, dims: int, sorts: int, p: int, seed: int) -> nn.Module:
    """A coupling reservoir. It keeps the plans of two steps, or none in dims where the default keeps none; without ageing
    (``tau`` None) it keeps those of eight steps."""
    kept = 8 * sorts if tau is None else 2 * sorts if dims <= KEPT_DIMS else 0
    return ReservoirSlicedWasserstein(dims, kept, sorts, p, kind, tau, seed)


class PapersCode(nn.Module):
    """A direction reservoir weighted as the paper's code does it (arXiv 2510.01061, sec. 3; written anew from the description).

    A direction gets its key u^(1/w) once, when it comes in, with its cost of that moment as w; the directions with the largest
    keys stay. The loss weighs each direction by its own cost, through which no gradient flows. At every step the weights of all
    kept directions are multiplied by exp(-age/tau). They decide when the reservoir is emptied: as soon as their effective sample
    size falls below ``reset`` times the reservoir's size.
    """

    def __init__(
        self, dims: int, sorts: int, p: int, seed: int, tau: float = 8.0, new: float = 0.25, reset: float = 0.5
    ) -> None:
        super().__init__()
        self.dims, self.p, self.tau, self.reset = dims, p, tau, reset
        self.fresh = max(1, int(sorts * new))
        self.kept = max(1, sorts - self.fresh)
        self.generator = torch.Generator().manual_seed(seed)
        self.directions: Tensor | None = None
        self.age = self.keys = self.weight = torch.empty(0)  # of the directions kept, once there are any

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        draw = partial(
            draw_directions, "gaussian", dims=self.dims, generator=self.generator, dtype=x.dtype, device=x.device
        )
        if self.directions is None:
            lines = draw(count=self.kept + self.fresh)
            old, age = 0, x.new_zeros(0)
        else:
            lines = torch.cat([self.directions, draw(count=self.fresh)])
            old, age = len(self.directions), self.age + 1
        costs = direction_costs(x, y, lines, self.p)
        score = costs.detach().clamp(min=1e-12)
        new = score[old:]
        keys = torch.rand(len(new), generator=self.generator).to(new).clamp(min=1e-30) ** (1 / new)
        weight = new
        if old:
            weight = torch.cat([self.weight * torch.exp(-age / self.tau), new])
            keys = torch.cat([self.keys, keys])
        best = keys.topk(self.kept).indices
        self.directions, self.keys, self.weight = lines[best], keys[best], weight[best]
        self.age = torch.cat([age, torch.zeros_like(new)])[best]
        if self.weight.sum().square() / self.weight.square().sum() < self.reset * self.kept:
            self.directions = None
        return costs @ (score / score.sum())


ESTIMATORS = (
    Estimator("couplings (the default)", partial(_couplings, "even", 1.0), rival=False),
    Estimator("couplings, never ageing", partial(_couplings, "even", None), rival=False),
    Estimator("couplings, independent directions", partial(_couplings, "gaussian", 1.0), rival=False),
    Estimator("even directions, nothing kept", partial(_fresh, "even", None), rival=False),
    Estimator("plain", partial(_fresh, "gaussian", None)),
    Estimator("orthogonal", partial(_fresh, "orthogonal", None)),
    Estimator("Sobol", partial(_fresh, "sobol", None)),
    Estimator("rotated Fibonacci", partial(_fresh, "fibonacci", None), only=(3,)),
    Estimator("lower control variate", partial(_fresh, "gaussian", "lower")),
    Estimator("upper control variate", partial(_fresh, "gaussian", "upper")),
    Estimator("the paper's, as its code", PapersCode),
    Estimator("the paper's, with its reset", partial(_directions, "paper", "distance"), rival=False),
    Estimator("the paper's, corrected exactly", partial(_directions, "exact", "distance"), rival=False),
    Estimator("the same, scored by gradient", partial(_directions, "exact", "gradient"), rival=False),
)
DEFAULT, PLAIN = ESTIMATORS[0].name, "plain"


def serving(dims: int) -> tuple[Estimator, ...]:
    """The estimators that can serve so many dimensions."""
    return tuple(one for one in ESTIMATORS if one.only is None or dims in one.only)
