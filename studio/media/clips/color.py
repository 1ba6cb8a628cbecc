"""From the Y'CbCr of a frame to R'G'B' and back, with the matrix and range that the clip means.

Matrices are those of ITU-R BT.601, BT.709 and BT.2020 and SMPTE 240M, quantised as BT.709 section 3 and BT.2020 table 5 say
(limited) or over all codes (full); the numbers of the tags are those of ITU-T H.273, tables 2 to 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

LIMITED, FULL = 1, 2
"""FFmpeg's AVColorRange."""
UNTAGGED = 2
"""H.273: unspecified, for primaries, transfer and matrix alike."""
BT709, SMPTE170M, BT2020 = 1, 6, 9
HD_ROWS = 720
"""Untagged clips of at least so many rows are BT.709 and smaller ones BT.601, as players take them."""

_LUMA = {1: (0.2126, 0.0722), 4: (0.30, 0.11), 5: (0.299, 0.114), 6: (0.299, 0.114), 7: (0.212, 0.087)}
_LUMA |= {9: (0.2627, 0.0593), 10: (0.2627, 0.0593)}
"""Matrix tag -> weights of red and blue in luma (H.273 table 4)."""
_SCALER = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}
"""Matrix tag -> swscale's SWS_CS number."""


@dataclass(frozen=True)
class ColorTags:
    """What a clip says about its colours, in H.273 numbers, and what they are taken for.

    Attributes:
        primaries, transfer, matrix: as tagged; 2 where untagged.
        range: as tagged, 0 where untagged, 1 limited, 2 full.
        used_matrix: the matrix that was tagged or assumed; 0 where the pixels are R'G'B' already.
        used_range: 1 or 2.
    """

    primaries: int
    transfer: int
    matrix: int
    range: int
    used_matrix: int
    used_range: int

    @property
    def name(self) -> str:
        """What people call the encoding: ``Rec.709 video``, ``Display P3 video``, ..."""
        if self.primaries == 12:
            return "Display P3 video"
        if self.primaries == 9 or self.used_matrix in (9, 10):
            return "Rec.2020 video"
        if self.used_matrix == 0 or self.transfer == 13:
            return "sRGB video"
        name = "Rec.601 video" if self.used_matrix in (4, 5, 6) else "Rec.709 video"
        return name if self.matrix != UNTAGGED or self.primaries != UNTAGGED else f"{name} (assumed, untagged)"


def read_tags(frame: Any, context: Any) -> ColorTags:
    """The tags of a decoded frame; where it has none, those of the stream.

    Raises:
        ValueError: a matrix that is not supported (YCgCo, ICtCp), named by its number.
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
    """(3, 4) float64: codes (Y, Cb, Cr) to R'G'B' in 0..1; for ``matrix`` 0 codes (G, B, R)."""
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
    """(3, 4) float64: R'G'B' in 0..1 to codes; the inverse of :func:`decoding_matrix`."""
    forward = decoding_matrix(matrix, full, bits)
    back = np.linalg.inv(forward[:, :3])
    return np.column_stack([back, -back @ forward[:, 3]])


class FrameColors:
    """Frames of one clip as R'G'B' pixels, and graded pixels as frames to encode. One use at a time.

    Chroma is brought to full resolution and back by swscale (bicubic, accurate rounding). Its 8-bit limited-range matrices
    are exact to one rounding; its full-range ones cut instead of rounding (up to 1/255 too dark) and its 16-bit R'G'B' ends
    at 65280 instead of 65535, so those go through matrices of our own.
    """

    def __init__(
        self, tags: ColorTags, pixel_format: str, size: tuple[int, int], out_format: str, out_matrix: int
    ) -> None:
        """Args: the clip's tags, its pixel format, (H, W) as coded, and what to encode: format, and matrix (0: R'G'B')."""
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

    def pixels(self, frame: Any) -> np.ndarray:
        """(H, W, 3) uint8, or uint16 for clips of more than 8 bits, R'G'B', as coded (not turned)."""
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

    def frame(self, pixels: np.ndarray, like: Any) -> Any:
        """The frame to encode for graded R'G'B' pixels, with the time, duration and tags of ``like``."""
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

    def untouched(self, frame: Any) -> Any:
        """The frame to encode for a frame that does not change: no way through R'G'B' where the encoder takes it as it is."""
        tags = self._tags
        if (tags.used_matrix == 0) != (self._out_matrix == 0):
            return self.frame(self.pixels(frame), frame)
        ways = (tags.used_matrix, tags.used_range, self._out_matrix, self._out_range)
        return self._tagged(self._scaled(self._out, frame, self._size, self._out_format, *ways), frame)

    def _by_swscale(self, matrix: int, range_: int, bits: int) -> bool:
        return bits == 8 and matrix != 0 and range_ == LIMITED

    def _scaled(
        self, scaler: Any, frame: Any, size: tuple[int, int], name: str, matrix: int, range_: int, *to: int
    ) -> Any:
        """A frame in another pixel format; matrices by H.273 number, 0 for R'G'B', which swscale recognises by itself."""
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
        """Planes of codes to (H, W, 3) R'G'B' of 0..``top``; in float32 with one rounding, clipped to what a display shows."""
        import cv2

        merged = cv2.merge([plane.astype(np.uint16, copy=False) for plane in planes])
        values = cv2.transform(merged, (matrix * top).astype(np.float32))
        return np.minimum(values, 255).astype(np.uint8) if top == 255 else values

    def _tagged(self, out: Any, like: Any) -> Any:
        out.pts, out.time_base, out.duration = like.pts, like.time_base, like.duration
        out.color_primaries, out.color_trc = self._tags.primaries, self._tags.transfer
        out.pict_type = 0  # the encoder chooses its own key frames
        return out


def depth_of(pixel_format: Any) -> int:
    """Bits per channel of an ``av.VideoFormat``, rounded up to a depth that FFmpeg has planar formats of."""
    bits = max(part.bits for part in pixel_format.components)
    return next((depth for depth in (8, 9, 10, 12, 14, 16) if depth >= bits), 16)


def _range_of(tags: ColorTags, was_rgb: bool) -> int:
    return LIMITED if was_rgb else tags.used_range


def _planar(matrix: int, bits: int) -> str:
    return ("gbrp" if matrix == 0 else "yuv444p") + ("" if bits == 8 else f"{bits}le")


def _plane(plane: Any, dtype: type, channels: int = 1) -> np.ndarray:
    """The memory of a plane as (H, W) or (H, W, channels), without the padding at the end of its rows."""
    item = np.dtype(dtype).itemsize
    rows: np.ndarray = np.frombuffer(plane, dtype).reshape(plane.height, plane.line_size // item)[
        :, : plane.width * channels
    ]
    return rows if channels == 1 else rows.reshape(plane.height, plane.width, channels)
