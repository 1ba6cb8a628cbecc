"""Is the reservoir unbiased, and what does that cost? Run: python -m benchmarks.unbiased

Two sets, one the other shifted by 1 along one axis in 3-D, p = 1: the exact value is the mean of |θ₁| over the sphere,
0.5. Each seed takes 20 steps on the fixed sets and reports the last estimate. Plain sampling sorts as many directions a
step.

The bar: ``exact`` lies within three standard errors of 0.5 over 2,000 seeds, and its spread (standard deviation over
seeds) is at most four times plain sampling's. ``paper`` is printed beside it: its bias is known and it has no bar.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from reswd_torch.reswd import DirectionReservoirSlicedWasserstein
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
    seconds: float

    @property
    def errors_off(self) -> float:
        """Distance of the mean from the exact value, in standard errors."""
        return abs(self.mean - EXACT_VALUE) / self.standard_error


def measure(build: Callable[[int], nn.Module], seeds: int, steps: int) -> Spread:
    """The last of ``steps`` estimates on the shifted sets, for ``seeds`` seeds from 0; ``build`` takes a seed."""
    x = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    y = x + torch.tensor([1.0, 0.0, 0.0])
    began = time.perf_counter()
    values = []
    for seed in range(seeds):
        loss = build(seed)
        for _ in range(steps):
            value = loss(x, y)
        values.append(float(value))
    spread = statistics.stdev(values)
    return Spread(statistics.fmean(values), spread / seeds**0.5, spread, time.perf_counter() - began)


def main() -> int:
    """Print the table; 0 if the bar is met, 1 if not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=2000)
    parser.add_argument("--steps", type=int, default=20)
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # the sets are tiny; threads would only wait for each other

    def reservoir(correction: str) -> Callable[[int], nn.Module]:
        return lambda seed: DirectionReservoirSlicedWasserstein(3, p=1, correction=correction, seed=seed)

    default = DirectionReservoirSlicedWasserstein(3, p=1)
    sorts = default.kept + default.fresh
    with torch.no_grad():
        # plain sampling has no memory: one step says as much as twenty
        plain = measure(lambda seed: SlicedWasserstein(sorts, p=1, seed=seed), arguments.seeds, 1)
        rows = {"plain": plain}
        for correction in ("exact", "paper"):
            rows[correction] = measure(reservoir(correction), arguments.seeds, arguments.steps)

    print(f"unit shift in 3-D, p = 1, exact value {EXACT_VALUE}; {arguments.seeds} seeds, step {arguments.steps}")
    print(f"{default.kept} kept + {default.fresh} fresh = {sorts} sorts a step, tau {default.tau}")
    print(f"{'':8}{'mean':>8}{'std error':>11}{'off by':>9}{'spread':>9}{'of plain':>10}{'seconds':>9}")
    for name, row in rows.items():
        print(
            f"{name:8}{row.mean:8.4f}{row.standard_error:11.4f}{row.errors_off:7.1f}se{row.spread:9.4f}"
            f"{row.spread / plain.spread:9.2f}x{row.seconds:9.1f}"
        )
    exact = rows["exact"]
    met = exact.errors_off <= LARGEST_ERRORS and exact.spread <= LARGEST_RATIO * plain.spread
    print(f"bar ({LARGEST_ERRORS:g} standard errors, {LARGEST_RATIO:g}x plain's spread): {'met' if met else 'MISSED'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
