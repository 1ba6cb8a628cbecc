"""Colour models of palette files, converted to sRGB."""

from __future__ import annotations

import colorsys

from studio.media.palettes.format import Color

_WHITE_D50 = (0.96422, 1.0, 0.82521)
_D50_TO_SRGB = (
    (3.1338561, -1.6168667, -0.4906146),
    (-0.9787684, 1.9161415, 0.0334540),
    (0.0719453, -0.2289914, 1.4052427),
)
"""CIE XYZ relative to D50, as print and Adobe's Lab have it, to linear sRGB: by way of Bradford's adaptation to D65."""
_DELTA = 6 / 29


def from_gray(value: float) -> Color:
    """A grey, 0 (black) to 1 (white), encoded as sRGB is."""
    return value, value, value


def from_cmyk(cyan: float, magenta: float, yellow: float, black: float) -> Color:
    """Shares of ink, 0..1, without a profile: inks are taken as ideal ones, as palette files do not say whose they are."""
    return (1 - cyan) * (1 - black), (1 - magenta) * (1 - black), (1 - yellow) * (1 - black)


def from_hsv(hue: float, saturation: float, value: float) -> Color:
    """HSV (also HSB), each 0..1."""
    return colorsys.hsv_to_rgb(hue, saturation, value)


def from_hsl(hue: float, saturation: float, lightness: float) -> Color:
    """HSL, each 0..1."""
    return colorsys.hls_to_rgb(hue, lightness, saturation)


def from_lab(lightness: float, a: float, b: float) -> Color:
    """CIE Lab with D50 as white: L* 0..100. Colours outside sRGB come out below 0 or above 1."""
    fy = (lightness + 16) / 116
    xyz = [
        white * (f**3 if f > _DELTA else 3 * _DELTA**2 * (f - 4 / 29))
        for f, white in zip((fy + a / 500, fy, fy - b / 200), _WHITE_D50, strict=True)
    ]
    red, green, blue = (_encoded(sum(m * v for m, v in zip(row, xyz, strict=True))) for row in _D50_TO_SRGB)
    return red, green, blue


def _encoded(linear: float) -> float:
    """sRGB's curve (IEC 61966-2-1), a line below 0."""
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
