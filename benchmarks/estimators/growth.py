"""What a step of the coupling reservoir costs beside sorting as many directions anew, and how both grow."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
TIMES = 15
BAR = (16384, 64)

Row = dict[str, Any]
"""points, lines, and milliseconds of each job by name."""


def measure() -> None:
    """Milliseconds of a step with the gradient, p = 2, 3-D, one new direction; and of the same number of directions sorted anew
    with the target's projections sorted beforehand, and with both sorted."""
    rows = []
    for points in POINTS:
        for lines in LINES:
            rows.append({"points": points, "lines": lines, **milliseconds(points, lines)})
            print(rows[-1], flush=True)
    keep(NAME, rows)


def milliseconds(points: int, lines: int, device: str = "cpu") -> dict[str, float]:
    """Medians of each job, by name."""
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

    jobs: dict[str, Callable[[], Tensor]] = {
        "step": kept, "anew": lambda: anew(True), "both anew": lambda: anew(False)
    }  # fmt: skip
    seen: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(TIMES):
        for name, job in jobs.items():
            start = time.perf_counter()
            torch.autograd.grad(job(), x)
            if device == "cuda":
                torch.cuda.synchronize()
            seen[name].append(1000 * (time.perf_counter() - start))
    return {name: round(statistics.median(each), 3) for name, each in seen.items()}


def table(rows: list[Row]) -> list[str]:
    """For the page."""
    return [
        "\n### What a step costs\n",
        "One core, p = 2, 3-D, with the gradient; a step sorts one new direction and looks again at the plans kept.\n",
        *beside_anew(rows, BAR),
    ]


def beside_anew(rows: list[Row], bold: tuple[int, int] | None = None) -> list[str]:
    """Steps beside as many directions sorted anew; bold the ratio at so many points and plans."""
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
    """Both against points times directions, on logarithmic axes."""
    with figure(place, figsize=(6.4, 4.2)) as panel:
        for name, words, mark in (
            ("step", "step, plans kept", "o"),
            ("anew", "sorted anew, target cached", "s"),
            ("both anew", "both sorted anew", "^"),
        ):
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
