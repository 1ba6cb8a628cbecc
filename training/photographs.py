"""Photographs: those that the autoencoder learns from, and those that a larger model paints when a caption asks for a photo."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from PIL import Image

_ASSETS = Path(__file__).resolve().parents[1] / "assets"
_FREE = {"an astronaut": "astronaut", "a rocket": "rocket", "a cup of coffee": "coffee", "a cat": "chelsea"}
"""Photographs of scikit-image by what they show: two in the public domain, two under CC0."""
_OWN = {
    "mountains in autumn": "autumn-mountain", "mountains at sunset": "mountain-sunset", "a mountain path": "mountain-path-noon",
    "a stream in a forest": "forest-stream", "two dogs at a window": "dogs-at-window", "dandelions": "dandelion-golden-light",
    "a table in warm light": "warm-room", "a fig in a red bowl": "fig-red-bowl", "paint brushes": "paint-brushes",
    "a lagoon": "lagoon-jetty", "a bridge at night": "bridge-night",
}  # fmt: skip
"""Photographs of the folder assets, by what they show. Authors and licences are in its README."""
_SMALLEST = 0.6  # a crop is at least this share of the photograph's shorter side wide and high


def load_photographs() -> list[np.ndarray]:
    """The four photographs for the autoencoder, (height, width, 3) float32 in 0..1."""
    return [_of_skimage(name) for name in _FREE.values()]


def load_captioned() -> dict[str, np.ndarray]:
    """All photographs by their captions, such as ``a photo of a cat``: (height, width, 3) float32 in 0..1."""
    found = {f"a photo of {words}": _of_skimage(name) for words, name in _FREE.items()}
    for words, name in _OWN.items():
        with Image.open(_ASSETS / f"{name}.jpg") as image:
            found[f"a photo of {words}"] = np.asarray(image.convert("RGB"), np.float32) / 255
    return found


def _of_skimage(name: str) -> np.ndarray:
    import skimage.data

    return np.asarray(getattr(skimage.data, name)()[..., :3], np.float32) / 255


def crop(photograph: np.ndarray, size: int, random: np.random.Generator) -> np.ndarray:
    """A random square of a photograph, scaled to half: (size, size, 3)."""
    height, width = (random.integers(0, edge - 2 * size + 1) for edge in photograph.shape[:2])
    return cv2.resize(
        photograph[height : height + 2 * size, width : width + 2 * size], (size, size), interpolation=cv2.INTER_AREA
    )


def view(photograph: np.ndarray, size: int, random: np.random.Generator) -> np.ndarray:
    """Most of a photograph, as a random large square of it: (size, size, 3)."""
    shorter = min(photograph.shape[:2])
    edge = int(shorter * random.uniform(_SMALLEST, 1.0))
    top, left = (int(random.integers(0, length - edge + 1)) for length in photograph.shape[:2])
    part = np.ascontiguousarray(photograph[top : top + edge, left : left + edge])
    return cv2.resize(part, (size, size), interpolation=cv2.INTER_AREA)
