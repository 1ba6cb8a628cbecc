"""The examples of the tab: prompts with a picture or a palette, which show what guiding does to the default model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from reswd_torch.palette import parse_palette
from studio.shipped import ASSETS

_TILE = (240, 180)


@dataclass(frozen=True)
class GuideExample:
    """A prompt with a picture of the assets or a palette; ``seed`` is one with which the effect is easy to see."""

    prompt: str
    picture: str = ""
    palette: str = ""
    seed: int = 0

    @property
    def reference(self) -> Path | None:
        """The file of the picture; None for a palette."""
        return ASSETS / self.picture if self.picture else None


_ALL = (
    GuideExample("a parrot", "paint-brushes.jpg"),
    GuideExample("an owl", "bridge-night.jpg", seed=1),
    GuideExample("a rocket", palette="#0b1d3a:3, #e8c07d, #f4ead5"),
    GuideExample("a strawberry", "fig-red-bowl.jpg"),
    GuideExample("a castle", "autumn-mountain.jpg"),
    GuideExample("a cup of coffee", "warm-room.jpg"),
)
EXAMPLES = tuple(example for example in _ALL if example.reference is None or example.reference.is_file())
"""The examples whose pictures are there."""


def tile(example: GuideExample) -> Image.Image:
    """A small picture of an example: its picture cropped, or its palette in stripes as wide as the weights."""
    if example.reference is None:
        palette = parse_palette(example.palette)
        ends = np.cumsum(palette.weights) / sum(palette.weights) * _TILE[0]
        columns = np.searchsorted(ends, np.arange(_TILE[0]), side="right")
        row = np.rint(np.array(palette.colors)[columns] * 255).astype(np.uint8)
        return Image.fromarray(np.repeat(row[None], _TILE[1], 0))
    with Image.open(example.reference) as image:
        image.draft("RGB", (2 * _TILE[0], 2 * _TILE[1]))
        return ImageOps.fit(ImageOps.exif_transpose(image).convert("RGB"), _TILE, Image.Resampling.LANCZOS)
