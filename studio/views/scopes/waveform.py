"""The waveform: which luma the pixels of every column have."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from studio.views.scopes.ground import blank, level_frame, rule_levels
from studio.views.scopes.luma import luma
from studio.views.scopes.scope import Scope
from studio.views.scopes.trace import glow, levels_by_column, light

_TRACE = np.array([192, 192, 192], np.float32)


@lru_cache(maxsize=8)
def _ground(size: tuple[int, int]) -> np.ndarray:
    frame = level_frame(size)
    ground, draw = blank(size, frame)
    rule_levels(draw, (frame,), size)
    return np.asarray(ground)


def _draw(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    frame = level_frame(size)
    out = _ground(size).copy()
    panel = out[frame.rows, frame.columns].astype(np.float32)
    glow(panel, light(levels_by_column(luma(pixels), frame.width), frame.width, frame.height), _TRACE)
    out[frame.rows, frame.columns] = np.rint(panel)
    return out


WAVEFORM = Scope("waveform", "Waveform", "Luma of every column of the picture, 0 to 100 %, left to right", _draw)
