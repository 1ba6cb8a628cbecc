"""How evenly each kind of directions is spread, for p = 1 and p = 2.

The measure is how much the mean distance along the directions scatters from draw to draw, between a set and the same set moved by
a unit vector.
"""

from __future__ import annotations

from typing import TypedDict

import torch

from benchmarks.estimators.results import keep
from reswd_torch.directions import draw_directions

NAME = "evenness"
COUNTS = (3, 4, 8, 16, 32)
KINDS = {2: ("gaussian", "orthogonal", "sobol", "even"), 3: ("gaussian", "orthogonal", "sobol", "fibonacci", "even")}
DRAWS = 4000


class Row(TypedDict):
    """Relative spreads of one kind of directions, one for each of :data:`COUNTS`."""

    dims: int
    kind: str
    p: int
    spreads: list[float]


def measure() -> None:
    """Measure the relative spreads and keep them. Along a direction the distance is |cos| for p = 1 and cos^2 for p = 2."""
    rows: list[Row] = []
    for dims, kinds in KINDS.items():
        for kind in kinds:
            for p in (1, 2):
                spreads = [_spread(kind, count, dims, p) for count in COUNTS]
                rows.append(Row(dims=dims, kind=kind, p=p, spreads=spreads))
                print(rows[-1], flush=True)
    keep(NAME, rows)


def _spread(kind: str, count: int, dims: int, p: int) -> float:
    """Standard deviation over mean of the distance, over many draws of so many directions."""
    random = torch.Generator().manual_seed(0)
    means = [
        draw_directions(kind, count, dims, generator=random, dtype=torch.float64)[:, 0].abs().pow(p).mean()
        for _ in range(DRAWS)
    ]
    each = torch.stack(means)
    return float(each.std() / each.mean())


def table(rows: list[Row]) -> list[str]:
    """The section of the page, as lines of Markdown."""
    lines = [
        "\n### How even directions are\n",
        "Relative spread, in percent, of the distance between a set and itself moved by a unit vector, over "
        f"{DRAWS:,} draws of so many directions.\n",
        "| dims, p | kind | " + " | ".join(map(str, COUNTS)) + " |",
        "|---" * (len(COUNTS) + 2) + "|",
    ]
    for row in sorted(rows, key=lambda row: (row["dims"], row["p"])):
        cells = " | ".join(f"{100 * each:.2f}" if each > 1e-6 else "0" for each in row["spreads"])
        lines.append(f"| {row['dims']}-D, p = {row['p']} | {row['kind']} | {cells} |")
    return lines
