"""Which colour space of a config a picture's file says that it is in, to be offered to whoever chooses one."""

from __future__ import annotations

from dataclasses import dataclass

from reswd_torch.spaces import load_config
from studio.media.images import Picture, profile_name
from studio.media.images.picture import RAW

_LINEAR = "Linear, "
"""How the names of the profiles begin that :mod:`studio.media.images.scene` makes of linear light."""
_BY_PRIMARIES = {
    "Rec.709": ("lin_rec709_scene", "lin_rec709", "lin_srgb"),
    "ACES AP0": ("lin_ap0_scene", "ACES2065-1"),
    "ACES AP1": ("lin_ap1_scene", "ACEScg"),
    "Rec.2020": ("lin_rec2020_scene", "lin_rec2020"),
    "P3-D65": ("lin_p3d65_scene", "lin_p3d65"),
    "Adobe RGB": ("lin_adobergb_scene", "lin_adobergb"),
}
"""Names and aliases of linear spaces in the configs of the ACES working group, by the primaries of a linear profile."""
_BY_PROFILE = (
    ("display p3", ("srgb_p3d65_display", "Display P3 - Display")),
    ("adobe rgb", ("g22_adobergb_scene", "adobergb")),
    ("acescg", ("ACEScg",)),
    ("rec. 709", ("rec1886_rec709_display",)),
    ("rec.709", ("rec1886_rec709_display",)),
    ("bt.709", ("rec1886_rec709_display",)),
)
"""The same of profiles, by what their names hold in small letters."""


@dataclass(frozen=True)
class SaidSpace:
    """A colour space that a file is in.

    Attributes:
        name: as the config spells it.
        assumed: whether the file does not say so itself: it is what pictures of its format are without a word.
    """

    name: str
    assumed: bool


def said_space(picture: Picture, place: str | None = None) -> SaidSpace | None:
    """The colour space that a picture's file says; None for sRGB, camera raw, and what the config has no space for.

    An EXR's ``colorInteropID``, ACES flag and ``chromaticities``, a DPX's transfer and colour tags were made a profile as the
    picture was read, so the profile's name tells of all of them.

    Args:
        picture: as read; its pixels may have been reduced.
        place: the config, as :func:`reswd_torch.spaces.config_place` gives it; None for the one that is found there. It is read
            only where there is something to look up.

    Raises:
        InputError: the config cannot be read.
    """
    from reswd_torch.spaces import config_place

    names = () if picture.icc is None or picture.container.format == RAW else _names(profile_name(picture.icc))
    if not names:
        return None
    config = load_config(place or config_place(None))
    found = next((space for space in map(config.getColorSpace, names) if space is not None), None)
    return None if found is None else SaidSpace(str(found.getName()), bool(picture.container.assumed))


def _names(profile: str) -> tuple[str, ...]:
    if profile.startswith(_LINEAR):
        return _BY_PRIMARIES.get(profile.removeprefix(_LINEAR), ())
    small = profile.casefold()
    return next((names for part, names in _BY_PROFILE if part in small), ())
