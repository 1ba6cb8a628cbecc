"""Reading and writing of picture files, which keep their depth, colour profile, metadata and transparency.

Importing this package loads no codec: Pillow, OpenCV and tifffile are imported when a picture needs them.
"""

from reswd_torch.profiles import profile_name, to_profile
from studio.media.images.masks import read_mask
from studio.media.images.picture import (
    FORMATS,
    MAX_PIXELS,
    READABLE_SUFFIXES,
    Container,
    Picture,
    natural_suffix,
    result_name,
)
from studio.media.images.read import read_picture, read_reduced
from studio.media.images.write import AS_IT_IS, WrittenAs, check_same_kind, losses, supported_output, write_picture

__all__ = [
    "AS_IT_IS",
    "FORMATS",
    "MAX_PIXELS",
    "READABLE_SUFFIXES",
    "Container",
    "Picture",
    "WrittenAs",
    "check_same_kind",
    "losses",
    "natural_suffix",
    "profile_name",
    "read_mask",
    "read_picture",
    "read_reduced",
    "result_name",
    "supported_output",
    "to_profile",
    "write_picture",
]
