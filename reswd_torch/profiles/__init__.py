"""ICC profiles: their names, and colours from one to another. Pillow, which has LittleCMS, is loaded when it is first needed."""

from reswd_torch.profiles.convert import (
    display_profile,
    grey_to_srgb,
    image_to_srgb,
    is_usable,
    profile_name,
    profile_to_lab,
    to_profile,
)
from reswd_torch.profiles.icc import profile_space

__all__ = [
    "display_profile",
    "grey_to_srgb",
    "image_to_srgb",
    "is_usable",
    "profile_name",
    "profile_space",
    "profile_to_lab",
    "to_profile",
]
