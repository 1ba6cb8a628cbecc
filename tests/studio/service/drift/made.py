"""Small series that drift, and what they were."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from tests.conftest import photograph
from tests.studio.media.clips.made import make_clip

COUNT = 24
MOMENTS = 7
SIZE = (180, 320)


def clean(picture: int = 3, count: int = COUNT) -> list[np.ndarray]:
    """A slow pan."""
    height, width = SIZE
    big = np.rint(np.asarray(photograph(picture, height, width + 40)) * 255).astype(np.uint8)
    big = cv2.resize(big, (width + 40, height))
    return [np.ascontiguousarray(big[:, place : place + width]) for place in range(count)]


def drifted(frames: list[np.ndarray]) -> list[np.ndarray]:
    """Darker and warmer to the middle, and back by half."""
    found = []
    for place, frame in enumerate(frames):
        away = float(np.sin(0.75 * np.pi * place / (len(frames) - 1)))
        found.append(np.rint(frame * np.array([1 - 0.15 * away, 1 - 0.25 * away, 1 - 0.35 * away])).astype(np.uint8))
    return found


def off(frames: list[np.ndarray], wanted: list[np.ndarray]) -> float:
    """Mean difference in steps of 1/255."""
    assert len(frames) == len(wanted)
    return float(np.mean([np.abs(a.astype(float) - b).mean() for a, b in zip(frames, wanted, strict=True)]))


def save(path: Path, frame: np.ndarray) -> Path:
    Image.fromarray(frame).save(path)
    return path


def lossless(path: Path, frames: list[np.ndarray]) -> Path:
    """A clip whose bytes are the same in every run."""
    return make_clip(path, "ffv1", "gbrp10le", tags=(1, 13, 0, 2), pictures=frames, audio=False)


def numbered(folder: Path, frames: list[np.ndarray], first: int = 1001) -> Path:
    """Frames as files; returns their pattern."""
    folder.mkdir()
    for number, frame in enumerate(frames, first):
        save(folder / f"shot.{number}.png", frame)
    return folder / "shot.####.png"


def pictures(folder: Path, pattern: str, count: int, first: int) -> list[np.ndarray]:
    """Numbered pictures as they were written."""
    return [np.asarray(Image.open(folder / pattern.format(number))) for number in range(first, first + count)]
