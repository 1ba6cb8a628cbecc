"""Conversion of frames from Y'CbCr to R'G'B' and back, with the matrix and the range that the clip is tagged with.

The matrices are those of ITU-R BT.601, BT.709 and BT.2020 and of SMPTE 240M. Limited-range codes are quantised as BT.709
section 3 and BT.2020 table 5 say; full-range codes use every number that the bits can hold. Tags are the numbers of ITU-T H.273,
tables 2 to 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from studio.media.clips.av_types import VideoCodecContext, VideoFormat, VideoFrame, VideoPlane, VideoReformatter

LIMITED, FULL = 1, 2
"""The colour ranges by the numbers of FFmpeg's AVColorRange."""
UNTAGGED = 2
"""The number that means "unspecified" in H.273, for primaries, transfer and matrix alike."""
BT709, SMPTE170M = 1, 6
"""Matrices by their numbers in H.273 table 4. SMPTE 170M has the matrix of BT.601."""
HD_ROWS = 720
"""Players take an untagged clip of at least this many rows for BT.709 and a smaller one for BT.601, and so does this module."""

_LUMA = {1: (0.2126, 0.0722), 4: (0.30, 0.11), 5: (0.299, 0.114), 6: (0.299, 0.114), 7: (0.212, 0.087)}
_LUMA |= {9: (0.2627, 0.0593), 10: (0.2627, 0.0593)}
"""The weights of red and blue in luma, by matrix tag (H.273 table 4)."""
_SCALER = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}
"""swscale's number of a matrix (SWS_CS_...), by matrix tag."""


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
    def is_wide(self) -> bool:
        """Whether its colours reach beyond those of sRGB: Display P3 or Rec. 2020."""
        return self.primaries in (9, 12) or self.used_matrix in (9, 10)

    @property
    def name(self) -> str:
        """The usual name of the encoding, such as ``Rec.709 video`` or ``Display P3 video``."""
        if self.primaries == 12:
            return "Display P3 video"
        if self.is_wide:
            return "Rec.2020 video"
        if self.used_matrix == 0 or self.transfer == 13:
            return "sRGB video"
        name = "Rec.601 video" if self.used_matrix in (4, 5, 6) else "Rec.709 video"
        return name if self.matrix != UNTAGGED or self.primaries != UNTAGGED else f"{name} (assumed, untagged)"


def read_tags(frame: VideoFrame, context: VideoCodecContext) -> ColorTags:
    """Read the tags of a decoded frame and, where it has none, those of its stream.

    Args:
        frame: the frame.
        context: the codec context of the stream that it was decoded from.

    Raises:
        ValueError: the matrix is not supported (YCgCo, ICtCp); the message is its number.
    """
    matrix = frame.colorspace if frame.colorspace != UNTAGGED else context.colorspace
    tagged_range = frame.color_range or context.color_range
    used_range = FULL if tagged_range == FULL or frame.format.name.startswith("yuvj") else LIMITED
    if frame.format.is_rgb:
        used, used_range = 0, FULL
    elif matrix in (UNTAGGED, 0, 3):  # 0 is R'G'B', which these pixels are not; 3 is reserved
        used = BT709 if frame.height >= HD_ROWS else SMPTE170M
    elif matrix in _LUMA:
        used = matrix
    else:
        raise ValueError(str(matrix))
    return ColorTags(
        primaries=frame.color_primaries if frame.color_primaries != UNTAGGED else context.color_primaries,
        transfer=frame.color_trc if frame.color_trc != UNTAGGED else context.color_trc,
        matrix=matrix,
        range=tagged_range,
        used_matrix=used,
        used_range=used_range,
    )


def decoding_matrix(matrix: int, full: bool, bits: int) -> np.ndarray:
    """The affine map from integer codes to R'G'B' in 0..1.

    Args:
        matrix: the matrix tag; 0 for pixels that are R'G'B' already.
        full: whether the codes have full range; without effect for ``matrix`` 0, which always has.
        bits: bits per channel.

    Returns:
        (3, 4) float64, to be multiplied by (Y, Cb, Cr, 1); for ``matrix`` 0 by (G, B, R, 1), FFmpeg's order of planes.
    """
    top, step = 2.0**bits - 1, 2.0 ** (bits - 8)
    if matrix == 0:
        return np.array([[0, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 0]]) / top
    red, blue = _LUMA[matrix]
    green = 1 - red - blue
    to_rgb = np.array(
        [
            [1, 0, 2 * (1 - red)],
            [1, -2 * blue * (1 - blue) / green, -2 * red * (1 - red) / green],
            [1, 2 * (1 - blue), 0],
        ]
    )
    scale = np.array([top, top, top]) if full else np.array([219, 224, 224]) * step
    zero = np.array([0 if full else 16 * step, 128 * step, 128 * step])
    linear = to_rgb / scale
    return np.column_stack([linear, -linear @ zero])


def encoding_matrix(matrix: int, full: bool, bits: int) -> np.ndarray:
    """The inverse of :func:`decoding_matrix`: (3, 4) float64 that takes (R', G', B', 1) to codes that are not rounded."""
    forward = decoding_matrix(matrix, full, bits)
    back = np.linalg.inv(forward[:, :3])
    return np.column_stack([back, -back @ forward[:, 3]])


class FrameColors:
    """Converts the frames of one clip to R'G'B' pixels, and graded pixels to frames for the encoder.

    swscale brings chroma to full resolution and back (bicubic, accurate rounding). For 8 bits and limited range it also applies
    the matrix, exactly but for one rounding. For full range it truncates instead of rounding (up to 1/255 too dark), and its
    16-bit R'G'B' ends at 65280 instead of 65535; in these cases the matrices of this module are applied to its planes.

    An object keeps swscale's buffers and must not be used by two threads at once.

    Args:
        tags: the clip's colour tags.
        pixel_format: FFmpeg's name of the pixel format that its frames are decoded to.
        size: (H, W) of the frames as stored, before they are turned upright.
        out_format: the pixel format that the encoder takes.
        out_matrix: the matrix of the frames for the encoder, by its tag; 0 for R'G'B'.
    """

    def __init__(
        self, tags: ColorTags, pixel_format: str, size: tuple[int, int], out_format: str, out_matrix: int
    ) -> None:
        from av import VideoFormat
        from av.video.reformatter import Interpolation, VideoReformatter

        self._tags, self._size, self._out_format = tags, size, out_format
        wanted, given = VideoFormat(out_format), VideoFormat(pixel_format)
        self.bits = depth_of(given)
        self._out_matrix, self._out_range = out_matrix, FULL if wanted.is_rgb else _range_of(tags, given.is_rgb)
        self._flags = Interpolation.BICUBIC | Interpolation.ACCURATE_RND
        self._flags |= Interpolation.FULL_CHR_H_INT | Interpolation.FULL_CHR_H_INP
        self._in, self._out = VideoReformatter(), VideoReformatter()
        self._out_bits = depth_of(wanted)

    def pixels(self, frame: VideoFrame) -> np.ndarray:
        """A decoded frame as (H, W, 3) R'G'B', as stored (not turned upright).

        The result is uint8, or uint16 over its whole range for clips of more than 8 bits.
        """
        tags = self._tags
        ways = (tags.used_matrix, tags.used_range)
        if self._by_swscale(*ways, self.bits):
            return _plane(self._scaled(self._in, frame, self._size, "rgb24", *ways, 0, FULL).planes[0], np.uint8, 3)
        planar = self._scaled(self._in, frame, self._size, _planar(tags.used_matrix, self.bits), *ways, *ways)
        dtype = np.uint8 if self.bits == 8 else np.uint16
        return self._through(
            [_plane(plane, dtype) for plane in planar.planes],
            decoding_matrix(tags.used_matrix, tags.used_range == FULL, self.bits),
            255 if self.bits == 8 else 65535,
        )

    def frame(self, pixels: np.ndarray, like: VideoFrame) -> VideoFrame:
        """The frame for the encoder that shows graded pixels.

        Args:
            pixels: (H, W, 3) uint8 or uint16, R'G'B', upright.
            like: the decoded frame, whose time and duration the result has; primaries and transfer are those of the clip.
        """
        from av import VideoFrame

        height, width = pixels.shape[:2]
        matrix, range_ = self._out_matrix, self._out_range
        if pixels.dtype == np.uint8 and self._by_swscale(matrix, range_, self._out_bits):
            carrier = VideoFrame(width, height, "rgb24")
            _plane(carrier.planes[0], np.uint8, 3)[...] = pixels
            out = self._scaled(self._out, carrier, (height, width), self._out_format, 0, FULL, matrix, range_)
        else:
            import cv2

            top = np.iinfo(pixels.dtype).max
            carrier = VideoFrame(width, height, _planar(matrix, self._out_bits))
            codes = encoding_matrix(matrix, range_ == FULL, self._out_bits)
            codes[:, :3] /= top
            values = cv2.transform(pixels.astype(np.uint16), codes.astype(np.float32))
            np.minimum(values, 2**self._out_bits - 1, out=values)
            for plane, channel in zip(carrier.planes, cv2.split(values), strict=True):
                _plane(plane, np.uint8 if self._out_bits == 8 else np.uint16)[...] = channel
            ways = (matrix, range_, matrix, range_)
            out = self._scaled(self._out, carrier, (height, width), self._out_format, *ways)
        return self._tagged(out, like)

    def untouched(self, frame: VideoFrame) -> VideoFrame:
        """The frame for the encoder that shows a decoded frame unchanged.

        Its codes do not pass through R'G'B', which would round them, unless only one of clip and encoder is R'G'B'.
        """
        tags = self._tags
        if (tags.used_matrix == 0) != (self._out_matrix == 0):
            return self.frame(self.pixels(frame), frame)
        ways = (tags.used_matrix, tags.used_range, self._out_matrix, self._out_range)
        return self._tagged(self._scaled(self._out, frame, self._size, self._out_format, *ways), frame)

    def _by_swscale(self, matrix: int, range_: int, bits: int) -> bool:
        """Whether swscale applies this matrix well enough: see the docstring of the class."""
        return bits == 8 and matrix != 0 and range_ == LIMITED

    def _scaled(
        self,
        scaler: VideoReformatter,
        frame: VideoFrame,
        size: tuple[int, int],
        name: str,
        matrix: int,
        range_: int,
        *to: int,
    ) -> VideoFrame:
        """Convert a frame to the pixel format ``name`` with swscale.

        ``matrix`` and ``range_`` are those of the frame, ``to`` are those of the result. A matrix is given by its tag; 0 stands
        for R'G'B', which swscale recognises by the pixel format.
        """
        out_matrix, out_range = to
        return scaler.reformat(
            frame,
            width=size[1],
            height=size[0],
            format=name,
            src_colorspace=_SCALER.get(matrix),
            dst_colorspace=_SCALER.get(out_matrix),
            src_color_range=range_,
            dst_color_range=out_range,
            interpolation=self._flags,
        )

    def _through(self, planes: list[np.ndarray], matrix: np.ndarray, top: int) -> np.ndarray:
        """Multiply planes of codes by a decoding matrix, in float32 with one rounding at the end.

        Returns:
            (H, W, 3) R'G'B' clipped to 0..``top``: uint8 for 255, else uint16.
        """
        import cv2

        merged = cv2.merge([plane.astype(np.uint16, copy=False) for plane in planes])
        values = cv2.transform(merged, (matrix * top).astype(np.float32))
        return np.minimum(values, 255).astype(np.uint8) if top == 255 else values

    def _tagged(self, out: VideoFrame, like: VideoFrame) -> VideoFrame:
        """Give ``out`` the time of ``like`` and the clip's primaries and transfer; returns it."""
        out.pts, out.time_base, out.duration = like.pts, like.time_base, like.duration
        out.color_primaries, out.color_trc = self._tags.primaries, self._tags.transfer
        out.pict_type = 0  # the encoder chooses its own key frames
        return out


def depth_of(pixel_format: VideoFormat) -> int:
    """Bits per channel of a pixel format, rounded up to a depth for which FFmpeg has planar formats: 8 to 16."""
    bits = max(part.bits for part in pixel_format.components)
    return next((depth for depth in (8, 9, 10, 12, 14, 16) if depth >= bits), 16)


def _range_of(tags: ColorTags, was_rgb: bool) -> int:
    """The range to encode Y'CbCr with: that of the clip, and limited for a clip that was R'G'B'."""
    return LIMITED if was_rgb else tags.used_range


def _planar(matrix: int, bits: int) -> str:
    """FFmpeg's name of the planar pixel format with full chroma resolution, for R'G'B' (``matrix`` 0) or Y'CbCr."""
    return ("gbrp" if matrix == 0 else "yuv444p") + ("" if bits == 8 else f"{bits}le")


def _plane(plane: VideoPlane, dtype: type, channels: int = 1) -> np.ndarray:
    """A view of a plane's memory as (H, W) or (H, W, channels), without the padding at the end of its rows."""
    item = np.dtype(dtype).itemsize
    rows: np.ndarray = np.frombuffer(memoryview(plane), dtype).reshape(plane.height, plane.line_size // item)[
        :, : plane.width * channels
    ]
    return rows if channels == 1 else rows.reshape(plane.height, plane.width, channels)
