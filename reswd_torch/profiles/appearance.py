"""How codes of an RGB profile look: CIE Lab from its own curves, primaries and white."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from reswd_torch.appearance import SRGB, Appearance, ConeAppearance, WithSlope
from reswd_torch.color import LAB_FROM_F, lab_response, srgb_to_xyz
from reswd_torch.profiles.convert import matrix_profile, to_profile, unless_srgb
from reswd_torch.profiles.curves import Curve

_STEPS = 4096
"""Steps in which a profile's curve is looked up; between them it is straight."""


@lru_cache(maxsize=32)
def profile_appearance(icc: bytes | None) -> Appearance:
    """How codes of a profile look.

    Args:
        icc: the RGB profile. None, or one that cannot be read, stands for sRGB; so does one that has tables, whose derivative is
            not known.
    """
    usable = unless_srgb(icc)
    known, srgb = matrix_profile(usable), matrix_profile(None)
    assert srgb is not None
    if usable is None or known is None:
        return SRGB
    to_srgb = torch.from_numpy(np.linalg.inv(srgb.matrix) @ known.matrix)
    return ConeAppearance(
        decode=_tabulated(known.curves),
        cones=srgb_to_xyz(to_srgb) @ to_srgb,
        bend=lab_response,
        axes=LAB_FROM_F,
        shift=-16.0,
        from_srgb=lambda codes: torch.from_numpy(to_profile(codes.cpu().numpy(), None, usable)).to(codes),
    )


def _tabulated(curves: tuple[Curve, ...]) -> WithSlope:
    """Light and slope of codes in 0..1, by each channel's curve."""
    codes = np.linspace(0.0, 1.0, _STEPS + 1)
    tables = torch.from_numpy(np.stack([curve.decode(codes) for curve in curves]))

    def decode(colours: Tensor) -> tuple[Tensor, Tensor]:
        place = colours.clamp(0.0, 1.0) * _STEPS
        low = place.long().clamp(max=_STEPS - 1)
        table = tables.to(colours)
        channel = torch.arange(3, device=colours.device).expand(colours.shape)
        first, second = table[channel, low], table[channel, low + 1]
        return first + (place - low) * (second - first), (second - first) * _STEPS

    return decode
