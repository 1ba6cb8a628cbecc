"""What a task is, and the tasks on points: fixed sets whose answers are known, and particles whose error is an exact distance."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Protocol

import torch
from torch import Tensor, nn

from reswd_torch.directions import draw_directions
from reswd_torch.wasserstein import direction_costs

FIXED_STEPS = 20
"""Steps on fixed sets; the last estimate counts."""
JUDGES = 4096
"""Fixed directions that decide how far an optimisation has come."""


class Task(Protocol):
    """One task.

    Attributes:
        name: the name in the tables.
        dims: dimensions of the points.
        p: exponent of the distance.
        steps: steps that plain sampling takes.
        rates: learning rates to choose from; empty for fixed sets.
        seeds: the number of seeds that are reported.
    """

    @property
    def name(self) -> str: ...
    @property
    def dims(self) -> int: ...
    @property
    def p(self) -> int: ...
    @property
    def steps(self) -> int: ...
    @property
    def rates(self) -> tuple[float, ...]: ...
    @property
    def seeds(self) -> int: ...

    def run(self, loss: nn.Module, rate: float, seed: int, steps: int) -> tuple[float, float]:
        """Run the task once.

        Args:
            loss: the estimator, new.
            rate: learning rate.
            seed: decides where an optimisation starts.
            steps: how many to take.

        Returns:
            The error at the end, and the seconds that the steps took.
        """
        ...


@dataclass
class FixedSets:
    """Value or gradient on sets that do not move. Since y = a x + b, the distance along each direction has a closed form.

    With a > 0 sorting pairs the projection of each x with that of its own image, so W_p^p along theta is the mean of
    |theta . ((a - 1) x + b)|^p. For p = 2 the mean of this over the sphere is the mean of |(a - 1) x + b|^2 / dims, and its
    gradient in x, with y held, is -2 ((a - 1) x + b) / (n dims). For a unit shift in 3-D and p = 1 the mean is 1/2.

    Attributes:
        of: what is estimated, ``"value"`` or ``"gradient"``; the error is relative.
    """

    name: str
    a: float
    b: tuple[float, ...]
    p: int
    of: str
    points: int = 1024
    steps: int = FIXED_STEPS
    seeds: int = 200
    rates: ClassVar[tuple[float, ...]] = ()

    @property
    def dims(self) -> int:
        return len(self.b)

    def run(self, loss: nn.Module, rate: float, seed: int, steps: int) -> tuple[float, float]:
        x = torch.randn(self.points, self.dims, generator=torch.Generator().manual_seed(0)).requires_grad_()
        apart = (self.a - 1) * x.detach() + torch.tensor(self.b)
        y = x.detach() + apart
        start = time.perf_counter()
        for _ in range(steps):
            value = loss(x, y)
            if self.of == "gradient":
                (gradient,) = torch.autograd.grad(value, x)
        seconds = time.perf_counter() - start
        if self.of == "gradient":
            exact = -2 * apart / (self.points * self.dims)
            return float((gradient - exact).norm() / exact.norm()), seconds
        known = 0.5 if self.p == 1 else float(apart.square().sum(-1).mean() / self.dims)
        return abs(float(value.detach()) / known - 1), seconds


@dataclass
class Particles:
    """Free points that Adam moves onto a target set. The error is the exact W2 between the two."""

    name: str
    target: Callable[[torch.Generator], Tensor]
    p: int = 2
    steps: int = 300
    rates: tuple[float, ...] = (0.03, 0.1, 0.3, 1.0, 3.0, 6.0)
    seeds: ClassVar[int] = 12

    @cached_property
    def y(self) -> Tensor:
        """The target set, (points, dims)."""
        return self.target(torch.Generator().manual_seed(0))

    @property
    def dims(self) -> int:
        return self.y.shape[1]

    def run(self, loss: nn.Module, rate: float, seed: int, steps: int) -> tuple[float, float]:
        import ot

        x = torch.randn(self.y.shape, generator=torch.Generator().manual_seed(10_000 + seed)).requires_grad_()
        adam = torch.optim.Adam([x], lr=rate)
        start = time.perf_counter()
        for _ in range(steps):
            (x.grad,) = torch.autograd.grad(loss(x, self.y), x)
            adam.step()
        seconds = time.perf_counter() - start
        gaps = ot.dist(x.detach().double().numpy(), self.y.double().numpy())
        return math.sqrt(max(0.0, float(ot.emd2([], [], gaps, numItermax=10**6)))), seconds


def clusters(
    count: int, dims: int, points: int = 512, within: int | None = None
) -> Callable[[torch.Generator], Tensor]:
    """A function that draws points of ``count`` Gaussians whose centres differ in the first ``within`` dims (None: in all)."""

    def draw(random: torch.Generator) -> Tensor:
        centres = torch.zeros(count, dims)
        rank = within or dims
        centres[:, :rank] = 3 * torch.randn(count, rank, generator=random) / math.sqrt(rank / 3)
        which = torch.randint(count, (points,), generator=random)
        return centres[which] + 0.3 * torch.randn(points, dims, generator=random)

    return draw


def rings(random: torch.Generator) -> Tensor:
    """512 points on two circles in the plane, one within the other."""
    angle = 2 * math.pi * torch.rand(512, generator=random)
    radius = torch.where(torch.rand(512, generator=random) < 0.5, 1.0, 2.5)
    return torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1)


def judged(x: Tensor, y: Tensor, p: int) -> float:
    """SW_p along 4,096 fixed directions that no estimator sees, between two sets (points, dims) of one size."""
    lines = draw_directions("orthogonal", JUDGES, x.shape[1], generator=torch.Generator().manual_seed(2**31))
    total = 0.0
    for part in lines.split(256):
        total += float(direction_costs(x, y, part, p).sum())
    return total / JUDGES if p == 1 else math.sqrt(total / JUDGES)
