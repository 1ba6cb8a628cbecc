"""What containers can hold: which codecs, whose alpha, and the tag of the range."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

_UNLISTED = {
    "mpegts": {"libx264", "libx265", "mpeg2video", "mpeg4"},
    "mxf": {"libx264", "prores_ks", "dnxhd", "mpeg2video", "jpeg2000"},
    "vob": {"mpeg2video"},
}
"""The encoders that containers hold for which FFmpeg has no list of codecs."""
VPX = ("libvpx", "libvpx-vp9")
"""The encoders whose alpha is a second picture, which only Matroska and WebM store."""
_RANGE_IN_STREAM = {"libx264", "libx265", "libsvtav1", "libvpx-vp9", "mjpeg"}
"""Encoders whose own stream says which range its codes have."""
_SEEN_WITH_ALPHA = ("matroska", "mov", "avi")
"""Containers in which people look for a picture with alpha; others hold it, but nothing plays it."""


@dataclass(frozen=True)
class Holds:
    """What one container can hold, by the names of FFmpeg's encoders.

    Attributes:
        form: FFmpeg's name of its muxer.
        listed: the encoders that FFmpeg lists for it.
    """

    form: str
    listed: Collection[str]

    def picture(self, encoder: str) -> bool:
        """Whether it holds what an encoder writes."""
        return encoder in _UNLISTED.get(self.form, self.listed)

    def alpha(self, encoder: str) -> bool:
        """Whether it holds the alpha that an encoder writes."""
        return self.form in ("matroska", "webm") if encoder in VPX else self.form in _SEEN_WITH_ALPHA

    def full_range(self, encoder: str) -> bool:
        """Whether a result with full-range Y'CbCr is recognised as such, by its stream or by a tag of the container."""
        return encoder in _RANGE_IN_STREAM or self.form in ("matroska", "webm", "mp4")
