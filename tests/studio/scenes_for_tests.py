"""Pictures and clips that show one scene in different light."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from reswd_torch import Cdl, Grade
from tests.conftest import ASSETS

LIGHT = Grade(Cdl((0.75, 0.95, 1.15), (0.02, 0.0, -0.02), (1.0, 1.0, 1.05), 0.9))
"""Another light, as a grade."""


def room_twice(folder: Path) -> tuple[Path, Path]:
    """A photograph, and a part of it under a blue light, in another size: two files in ``folder``."""
    with Image.open(ASSETS / "warm-room.jpg") as opened:
        picture = opened.convert("RGB")
        picture.thumbnail((640, 640))
    picture.save(folder / "room.png")
    part = np.asarray(picture.crop((30, 10, picture.width, picture.height - 20)), np.float32)
    light = (part * np.array([0.6, 0.85, 1.1], np.float32)).clip(0, 255)
    Image.fromarray(np.rint(light).astype(np.uint8)).save(folder / "blue.png")
    return folder / "room.png", folder / "blue.png"


def panned(
    photograph: str, grade: Grade, frames: int = 20, edge: int = 640
) -> tuple[np.ndarray, list[np.ndarray], list]:
    """A photograph, a window that wanders over it, and the same frames under another light."""
    with Image.open(ASSETS / f"{photograph}.jpg") as opened:
        opened.thumbnail((edge, edge))
        whole = np.asarray(opened.convert("RGB"))
    height, width = int(whole.shape[0] * 0.35) * 2, int(whole.shape[1] * 0.3) * 2
    down, across = ((whole.shape[axis] - size) / frames for axis, size in enumerate((height, width)))
    corners = [(int(down * n), int(across * n)) for n in range(frames)]
    windows = [np.ascontiguousarray(whole[top : top + height, left : left + width]) for top, left in corners]
    lit = [
        np.rint(np.asarray(grade.apply(window.astype(np.float32) / 255)) * 255).astype(np.uint8) for window in windows
    ]
    return whole, windows, lit
