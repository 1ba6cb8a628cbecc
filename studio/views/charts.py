"""A chart of colour distributions: one chroma plane for each of source, result and reference, and their lightness curves.

The chart is drawn with NumPy and Pillow on a neutral dark grey, which suits light and dark pages alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

from reswd_torch.color import lab_to_srgb, srgb_to_lab

GROUND = (38, 38, 38)
"""The chart's background colour, sRGB, 0..255."""

# Further colours of the chart, sRGB, 0..255.
_PANEL = (28, 28, 28)
_LINE = (74, 74, 74)
_TEXT = (224, 224, 224)
_FAINT = (184, 184, 184)
_CURVES = ((150, 150, 150), (255, 255, 255), (232, 172, 84))  # lightness curves, in the order of the sets

# Lengths, in pixels of the chart.
_SIDE = 360  # width and height of a chroma plane
_GAP = 24
_HEAD = 40  # height of a line of text
_STRIP = 150  # height of the lightness curves

_BINS = 96  # histogram bins along each side of a chroma plane


@dataclass(frozen=True, eq=False)
class Colors:
    """The colours of one picture, to be drawn.

    Attributes:
        name: the heading of its chroma plane, such as "Source".
        values: (N, 3) floats in 0..1, sRGB-encoded.
    """

    name: str
    values: np.ndarray


def draw_distributions(sets: Sequence[Colors]) -> np.ndarray:
    """Draw the chroma planes side by side and the lightness curves below them.

    Args:
        sets: two or three of source, result and reference, from left to right.

    Returns:
        (H, W, 3) uint8, sRGB. It is meant to be shown at half its size, so that it is sharp on dense screens too.
    """
    labs = [_lab(entry.values) for entry in sets]
    radius = _radius(labs)
    width = _GAP + len(sets) * (_SIDE + _GAP)
    height = _HEAD + _SIDE + _GAP + _HEAD + _STRIP + _HEAD
    canvas = Image.new("RGB", (width, height), GROUND)
    draw = ImageDraw.Draw(canvas)
    for place, (entry, lab) in enumerate(zip(sets, labs, strict=True)):
        left = _GAP + place * (_SIDE + _GAP)
        draw.text((left, _HEAD / 2), entry.name, font=_font(28), fill=_TEXT, anchor="lm")
        canvas.paste(Image.fromarray(_chroma_plane(lab, radius)), (left, _HEAD))
        _label_axes(draw, left, _HEAD, radius, first=place == 0)
    _lightness(canvas, draw, [entry.name for entry in sets], labs, _HEAD + _SIDE + _GAP)
    return np.asarray(canvas)


def _lab(values: np.ndarray) -> np.ndarray:
    """(N, 3) sRGB-encoded colours in 0..1 as CIE Lab."""
    return srgb_to_lab(torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))).numpy()


def _radius(labs: Sequence[np.ndarray]) -> float:
    """Half the side of a chroma plane, in Lab units: a multiple of ten from 30 to 120 that holds 99.5 % of the colours.

    All planes have the same side. It adapts to the pictures so that muted ones fill their planes too.
    """
    extent = max(float(np.quantile(np.abs(lab[:, 1:]), 0.995)) for lab in labs)
    return float(min(120, max(30, 10 * np.ceil(extent * 1.1 / 10))))


def _chroma_plane(lab: np.ndarray, radius: float) -> np.ndarray:
    """Density of colours over a* (to the right) and b* (upwards): (side, side, 3) uint8, sRGB.

    Every place is painted in its own hue, and the more colours lie there, the brighter it is.

    Args:
        lab: (N, 3) CIE Lab.
        radius: a* and b* at the edge of the plane.
    """
    import cv2

    edges = np.linspace(-radius, radius, _BINS + 1)
    count, _, _ = np.histogram2d(
        np.clip(lab[:, 2], -radius, radius), np.clip(lab[:, 1], -radius, radius), (edges, edges)
    )
    density = cv2.GaussianBlur(count[::-1].astype(np.float32), (0, 0), 1.6)
    density = cv2.resize(density, (_SIDE, _SIDE), interpolation=cv2.INTER_CUBIC).clip(min=0)
    share = (density / max(float(density.max()), 1e-9)) ** 0.35
    axis = np.linspace(-radius, radius, _SIDE, dtype=np.float32)
    b, a = np.meshgrid(axis[::-1], axis, indexing="ij")
    light = 30 + 55 * share
    tint = lab_to_srgb(torch.from_numpy(np.stack([light, a, b], axis=-1).astype(np.float32))).clamp(0, 1).numpy()
    cover = np.clip(share * 1.6, 0, 1)[..., None]
    plane = np.array(_PANEL, np.float32) * (1 - cover) + tint * 255 * cover
    middle = _SIDE // 2
    for cross in (plane[middle], plane[:, middle]):
        cross += (np.array(_LINE, np.float32) - cross) * 0.6
    return np.rint(plane).astype(np.uint8)


def _label_axes(draw: ImageDraw.ImageDraw, left: int, top: int, radius: float, *, first: bool) -> None:
    """Write the names of the hues at the edges of a plane; only the first plane says how far its axes reach."""
    font = _font(22)
    draw.text((left + _SIDE - 6, top + _SIDE / 2 - 8), "red", font=font, fill=_FAINT, anchor="rs")
    draw.text((left + 6, top + _SIDE / 2 - 8), "green", font=font, fill=_FAINT, anchor="ls")
    draw.text((left + _SIDE / 2 + 6, top + 6), "yellow", font=font, fill=_FAINT, anchor="la")
    draw.text((left + _SIDE / 2 + 6, top + _SIDE - 6), "blue", font=font, fill=_FAINT, anchor="ls")
    if first:
        draw.text((left + 6, top + _SIDE - 6), f"a*, b* to ±{radius:.0f}", font=font, fill=_FAINT, anchor="ls")


def _lightness(
    canvas: Image.Image, draw: ImageDraw.ImageDraw, names: Sequence[str], labs: Sequence[np.ndarray], top: int
) -> None:
    """Draw the lightness curves of all sets over one axis, from black to white, with a legend.

    The curves are drawn at twice the size and then reduced, which makes their edges smooth.
    """
    width = canvas.width - 2 * _GAP
    draw.text((_GAP, top + _HEAD / 2), "Lightness", font=_font(28), fill=_TEXT, anchor="lm")
    curves = [_curve(lab[:, 0]) for lab in labs]
    tallest = max(float(curve.max()) for curve in curves)
    panel = Image.new("RGB", (2 * width, 2 * _STRIP), _PANEL)
    brush = ImageDraw.Draw(panel)
    x = np.linspace(0, 2 * width, len(curves[0]))
    for curve, color in zip(curves, _CURVES, strict=False):
        y = 2 * _STRIP * (1 - 0.92 * curve / tallest)
        brush.line(list(zip(x.tolist(), y.tolist(), strict=True)), fill=color, width=5, joint="curve")
    canvas.paste(panel.resize((width, _STRIP), Image.Resampling.LANCZOS), (_GAP, top + _HEAD))
    base = top + _HEAD + _STRIP + _HEAD / 2
    draw.text((_GAP, base), "black", font=_font(22), fill=_FAINT, anchor="lm")
    draw.text((_GAP + width, base), "white", font=_font(22), fill=_FAINT, anchor="rm")
    right = float(_GAP + width)
    for name, color in reversed(list(zip(names, _CURVES, strict=False))):
        draw.text((right, top + _HEAD / 2), name, font=_font(24), fill=_TEXT, anchor="rm")
        right -= draw.textlength(name, font=_font(24)) + 12
        draw.line((right - 26, top + _HEAD / 2, right, top + _HEAD / 2), fill=color, width=4)
        right -= 26 + 24


def _curve(lightness: np.ndarray) -> np.ndarray:
    """The histogram of L* from 0 to 100, smoothed: 200 shares whose sum is 1."""
    import cv2

    count, _ = np.histogram(lightness.clip(0, 100), bins=200, range=(0, 100))
    share = (count / max(1, count.sum())).astype(np.float32)[None]
    return cv2.GaussianBlur(share, (0, 0), 3, borderType=cv2.BORDER_REFLECT)[0]


def _font(size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    return ImageFont.load_default(size)
