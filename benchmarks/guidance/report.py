"""The report: the table as Markdown, every figure as JSON, and the sheet of pictures of docs/guidance.md."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image

from benchmarks.guidance.measuring import Figures
from benchmarks.guidance.painting import to_image
from benchmarks.guidance.photographs import ROOT

SHOWN = ("plain", "plain, then colour match (CDL)", "the papers', rate for distance alone", "ours")
"""The schemes on the sheet, from top to bottom."""
QUALITY = ("W2, RGB", "of plain", "SW, Lab", "top-5", "speckle", "structure", "banding", "denoiser")
COST = ("time", "ms a step", "memory, MiB")
SHOWN_REFERENCES = (0, 2, 7)
PICTURES = 6
CELL, GAP = 128, 4
"""Edge of a picture on the sheet and the space between two, pixels."""


def table(found: Mapping[str, Figures], *, timed: bool = True) -> str:
    """The table as Markdown, one row for each scheme.

    Args:
        found: what was measured of each scheme by its name, ``"plain"`` among them.
        timed: with the columns of time and memory.
    """
    columns = QUALITY + (COST if timed else ())
    lines = [f"| scheme | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for name, each in found.items():
        cells = _quality(each, found["plain"]) + (_cost(each, found["plain"]) if timed else [])
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _quality(each: Figures, plain: Figures) -> list[str]:
    near, far = _mean(each.w2), _mean(plain.w2)
    return [
        f"{near:.3f}",
        f"{near / far:.0%}",
        f"{_mean(each.sw):.1f}",
        f"{_mean(each.top5):.0%}" if each.top5 else "-",
        f"{each.speckle / plain.speckle:.2f}",
        f"{_mean(each.structure):.2f}",
        f"{_mean(each.banding):.1%}",
        f"{each.calls / plain.calls:.0f} x",
    ]


def _cost(each: Figures, plain: Figures) -> list[str]:
    return [f"{each.time:.2f} x", f"{each.milliseconds:.1f}", f"{each.memory - plain.memory:+.0f}"]


def _mean(values: Sequence[float]) -> float:
    """The mean of those that are numbers: a picture may have no smooth area."""
    there = [each for each in values if not math.isnan(each)]
    return statistics.mean(there) if there else math.nan


def write_json(found: Mapping[str, Figures], place: Path) -> None:
    """Write every figure of every scheme, without the pictures."""
    record = {
        name: {key: _plain(value) for key, value in vars(each).items() if key != "pictures"}
        for name, each in found.items()
    }
    place.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _plain(value: float | list[float]) -> object:
    """A figure as JSON has it, which knows no NaN."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return None if math.isnan(value) else value


def draw(found: Mapping[str, Figures], references: Sequence[str], place: Path) -> None:
    """Write the sheet: for up to three references a row for each scheme shown, with the reference itself at the left."""
    rows: list[list[Image.Image | None]] = []
    for number in SHOWN_REFERENCES:
        if number >= len(references):
            continue
        with Image.open(ROOT / "assets" / f"{references[number]}.jpg") as opened:
            reference = _middle(opened)
        for name in SHOWN:
            tiles = [to_image(each) for each in found[name].pictures[number][:PICTURES]]
            rows.append([reference if name == "plain" else None, *tiles])
    across = PICTURES + 1
    sheet = Image.new("RGB", (across * (CELL + GAP) - GAP, len(rows) * (CELL + GAP) - GAP), "white")
    for down, row in enumerate(rows):
        for left, tile in enumerate(row):
            if tile is not None:
                small = tile.resize((CELL, CELL), Image.Resampling.LANCZOS)
                sheet.paste(small, (left * (CELL + GAP), down * (CELL + GAP)))
    sheet.save(place, quality=88)


def _middle(picture: Image.Image) -> Image.Image:
    """The largest square in the middle of a picture, as RGB."""
    edge = min(picture.size)
    left, top = (picture.width - edge) // 2, (picture.height - edge) // 2
    right, bottom = (picture.width + edge) // 2, (picture.height + edge) // 2
    return picture.convert("RGB").crop((left, top, right, bottom))
