"""The vectorscope: hue and saturation of all pixels, Cb to the right and Cr upwards."""

from __future__ import annotations

import math
from functools import lru_cache, partial

import numpy as np
from PIL import Image, ImageDraw

from studio.views.scopes.ground import LINE, PANEL, STRONG, TEXT, Frame, blank, font, text_height
from studio.views.scopes.luma import DIFFERENCES, WEIGHTS
from studio.views.scopes.scope import Scope
from studio.views.scopes.trace import glow, light

SKIN = math.radians(123)
"""The angle of the skin-tone line, from +Cb towards +Cr: the I axis of NTSC, on which skin of any lightness lies nearly."""

TARGETS = {
    "R": (1, 0, 0),
    "Mg": (1, 0, 1),
    "B": (0, 0, 1),
    "Cy": (0, 1, 1),
    "G": (0, 1, 0),
    "Yl": (1, 1, 0),
}
"""Primaries and secondaries, whose boxes are drawn at 75 %."""
_LIMIT = 0.51  # Cb and Cr at the edge: no colour reaches it
_BINS = 255  # along each axis; an odd number has one in the middle for greys
_GATHERED = 12  # light is for shares of a column; a plane has more room, so its shares count for more
_BOX = 0.03  # half the side of a box, in units of Cb and Cr
_MIDDLE_GREY = 0.62  # luma of the colours in which the trace is drawn
_SHARPER = 3  # how much larger the graticule is drawn, before it is reduced
_SKIN_LINE = (176, 138, 108)


def _frame(size: tuple[int, int]) -> Frame:
    margin = round(0.5 * text_height(size))
    return Frame(margin, margin, size[0] - 2 * margin, size[1] - 2 * margin)


def _unit(frame: Frame, zoom: int) -> float:
    """Pixels of the drawing for a Cb or Cr of 1: 0.5 reaches from the centre to the edge, at a zoom of 1."""
    return zoom * (min(frame.width, frame.height) - 1) / (2 * _LIMIT)


def place_of(cb: float, cr: float, size: tuple[int, int], zoom: int = 1) -> tuple[float, float]:
    """Column and row of a Cb and a Cr, -0.5..0.5, in a drawing of (width, height)."""
    frame = _frame(size)
    unit = _unit(frame, zoom)
    return frame.left + (frame.width - 1) / 2 + cb * unit, frame.top + (frame.height - 1) / 2 - cr * unit


@lru_cache(maxsize=8)
def _ground(size: tuple[int, int], zoom: int) -> np.ndarray:
    """The graticule: a circle at 0.5, a cross, the skin-tone line and the boxes, with their names."""
    frame = _frame(size)
    large = (size[0] * _SHARPER, size[1] * _SHARPER)
    ground, draw = blank(size, frame)
    canvas = Image.new("RGB", large, PANEL)
    _rule(ImageDraw.Draw(canvas), size, zoom)
    box = (frame.left, frame.top, frame.left + frame.width, frame.top + frame.height)
    ground.paste(canvas.reduce(_SHARPER).crop(box), box[:2])
    _name_boxes(draw, size, zoom)
    if zoom > 1:
        draw.text((frame.left + 6, frame.top + 5), f"{zoom}x", font=font(text_height(size)), fill=TEXT, anchor="lt")
    return np.asarray(ground)


def _rule(draw: ImageDraw.ImageDraw, size: tuple[int, int], zoom: int) -> None:
    width = max(_SHARPER, round(_SHARPER * text_height(size) / 11))

    def at(cb: float, cr: float) -> tuple[float, float]:
        x, y = place_of(cb, cr, size, zoom)
        return (x + 0.5) * _SHARPER, (y + 0.5) * _SHARPER

    for radius, color in ((0.25, LINE), (0.5, STRONG)):
        draw.ellipse((*at(-radius, radius), *at(radius, -radius)), outline=color, width=width)
    draw.line((*at(-0.5, 0), *at(0.5, 0)), fill=LINE, width=width)
    draw.line((*at(0, -0.5), *at(0, 0.5)), fill=LINE, width=width)
    draw.line((*at(0, 0), *at(0.5 * math.cos(SKIN), 0.5 * math.sin(SKIN))), fill=_SKIN_LINE, width=width)
    for rgb in TARGETS.values():
        cb, cr = _differences(rgb)
        draw.rectangle((*at(cb - _BOX, cr + _BOX), *at(cb + _BOX, cr - _BOX)), outline=STRONG, width=width)


def _name_boxes(draw: ImageDraw.ImageDraw, size: tuple[int, int], zoom: int) -> None:
    """Write the names beside the boxes: outside of them as seen from the centre, or inside where there is no room."""
    text, frame = text_height(size), _frame(size)
    for name, rgb in TARGETS.items():
        cb, cr = _differences(rgb)
        for side in (1, -1) if cb > 0 else (-1, 1):
            x, y = place_of(cb + side * _BOX, cr, size, zoom)
            x += side * 0.35 * text
            far = x + side * 1.6 * text
            if frame.left < min(x, far) and max(x, far) < frame.left + frame.width and _within_rows(y, text, frame):
                draw.text((x, y), name, font=font(text), fill=TEXT, anchor="lm" if side > 0 else "rm")
                break


def _within_rows(y: float, text: int, frame: Frame) -> bool:
    return frame.top + text / 2 < y < frame.top + frame.height - text / 2


def _differences(rgb: tuple[int, int, int]) -> tuple[float, float]:
    """Cb and Cr of a primary or secondary at 75 %."""
    cb, cr = 0.75 * (DIFFERENCES @ np.array(rgb))
    return float(cb), float(cr)


def _counts(pixels: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    """How many pixels lie where.

    Args:
        pixels: (H, W, 3) uint8.
        limits: the largest Cb and Cr that there is room for.

    Returns:
        (255, 255) float32: Cr from its limit down, Cb from minus its limit up. What lies beyond is counted at the edge.
    """
    import cv2

    half = (_BINS - 1) / 2
    scales = np.array([[half / limits[0]], [-half / limits[1]]]) / 255
    planes = cv2.transform(pixels, np.hstack([DIFFERENCES * scales, [[half], [half]]]))
    return cv2.calcHist([planes], [1, 0], None, [_BINS, _BINS], [0, _BINS, 0, _BINS])


@lru_cache(maxsize=8)
def _hues(width: int, height: int, limits: tuple[float, float]) -> np.ndarray:
    """(height, width, 3) float32, 0..255: every place in its own hue, all of the same luma."""
    cr, cb = np.meshgrid(
        np.linspace(limits[1], -limits[1], height), np.linspace(-limits[0], limits[0], width), indexing="ij"
    )
    to_rgb = np.linalg.inv(np.vstack([WEIGHTS, DIFFERENCES]))
    radius = np.hypot(cb, cr)
    lively = np.minimum(0.34, 0.05 + 1.6 * radius) / np.maximum(radius, 1e-6)
    rgb = np.stack([np.full_like(cb, _MIDDLE_GREY), cb * lively, cr * lively], axis=-1) @ to_rgb.T
    return (rgb.clip(0, 1) * 255).astype(np.float32)


def _draw(pixels: np.ndarray, size: tuple[int, int], zoom: int) -> np.ndarray:
    import cv2

    frame = _frame(size)
    out = _ground(size, zoom).copy()
    unit = _unit(frame, zoom)
    limits = (min(_LIMIT, (frame.width - 1) / 2 / unit), min(_LIMIT, (frame.height - 1) / 2 / unit))
    width, height = (round(2 * limit * unit) + 1 for limit in limits)
    counts = _counts(pixels, limits)
    counts[[0, -1]] = counts[:, [0, -1]] = 0  # beyond the edge: colours themselves reach to 0.5 only
    blurs = [
        max(0.8, 0.8 * _LIMIT / limit) for limit in limits
    ]  # pixels of 8 bits leave gaps where the bins are narrow
    counts *= _GATHERED / (pixels.shape[0] * pixels.shape[1])
    shares = cv2.GaussianBlur(counts, (0, 0), blurs[0], sigmaY=blurs[1])
    left = frame.left + (frame.width - width) // 2
    top = frame.top + (frame.height - height) // 2
    place = (slice(top, top + height), slice(left, left + width))
    panel = out[place].astype(np.float32)
    glow(panel, light(shares, width, height), _hues(width, height, limits))
    out[place] = np.rint(panel)
    return out


_DESCRIBES = "Hue and saturation of all pixels around a centre of grey, with a line where skin lies"
VECTORSCOPE = Scope("vectorscope", "Vectorscope", _DESCRIBES, partial(_draw, zoom=1))
VECTORSCOPE_2X = Scope("vectorscope-2x", "Vectorscope, twice as large", _DESCRIBES, partial(_draw, zoom=2))
