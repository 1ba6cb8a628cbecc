"""The pictures of the README and the docs, made from assets/ by the library itself.

    python -m benchmarks.figures

Writes docs/example.jpg: source, reference and the matched picture, for two pairs.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from studio.job import MatchJob, run_match

ROOT = Path(__file__).resolve().parent.parent
PAIRS = (("warm-room.jpg", "bridge-night.jpg"), ("autumn-mountain.jpg", "dandelion-golden-light.jpg"))
CELL = (420, 280)
GAP = 6


def main() -> None:
    """Write the figures."""
    rows = []
    for source, reference in PAIRS:
        result = run_match(MatchJob(ROOT / "assets" / source, ROOT / "assets" / reference))
        with Image.open(ROOT / "assets" / reference) as opened:
            cells = [result.picture.pixels, np.asarray(opened.convert("RGB")), result.graded_pixels()]
        rows.append([_cropped(cell) for cell in cells])
    sheet = Image.new("RGB", (3 * CELL[0] + 2 * GAP, len(rows) * CELL[1] + (len(rows) - 1) * GAP), "white")
    for down, row in enumerate(rows):
        for across, cell in enumerate(row):
            sheet.paste(cell, (across * (CELL[0] + GAP), down * (CELL[1] + GAP)))
    sheet.save(ROOT / "docs" / "example.jpg", quality=88)


def _cropped(pixels: np.ndarray) -> Image.Image:
    """The middle of a picture in the shape of a cell."""
    image = Image.fromarray(pixels)
    scale = max(CELL[0] / image.width, CELL[1] / image.height)
    image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)
    left, top = (image.width - CELL[0]) // 2, (image.height - CELL[1]) // 2
    return image.crop((left, top, left + CELL[0], top + CELL[1]))


if __name__ == "__main__":
    main()
