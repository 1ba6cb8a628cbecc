"""The colours that the model knows by name, how an object is given one, and how the colour of a picture gets its name."""

from __future__ import annotations

import cv2
import numpy as np

from guidance.colour_names import BACKGROUNDS, HUES

__all__ = [
    "BACKGROUNDS",
    "HUES",
    "LABS",
    "background",
    "name_of",
    "recolour",
    "rgb_of",
    "to_lab",
    "to_rgb",
]
_JITTER = np.array(
    [3.0, 4.0, 4.0], np.float32
)  # standard deviation in CIELAB with which a named background colour varies


def rgb_of(hex_code: str) -> np.ndarray:
    """The colour of a code ``#rrggbb``: (3,) float32, sRGB-encoded, 0..1."""
    return np.array([int(hex_code[i : i + 2], 16) for i in (1, 3, 5)], np.float32) / 255


def to_lab(rgb: np.ndarray) -> np.ndarray:
    """CIELAB (D65) of sRGB-encoded values (..., 3), 0..1."""
    flat = np.ascontiguousarray(rgb.reshape(1, -1, 3), np.float32)
    return cv2.cvtColor(flat, cv2.COLOR_RGB2Lab).reshape(rgb.shape)


def to_rgb(lab: np.ndarray) -> np.ndarray:
    """The inverse of :func:`to_lab`, clipped to 0..1."""
    flat = np.ascontiguousarray(lab.reshape(1, -1, 3), np.float32)
    return np.clip(cv2.cvtColor(flat, cv2.COLOR_Lab2RGB), 0, 1).reshape(lab.shape)


LABS = {name: to_lab(rgb_of(code)) for name, code in BACKGROUNDS.items()}


def name_of(lab: np.ndarray, among: dict[str, str]) -> str:
    """The name in ``among`` that lies nearest to a colour (3,) in CIELAB, by CIEDE2000."""
    from colour.difference import delta_E_CIE2000

    names = list(among)
    return names[int(np.argmin(delta_E_CIE2000(lab[None], np.stack([LABS[name] for name in names]))))]


def background(name: str, random: np.random.Generator) -> np.ndarray:
    """A random variation of a named background colour: (3,), sRGB-encoded, 0..1. White varies least."""
    scale = 0.25 if name == "white" else 1.0
    return to_rgb(LABS[name] + scale * _JITTER * random.standard_normal(3).astype(np.float32))


def recolour(art: np.ndarray, hue: float, name: str) -> np.ndarray:
    """Give an object another colour.

    Args:
        art: (h, w, 4) premultiplied RGBA.
        hue: the angle of its dominant hue, radians.
        name: one of :data:`HUES`.

    Returns:
        The art with every hue turned by as much as turns the dominant one to the named colour's; lightness and chroma move most
        of the way to that colour's.
    """
    alpha = art[..., 3:]
    lab = to_lab(np.where(alpha > 1e-3, art[..., :3] / np.maximum(alpha, 1e-3), 0))
    weight = alpha[..., 0] * np.hypot(lab[..., 1], lab[..., 2])
    total = weight.sum()
    target = LABS[name]
    mean_lightness = (weight * lab[..., 0]).sum() / total
    mean_chroma = (weight * np.hypot(lab[..., 1], lab[..., 2])).sum() / total
    coloured = np.clip(np.hypot(lab[..., 1], lab[..., 2]) / 12, 0, 1)  # so that the whites of eyes stay white
    turn = np.arctan2(target[2], target[1]) - hue
    gain = np.clip(np.hypot(target[1], target[2]) / mean_chroma, 0.6, 2.2)
    cos, sin = np.cos(turn) * gain, np.sin(turn) * gain
    turned = np.stack(
        [
            lab[..., 0] + 0.7 * coloured * (target[0] - mean_lightness),
            cos * lab[..., 1] - sin * lab[..., 2],
            sin * lab[..., 1] + cos * lab[..., 2],
        ],
        axis=-1,
    )
    return np.concatenate([to_rgb(turned) * alpha, alpha], axis=-1)
