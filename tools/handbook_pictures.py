"""The pictures of the handbook that show commands of its pages: docs/aims.jpg, docs/wedding.jpg and docs/distance.jpg.

    python -m tools.handbook_pictures

Every result comes from the command line, as a reader would call it, on photographs of assets/. The other pictures have recipes of
their own: tools/app_picture.py, and benchmarks/ (figures, batch, guidance, estimators).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageOps

ROOT = Path(__file__).resolve().parent.parent
ASSETS, DOCS = ROOT / "assets", ROOT / "docs"
GAP, QUALITY = 6, 84
WEDDING = ("warm-room", "dogs-at-window", "forest-stream", "autumn-mountain", "fig-red-bowl", "mountain-path-noon")
HERO = "dandelion-golden-light"


def main() -> None:
    """Write all three."""
    with tempfile.TemporaryDirectory(prefix="reswd-handbook-") as name:
        place = Path(name)
        aims = [["--aim", aim] for aim in ("look", "mood", "colours")]
        _sheet([_compared("lagoon-jetty", "mountain-sunset", aims, place)], (236, 158)).save(
            DOCS / "aims.jpg", quality=QUALITY
        )
        near = [[], ["--aim", "colours"], ["--aim", "colours", "--transform", "lut"]]
        _sheet([_compared("astronaut-portrait", HERO, near, place)], (236, 236)).save(
            DOCS / "distance.jpg", quality=QUALITY
        )
        _sheet(_wedding(place), (196, 132)).save(DOCS / "wedding.jpg", quality=QUALITY)


def _compared(source: str, reference: str, ways: Sequence[Sequence[str]], place: Path) -> list[Path]:
    """A row: source, reference, and the source matched in each way."""
    row = [ASSETS / f"{source}.jpg", ASSETS / f"{reference}.jpg"]
    for number, options in enumerate(ways):
        result = place / f"{source}-{number}.jpg"
        _reswd("match", str(row[0]), str(row[1]), "-o", str(result), *options)
        row.append(result)
    return row


def _wedding(place: Path) -> list[list[Path]]:
    """Three rows: the photographs, each on its own, and as one series."""
    folder = place / "wedding"
    folder.mkdir()
    for name in WEDDING:
        (folder / f"{name}.jpg").write_bytes((ASSETS / f"{name}.jpg").read_bytes())
    for name, options in (("each", []), ("series", ["--series"])):
        _reswd("batch", str(folder), "--target", str(ASSETS / f"{HERO}.jpg"), "-o", str(place / name), *options)
    return [[place / kind / f"{name}.jpg" for name in WEDDING] for kind in ("wedding", "each", "series")]


def _reswd(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "studio", *arguments], cwd=ROOT, check=True)


def _sheet(rows: Sequence[Sequence[Path]], cell: tuple[int, int]) -> Image.Image:
    """Pictures side by side, each cropped to a cell of this width and height."""
    across, down = len(rows[0]), len(rows)
    sheet = Image.new("RGB", (across * (cell[0] + GAP) - GAP, down * (cell[1] + GAP) - GAP), "white")
    for top, row in enumerate(rows):
        for left, path in enumerate(row):
            with Image.open(path) as picture:
                fitted = ImageOps.fit(picture.convert("RGB"), cell, Image.Resampling.LANCZOS)
            sheet.paste(fitted, (left * (cell[0] + GAP), top * (cell[1] + GAP)))
    return sheet


if __name__ == "__main__":
    main()
