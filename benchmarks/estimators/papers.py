"""A search for settings under which the paper's weighting, as its code does it, beats plain sampling.

On the tuning seeds alone, each setting and plain sampling at the best rate of the grid, at equal sorts.
"""

from __future__ import annotations

import itertools
from functools import partial
from typing import Any

from torch import nn

from benchmarks.estimators.losses import ESTIMATORS, PLAIN, Estimator, PapersCode
from benchmarks.estimators.results import keep, tuned
from benchmarks.estimators.tasks import FAMILIES, FixedSets, Guided

NAME = "the paper's settings"
NEW, TAUS, RESETS = (0.125, 0.25, 0.5), (2.0, 8.0, 32.0), (0.0, 0.5)


def measure() -> None:
    """Error over plain sampling's, for each setting and task that is quick enough."""
    named = {
        f"{family}: {task.name}": task
        for family, tasks in FAMILIES.items()
        for task in tasks
        if not isinstance(task, (FixedSets, Guided))  # the first are no optimisations, the last take too long
    }
    tasks = list(named.values())
    plain = next(one for one in ESTIMATORS if one.name == PLAIN)
    base = [tuned(task, plain)[0] for task in tasks]
    rows = []
    for new, tau, reset in itertools.product(NEW, TAUS, RESETS):
        one = Estimator(f"{new} {tau} {reset}", partial(_build, tau, new, reset))
        ratios = [tuned(task, one)[0] / each for task, each in zip(tasks, base, strict=True)]
        rows.append({"new": new, "tau": tau, "reset": reset, "ratios": ratios})
        print(new, tau, reset, [round(each, 3) for each in ratios], flush=True)
    keep(NAME, {"tasks": list(named), "rows": rows})


def _build(tau: float, new: float, reset: float, dims: int, sorts: int, p: int, seed: int) -> nn.Module:
    return PapersCode(dims, sorts, p, seed, tau, new, reset)


def table(kept: dict[str, Any]) -> list[str]:
    """For the page."""
    lines = [
        "\n### Settings of the paper's weighting\n",
        "As its code does it; error over plain sampling's at equal sorts, both at their best rate, on the three tuning seeds.\n",
        "| new, tau, reset below | " + " | ".join(kept["tasks"]) + " |",
        "|---" * (len(kept["tasks"]) + 1) + "|",
    ]
    for row in kept["rows"]:
        cells = " | ".join(f"**{each:.2f}**" if each < 1 else f"{each:.2f}" for each in row["ratios"])
        lines.append(f"| {row['new']:.0%}, {row['tau']:g}, {row['reset']:g} | {cells} |")
    return lines
