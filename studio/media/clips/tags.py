"""What a clip says about its colours, and what its pixels are taken for where it says nothing.

Tags are the numbers of ITU-T H.273, tables 2 to 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from reswd_torch.profiles.coded import SRGB_TRANSFER, coded_profile
from studio.media.clips.matrices import LUMA
from studio.media.clips.pixel_formats import has_rgb, is_grey

if TYPE_CHECKING:
    from studio.media.clips.av_types import VideoFrame

LIMITED, FULL = 1, 2
"""The colour ranges by the numbers of FFmpeg's AVColorRange."""
UNTAGGED = 2
"""The number that means "unspecified" in H.273, for primaries, transfer and matrix alike."""
BT709, SMPTE170M, BT2020 = 1, 6, 9
"""Matrices by their numbers in H.273 table 4. SMPTE 170M has the matrix of BT.601. Primaries of BT.709 and BT.2020 have the same
numbers in table 2."""
P3_D65 = 12
"""Primaries by their number in H.273 table 2 (SMPTE EG 432-1)."""
PQ, HLG = 16, 18
"""The transfer characteristics of HDR by their numbers in H.273 table 3: SMPTE ST 2084, and ARIB STD-B67."""
HD_ROWS = 720
"""Players take an untagged clip of at least this many rows for BT.709 and a smaller one for BT.601, and so does this module."""


@dataclass(frozen=True)
class ColorTags:
    """What a clip says about its colours, in the numbers of H.273, and what its pixels are taken for.

    Attributes:
        primaries: the tagged primaries; 2 where the clip has no such tag.
        transfer: the tagged transfer characteristics; 2 where the clip has no such tag.
        matrix: the tagged matrix; 2 where the clip has no such tag.
        range: the tagged range: 1 limited, 2 full, 0 where the clip has no such tag.
        used_matrix: the matrix that was tagged or assumed; 0 where the pixels are R'G'B' already.
        used_range: the range that was tagged or assumed: 1 limited, 2 full.
    """

    primaries: int
    transfer: int
    matrix: int
    range: int
    used_matrix: int
    used_range: int

    @property
    def is_hdr(self) -> bool:
        """Whether its transfer is one of HDR."""
        return self.transfer in (PQ, HLG)

    @property
    def is_wide(self) -> bool:
        """Whether its colours reach beyond those of sRGB: Display P3 or Rec. 2020."""
        return self.primaries in (9, 12) or self.used_matrix in (9, 10)

    @property
    def icc(self) -> bytes | None:
        """A profile with its primaries, where they are wide, and the curve of sRGB: one display shows both. None for sRGB itself
        and for HDR."""
        if self.is_hdr or not self.is_wide:
            return None
        return coded_profile(P3_D65 if self.primaries == P3_D65 else BT2020, SRGB_TRANSFER)

    @property
    def name(self) -> str:
        """The usual name of the encoding, such as ``Rec.709 video`` or ``Display P3 video``."""
        if self.is_hdr:
            return "HDR video (PQ)" if self.transfer == PQ else "HDR video (HLG)"
        if self.primaries == P3_D65:
            return "Display P3 video"
        if self.is_wide:
            return "Rec.2020 video"
        if self.used_matrix == 0 or self.transfer == 13:
            return "sRGB video"
        name = "Rec.601 video" if self.used_matrix in (4, 5, 6) else "Rec.709 video"
        return name if self.matrix != UNTAGGED or self.primaries != UNTAGGED else f"{name} (assumed, untagged)"


class Tagged(Protocol):
    """What has colour tags, as PyAV's codec contexts do; 2 where there is no tag, of the range 0."""

    @property
    def color_primaries(self) -> int: ...
    @property
    def color_trc(self) -> int: ...
    @property
    def colorspace(self) -> int: ...
    @property
    def color_range(self) -> int: ...


def read_tags(frame: VideoFrame, context: Tagged) -> ColorTags:
    """Read the tags of a decoded frame and, where it has none, those of its stream.

    Grey has the full range unless it is tagged, which is how FFmpeg takes it; Y'CbCr has the limited one. HDR without a matrix
    has that of BT.2020, as ITU-R BT.2100 asks.

    Args:
        frame: the frame.
        context: the codec context of the stream that it was decoded from.

    Raises:
        ValueError: the matrix is not supported (YCgCo, ICtCp); the message is its number.
    """
    matrix = frame.colorspace if frame.colorspace != UNTAGGED else context.colorspace
    transfer = frame.color_trc if frame.color_trc != UNTAGGED else context.color_trc
    tagged_range = frame.color_range or context.color_range
    name = frame.format.name
    is_full = tagged_range == FULL or name.startswith("yuvj") or (is_grey(name) and tagged_range != LIMITED)
    used_range = FULL if is_full else LIMITED
    if has_rgb(name):
        used, used_range = 0, FULL
    elif matrix in (UNTAGGED, 0, 3) and transfer in (PQ, HLG):
        used = BT2020
    elif matrix in (UNTAGGED, 0, 3):  # 0 is R'G'B', which these pixels are not; 3 is reserved
        used = BT709 if frame.height >= HD_ROWS else SMPTE170M
    elif matrix in LUMA:
        used = matrix
    else:
        raise ValueError(str(matrix))
    return ColorTags(
        primaries=frame.color_primaries if frame.color_primaries != UNTAGGED else context.color_primaries,
        transfer=transfer,
        matrix=matrix,
        range=tagged_range,
        used_matrix=used,
        used_range=used_range,
    )
