"""What people protect when a picture takes on the mood of another one: costs on the colours of a few samples.

Each is a :class:`~reswd_torch.matching.data_terms.Coupling`: it looks at graded colours in CIE Lab, and says what they cost and
which way is better. A cost is zero within what is free, and grows with the square of what goes beyond.

Differences are measured about as CIEDE2000 weighs small ones (M. R. Luo, G. Cui and B. Rigg, 2001): lightness by S_L, chroma by
S_C, hue by CIE94's S_H. The stretch of a* near neutral is left out: with it the mood went less far for the same error to the
truth.
"""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.color import lab_to_srgb, srgb_to_lab
from reswd_torch.matching.data_terms import QuadraticModel

MONK = (
    "f6ede4", "f3e7db", "f7ead0", "eadaba", "d7bd96", "a07e56", "825c43", "604134", "3a312a", "292420",
)  # fmt: skip
"""The ten skin tones of the Monk Skin Tone scale, sRGB (E. Monk, "The Monk Skin Tone Scale", 2019; CC BY 4.0)."""
_SHADES = (1.0, 0.8, 1.08)
"""Light on skin: each tone counts as it is, in shade, and in light."""
_ROSY = (0.0, -16.0, -30.0)
"""Turns of hue in degrees: the scale's tones are yellowish, photographed skin is often as much rosier."""
_LEAST_CHROMA = 4.0
"""CIE Lab chroma below which the hue of a colour is hardly seen, and a turn of it is weighed as if it had this much."""


class AnchorCoupling:
    """Every sample is drawn to a colour of its own: half its squared perceptual difference from there, in the mean.

    Args:
        anchor: (N, 3) CIE Lab, one colour for each sample.
        weight: weight of that mean.
        uniform: whether distances in this space look equally large all over.
    """

    def __init__(self, anchor: Float[Tensor, "n 3"], weight: float, *, uniform: bool = False) -> None:
        self.anchor = anchor
        metric = torch.eye(3).to(anchor).expand(len(anchor), 3, 3) if uniform else perceptual_metric(anchor)
        self.curvature = metric * (weight / len(anchor))

    def __call__(self, lab: Float[Tensor, "n 3"]) -> QuadraticModel:
        away = lab - self.anchor
        force = (self.curvature @ away.unsqueeze(2)).squeeze(2)
        return QuadraticModel(0.5 * (away * force).sum(), self.curvature, force)


class GreyCoupling:
    """Greys may take on a little chroma.

    Args:
        count: number of samples, all of them greys before the grade.
        cast: CIE Lab chroma that is free.
        weight: weight of half the mean squared chroma beyond.
    """

    def __init__(self, count: int, cast: float, weight: float) -> None:
        self.cast, self.weight = cast, weight / count

    def __call__(self, lab: Float[Tensor, "n 3"]) -> QuadraticModel:
        chroma = lab[:, 1:].norm(dim=1)
        beyond = (chroma - self.cast).clamp(min=0.0)
        along = lab.clone()
        along[:, 0] = 0.0
        return _one_sided(beyond, along / chroma.clamp(min=1e-6).unsqueeze(1), self.weight)


class SkinCoupling:
    """The hues of skin may turn a little.

    Args:
        skin: (N, 3) CIE Lab of the samples before the grade.
        degrees: turn that is free.
        weight: weight of half the mean square of what goes beyond, as a share of what is free.
    """

    def __init__(self, skin: Float[Tensor, "n 3"], degrees: float, weight: float) -> None:
        chroma = skin[:, 1:].norm(dim=1, keepdim=True)
        self.along = skin[:, 1:] / chroma
        self.across = torch.stack((-self.along[:, 1], self.along[:, 0]), dim=1)
        self.slope = math.tan(math.radians(degrees))
        self.weight = weight / len(skin) / (chroma.squeeze(1).clamp(min=_LEAST_CHROMA) * self.slope).square()

    def __call__(self, lab: Float[Tensor, "n 3"]) -> QuadraticModel:
        along, across = (lab[:, 1:] * self.along).sum(dim=1), (lab[:, 1:] * self.across).sum(dim=1)
        beyond = (across.abs() - self.slope * along.clamp(min=0.0)).clamp(min=0.0)
        outward = torch.zeros_like(lab)
        outward[:, 1:] = across.sign().unsqueeze(1) * self.across - self.slope * (along > 0).unsqueeze(1) * self.along
        return _one_sided(beyond, outward, self.weight)


class BlackCoupling:
    """Dark colours may not get lighter than a limit.

    Args:
        limit: (N,) CIE Lab lightness, one for each sample.
        weight: weight of half the mean square of what goes beyond.
    """

    def __init__(self, limit: Float[Tensor, " n"], weight: float) -> None:
        self.limit, self.weight = limit, weight / len(limit)

    def __call__(self, lab: Float[Tensor, "n 3"]) -> QuadraticModel:
        upward = torch.zeros_like(lab)
        upward[:, 0] = 1.0
        return _one_sided((lab[:, 0] - self.limit).clamp(min=0.0), upward, self.weight)


def perceptual_metric(lab: Float[Tensor, "n 3"]) -> Float[Tensor, "n 3 3"]:
    """The matrices M for which d^T M d is the squared perceptual size of a small difference d in CIE Lab."""
    lightness, axes = lab[:, 0], lab[:, 1:]
    chroma = axes.norm(dim=1)
    apart = (lightness - 50.0).square()
    s_l = 1 + 0.015 * apart / (20 + apart).sqrt()
    s_c, s_h = 1 + 0.045 * chroma, 1 + 0.015 * chroma
    radial = axes / chroma.clamp(min=1e-3).unsqueeze(1)
    outer = radial.unsqueeze(2) * radial.unsqueeze(1)
    metric = lab.new_zeros(len(lab), 3, 3)
    metric[:, 0, 0] = s_l**-2
    across = (torch.eye(2).to(lab) - outer) * (s_h**-2).reshape(-1, 1, 1)
    metric[:, 1:, 1:] = outer * (s_c**-2).reshape(-1, 1, 1) + across
    return metric


@lru_cache(maxsize=1)
def skin_tones() -> Float[Tensor, "30 3"]:
    """The ten Monk colours, sRGB-encoded, float32, and after them the same turned to rose."""
    tones = torch.tensor([[int(tone[at : at + 2], 16) / 255 for at in (0, 2, 4)] for tone in MONK])
    lab = srgb_to_lab(tones)
    turned = []
    for degrees in _ROSY:
        turn = torch.tensor(math.radians(degrees))
        a, b = lab[:, 1] * turn.cos() - lab[:, 2] * turn.sin(), lab[:, 1] * turn.sin() + lab[:, 2] * turn.cos()
        turned.append(lab_to_srgb(torch.stack((lab[:, 0], a, b), dim=1)).clamp(0.0, 1.0) if degrees else tones)
    return torch.cat(turned)


@lru_cache(maxsize=1)
def skin_colors() -> Float[Tensor, "90 3"]:
    """All tones of skin in three lights, sRGB-encoded, float32."""
    return torch.cat([(skin_tones() * shade).clamp(max=1.0) for shade in _SHADES])


def hue_turn(before: Float[Tensor, "n 3"], after: Float[Tensor, "n 3"]) -> Float[Tensor, " n"]:
    """The turn of hue from one colour to the other in degrees, 0..180; 0 where either has a chroma below 3.

    Args:
        before, after: lightness and two colour axes, in units of CIE Lab.
    """
    first, second = before[:, 1:], after[:, 1:]
    turn = torch.atan2(second[:, 1], second[:, 0]) - torch.atan2(first[:, 1], first[:, 0])
    turn = torch.rad2deg(torch.atan2(turn.sin(), turn.cos())).abs()
    return torch.where((first.norm(dim=1) >= 3) & (second.norm(dim=1) >= 3), turn, torch.zeros_like(turn))


def _one_sided(beyond: Float[Tensor, " n"], outward: Float[Tensor, "n 3"], weight: float | Tensor) -> QuadraticModel:
    """Half the weighted squares of what goes beyond, which grows along ``outward``."""
    weights = torch.as_tensor(weight).to(beyond) * (beyond > 0)
    return QuadraticModel(
        0.5 * (weights * beyond.square()).sum(),
        weights.reshape(-1, 1, 1) * outward.unsqueeze(2) * outward.unsqueeze(1),
        (weights * beyond).unsqueeze(1) * outward,
    )
