"""The histogram: how many pixels have which red, green, blue and luma."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from studio.views.scopes.ground import LINE, PANEL, PERCENT, STRONG, TEXT, Frame, blank, column_of, font, text_height
from studio.views.scopes.luma import luma
from studio.views.scopes.scope import Scope
from studio.views.scopes.trace import LEVELS

_LUMA_LINE = np.array([236, 236, 236], np.float32)
_COLORS = np.array(
    [
        [[PANEL, (72, 112, 226)], [(58, 162, 74), (74, 172, 184)]],
        [[(206, 58, 52), (178, 86, 180)], [(198, 172, 66), (146, 146, 146)]],
    ],
    np.float32,
)
"""(2, 2, 2, 3): the colour where red, green and blue lie (1) or not (0), so that all three together are a middle grey."""
_TALLEST = 6.0
"""A level with more than this many times the mean of the levels that occur is cut off, or one flat colour would hide the rest."""


def _frame(size: tuple[int, int]) -> Frame:
    text = text_height(size)
    side = round(0.9 * text)
    return Frame(side, side, size[0] - 2 * side, size[1] - side - round(1.9 * text))


@lru_cache(maxsize=8)
def _ground(size: tuple[int, int]) -> np.ndarray:
    frame, text = _frame(size), text_height(size)
    ground, draw = blank(size, frame)
    bottom = frame.top + frame.height
    for percent in PERCENT:
        column = column_of(percent / 100, frame)
        draw.line((column, frame.top, column, bottom - 1), fill=LINE if 0 < percent < 100 else STRONG)
        anchor = {0: "lm", 100: "rm"}.get(percent, "mm")
        draw.text((column, bottom + text * 0.95), str(percent), font=font(text), fill=TEXT, anchor=anchor)
    return np.asarray(ground)


def counts_of(pixels: np.ndarray) -> np.ndarray:
    """How many pixels have which level.

    Args:
        pixels: (H, W, 3) uint8.

    Returns:
        (4, 256) float32: of red, green, blue and luma.
    """
    import cv2

    planes = [cv2.extractChannel(pixels, channel) for channel in range(3)] + [luma(pixels)]
    return np.stack([cv2.calcHist([plane], [0], None, [LEVELS], [0, LEVELS]).ravel() for plane in planes])


def _heights(counts: np.ndarray, frame: Frame) -> np.ndarray:
    """(4, width) float32: how high the curves are in every column, in pixels: in proportion to the counts."""
    import cv2

    occurring = [row[row > 0] for row in counts]
    tallest = max(min(float(row.max()), _TALLEST * float(row.mean())) for row in occurring)
    method = cv2.INTER_LINEAR if frame.width >= LEVELS else cv2.INTER_AREA
    spread = np.stack([cv2.resize(row[None], (frame.width, 1), interpolation=method)[0] for row in counts])
    return (spread / tallest).clip(0, 1) * np.float32(0.97 * frame.height)


def _draw(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    frame = _frame(size)
    out = _ground(size).copy()
    heights = _heights(counts_of(pixels), frame)
    panel = _filled(heights[:3], frame)
    grid = _ground(size)[frame.rows, frame.columns].astype(np.float32)
    panel = (panel + (grid - PANEL[0]) * np.float32(0.6)).clip(0, 255)
    line = _outline(heights[3], frame, max(1, round(text_height(size) / 9)))
    panel += (_LUMA_LINE - panel) * line[..., None]
    out[frame.rows, frame.columns] = np.rint(panel)
    return out


def _filled(heights: np.ndarray, frame: Frame) -> np.ndarray:
    """(h, w, 3) float32, 0..255: the areas below the curves of red, green and blue.

    In every column the highest curve is filled first, then what it has in common with the second, then with the lowest.

    Args:
        heights: (3, w), in pixels.
        frame: where they are drawn.
    """
    above = np.arange(frame.height - 1, -1, -1, dtype=np.float32)[:, None]
    panel = np.full((frame.height, frame.width, 3), PANEL, np.float32)
    lies = np.zeros((3, frame.width), int)
    for channels in np.argsort(-heights, axis=0, kind="stable"):
        lies[channels, np.arange(frame.width)] = 1
        cover = (np.take_along_axis(heights, channels[None], axis=0) - above).clip(0, 1)
        panel += (_COLORS[tuple(lies)] - panel) * cover[..., None]
    return panel


def _outline(heights: np.ndarray, frame: Frame, thick: int) -> np.ndarray:
    """(h, w) float32, 0..1: the cover of a smooth line along the tops, drawn at three times the size and reduced."""
    scale = 3
    canvas = Image.new("L", (scale * frame.width, scale * frame.height))
    x = (np.arange(frame.width) + 0.5) * scale
    y = scale * (frame.height - np.maximum(heights, 0.5))
    points = list(zip(x.tolist(), y.tolist(), strict=True))
    ImageDraw.Draw(canvas).line(points, fill=255, width=scale * thick)
    return np.asarray(canvas.reduce(scale), np.float32) / 255


HISTOGRAM = Scope("histogram", "Histogram", "How many pixels have which red, green, blue and luma, 0 to 100 %", _draw)
