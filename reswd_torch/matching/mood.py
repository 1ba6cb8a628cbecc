"""The mood: a reference's light, warmth, contrast and leading hues, under what people protect.

One fit weighs it all. The sliced Wasserstein distance (arXiv 2510.01061, eq. 2) draws the picture's colours to the reference's.
Every colour is held, with the square of how far it goes, at the colour that the look estimate gives it, so that a mood goes a
visible part of the way and not all of it. Greys, skin and blacks cost where they leave what is free (protections.py). What
still goes too far in the end is drawn back until every protection holds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.appearance import SRGB, Appearance
from reswd_torch.color import lab_to_srgb
from reswd_torch.grade.cdl import Cdl
from reswd_torch.grade.constants import LUMA
from reswd_torch.grade.lut3d import Lut3D
from reswd_torch.matching.data_terms import Coupling, JoinedCoupling, SummedCoupling
from reswd_torch.matching.protections import (
    AnchorCoupling,
    BlackCoupling,
    GreyCoupling,
    SkinCoupling,
    hue_turn,
    skin_colors,
    skin_tones,
)

HOLD, HOLD_AT, HOLD_POWER = 0.0355, 15.0, 2.0
"""Weight of the hold on every colour where the distance before is ``HOLD_AT``, CIE Lab units, and the power with which the weight
grows with the distance. The further two pictures are apart, the more of that is what they show."""
REST = 0.001
"""Weight of colours all over the cube staying at the anchor, whether the picture has them or not."""
GREY_CAST, GREY_WEIGHT, GREY_LIMIT = 4.5, 3.0, 6.0
"""CIE Lab chroma of a grey that is free, weight beyond, and the limit that holds in the end."""
SKIN_TURN, SKIN_WEIGHT, SKIN_LIMIT = 8.0, 3.0, 12.0
"""Turn of a skin's hue in degrees that is free, weight beyond, and the limit that holds in the end."""
BLACK_WEIGHT, BLACK_LIMIT = 0.1, 20 / 255
"""Weight of blacks that get lighter than they were and than the reference's, and the limit that holds in the end, as luma."""
CLIP_LIMIT = 0.003
"""Share of the sampled colours that may be newly clipped: 0.5% of the pixels is the promise, and a sample may miss some."""
SAFE = 0.97
"""Share of the limits that is kept: the picture has more colours than were sampled."""
AT_WORK = 0.7
"""Share of its limit from which on a protection is said to have held the grade back."""
_DARK, _REFERENCE_DARK = 1 / 64, 0.01
_BLACK_FLOOR = 4.0
"""CIE Lab lightness that a black may always have."""


@dataclass(frozen=True, eq=False)
class MoodTerms:
    """What a mood is fitted to: samples, and one coupling for all of them."""

    source: Float[Tensor, "n 3"]
    coupling: Coupling


def mood_terms(
    source: Float[Tensor, "n 3"],
    target: Float[Tensor, "m 3"],
    statistics: Coupling,
    distance: float,
    anchor: Callable[[Tensor], Tensor],
    protect: Sequence[str],
    appearance: Appearance,
) -> MoodTerms:
    """Put a mood's wishes together.

    Args:
        source: sampled colours of the picture, 0..1.
        target: the same of the reference.
        statistics: draws ``source`` to the reference's distribution.
        distance: the distance before, CIE Lab units.
        anchor: gives (N, 3) colours as the look estimate makes them.
        protect: what is protected, of ``"blacks"``, ``"greys"`` and ``"skin"``.
        appearance: how the colours look.
    """
    weight = appearance.hold * HOLD * (distance / HOLD_AT) ** HOLD_POWER
    cube = _cube().to(source)
    held = SummedCoupling(
        (statistics, AnchorCoupling(appearance.lab(anchor(source)), weight, uniform=appearance.uniform))
    )
    parts: list[tuple[Tensor, Coupling]] = [
        (source, held),
        (cube, AnchorCoupling(appearance.lab(anchor(cube)), REST, uniform=appearance.uniform)),
    ]
    if "greys" in protect:
        ramp = appearance.greys(grey_ramp().to(source))
        parts.append((ramp, GreyCoupling(len(ramp), GREY_CAST, GREY_WEIGHT)))
    if "skin" in protect:
        skin = appearance.of_srgb(skin_colors().to(source))
        parts.append((skin, SkinCoupling(appearance.lab(skin), SKIN_TURN, SKIN_WEIGHT)))
    if "blacks" in protect:
        dark = darkest(source, _DARK)
        lightest = appearance.lab(darkest(target, _REFERENCE_DARK))[:, 0].max()
        limit = appearance.lab(anchor(dark))[:, 0].clamp(min=max(float(lightest), _black_floor(appearance)))
        parts.append((dark, BlackCoupling(limit, BLACK_WEIGHT)))
    joined = JoinedCoupling([(coupling, len(colors), 1.0) for colors, coupling in parts])
    return MoodTerms(torch.cat([colors for colors, _ in parts]), joined)


def drawn_back(
    transform: Cdl | Lut3D,
    source: Float[Tensor, "n 3"],
    target: Float[Tensor, "m 3"],
    protect: Sequence[str],
    appearance: Appearance = SRGB,
) -> Cdl | Lut3D:
    """The largest share of a grade under which every protection holds.

    Args:
        transform: the grade.
        source: sampled colours of the picture, 0..1.
        target: the same of the reference.
        protect: what is protected, of ``reswd_torch.settings.PROTECTIONS``.
        appearance: how the colours look.
    """
    if not exceeded(transform, source, target, protect, SAFE, appearance):
        return transform
    low, high = 0.0, 1.0
    for _ in range(6):
        middle = (low + high) / 2
        blended = transform.at_strength(middle)
        low, high = (low, middle) if exceeded(blended, source, target, protect, SAFE, appearance) else (middle, high)
    return transform.at_strength(low)


def exceeded(
    transform: Cdl | Lut3D,
    source: Float[Tensor, "n 3"],
    target: Float[Tensor, "m 3"],
    protect: Sequence[str],
    share: float = 1.0,
    appearance: Appearance = SRGB,
) -> tuple[str, ...]:
    """The protections whose limits a grade exceeds.

    Args:
        transform: the grade.
        source: sampled colours of the picture, 0..1.
        target: the same of the reference.
        protect: what is protected, of ``reswd_torch.settings.PROTECTIONS``.
        share: of the limits; below 1 it tells which protections have come into play.
        appearance: how the colours look.
    """
    return tuple(name for name in protect if _MEASURES[name](transform, source, target, appearance) > share)


def _blacks(transform: Cdl | Lut3D, source: Tensor, target: Tensor, appearance: Appearance) -> float:
    """The level of black, where the picture has any, as a share of its limit."""
    dark = darkest(source, 0.005)
    seen, graded, wanted = (_luma(appearance.as_display(each)) for each in (dark, transform.apply(dark), target))
    limit = max(BLACK_LIMIT, float(wanted.quantile(0.01)))
    return float(graded.mean()) / limit if float(seen.mean()) < BLACK_LIMIT else 0.0


def _greys(transform: Cdl | Lut3D, source: Tensor, target: Tensor, appearance: Appearance) -> float:
    """The largest chroma of a grey, as a share of its limit."""
    return (
        float(appearance.lab(transform.apply(appearance.greys(grey_ramp().to(source))))[:, 1:].norm(dim=1).max())
        / GREY_LIMIT
    )


def _skin(transform: Cdl | Lut3D, source: Tensor, target: Tensor, appearance: Appearance) -> float:
    """The largest turn of a skin's hue, as a share of its limit."""
    skin = appearance.of_srgb(skin_tones().to(source))
    return float(hue_turn(appearance.lab(skin), appearance.lab(transform.apply(skin))).max()) / SKIN_LIMIT


def _highlights(transform: Cdl | Lut3D, source: Tensor, target: Tensor, appearance: Appearance) -> float:
    """The share of the colours that are newly clipped, as a share of its limit."""
    clipped = [(colors <= 0.5 / 255) | (colors >= 254.5 / 255) for colors in (source, transform.apply(source))]
    return float((clipped[1] & ~clipped[0]).any(dim=1).float().mean()) / CLIP_LIMIT


_MEASURES = {"blacks": _blacks, "greys": _greys, "skin": _skin, "highlights": _highlights}


def grey_ramp() -> Float[Tensor, "25 3"]:
    """25 sRGB-encoded greys from 0.02 to 0.98."""
    return torch.linspace(0.02, 0.98, 25).unsqueeze(1).expand(-1, 3).contiguous()


def darkest(colors: Float[Tensor, "n 3"], share: float) -> Float[Tensor, "k 3"]:
    """The darkest colours, at least eight where there are as many."""
    count = min(len(colors), max(8, round(share * len(colors))))
    return colors[_luma(colors).argsort(stable=True)[:count]]


def _luma(colors: Float[Tensor, "n 3"]) -> Float[Tensor, " n"]:
    return colors @ torch.tensor(LUMA).to(colors)


def _black_floor(appearance: Appearance) -> float:
    """The lightness that a black may always have: in CIE Lab, or that of the same light in HDR."""
    if appearance.in_standard_range:
        return _BLACK_FLOOR
    grey = lab_to_srgb(torch.tensor([[_BLACK_FLOOR, 0.0, 0.0]]))
    return float(appearance.lab(appearance.of_srgb(grey))[0, 0])


def _cube() -> Float[Tensor, "125 3"]:
    axis = torch.linspace(0.0, 1.0, 5)
    return torch.stack(torch.meshgrid(axis, axis, axis, indexing="ij"), dim=-1).reshape(-1, 3)
