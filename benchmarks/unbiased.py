"""Are the reservoirs unbiased, and what does that cost? Run: python -m benchmarks.unbiased

Each seed takes 20 steps on fixed sets in 3-D. It reports the last estimate, and the derivative of that estimate when all points
of x move at once along one fixed random direction of their coordinates. Plain sampling sorts as many directions in a step. The
sets are a set and the same set moved by a unit vector (p = 1, exact value 0.5), and two unrelated sets of different sizes with
random weights (p = 1 and 2). The exact value is the mean over 65,536 directions of a spiral, in float64.

An estimator that claims to be unbiased has to meet a bar: over 2,000 seeds the means of its value and its derivative lie within
three standard errors of the exact ones, and its spread (standard deviation over seeds) is at most four times plain sampling's.
``paper`` is printed beside the others; its bias is known, so it has no bar.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial

import torch
from torch import nn

from reswd_torch.direction_reswd import DirectionReservoirSlicedWasserstein
from reswd_torch.directions import fibonacci_spiral
from reswd_torch.reswd import ReservoirSlicedWasserstein
from reswd_torch.swd import SlicedWasserstein
from reswd_torch.wasserstein import direction_costs

LARGEST_RATIO = 4.0
"""The bar for the spread, as a multiple of plain sampling's."""
LARGEST_ERRORS = 3.0
"""The bar for the distance of a mean from the exact value, in standard errors."""


@dataclass(frozen=True)
class Case:
    """Two fixed sets, with or without weights, and the direction of x's coordinates along which the derivative is taken."""

    name: str
    p: int
    x: torch.Tensor
    y: torch.Tensor
    x_weights: torch.Tensor | None
    y_weights: torch.Tensor | None
    along: torch.Tensor  # shape of x, length 1

    @property
    def sets(self) -> tuple[torch.Tensor | None, ...]:
        """What a loss takes after x: y and the weights of both."""
        return self.y, self.x_weights, self.y_weights

    @cached_property
    def exact(self) -> tuple[float, float]:
        """The exact value, and the exact derivative along the fixed direction."""
        x = self.x.double().requires_grad_()
        y, x_weights, y_weights = (None if each is None else each.double() for each in self.sets)
        assert y is not None
        lines = fibonacci_spiral(65_536, dtype=torch.float64)
        value = direction_costs(x, y, lines, self.p, x_weights, y_weights).mean()
        (slope,) = torch.autograd.grad(value, x)
        return float(value.detach()), float((slope * self.along).sum())


def cases() -> dict[str, Case]:
    """All cases, by name."""
    random = torch.Generator().manual_seed(0)
    x, other = torch.randn(4, 3, generator=random), torch.randn(9, 3, generator=random) + 0.5
    weights = [torch.rand(count, generator=random) for count in (4, 9)]
    along = torch.randn(4, 3, generator=random)
    along = along / along.norm()
    shift = Case("unit shift, p = 1", 1, x, x + torch.tensor([1.0, 0.0, 0.0]), None, None, along)
    unrelated = [Case(f"sizes 4 and 9, weights, p = {p}", p, x, other, weights[0], weights[1], along) for p in (1, 2)]
    return {case.name: case for case in (shift, *unrelated)}


@dataclass(frozen=True)
class Spread:
    """What one estimator returned over many seeds."""

    mean: float
    spread: float  # standard deviation over seeds
    errors_off: float  # distance of the mean from the exact value, in standard errors
    slope_errors: float  # the same for the derivative


def measure(build: Callable[[int], nn.Module], case: Case, seeds: int, steps: int) -> Spread:
    """Run an estimator for the seeds 0 to ``seeds - 1`` and look at the last of ``steps`` estimates of each.

    Args:
        build: makes the estimator from a seed.
        case: the sets.
        seeds: how many.
        steps: how many estimates each takes.
    """
    x = case.x.clone().requires_grad_()
    values, slopes = [], []
    for seed in range(seeds):
        loss = build(seed)
        with torch.no_grad():
            for _ in range(steps - 1):
                loss(x, *case.sets)
        value = loss(x, *case.sets)
        slopes.append(float((torch.autograd.grad(value, x)[0] * case.along).sum()))
        values.append(float(value.detach()))
    told = []
    for found, exact in zip((values, slopes), case.exact, strict=True):
        error = statistics.stdev(found) / seeds**0.5
        told.append(abs(statistics.fmean(found) - exact) / error)
    spread = statistics.stdev(values)
    return Spread(statistics.fmean(values), spread, *told)


def main() -> int:
    """Print the table. Returns 0 if the bar is met, 1 if it is not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=2000, help="seeds of each estimator")
    parser.add_argument("--steps", type=int, default=20, help="steps of each seed; the last estimate counts")
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # the sets are so small that threads would only wait for each other
    met = True
    print(f"{arguments.seeds} seeds, step {arguments.steps}\n")
    print("| sets | estimator | sorts | exact | mean | off by | gradient off by | spread | over plain's |")
    print("|---|---|---|---|---|---|---|---|---|")
    for case in cases().values():
        for sorts, rows in groups(case.p):
            # plain sampling keeps nothing, so that one step tells as much as twenty
            plain = measure(partial(_plain, sorts, case.p), case, arguments.seeds, 1)
            measured = {"plain": (plain, False)}
            for name, (build, claims) in rows.items():
                measured[name] = measure(build, case, arguments.seeds, arguments.steps), claims
            for name, (row, claims) in measured.items():
                print(
                    f"| {case.name} | {name} | {sorts} | {case.exact[0]:.4f} | {row.mean:.4f} | {row.errors_off:.1f} | "
                    f"{row.slope_errors:.1f} | {row.spread:.4f} | {row.spread / plain.spread:.2f} |",
                    flush=True,
                )
                if claims:
                    met &= max(row.errors_off, row.slope_errors) <= LARGEST_ERRORS
                    met &= row.spread <= LARGEST_RATIO * plain.spread
    print(
        f"\nbar ({LARGEST_ERRORS:g} standard errors, {LARGEST_RATIO:g}x plain's spread): {'met' if met else 'MISSED'}"
    )
    return 0 if met else 1


Rows = dict[str, tuple[Callable[[int], nn.Module], bool]]
"""By the name of an estimator what makes it from a seed, and whether it claims to be unbiased."""


def groups(p: int) -> Iterator[tuple[int, Rows]]:
    """Estimators in groups that sort equally many directions in a step: that number, and the estimators."""
    yield (
        ReservoirSlicedWasserstein(3).fresh,
        {
            f"couplings, {kind}, tau {tau}": (partial(_couplings, kind, tau, p), True)
            for kind, tau in (("even", 1.0), ("even", None), ("gaussian", 1.0))
        },
    )
    default = DirectionReservoirSlicedWasserstein(3)
    yield (
        default.kept + default.fresh,
        {
            f"directions, {correction}": (partial(_directions, correction, p), correction == "exact")
            for correction in ("exact", "paper")
        },
    )


def _plain(sorts: int, p: int, seed: int) -> nn.Module:
    return SlicedWasserstein(sorts, p, "gaussian", seed=seed)


def _couplings(kind: str, tau: float | None, p: int, seed: int) -> nn.Module:
    return ReservoirSlicedWasserstein(3, p=p, directions=kind, tau=tau, seed=seed)


def _directions(correction: str, p: int, seed: int) -> nn.Module:
    return DirectionReservoirSlicedWasserstein(3, p=p, correction=correction, seed=seed)


if __name__ == "__main__":
    sys.exit(main())
