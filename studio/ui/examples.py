"""The pairs of pictures that the app offers as examples, from assets/examples.json; each is shown as one small picture."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps

from studio.shipped import ASSETS

_TILE = (232, 174)


@dataclass(frozen=True)
class Example:
    """A source and a reference, with a title that says what they show."""

    source: Path
    reference: Path
    title: str


def load_examples(assets: Path = ASSETS) -> list[Example]:
    """The pairs whose pictures are there, or none where there is no list of them."""
    try:
        entries = json.loads((assets / "examples.json").read_text(encoding="utf-8"))["examples"]
    except (OSError, ValueError, KeyError):
        return []
    found = [Example(assets / entry["source"], assets / entry["reference"], str(entry["title"])) for entry in entries]
    return [example for example in found if example.source.is_file() and example.reference.is_file()]


def pair_tile(example: Example) -> Image.Image:
    """Source and reference side by side, cropped to the same shape, with a grey seam."""
    width, height = _TILE
    tile = Image.new("RGB", (2 * width + 6, height), (128, 128, 128))
    for path, left in ((example.source, 0), (example.reference, width + 6)):
        with Image.open(path) as image:
            image.draft("RGB", (2 * width, 2 * height))
            upright = ImageOps.exif_transpose(image).convert("RGB")
            tile.paste(ImageOps.fit(upright, _TILE, Image.Resampling.LANCZOS), (left, 0))
    return tile
