"""The pictures of the README and the docs, made from the photographs of assets/ by the library itself.

    python -m benchmarks.figures

docs/example.jpg shows two pairs, each with its source, its reference and the matched picture. docs/matched.jpg and docs/more.jpg
show the pairs of assets/ as our three aims and color-matcher match them: the benchmark pairs, and those of the app with twelve
more; for these color-matcher must be installed (pip install color-matcher).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.match import ASSETS, Pair, asset_pairs, by_peer
from reswd_torch import MatchSettings
from reswd_torch.settings import AIMS
from studio.jobs import MatchJob
from studio.media.images import read_picture
from studio.references import PictureReference
from studio.service.match import run_match

ROOT = Path(__file__).resolve().parent.parent
PAIRS = (("lagoon-jetty.jpg", "mountain-sunset.jpg"), ("autumn-mountain.jpg", "dandelion-golden-light.jpg"))
MORE = (
    ("lagoon-jetty.jpg", "bridge-night.jpg"),
    ("astronaut-portrait.jpg", "forest-stream.jpg"),
    ("astronaut-portrait.jpg", "bridge-night.jpg"),
    ("forest-stream.jpg", "dandelion-golden-light.jpg"),
    ("fig-red-bowl.jpg", "forest-stream.jpg"),
    ("dogs-at-window.jpg", "lagoon-jetty.jpg"),
    ("mountain-sunset.jpg", "lagoon-jetty.jpg"),
    ("warm-room.jpg", "forest-stream.jpg"),
    ("paint-brushes.jpg", "warm-room.jpg"),
    ("bridge-night.jpg", "mountain-sunset.jpg"),
    ("autumn-mountain.jpg", "lagoon-jetty.jpg"),
    ("dandelion-golden-light.jpg", "mountain-path-noon.jpg"),
)
"""Twelve more pairs of photographs, beside those of the app and of the benchmarks."""
CELL, SMALL = (420, 280), (210, 140)
"""Width and height of a picture on the sheet of two pairs, and on the sheet of all pairs."""
GAP = 6
PEERS = ("reinhard", "mkl", "hm-mkl-hm")


def main() -> None:
    """Write all figures."""
    rows = []
    for source, reference in PAIRS:
        result = run_match(MatchJob(ROOT / "assets" / source, PictureReference(ROOT / "assets" / reference)))
        rows.append([result.picture.pixels, _pixels(ROOT / "assets" / reference), result.graded_pixels()])
    _sheet(rows, CELL).save(ROOT / "docs" / "example.jpg", quality=88)
    benchmark = asset_pairs()
    _sheet(list(map(_compared, benchmark)), SMALL).save(ROOT / "docs" / "matched.jpg", quality=82)
    others = [*example_pairs(), *(Pair(ASSETS / source, ASSETS / target) for source, target in MORE)]
    shown = {(pair.source, pair.target) for pair in benchmark}
    rest = [pair for pair in others if (pair.source, pair.target) not in shown]
    _sheet(list(map(_compared, rest)), SMALL).save(ROOT / "docs" / "more.jpg", quality=82)


def example_pairs() -> list[Pair]:
    """The pairs that the app offers as examples."""
    entries = json.loads((ASSETS / "examples.json").read_text(encoding="utf-8"))["examples"]
    return [Pair(ASSETS / entry["source"], ASSETS / entry["reference"]) for entry in entries]


def _compared(pair: Pair) -> list[np.ndarray]:
    """One row: source, reference, the look, the mood and the colours (as every match was before there were aims), the peers."""
    source, reference = _pixels(pair.source), _pixels(pair.target)
    cells = [source, reference]
    for aim in AIMS:
        job = MatchJob(pair.source, PictureReference(pair.target), settings=MatchSettings(aim=aim))
        cells.append(run_match(job).graded_pixels())
    return [*cells, *(_peer(source, reference, method) for method in PEERS)]


def _peer(source: np.ndarray, reference: np.ndarray, method: str) -> np.ndarray:
    return by_peer(source.astype(float), reference.astype(float), method).round().astype(np.uint8)


def _pixels(path: Path) -> np.ndarray:
    return read_picture(path).pixels


def _sheet(rows: Sequence[Sequence[np.ndarray]], cell: tuple[int, int]) -> Image.Image:
    across, down = len(rows[0]), len(rows)
    sheet = Image.new("RGB", (across * (cell[0] + GAP) - GAP, down * (cell[1] + GAP) - GAP), "white")
    for top, row in enumerate(rows):
        for left, pixels in enumerate(row):
            sheet.paste(_cropped(pixels, cell), (left * (cell[0] + GAP), top * (cell[1] + GAP)))
    return sheet


def _cropped(pixels: np.ndarray, cell: tuple[int, int]) -> Image.Image:
    """The middle of a picture, scaled and cropped to the size of a cell."""
    image = Image.fromarray(pixels)
    scale = max(cell[0] / image.width, cell[1] / image.height)
    image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)
    left, top = (image.width - cell[0]) // 2, (image.height - cell[1]) // 2
    return image.crop((left, top, left + cell[0], top + cell[1]))


if __name__ == "__main__":
    main()
