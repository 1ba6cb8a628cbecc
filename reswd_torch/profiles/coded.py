"""Colours that a file describes by numbers and not by a profile: the code points of ITU-T H.273, gamma and chromaticities.

They become a profile that says the same, so that everything behind a reader sees profiles alone.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from reswd_torch.profiles.curves import SRGB_CURVE, Curve, ParametricCurve, TableCurve
from reswd_torch.profiles.icc import D65, HDR_NUMBERS, SRGB_PRIMARIES, Chromaticity, write_profile

UNSPECIFIED = 2
"""The number that says nothing, among primaries as among transfer characteristics."""
SRGB_TRANSFER = 13

Primaries = tuple[Chromaticity, Chromaticity, Chromaticity]

_C, _E, _DCI = (0.310, 0.316), (1 / 3, 1 / 3), (0.314, 0.351)
_P3: Primaries = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
_SMPTE_C: Primaries = ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070))
_PRIMARIES: dict[int, tuple[str, Primaries, Chromaticity]] = {
    1: ("Rec.709", SRGB_PRIMARIES, D65),
    4: ("BT.470 M", ((0.67, 0.33), (0.21, 0.71), (0.14, 0.08)), _C),
    5: ("Rec.601 625-line", ((0.64, 0.33), (0.29, 0.60), (0.15, 0.06)), D65),
    6: ("Rec.601 525-line", _SMPTE_C, D65),
    7: ("SMPTE 240M", _SMPTE_C, D65),
    8: ("Generic film", ((0.681, 0.319), (0.243, 0.692), (0.145, 0.049)), _C),
    9: ("Rec.2020", ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)), D65),
    10: ("CIE XYZ", ((1.0, 0.0), (0.0, 1.0), (0.0, 0.0)), _E),
    11: ("DCI-P3", _P3, _DCI),
    12: ("Display P3", _P3, D65),
    22: ("H.273 number 22", ((0.630, 0.340), (0.295, 0.605), (0.155, 0.077)), D65),
}
"""Name, primaries and white by number (H.273 table 2)."""
_BT709 = ParametricCurve(1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081)
_CODES = np.linspace(0.0, 1.0, 4096)
_CURVES: dict[int, tuple[str, Curve]] = {
    1: ("Rec.709", _BT709),
    4: ("gamma 2.2", ParametricCurve(2.2)),
    5: ("gamma 2.8", ParametricCurve(2.8)),
    6: ("Rec.709", _BT709),
    7: ("SMPTE 240M", ParametricCurve(1 / 0.45, 1 / 1.1115, 0.1115 / 1.1115, 1 / 4.0, 0.0913)),
    8: ("linear", ParametricCurve(1.0)),
    9: ("log 100:1", TableCurve(np.where(_CODES > 0, 10 ** (2.0 * (_CODES - 1)), 0.0))),
    10: ("log 316:1", TableCurve(np.where(_CODES > 0, 10 ** (2.5 * (_CODES - 1)), 0.0))),
    11: ("Rec.709", _BT709),  # xvYCC and BT.1361 go beyond 0..1, which no integer code of R'G'B' does
    12: ("Rec.709", _BT709),
    13: ("sRGB", SRGB_CURVE),
    14: ("Rec.709", _BT709),
    15: ("Rec.709", _BT709),
    17: ("gamma 2.6", ParametricCurve(2.6)),  # SMPTE ST 428-1
}
"""Name and curve by number (H.273 table 3): where it gives the encoder's curve, its inverse, as for every still picture."""
_USUAL = {("Display P3", "sRGB"): "Display P3", ("DCI-P3", "gamma 2.6"): "DCI-P3"}
_ADOBE: Primaries = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
_SRGB_GAMMA, _LEAST_GAMMA, _MOST_GAMMA = 0.45455, 0.1, 5.0
_NEAR = 0.002
"""How far chromaticities may lie from those of sRGB to be taken for them: files hold them with three to five digits."""


def says_nothing(primaries: int, transfer: int) -> bool:
    """Whether both numbers are unspecified."""
    return primaries == transfer == UNSPECIFIED


def is_coded(primaries: int, transfer: int) -> bool:
    """Whether both numbers have a meaning or are unspecified: those of HDR have one, reserved ones have none."""
    known = transfer in _CURVES or transfer in HDR_NUMBERS or transfer == UNSPECIFIED
    return known and (primaries in _PRIMARIES or primaries == UNSPECIFIED)


@lru_cache(maxsize=64)
def coded_profile(primaries: int, transfer: int) -> bytes | None:
    """The profile for two numbers of H.273, of which an unspecified one stands for that of sRGB.

    Args:
        primaries: by table 2.
        transfer: by table 3; none of HDR.

    Returns:
        The profile; None for sRGB itself.

    Raises:
        KeyError: a number has no meaning, or is one of HDR.
    """
    name, corners, white = _PRIMARIES[1 if primaries == UNSPECIFIED else primaries]
    curve_name, curve = _CURVES[SRGB_TRANSFER if transfer == UNSPECIFIED else transfer]
    if (name, curve_name) == ("Rec.709", "sRGB"):
        return None
    usual = _USUAL.get((name, curve_name), name if curve_name == "Rec.709" else f"{name} primaries, {curve_name} curve")
    return write_profile(usual, corners, white, curve)


@lru_cache(maxsize=1)
def adobe_rgb() -> bytes:
    """A profile for Adobe RGB (1998), section 4.3 of its specification."""
    return write_profile("Adobe RGB (1998) compatible", _ADOBE, D65, ParametricCurve(563 / 256))


def gamma_curve(gamma: float) -> tuple[Curve | None, str]:
    """The curve for a PNG's gAMA, and its name; None for the value that writers of sRGB use (PNG, third edition, 11.3.2.5).

    Args:
        gamma: the encoding's exponent, such as 0.45455.

    Raises:
        ValueError: no display or camera has such a gamma.
    """
    if not _LEAST_GAMMA <= gamma <= _MOST_GAMMA:
        raise ValueError("gamma out of range")
    if abs(gamma - _SRGB_GAMMA) < 6e-5:
        return None, ""
    return ParametricCurve(1 / gamma), f"gamma {1 / gamma:.4g}"


@lru_cache(maxsize=64)
def measured_profile(
    primaries: Primaries | None, white: Chromaticity | None, curve: Curve | None, curve_name: str = ""
) -> bytes | None:
    """The profile for chromaticities and a curve.

    Args:
        primaries: x and y of red, green and blue; None for those of sRGB.
        white: x and y of white; None for D65.
        curve: from code to linear light; None for that of sRGB.
        curve_name: what to call a curve in the profile's name.

    Returns:
        The profile; None for sRGB itself.

    Raises:
        ValueError: these primaries span no triangle with white inside.
    """
    primaries, white = primaries or SRGB_PRIMARIES, white or D65
    found = next((each for each in _PRIMARIES.values() if _alike((*primaries, white), (*each[1], each[2]))), None)
    name = found[0] if found else "Adobe RGB" if _alike((*primaries, white), (*_ADOBE, D65)) else "Own"
    if name == "Rec.709":
        if curve is None:
            return None
        primaries, white = SRGB_PRIMARIES, D65
    usual = _USUAL.get((name, "sRGB")) if curve is None else None
    return write_profile(
        usual or f"{name} primaries, {curve_name or 'sRGB'} curve", primaries, white, curve or SRGB_CURVE
    )


def _alike(some: tuple[Chromaticity, ...], others: tuple[Chromaticity, ...]) -> bool:
    return bool(np.abs(np.array(some) - np.array(others)).max() <= _NEAR)
