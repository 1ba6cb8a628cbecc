"""What the file of a still says of the colour space that it was written in."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from reswd_torch.profiles.coded import adobe_rgb, coded_profile, measured_profile
from reswd_torch.profiles.curves import ParametricCurve
from reswd_torch.spaces import load_config
from studio.media.clips.tags import HLG, P3_D65, PQ
from studio.media.images import Picture
from studio.service.clip_spaces import display_numbers

_SRGB = 13
_P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
_REC2020 = ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046))


@lru_cache(maxsize=16)
def _profile(alias: str) -> bytes | None:
    """The profile for a space of a display, by its alias in the configs of the ACES working group; None for sRGB and all others.

    That of Rec.1886 is a power of 2.4, which a display with a black of nought has (ITU-R BT.1886, annex 1).
    """
    if alias in ("displayp3_display", "srgb_p3d65", "srgb_displayp3"):
        return coded_profile(P3_D65, _SRGB)
    if alias in ("g22_adobergb_scene", "adobergb"):
        return adobe_rgb()
    powers = {
        "rec1886_rec709_display": (None, 2.4),
        "rec1886_rec2020_display": (_REC2020, 2.4),
        "g22_rec709_display": (None, 2.2),
        "p3d65_display": (_P3, 2.6),
    }
    if alias not in powers:
        return None
    primaries, power = powers[alias]
    return measured_profile(primaries, None, ParametricCurve(power), f"gamma {power:g}")


def tagged_as(picture: Picture, place: str, space: str) -> Picture:
    """A picture whose file is to say the space of its pixels, where there is a way to.

    HDR is said by a cICP chunk (PNG, third edition, 11.3.2.6), which no other format has; standard range by an ICC profile. sRGB,
    logarithms and light of a scene are not said.

    Args:
        picture: without any tags.
        place: the config.
        space: a name of it.
    """
    said = display_numbers(place, space)
    if said is not None and said[1] in (PQ, HLG):
        numbers = said[:2]
        chunk = (b"cICP", bytes([*numbers, 0, 1]))
        chunks = (*picture.container.png_chunks, chunk)
        return replace(picture, container=replace(picture.container, png_chunks=chunks, colour_tag="cICP", hdr=numbers))
    aliases = [each.lower() for each in load_config(place).getColorSpace(space).getAliases()]
    return replace(picture, icc=next(filter(None, map(_profile, aliases)), None))
