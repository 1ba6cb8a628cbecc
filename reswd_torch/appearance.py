"""How the codes of a picture look: what distances and fits compare colours in.

Codes are decoded to light, light excites cones (or gives XYZ), each response is bent, and three sums of them are lightness and
two colour axes. CIE Lab is of this kind, and so is ICtCp, whose bend is that of PQ and has no end at white. Each knows its
derivative in closed form, which a fit needs at every colour in every step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.color import linear_to_srgb, srgb_to_lab, srgb_to_lab_with_jacobian, srgb_to_linear
from reswd_torch.precision import precisely

Curve = Callable[[Tensor], Tensor]
WithSlope = Callable[[Tensor], tuple[Tensor, Tensor]]
"""A curve that gives its values and its slopes."""

REFERENCE_WHITE = 203.0
"""Luminance of diffuse white in HDR, cd/m2, which is where a picture in standard range has its white (ITU-R BT.2408, 2.1)."""


class Appearance:
    """How sRGB codes look: CIE Lab. The others differ in what they override.

    Units are those of CIE Lab throughout: a just noticeable difference is about 1.

    Attributes:
        uniform: whether equal distances look equally large all over. In CIE Lab those of saturated colours look smaller.
        hold: how firmly a mood holds every colour, as a share of what does in CIE Lab.
        in_standard_range: whether codes are those of a display of standard range, so that :meth:`as_display` leaves them.
    """

    uniform = False
    in_standard_range = True
    hold = 1.0

    def lab(self, codes: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3"]:
        """Lightness and two colour axes of codes in 0..1."""
        return srgb_to_lab(codes)

    def lab_with_jacobian(self, codes: Float[Tensor, "n 3"]) -> tuple[Float[Tensor, "n 3"], Float[Tensor, "n 3 3"]]:
        """The same of (N, 3) codes, and the derivative, ``[n, i, j]`` = dLab_i / dcode_j."""
        return srgb_to_lab_with_jacobian(codes)

    def of_srgb(self, srgb: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3"]:
        """The codes that show what sRGB codes show, 0..1."""
        return srgb

    def greys(self, ramp: Float[Tensor, "n 3"]) -> Float[Tensor, "n 3"]:
        """Codes that look grey, for a ramp of equal codes."""
        return ramp

    def as_display(self, codes: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3"]:
        """The codes, channel by channel, as a display of standard range takes them, 0..1 to 0..1: where black and the middle lie
        is what the look estimate and limits on codes go by."""
        return codes

    def from_display(self, codes: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3"]:
        """The inverse of :meth:`as_display`."""
        return codes


SRGB = Appearance()


@dataclass(frozen=True, eq=False)
class ConeAppearance(Appearance):
    """Codes of any R'G'B' encoding whose channels have one curve.

    Attributes:
        decode: from codes in 0..1 to light, with its slope.
        cones: (3, 3) float64, from light to what is bent.
        bend: the response, with its slope.
        axes: (3, 3) float64, from bent responses to lightness and colour axes, in units of CIE Lab.
        shift: what is added to the lightness.
        from_srgb: gives the codes that show what sRGB codes show.
    """

    decode: WithSlope
    cones: Tensor
    bend: WithSlope
    axes: Tensor
    shift: float
    from_srgb: Curve

    def lab(self, codes: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3"]:
        return precisely(self._lab, codes)

    def _lab(self, codes: Tensor) -> Tensor:
        bent, _ = self.bend(self.decode(codes)[0] @ self.cones.to(codes).T)
        return self._shifted(bent @ self.axes.to(codes).T)

    def lab_with_jacobian(self, codes: Float[Tensor, "n 3"]) -> tuple[Float[Tensor, "n 3"], Float[Tensor, "n 3 3"]]:
        cones, axes = self.cones.to(codes), self.axes.to(codes)
        light, d_light = self.decode(codes)
        bent, d_bent = self.bend(light @ cones.T)
        jacobian = torch.einsum("if,nf,fj,nj->nij", axes, d_bent, cones, d_light)
        return self._shifted(bent @ axes.T), jacobian

    def of_srgb(self, srgb: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3"]:
        return self.from_srgb(srgb)

    def greys(self, ramp: Float[Tensor, "n 3"]) -> Float[Tensor, "n 3"]:
        """Those of sRGB: equal codes of a scanner's profile may have a tint."""
        return self.of_srgb(ramp)

    def _shifted(self, lab: Tensor) -> Tensor:
        return lab + torch.tensor([self.shift, 0.0, 0.0]).to(lab) if self.shift else lab


class HdrAppearance(ConeAppearance):
    """Codes of HDR: see :func:`pq_appearance`."""

    uniform = True
    in_standard_range = False
    hold = 0.1
    """Pictures are 1.7 times as far apart as in CIE Lab, where the hold grows with the square of that, and saturated colours are
    not held less than others. With this share a mood leaves two thirds of the distance, as far as a display of standard range
    shows it, and ends as near to the truth as one of standard range (``benchmarks/appearance.py``)."""

    def greys(self, ramp: Float[Tensor, "n 3"]) -> Float[Tensor, "n 3"]:
        """Equal codes: they reach farther than the greys of sRGB."""
        return ramp

    def as_display(self, codes: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3"]:
        return linear_to_srgb(_rolled_off(pq_to_light(codes)[0] / REFERENCE_WHITE))

    def from_display(self, codes: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3"]:
        return light_to_pq(_rolled_on(srgb_to_linear(codes.clamp(0.0, 1.0))) * REFERENCE_WHITE)


# PQ, SMPTE ST 2084 (ITU-R BT.2100-2, table 4)
_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
PEAK = 10_000.0
"""The light of the highest code of PQ, cd/m2."""
_DARKEST = 1e-3
"""Light, cd/m2, below which the curve of PQ is replaced by its tangent: its slope has no end there, and nobody sees it."""


def pq_to_light(codes: Tensor) -> tuple[Tensor, Tensor]:
    """Light of PQ codes in cd/m2 (BT.2100-2, table 4, EOTF), and its slope."""
    root = codes.clamp(0.0, 1.0) ** (1 / _M2)
    above, below = (root - _C1).clamp(min=0.0), _C2 - _C3 * root
    ratio = above / below
    light = PEAK * ratio ** (1 / _M1)
    d_root = root / codes.clamp(min=1e-6) / _M2
    d_ratio = (below + _C3 * above) / below**2 * (above > 0)
    slope = light / _M1 / ratio.clamp(min=1e-9) * d_ratio * d_root
    return light, slope


def light_to_pq(light: Tensor) -> Tensor:
    """PQ codes of light in cd/m2, at least 0 (BT.2100-2, table 4, inverse EOTF); there is no end at the top."""
    power = (light / PEAK) ** _M1
    return ((_C1 + _C2 * power) / (1.0 + _C3 * power)) ** _M2


def _bent(light: Tensor) -> tuple[Tensor, Tensor]:
    """PQ codes of light and their slope; below :data:`_DARKEST` a tangent."""
    bounded = light.clamp(min=_DARKEST)
    power = (bounded / PEAK) ** _M1
    above, below = _C1 + _C2 * power, 1.0 + _C3 * power
    codes = (above / below) ** _M2
    slope = _M2 * codes / (above / below) * (_C2 - _C3 * _C1) / below**2 * _M1 * power / bounded
    return codes + slope * (light - bounded), slope


_BT2020 = ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046))
_BT709 = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
_D65 = (0.3127, 0.3290)
_TO_LMS = np.array([[1688, 2146, 262], [683, 2951, 462], [99, 309, 3688]]) / 4096
"""Linear BT.2020 to cone responses (BT.2100-2, table 7)."""
_TO_ICTCP = np.array([[2048, 2048, 0], [6610, -13613, 7003], [17933, -17390, -543]]) / 4096
"""PQ codes of cone responses to I, CT and CP (BT.2100-2, table 7)."""
_HALVED = np.array([1.0, 0.5, 1.0])
"""CT counts half in differences (ITU-R BT.2124, equation 3)."""
_LAB_UNITS = 450.0
"""CIE Lab units of 1 in I: over colours of standard range small differences are then as large, in the mean, as in CIE Lab."""


def _xyz_of(primaries: tuple[tuple[float, float], ...], white: tuple[float, float] = _D65) -> np.ndarray:
    """(3, 3): linear R G B to XYZ, where white has the luminance 1 (SMPTE RP 177)."""
    corners = np.array([[x / y, 1.0, (1 - x - y) / y] for x, y in primaries]).T
    of_white = np.array([white[0] / white[1], 1.0, (1 - white[0] - white[1]) / white[1]])
    return np.asarray(corners * np.linalg.solve(corners, of_white))


@lru_cache(maxsize=1)
def pq_appearance() -> Appearance:
    """How PQ codes with the primaries of BT.2020 look: ICtCp (ITU-R BT.2100-2, tables 4 and 7), in units of CIE Lab."""
    return HdrAppearance(
        decode=pq_to_light,
        cones=torch.from_numpy(_TO_LMS),
        bend=_bent,
        axes=torch.from_numpy(_LAB_UNITS * _HALVED[:, None] * _TO_ICTCP),
        shift=0.0,
        from_srgb=_pq_of_srgb,
    )


@lru_cache(maxsize=1)
def _srgb_to_bt2020() -> Float[Tensor, "3 3"]:
    return torch.from_numpy(np.linalg.inv(_xyz_of(_BT2020)) @ _xyz_of(_BT709))


def _pq_of_srgb(srgb: Tensor) -> Tensor:
    light = srgb_to_linear(srgb) @ _srgb_to_bt2020().to(srgb).T
    return light_to_pq(light.clamp(min=0.0) * REFERENCE_WHITE).clamp(max=1.0)


def bt2020_to_srgb(codes: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3"]:
    """Codes with the curve of sRGB and the primaries of BT.2020, as codes of sRGB: beyond 0..1 where sRGB has not the colour."""
    return linear_to_srgb(srgb_to_linear(codes) @ torch.linalg.inv(_srgb_to_bt2020()).to(codes).T)


_KNEE = 0.75
"""Light, 1 at reference white, up to which a display of standard range shows HDR as it is."""


@lru_cache(maxsize=1)
def _roll() -> float:
    """The c for which ``_KNEE + c log(1 + (y - _KNEE) / c)`` is 1 at the peak, by bisection."""
    low, high, above = 1e-4, 1.0, PEAK / REFERENCE_WHITE - _KNEE
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if middle * np.log1p(above / middle) < 1 - _KNEE else (low, middle)
    return low


def _rolled_off(light: Tensor) -> Tensor:
    """Light, 1 at reference white, with highlights up to the peak of PQ brought below 1 by a logarithm."""
    roll = _roll()
    return torch.where(light > _KNEE, _KNEE + roll * torch.log1p((light - _KNEE).clamp(min=0.0) / roll), light)


def _rolled_on(light: Tensor) -> Tensor:
    roll = _roll()
    return torch.where(light > _KNEE, _KNEE + roll * torch.expm1((light - _KNEE).clamp(min=0.0) / roll), light)
