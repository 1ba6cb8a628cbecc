"""CIEDE2000, and what a small step of a colour counts in it.

Source: G. Sharma, W. Wu and E. N. Dalal, "The CIEDE2000 color-difference formula: implementation notes, supplementary test data,
and mathematical observations", Color Research and Application 30 (1), 2005.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

_LARGE = 25.0**7


def ciede2000(
    first: Float[np.ndarray, "*batch 3"], second: Float[np.ndarray, "*batch 3"]
) -> Float[np.ndarray, "*batch"]:
    """The CIEDE2000 difference with all three weights 1 (Sharma et al., equations 2 to 22).

    Args:
        first: (..., 3), CIE L*a*b*, L* in 0..100.
        second: the same shape.

    Returns:
        (...), float64, at least 0; 1 is about what the eye can just tell apart.
    """
    l1, a1, b1 = np.moveaxis(np.asarray(first, np.float64), -1, 0)
    l2, a2, b2 = np.moveaxis(np.asarray(second, np.float64), -1, 0)
    stretch = 1.0 + _grey_stretch((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2)
    a1, a2 = stretch * a1, stretch * a2
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, a)) % 360.0 for a, b in ((a1, b1), (a2, b2)))
    coloured = c1 * c2 != 0.0
    turn = np.where(coloured, (h2 - h1 + 180.0) % 360.0 - 180.0, 0.0)
    # Of two hues that lie opposite each other the paper takes the way that does not pass 0 degrees.
    turn = np.where(coloured & (np.abs(h2 - h1) == 180.0), h2 - h1, turn)
    hue_step = 2.0 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    total = h1 + h2
    far = np.abs(h1 - h2) > 180.0
    hue = np.where(coloured, np.where(far, np.where(total < 360.0, total + 360.0, total - 360.0), total) / 2, total)
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    t = 1.0 - 0.17 * _cos(hue - 30.0) + 0.24 * _cos(2 * hue) + 0.32 * _cos(3 * hue + 6.0) - 0.20 * _cos(4 * hue - 63.0)
    of_light = (l2 - l1) / _light_weight(light)
    of_chroma = (c2 - c1) / (1.0 + 0.045 * chroma)
    of_hue = hue_step / (1.0 + 0.015 * chroma * t)
    angle = 30.0 * np.exp(-(((hue - 275.0) / 25.0) ** 2))
    turned = -2.0 * np.sqrt(chroma**7 / (chroma**7 + _LARGE)) * np.sin(np.radians(2 * angle))
    return np.sqrt(np.maximum(of_light**2 + of_chroma**2 + of_hue**2 + turned * of_chroma * of_hue, 0.0))


def step_weights(lab: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3 3"]:
    """What a small step away from each colour counts: ``norm(weights @ step)`` is near its CIEDE2000.

    It has the weights of lightness, chroma and hue and the stretch of near greys; the turn of blues is left out.

    Args:
        lab: (N, 3), CIE L*a*b*.

    Returns:
        (N, 3, 3) float64.
    """
    light, a, b = np.asarray(lab, np.float64).T
    stretch = 1.0 + _grey_stretch(np.hypot(a, b))
    chroma, hue = np.hypot(stretch * a, b), np.arctan2(b, stretch * a)
    weights = np.zeros((len(light), 3, 3))
    weights[:, 0, 0] = 1.0 / _light_weight(light)
    weights[:, 1, 1], weights[:, 1, 2] = np.cos(hue) * stretch, np.sin(hue)
    weights[:, 2, 1], weights[:, 2, 2] = -np.sin(hue) * stretch, np.cos(hue)
    weights[:, 1] /= (1.0 + 0.045 * chroma)[:, None]
    weights[:, 2] /= (1.0 + 0.015 * chroma)[:, None]
    return weights


def _grey_stretch(chroma: np.ndarray) -> np.ndarray:
    return 0.5 * (1.0 - np.sqrt(chroma**7 / (chroma**7 + _LARGE)))


def _light_weight(light: np.ndarray) -> np.ndarray:
    return 1.0 + 0.015 * (light - 50.0) ** 2 / np.sqrt(20.0 + (light - 50.0) ** 2)


def _cos(degrees: np.ndarray) -> np.ndarray:
    return np.cos(np.radians(degrees))
