"""The protocol: rates chosen on seeds that are not reported, equal sorts, equal time; and where results are kept."""

from __future__ import annotations

import json
import os
import statistics
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from benchmarks.estimators.losses import PLAIN, Estimator, serving
from benchmarks.estimators.tasks import FAMILIES, FixedSets, Task

KEPT = Path(__file__).resolve().parents[2] / "docs" / "estimators.json"
SORTS = 8
TUNING = (9001, 9002, 9003)
TIMED, TIMED_STEPS = 9, 20

Row = dict[str, Any]
"""rate, milliseconds of a step, sorts and steps at equal time, errors at equal sorts and at equal time (one a seed)."""


def read() -> dict[str, Any]:
    """What is kept: by family, task and estimator a row; and what a step of the couplings costs."""
    kept: dict[str, Any] = json.loads(KEPT.read_text("utf-8")) if KEPT.is_file() else {}
    return kept


def keep(name: str, measured: Any) -> None:
    """Write one family beside what is kept."""
    part = KEPT.with_suffix(f".{os.getpid()}")
    parts = [f"{json.dumps(key)}: {json.dumps(_short(value))}" for key, value in (read() | {name: measured}).items()]
    part.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")
    part.replace(KEPT)


def _short(value: Any) -> Any:
    """Six digits of every number."""
    if isinstance(value, dict):
        return {key: _short(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_short(each) for each in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


def measure(families: Sequence[str] | None) -> None:
    """Measure the families that are missing, or those that are named."""
    for family, tasks in FAMILIES.items():
        if family not in families if families else family in read():
            continue
        print(f"## {family}", flush=True)
        measured = {task.name: _task(task) for task in tasks}
        keep(family, measured)


def _task(task: Task) -> dict[str, Row]:
    estimators = serving(task.dims)
    rates = {one.name: tuned(task, one)[1] if task.rates else 0.0 for one in estimators}
    times = _step_times(task, estimators, rates)
    rows: dict[str, Row] = {}
    for one in estimators:
        dearer = times[one.name] / times[PLAIN]
        # On fixed sets more steps would not help what does not remember; there a dearer estimator gets fewer sorts.
        sorts, steps = SORTS, task.steps
        if isinstance(task, FixedSets):
            sorts = max(1, round(SORTS / dearer))
        else:
            steps = max(1, round(task.steps / dearer))
        equal_sorts = [_error(task, one, rates[one.name], seed, SORTS, task.steps) for seed in range(task.seeds)]
        equal_time = equal_sorts
        if (sorts, steps) != (SORTS, task.steps):
            equal_time = [_error(task, one, rates[one.name], seed, sorts, steps) for seed in range(task.seeds)]
        rows[one.name] = {
            "rate": rates[one.name], "milliseconds": round(1000 * times[one.name], 4), "sorts": sorts, "steps": steps,
            "equal_sorts": equal_sorts, "equal_time": equal_time,
        }  # fmt: skip
        print(
            f"{task.name} | {one.name} | rate {rates[one.name]:g} | {1000 * times[one.name]:.2f} ms | {sorts} x {steps} | "
            f"{statistics.fmean(equal_sorts):.5f} | {statistics.fmean(equal_time):.5f}",
            flush=True,
        )
    return rows


def tuned(task: Task, one: Estimator) -> tuple[float, float]:
    """The smallest mean error on the tuning seeds, at equal sorts, and the rate of the grid that has it."""
    return min(
        (statistics.fmean(_error(task, one, rate, seed, SORTS, task.steps) for seed in TUNING), rate)
        for rate in task.rates
    )


def _step_times(task: Task, estimators: Sequence[Estimator], rates: dict[str, float]) -> dict[str, float]:
    """Seconds of a step once the memory is full: the fastest of rounds in which each takes its turn, since what else the machine
    does only ever makes a round slower."""
    seen: dict[str, list[float]] = {one.name: [] for one in estimators}
    steps = min(TIMED_STEPS, task.steps)
    for _ in range(TIMED):
        for one in estimators:
            loss = _loss(task, one, 0, SORTS)
            task.run(loss, rates[one.name], 0, steps)
            seen[one.name].append(task.run(loss, rates[one.name], 0, steps)[1] / steps)
    return {name: min(each) for name, each in seen.items()}


def _error(task: Task, one: Estimator, rate: float, seed: int, sorts: int, steps: int) -> float:
    error, _ = task.run(_loss(task, one, seed, sorts), rate, seed, steps)
    return error if error == error else float("inf")


def _loss(task: Task, one: Estimator, seed: int, sorts: int) -> torch.nn.Module:
    # No two estimators share their random numbers, or their errors would go together.
    return one.build(task.dims, sorts, task.p, zlib.crc32(f"{task.name} {one.name} {seed}".encode()))
