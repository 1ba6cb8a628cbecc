"""The protocol of the comparison, and the file that keeps its results.

Each estimator gets the learning rate that is best for it on seeds that are not reported. Then all run with equal sorts, and once
more with equal time.
"""

from __future__ import annotations

import json
import math
import os
import statistics
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypedDict

import torch

from benchmarks.estimators.families import FAMILIES
from benchmarks.estimators.losses import PLAIN, Estimator, serving
from benchmarks.estimators.tasks import FixedSets, Task

KEPT = Path(__file__).resolve().parents[2] / "docs" / "estimators.json"
SORTS = 8
"""Projections of the moving set that each estimator sorts in a step."""
TUNING = (9001, 9002, 9003)
"""The seeds on which learning rates are chosen; none of them is reported."""
TIMED, TIMED_STEPS = 9, 20
"""Rounds in which the estimators are timed, and the steps of each in a round."""


class Row(TypedDict):
    """What was measured of one estimator on one task."""

    rate: float
    """The learning rate; 0 on fixed sets."""
    milliseconds: float
    """Time of a step."""
    sorts: int
    """Sorts in a step at equal time."""
    steps: int
    """Steps at equal time."""
    equal_sorts: list[float]
    """The error for each seed at equal sorts."""
    equal_time: list[float]
    """The error for each seed at equal time."""


Family = dict[str, dict[str, Row]]
"""What was measured of a family, by the names of its tasks and of the estimators."""


def read() -> dict[str, Any]:
    """What the file keeps, as JSON: for each family a :data:`Family`, and what the other parts measured under their own names."""
    kept: dict[str, Any] = json.loads(KEPT.read_text("utf-8")) if KEPT.is_file() else {}
    return kept


def keep(name: str, measured: object) -> None:
    """Add what was measured of one family or part to the file, in place of what it kept under that name."""
    part = KEPT.with_suffix(f".{os.getpid()}")
    parts = [f"{json.dumps(key)}: {json.dumps(_short(value))}" for key, value in (read() | {name: measured}).items()]
    part.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")
    part.replace(KEPT)


def _short(value: object) -> object:
    """The same JSON value with every float cut to six digits."""
    if isinstance(value, dict):
        return {key: _short(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_short(each) for each in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


def measure(families: Sequence[str] | None) -> None:
    """Measure the families that are named, or, where none is, those that the file does not have yet."""
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
        # On fixed sets more steps would not help an estimator that keeps nothing, so there a dearer one gets fewer sorts instead.
        sorts, steps = SORTS, task.steps
        if isinstance(task, FixedSets):
            sorts = max(1, round(SORTS / dearer))
        else:
            steps = max(1, round(task.steps / dearer))
        equal_sorts = [_error(task, one, rates[one.name], seed, SORTS, task.steps) for seed in range(task.seeds)]
        equal_time = equal_sorts
        if (sorts, steps) != (SORTS, task.steps):
            equal_time = [_error(task, one, rates[one.name], seed, sorts, steps) for seed in range(task.seeds)]
        milliseconds = 1000 * times[one.name]
        rows[one.name] = Row(
            rate=rates[one.name],
            milliseconds=round(milliseconds, 4),
            sorts=sorts,
            steps=steps,
            equal_sorts=equal_sorts,
            equal_time=equal_time,
        )
        print(
            f"{task.name} | {one.name} | rate {rates[one.name]:g} | {milliseconds:.2f} ms | {sorts} x {steps} | "
            f"{statistics.fmean(equal_sorts):.5f} | {statistics.fmean(equal_time):.5f}",
            flush=True,
        )
    return rows


def tuned(task: Task, one: Estimator) -> tuple[float, float]:
    """The smallest mean error on the tuning seeds at equal sorts, and the learning rate of the task's grid that reaches it."""
    return min(
        (statistics.fmean(_error(task, one, rate, seed, SORTS, task.steps) for seed in TUNING), rate)
        for rate in task.rates
    )


def _step_times(task: Task, estimators: Sequence[Estimator], rates: dict[str, float]) -> dict[str, float]:
    """Seconds of a step of each estimator once its reservoir is full.

    The estimators take turns in several rounds, and the fastest round of each counts: other work on the machine can only make a
    round slower.
    """
    seen: dict[str, list[float]] = {one.name: [] for one in estimators}
    steps = min(TIMED_STEPS, task.steps)
    for _ in range(TIMED):
        for one in estimators:
            loss = _loss(task, one, 0, SORTS)
            task.run(loss, rates[one.name], 0, steps)
            seen[one.name].append(task.run(loss, rates[one.name], 0, steps)[1] / steps)
    return {name: min(each) for name, each in seen.items()}


def _error(task: Task, one: Estimator, rate: float, seed: int, sorts: int, steps: int) -> float:
    """The error of one run; infinite where the run diverged to values that are not numbers."""
    error, _ = task.run(_loss(task, one, seed, sorts), rate, seed, steps)
    return float("inf") if math.isnan(error) else error


def _loss(task: Task, one: Estimator, seed: int, sorts: int) -> torch.nn.Module:
    # No two estimators share their random numbers, for then their errors would rise and fall together.
    return one.build(task.dims, sorts, task.p, zlib.crc32(f"{task.name} {one.name} {seed}".encode()))
