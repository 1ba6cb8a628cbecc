"""Are the reservoirs unbiased, and what does that cost? Run: python -m benchmarks.unbiased

Two sets, one the other shifted by 1 along one axis in 3-D, p = 1: the exact value is the mean of |θ₁| over the sphere, 0.5, and
the sum of its gradient over the points of x is (-0.5, 0, 0). Each seed takes 20 steps on the fixed sets and reports the last
estimate. Plain sampling sorts as many directions a step. The couplings also with sets of two sizes (each point of y twice) and
with weights, which leave the exact value as it is.

The bar, for what claims to be unbiased: value and gradient lie within three standard errors of the exact ones over 2,000 seeds,
and the spread (standard deviation over seeds) is at most four times plain sampling's. ``paper`` is printed beside it: its bias is
known and it has no bar.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import torch
from torch import nn

from reswd_torch.reswd import DirectionReservoirSlicedWasserstein, ReservoirSlicedWasserstein
from reswd_torch.swd import SlicedWasserstein

EXACT_VALUE = 0.5
LARGEST_RATIO = 4.0
LARGEST_ERRORS = 3.0


@dataclass(frozen=True)
class Spread:
    """What one estimator gave over many seeds."""

    mean: float
    standard_error: float
    spread: float  # standard deviation over seeds
    slope_errors: float  # how far the mean gradient is off, in standard errors
    seconds: float

    @property
    def errors_off(self) -> float:
        """Distance of the mean from the exact value, in standard errors."""
        return abs(self.mean - EXACT_VALUE) / self.standard_error


Sets = tuple[torch.Tensor, torch.Tensor, torch.Tensor | None, torch.Tensor | None]


def fixed_sets(kind: str) -> Sets:
    """x, y and their weights; y is x shifted by 1 along the first axis in each."""
    x = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    y = x + torch.tensor([1.0, 0.0, 0.0])
    if kind == "two sizes":
        return x, y.repeat(2, 1), None, None
    if kind == "weights":
        weights = torch.tensor([1.0, 2.0, 3.0, 4.0])
        return x, y.repeat(2, 1), weights, weights.repeat(2)
    return x, y, None, None


def measure(build: Callable[[int], nn.Module], sets: Sets, seeds: int, steps: int) -> Spread:
    """The last of ``steps`` estimates on fixed sets, for ``seeds`` seeds from 0; ``build`` takes a seed."""
    x, y, x_weights, y_weights = sets
    x = x.clone().requires_grad_()
    began = time.perf_counter()
    values, slopes = [], []
    for seed in range(seeds):
        loss = build(seed)
        with torch.no_grad():
            for _ in range(steps - 1):
                loss(x, y, x_weights, y_weights)
        value = loss(x, y, x_weights, y_weights)
        slopes.append(torch.autograd.grad(value, x)[0].sum(dim=0))
        values.append(float(value.detach()))
    spread = statistics.stdev(values)
    slope = torch.stack(slopes)
    off = (slope.mean(dim=0) - torch.tensor([-EXACT_VALUE, 0.0, 0.0])).abs() / (slope.std(dim=0) / seeds**0.5)
    return Spread(statistics.fmean(values), spread / seeds**0.5, spread, float(off.max()), time.perf_counter() - began)


def main() -> int:
    """Print the table; 0 if the bar is met, 1 if not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=2000)
    parser.add_argument("--steps", type=int, default=20)
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # the sets are tiny; threads would only wait for each other
    met = True
    print(f"unit shift in 3-D, p = 1, exact value {EXACT_VALUE}; {arguments.seeds} seeds, step {arguments.steps}")
    print(f"{'':42}{'sorts':>6}{'mean':>8}{'std error':>11}{'off by':>9}{'gradient':>10}{'spread':>9}{'of plain':>10}")
    for sorts, kind, rows in groups():
        sets = fixed_sets(kind)
        # plain sampling has no memory: one step says as much as twenty
        plain = measure(partial(_plain, sorts), sets, arguments.seeds, 1)
        measured = {f"plain, {kind}": (plain, False)}
        for name, (build, claims) in rows.items():
            measured[name] = measure(build, sets, arguments.seeds, arguments.steps), claims
        for name, (row, claims) in measured.items():
            print(
                f"{name:42}{sorts:6}{row.mean:8.4f}{row.standard_error:11.4f}{row.errors_off:7.1f}se{row.slope_errors:8.1f}se"
                f"{row.spread:9.4f}{row.spread / plain.spread:9.2f}x",
                flush=True,
            )
            if claims:
                met &= max(row.errors_off, row.slope_errors) <= LARGEST_ERRORS
                met &= row.spread <= LARGEST_RATIO * plain.spread
    print(f"bar ({LARGEST_ERRORS:g} standard errors, {LARGEST_RATIO:g}x plain's spread): {'met' if met else 'MISSED'}")
    return 0 if met else 1


def groups() -> Iterator[tuple[int, str, dict[str, tuple[Callable[[int], nn.Module], bool]]]]:
    """Sorts a step, the kind of sets, and by name what is measured and whether it claims to be unbiased."""
    sorts = ReservoirSlicedWasserstein(3).fresh
    for kind in ("one size", "two sizes", "weights"):
        rows = {
            f"couplings, {directions}, tau {tau}": (partial(_couplings, directions, tau), True)
            for directions, tau in (("even", 1.5), ("even", None), ("gaussian", 1.5))
        }
        yield sorts, kind, rows
    default = DirectionReservoirSlicedWasserstein(3)
    directions = {
        f"directions, {correction}": (partial(_directions, correction), correction == "exact")
        for correction in ("exact", "paper")
    }
    yield default.kept + default.fresh, "one size", directions


def _plain(sorts: int, seed: int) -> nn.Module:
    return SlicedWasserstein(sorts, p=1, seed=seed)


def _couplings(directions: str, tau: float | None, seed: int) -> nn.Module:
    return ReservoirSlicedWasserstein(3, p=1, directions=directions, tau=tau, seed=seed)


def _directions(correction: str, seed: int) -> nn.Module:
    return DirectionReservoirSlicedWasserstein(3, p=1, correction=correction, seed=seed)


if __name__ == "__main__":
    sys.exit(main())
