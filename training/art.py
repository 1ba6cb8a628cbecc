"""The art and what it shows: objects, their names and keywords, and the pictures as premultiplied RGBA."""

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
_DOMINANT = 0.90  # concentration of hues (length of the mean unit vector) from which an object counts as single-hue
_UNCOUNTED = {
    "bacon", "blueberries", "bread", "broccoli", "cheese", "cherries", "coral", "corn", "dice", "french fries", "garlic",
    "glasses", "gloves", "grapes", "headphones", "jeans", "pancakes", "peanuts", "popcorn", "salad", "scissors", "socks",
    "spaghetti", "sunglasses", "sushi", "yarn",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Thing:
    """One object the model knows."""

    code: str
    name: str
    group: str
    keywords: tuple[str, ...]
    keywords_held_out: tuple[str, ...]
    art: np.ndarray
    """(edge, edge, 4) float32, sRGB-encoded and premultiplied, 0..1; the object fills the longer side."""

    @cached_property
    def hue(self) -> float | None:
        """Its dominant hue angle in CIELAB in radians; None if it has several, or none."""
        solid = self.art[self.art[..., 3] > 0.9]
        lab = cv2.cvtColor(np.ascontiguousarray(solid[None, :, :3]), cv2.COLOR_RGB2Lab)[0]
        chroma = np.hypot(lab[:, 1], lab[:, 2])
        angle = np.arctan2(lab[:, 2], lab[:, 1])
        if (chroma > 15).mean() < 0.5:
            return None
        mean = (chroma * np.exp(1j * angle)).sum() / chroma.sum()
        return float(np.angle(mean)) if abs(mean) > _DOMINANT else None


def phrase(words: str, name: str) -> str:
    """Words with the article they take: "a dog", "an orange dog", "blue jeans"; ``name`` says whether it is counted."""
    if name in _UNCOUNTED:
        return words
    vowel = words[0].lower() in "aeio" or (words[0] == "u" and not words.startswith(("ufo", "uni")))
    return f"{'an' if vowel else 'a'} {words}"


def load_things(downloads: Path) -> list[Thing]:
    """All objects of ``objects.csv``, in its order. Raises ValueError for one without a picture."""
    files = {file.stem.replace("-fe0f", ""): file for file in art_folder(downloads).glob("*.webp")}
    things = []
    with OBJECTS_FILE.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["code"] not in files:
                raise ValueError(f"{OBJECTS_FILE.name}: there is no picture for {row['name']} ({row['code']})")
            words, kept_back = (tuple(row[column].split()) for column in ("keywords", "keywords_held_out"))
            things.append(Thing(row["code"], row["name"], row["group"], words, kept_back, _read(files[row["code"]])))
    return things


def _read(file: Path) -> np.ndarray:
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
