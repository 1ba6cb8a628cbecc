"""The time of a step of each estimator on a CUDA device, and of the coupling reservoir beside sorting anew there."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import TypedDict

import torch

from benchmarks.estimators import growth
from benchmarks.estimators.losses import DEFAULT, ESTIMATORS, PLAIN
from benchmarks.estimators.results import SORTS, keep
from reswd_torch.coupling_reservoir import Couplings, KeptCouplings, coupling_step, none_kept
from reswd_torch.reswd import ReservoirSlicedWasserstein
from reswd_torch.wasserstein import PointSets

NAME = "on a card"
POINTS = (2048, 65536, 1048576)
QUEUED, TIMES = 20, 5
"""Steps that are queued before the device is waited for, and how often that is timed."""
COMPILED = f"{DEFAULT}, its step compiled"
GRAPHED = f"{DEFAULT}, compiled with CUDA graphs"
HEAVY = "as many directions, sorted anew each step"


class Measured(TypedDict):
    """What was measured on a device."""

    device: str
    steps: dict[str, list[float]]
    """Milliseconds of a step, by the estimator's name, for each number of points."""
    kept: list[growth.Row]


def measure() -> None:
    """Measure steps with the gradient, p = 2 in 3-D, and keep what was found after each part."""
    steps: dict[str, list[float]] = {}
    for one in ESTIMATORS:
        steps[one.name] = [_milliseconds(one.build(3, SORTS, 2, 0).to("cuda"), points) for points in POINTS]
        print(one.name, steps[one.name], flush=True)
    plain = next(one for one in ESTIMATORS if one.name == PLAIN)
    steps[HEAVY] = [_milliseconds(plain.build(3, 3 * SORTS, 2, 0), points) for points in POINTS]
    kept = [growth.measured(points, 64, "cuda") for points in (16384, *POINTS[1:])]
    device = f"{torch.cuda.get_device_name()}, torch {torch.__version__}"
    found = Measured(device=device, steps=steps, kept=kept)
    keep(NAME, found)
    print(found, flush=True)
    default = next(one for one in ESTIMATORS if one.name == DEFAULT)
    for name, mode in ((COMPILED, "default"), (GRAPHED, "reduce-overhead")):
        steps[name] = []
        for points in POINTS:
            loss = default.build(3, SORTS, 2, 0)
            assert isinstance(loss, ReservoirSlicedWasserstein)
            steps[name].append(_milliseconds(_Compiled(loss, mode), points))
        print(name, steps[name], flush=True)
        keep(NAME, found)


class _Compiled:
    """A coupling reservoir whose pure step is one compiled graph; ``mode`` is that of ``torch.compile``."""

    def __init__(self, loss: ReservoirSlicedWasserstein, mode: str) -> None:
        self.loss, self.mode = loss, mode
        self.state: KeptCouplings | None = None
        self.step = torch.compile(coupling_step, fullgraph=True, mode=mode)

    def __call__(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        state = self.state or none_kept(self.loss.kept, x, y, weighted=False)
        directions = self.loss.draw(x)
        if self.mode == "reduce-overhead":  # each replay of a CUDA graph overwrites what the last one returned
            torch.compiler.cudagraph_mark_step_begin()
            plans = Couplings(state.plans.directions.clone(), state.plans.values.clone(), None, None)
            state, directions = KeptCouplings(plans, state.weight.clone()), directions.clone()
        value, self.state = self.step(state, directions, PointSets(x, y), 2, self.loss.tau)
        return value


def _milliseconds(loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor], points: int) -> float:
    """Median milliseconds of a step with the gradient; steps are queued one after the other and waited for at the end."""
    random = torch.Generator(device="cuda").manual_seed(0)
    x, y = (torch.randn(points, 3, generator=random, device="cuda") for _ in range(2))
    x.requires_grad_()

    def queued() -> float:
        torch.cuda.synchronize()
        start = time.perf_counter()
        for _ in range(QUEUED):
            torch.autograd.grad(loss(x, y), x)
        torch.cuda.synchronize()
        return 1000 * (time.perf_counter() - start) / QUEUED

    queued()
    return round(statistics.median(queued() for _ in range(TIMES)), 4)


def table(kept: Measured) -> list[str]:
    """The section of the page, as lines of Markdown."""
    lines = [
        "\n### On a card\n",
        f"{kept['device']}; milliseconds of a step with the gradient, p = 2, 3-D, {SORTS} sorts of the moving set.\n",
        "| estimator | " + " | ".join(f"{points:,} points" for points in POINTS) + " |",
        "|---" * (len(POINTS) + 1) + "|",
    ]
    for name, times in kept["steps"].items():
        lines.append(f"| {name} | " + " | ".join(f"{each:.2f}" for each in times) + " |")
    return [*lines, "\nOne new direction a step:\n", *growth.beside_anew(kept["kept"])]
