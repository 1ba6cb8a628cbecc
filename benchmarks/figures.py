"""The pictures of the README and the docs, made from assets/ by the library itself.

    python -m benchmarks.figures

Writes docs/example.jpg: source, reference and the matched picture, for two pairs; and docs/matched.jpg: every benchmark pair of
assets/ by ours and by color-matcher (pip install color-matcher).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.match import Pair, asset_pairs, by_peer
from reswd_torch import MatchSettings
from studio.media.images import read_picture
from studio.service.match import MatchJob, run_match

ROOT = Path(__file__).resolve().parent.parent
PAIRS = (("warm-room.jpg", "bridge-night.jpg"), ("autumn-mountain.jpg", "dandelion-golden-light.jpg"))
CELL = (420, 280)
GAP = 6


SMALL = (210, 140)
PEERS = ("reinhard", "mkl", "hm-mkl-hm")


def main() -> None:
    """Write the figures."""
    rows = []
    for source, reference in PAIRS:
        result = run_match(MatchJob(ROOT / "assets" / source, ROOT / "assets" / reference))
        rows.append([result.picture.pixels, _pixels(ROOT / "assets" / reference), result.graded_pixels()])
    _sheet(rows, CELL).save(ROOT / "docs" / "example.jpg", quality=88)
    _sheet(list(map(_compared, asset_pairs())), SMALL).save(ROOT / "docs" / "matched.jpg", quality=82)


def _compared(pair: Pair) -> list[np.ndarray]:
    """Source, reference, ours as a CDL and as a LUT, and the peers."""
    cells = [_pixels(path) for path in (pair.source, pair.target)]
    for transform in ("cdl", "lut"):
        cells.append(
            run_match(MatchJob(pair.source, pair.target, settings=MatchSettings(transform=transform))).graded_pixels()
        )
    return [*cells, *(_peer(*cells[:2], method) for method in PEERS)]


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
    """The middle of a picture in the shape of a cell."""
    image = Image.fromarray(pixels)
    scale = max(cell[0] / image.width, cell[1] / image.height)
    image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)
    left, top = (image.width - cell[0]) // 2, (image.height - cell[1]) // 2
    return image.crop((left, top, left + cell[0], top + cell[1]))


if __name__ == "__main__":
    main()
