"""The time of a step of the coupling reservoir beside sorting as many directions anew, and how both grow."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal, TypedDict

import torch
from torch import Tensor

from benchmarks.estimators.figures import figure
from benchmarks.estimators.results import keep
from reswd_torch.coupling_reservoir import KeptCouplings, couple, coupling_step
from reswd_torch.directions import draw_directions
from reswd_torch.sorting import sort, sorted_values
from reswd_torch.wasserstein import PointSets

NAME = "couplings' cost"
POINTS = (1024, 4096, 16384, 65536)
LINES = (16, 64, 256)
"""Directions whose plans are kept, or that are sorted anew."""
TIMES = 15
BAR = (16384, 64)
"""Points and plans kept at which the project asks for a ratio; the table prints it in bold."""

Job = Literal["step", "anew", "both anew"]
Row = TypedDict("Row", {"points": int, "lines": int, "step": float, "anew": float, "both anew": float})
"""Points and kept plans, and the median milliseconds of each job."""


def measure() -> None:
    """Measure all numbers of points and plans, p = 2 in 3-D, with the gradient, and keep the rows."""
    rows = []
    for points in POINTS:
        for lines in LINES:
            rows.append(measured(points, lines))
            print(rows[-1], flush=True)
    keep(NAME, rows)


def measured(points: int, lines: int, device: str = "cpu") -> Row:
    """Time the three jobs in turns.

    ``step`` is a step of the coupling reservoir with one new direction; ``anew`` sorts the moving set along as many directions
    as plans are kept, the target's projections having been sorted beforehand; ``both anew`` sorts both sets.
    """
    random = torch.Generator().manual_seed(0)
    x = torch.randn(points, 3, generator=random).to(device).requires_grad_()
    y = torch.randn(points, 3, generator=random).to(device) + 1
    directions, new = (draw_directions("even", count, 3, generator=random, device=device) for count in (lines, 1))
    state = KeptCouplings(couple(x.detach(), y, directions), torch.ones(lines, device=device))
    target = sorted_values(directions @ y.T)

    def kept() -> Tensor:
        return coupling_step(state, new, PointSets(x, y))[0]

    def anew(cached: bool) -> Tensor:
        other = target if cached else sorted_values(directions @ y.T)
        return (sort(directions @ x.T)[0] - other).square().mean()

    jobs: dict[Job, Callable[[], Tensor]] = {
        "step": kept,
        "anew": lambda: anew(cached=True),
        "both anew": lambda: anew(cached=False),
    }
    seen: dict[Job, list[float]] = {name: [] for name in jobs}
    for _ in range(TIMES):
        for name, job in jobs.items():
            start = time.perf_counter()
            torch.autograd.grad(job(), x)
            if device == "cuda":
                torch.cuda.synchronize()
            seen[name].append(1000 * (time.perf_counter() - start))
    medians = {name: round(statistics.median(each), 3) for name, each in seen.items()}
    return {
        "points": points,
        "lines": lines,
        "step": medians["step"],
        "anew": medians["anew"],
        "both anew": medians["both anew"],
    }


def table(rows: list[Row]) -> list[str]:
    """The section of the page, as lines of Markdown."""
    return [
        "\n### What a step costs\n",
        "One core, p = 2, 3-D, with the gradient; a step sorts one new direction and looks again at the plans kept.\n",
        *beside_anew(rows, BAR),
    ]


def beside_anew(rows: list[Row], bold: tuple[int, int] | None = None) -> list[str]:
    """The table of steps beside as many directions sorted anew; the ratio at ``bold`` points and plans is in bold."""
    lines = [
        "| points | plans kept | step, ms | as many sorted anew, target cached, ms | both sorted anew, ms | step over anew |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        mark = "**" if (row["points"], row["lines"]) == bold else ""
        ratio = f"{mark}{row['step'] / row['anew']:.2f}{mark}"
        lines.append(
            f"| {row['points']} | {row['lines']} | {row['step']:.2f} | {row['anew']:.2f} | {row['both anew']:.2f} | {ratio} |"
        )
    return lines


def draw(place: Path, rows: list[Row]) -> None:
    """Draw the time of each job against points times directions, on logarithmic axes."""
    curves: tuple[tuple[Job, str, str], ...] = (
        ("step", "step, plans kept", "o"),
        ("anew", "sorted anew, target cached", "s"),
        ("both anew", "both sorted anew", "^"),
    )
    with figure(place, (6.4, 4.2)) as (panel,):
        for name, words, mark in curves:
            ordered = sorted((row["points"] * row["lines"], row[name]) for row in rows)
            panel.loglog(
                [at for at, _ in ordered], [each for _, each in ordered], mark + "-", label=words, markersize=4
            )
        most = max(row["points"] * row["lines"] for row in rows)
        top = max(row["step"] for row in rows)
        panel.loglog([most / 256, most], [top / 256, top], "k:", label="linear")
        panel.set_xlabel("points x directions")
        panel.set_ylabel("ms a step, one core")
        panel.legend()
