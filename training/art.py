"""The objects that the model knows: their names, their keywords and their pictures."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from training.packages import art_folder

OBJECTS_FILE = Path(__file__).with_name("objects.csv")
_STORED_EDGE = 144
_DOMINANT = 0.90  # an object whose mean unit vector of hues is at least so long counts as having one hue
_UNCOUNTED = {
    "bacon", "blueberries", "bread", "broccoli", "cheese", "cherries", "coral", "corn", "dice", "french fries", "garlic",
    "glasses", "gloves", "grapes", "headphones", "jeans", "pancakes", "peanuts", "popcorn", "salad", "scissors", "socks",
    "spaghetti", "sunglasses", "sushi", "yarn",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Thing:
    """One object that the model knows.

    Attributes:
        code: code points of its emoji, as in the names of the art's files.
        name: what captions call it.
        group: the group of emoji that it belongs to.
        keywords: other words for it, which captions use too.
        keywords_held_out: further words for it, which no caption uses; the evaluation tries them.
    """

    code: str
    name: str
    group: str
    keywords: tuple[str, ...]
    keywords_held_out: tuple[str, ...]
    art: np.ndarray
    """Its picture, (edge, edge, 4) float32 RGBA, sRGB-encoded and premultiplied, 0..1; the object fills the longer side."""

    @cached_property
    def hue(self) -> float | None:
        """The angle of its dominant hue in CIELAB, radians; None if it has several hues or none."""
        solid = self.art[self.art[..., 3] > 0.9]
        lab = cv2.cvtColor(np.ascontiguousarray(solid[None, :, :3]), cv2.COLOR_RGB2Lab)[0]
        chroma = np.hypot(lab[:, 1], lab[:, 2])
        angle = np.arctan2(lab[:, 2], lab[:, 1])
        if (chroma > 15).mean() < 0.5:
            return None
        mean = (chroma * np.exp(1j * angle)).sum() / chroma.sum()
        return float(np.angle(mean)) if abs(mean) > _DOMINANT else None


def phrase(words: str, name: str) -> str:
    """Words with their article: "a dog", "an orange dog", "blue jeans". ``name``, the object's, decides whether they take one."""
    if name in _UNCOUNTED:
        return words
    vowel = words[0].lower() in "aeio" or (words[0] == "u" and not words.startswith(("ufo", "uni")))
    return f"{'an' if vowel else 'a'} {words}"


def art_files(downloads: Path) -> dict[str, Path]:
    """All pictures of the art, by the code points of their emoji."""
    return {file.stem.replace("-fe0f", ""): file for file in art_folder(downloads).glob("*.webp")}


def load_things(downloads: Path) -> list[Thing]:
    """All objects of ``objects.csv`` in its order, with their pictures from the downloads.

    Raises:
        ValueError: an object has no picture.
    """
    files = art_files(downloads)
    things = []
    with OBJECTS_FILE.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["code"] not in files:
                raise ValueError(f"{OBJECTS_FILE.name}: there is no picture for {row['name']} ({row['code']})")
            words, kept_back = (tuple(row[column].split()) for column in ("keywords", "keywords_held_out"))
            things.append(Thing(row["code"], row["name"], row["group"], words, kept_back, read_art(files[row["code"]])))
    return things


def read_art(file: Path) -> np.ndarray:
    """A picture of the art, cropped to what it shows, on a square of the stored size: (edge, edge, 4) float32, premultiplied."""
    with Image.open(file) as image:
        rgba = np.asarray(image.convert("RGBA"), dtype=np.float32) / 255
    rgba[..., :3] *= rgba[..., 3:]
    rows, columns = np.nonzero(rgba[..., 3] > 0.02)
    rgba = rgba[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    height, width = rgba.shape[:2]
    edge = max(height, width)
    square = np.zeros((edge, edge, 4), np.float32)
    top, left = (edge - height) // 2, (edge - width) // 2
    square[top : top + height, left : left + width] = rgba
    return cv2.resize(square, (_STORED_EDGE, _STORED_EDGE), interpolation=cv2.INTER_AREA)
