"""What a step of each estimator costs on a CUDA device, and the coupling reservoir beside sorting anew there."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import torch

from benchmarks.estimators import growth
from benchmarks.estimators.losses import DEFAULT, ESTIMATORS, PLAIN
from benchmarks.estimators.results import SORTS, keep
from reswd_torch.coupling_reservoir import Couplings, KeptCouplings, coupling_step, none_kept
from reswd_torch.wasserstein import PointSets

NAME = "on a card"
POINTS = (2048, 65536, 1048576)
QUEUED, TIMES = 20, 5
COMPILED = f"{DEFAULT}, its step compiled"
GRAPHED = f"{DEFAULT}, compiled with CUDA graphs"
HEAVY = "as many directions, sorted anew each step"


def measure() -> None:
    """Milliseconds of a step with the gradient, p = 2, 3-D, steps queued one after the other and waited for at the end."""
    steps: dict[str, list[float]] = {}
    for one in ESTIMATORS:
        steps[one.name] = [_milliseconds(one.build(3, SORTS, 2, 0).to("cuda"), points) for points in POINTS]
        print(one.name, steps[one.name], flush=True)
    plain = next(one for one in ESTIMATORS if one.name == PLAIN)
    steps[HEAVY] = [_milliseconds(plain.build(3, 3 * SORTS, 2, 0), points) for points in POINTS]
    kept = [
        {"points": points, "lines": 64, **growth.milliseconds(points, 64, "cuda")} for points in (16384, *POINTS[1:])
    ]
    device = f"{torch.cuda.get_device_name()}, torch {torch.__version__}"
    found = {"device": device, "steps": steps, "kept": kept}
    keep(NAME, found)
    print(found, flush=True)
    default = next(one for one in ESTIMATORS if one.name == DEFAULT)
    for name, mode in ((COMPILED, "default"), (GRAPHED, "reduce-overhead")):
        steps[name] = [_milliseconds(_Compiled(default.build(3, SORTS, 2, 0), mode), points) for points in POINTS]
        print(name, steps[name], flush=True)
        keep(NAME, found)


class _Compiled:
    """The loss with its pure step as one compiled graph."""

    def __init__(self, loss: Any, mode: str) -> None:
        self.loss, self.state, self.mode = loss, None, mode
        self.step = torch.compile(coupling_step, fullgraph=True, mode=mode)

    def __call__(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        state = self.state or none_kept(self.loss.kept, x, y, weighted=False)
        directions = self.loss.draw(x)
        if self.mode == "reduce-overhead":  # the next replay writes where this one wrote
            torch.compiler.cudagraph_mark_step_begin()
            plans = Couplings(state.plans.directions.clone(), state.plans.values.clone(), None, None)
            state, directions = KeptCouplings(plans, state.weight.clone()), directions.clone()
        value, self.state = self.step(state, directions, PointSets(x, y), 2, self.loss.tau)
        return value


def _milliseconds(loss: Callable[..., Any], points: int) -> float:
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


def table(kept: dict[str, Any]) -> list[str]:
    """For the page."""
    lines = [
        "\n### On a card\n",
        f"{kept['device']}; milliseconds of a step with the gradient, p = 2, 3-D, {SORTS} sorts of the moving set.\n",
        "| estimator | " + " | ".join(f"{points:,} points" for points in POINTS) + " |",
        "|---" * (len(POINTS) + 1) + "|",
    ]
    for name, times in kept["steps"].items():
        lines.append(f"| {name} | " + " | ".join(f"{each:.2f}" for each in times) + " |")
    return [*lines, "\nOne new direction a step:\n", *growth.beside_anew(kept["kept"])]
