"""A search for settings with which the paper's weighting, done as its code does it, beats plain sampling.

The search uses the tuning seeds alone. Each setting, and plain sampling, gets the best rate of the grid; sorts are equal.
"""

from __future__ import annotations

import itertools
from functools import partial
from typing import TypedDict

from torch import nn

from benchmarks.estimators.families import FAMILIES
from benchmarks.estimators.losses import ESTIMATORS, PLAIN, Estimator, PapersCode
from benchmarks.estimators.picture_tasks import Guided
from benchmarks.estimators.results import keep, tuned
from benchmarks.estimators.tasks import FixedSets

NAME = "the paper's settings"
NEW, TAUS, RESETS = (0.125, 0.25, 0.5), (2.0, 8.0, 32.0), (0.0, 0.5)


class Setting(TypedDict):
    """One setting of :class:`PapersCode`, and for each task its error over plain sampling's."""

    new: float
    tau: float
    reset: float
    ratios: list[float]


class Search(TypedDict):
    """The names of the tasks, and a row for each setting."""

    tasks: list[str]
    rows: list[Setting]


def measure() -> None:
    """Run every setting on each optimisation task that is quick enough, and keep the ratios."""
    named = {
        f"{family}: {task.name}": task
        for family, tasks in FAMILIES.items()
        for task in tasks
        if not isinstance(task, (FixedSets, Guided))  # fixed sets are no optimisations, and guidance takes too long
    }
    tasks = list(named.values())
    plain = next(one for one in ESTIMATORS if one.name == PLAIN)
    base = [tuned(task, plain)[0] for task in tasks]
    rows: list[Setting] = []
    for new, tau, reset in itertools.product(NEW, TAUS, RESETS):
        one = Estimator(f"{new} {tau} {reset}", partial(_build, tau, new, reset))
        ratios = [tuned(task, one)[0] / each for task, each in zip(tasks, base, strict=True)]
        rows.append(Setting(new=new, tau=tau, reset=reset, ratios=ratios))
        print(new, tau, reset, [round(each, 3) for each in ratios], flush=True)
    keep(NAME, Search(tasks=list(named), rows=rows))


def _build(tau: float, new: float, reset: float, dims: int, sorts: int, p: int, seed: int) -> nn.Module:
    return PapersCode(dims, sorts, p, seed, tau, new, reset)


def table(kept: Search) -> list[str]:
    """The section of the page, as lines of Markdown."""
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
