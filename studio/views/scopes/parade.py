"""The RGB parade: three waveforms side by side, one for each channel."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from studio.views.scopes.ground import Frame, blank, level_frame, rule_levels, text_height
from studio.views.scopes.scope import Scope
from studio.views.scopes.trace import glow, levels_by_column, light

CHANNELS = tuple(np.array(color, np.float32) for color in ((255, 78, 70), (66, 214, 96), (84, 140, 255)))
"""The colours of the traces of red, green and blue, sRGB, 0..255: alike in lightness as far as they can be."""


def _frames(size: tuple[int, int]) -> tuple[Frame, ...]:
    whole = level_frame(size)
    gap = max(3, text_height(size) // 2)
    width = (whole.width - 2 * gap) // 3
    return tuple(Frame(whole.left + at * (width + gap), whole.top, width, whole.height) for at in range(3))


@lru_cache(maxsize=8)
def _ground(size: tuple[int, int]) -> np.ndarray:
    frames = _frames(size)
    ground, draw = blank(size, *frames)
    rule_levels(draw, frames, size)
    return np.asarray(ground)


def _draw(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    import cv2

    out = _ground(size).copy()
    for at, (frame, color) in enumerate(zip(_frames(size), CHANNELS, strict=True)):
        panel = out[frame.rows, frame.columns].astype(np.float32)
        shares = levels_by_column(cv2.extractChannel(pixels, at), frame.width)
        glow(panel, light(shares, frame.width, frame.height), color)
        out[frame.rows, frame.columns] = np.rint(panel)
    return out


PARADE = Scope(
    "parade", "RGB parade", "Red, green and blue of every column of the picture side by side, 0 to 100 %", _draw
)
