"""Conversion of frames from Y'CbCr to R'G'B' and back, with the matrix and the range that the clip is tagged with."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np

from reswd_torch.errors import InputError
from studio.media.clips.matrices import decoding_matrix, encoding_matrix
from studio.media.clips.pixel_formats import depth_of, has_alpha, has_rgb, is_grey, is_transparent, planar, refusal
from studio.media.clips.tags import FULL, LIMITED, ColorTags, read_tags

if TYPE_CHECKING:
    from studio.media.clips.av_types import VideoFrame, VideoPlane, VideoReformatter

_SCALER = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}
"""swscale's number of a matrix (SWS_CS_...), by matrix tag."""


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
        out_range: their range; if left out that of the clip, and limited for a clip that was R'G'B'.
        tagged: what they are tagged with, for primaries and transfer; None for those of the clip.
    """

    def __init__(
        self,
        tags: ColorTags,
        pixel_format: str,
        size: tuple[int, int],
        out_format: str,
        out_matrix: int,
        out_range: int | None = None,
        tagged: ColorTags | None = None,
    ) -> None:
        from av import VideoFormat
        from av.video.reformatter import Interpolation, VideoReformatter

        self._tags, self._size, self._out_format = tags, size, out_format
        self._tagged_as = tagged or tags
        wanted, given = VideoFormat(out_format), VideoFormat(pixel_format)
        self.bits, self.has_alpha = depth_of(given), has_alpha(out_format)
        if out_range is None:
            out_range = LIMITED if has_rgb(pixel_format) else tags.used_range
        self._out_matrix, self._out_range = out_matrix, FULL if wanted.is_rgb else out_range
        self._flags = Interpolation.BICUBIC | Interpolation.ACCURATE_RND
        self._flags |= Interpolation.FULL_CHR_H_INT | Interpolation.FULL_CHR_H_INP
        self._in, self._out = VideoReformatter(), VideoReformatter()
        self._out_bits = depth_of(wanted)
        self._known: dict[tuple[str, int, int, int], ColorTags] = {}

    def pixels(self, frame: VideoFrame) -> np.ndarray:
        """A decoded frame as (H, W, 3) R'G'B', as stored (not turned upright).

        The result is uint8, or uint16 over its whole range for clips of more than 8 bits. A frame of another size, format or
        matrix than the clip's first one is brought to the size of the clip and read by its own tags.

        Raises:
            InputError: its pixels are of a kind that cannot be graded.
        """
        tags, bits = self._tags_of(frame), depth_of(frame.format)
        ways, grey = (tags.used_matrix, tags.used_range), is_grey(frame.format.name)
        if self.bits == 8 and not grey and self._by_swscale(*ways, bits):
            return _plane(self._scaled(self._in, frame, self._size, "rgb24", *ways, 0, FULL).planes[0], np.uint8, 3)
        # swscale takes all grey for full range, so that this leaves the codes as they are.
        kept = (tags.used_matrix, FULL) if grey else ways
        spread = self._scaled(self._in, frame, self._size, _spread(frame, tags), *kept, *kept)
        return self._through(
            [_plane(plane, np.uint8 if bits == 8 else np.uint16) for plane in spread.planes[:3]],
            decoding_matrix(tags.used_matrix, tags.used_range == FULL, bits),
            255 if self.bits == 8 else 65535,
        )

    def alpha(self, frame: VideoFrame) -> np.ndarray | None:
        """The alpha of a decoded frame as (H, W) codes of the encoder's depth, as stored (not turned upright).

        None where the frame has none, or the encoder's pixel format holds none.
        """
        if not self.has_alpha or not is_transparent(frame):
            return None
        tags, bits = self._tags_of(frame), depth_of(frame.format)
        ways = (tags.used_matrix, tags.used_range)
        name = planar(tags.used_matrix == 0, bits, alpha=True)
        codes = _plane(
            self._scaled(self._in, frame, self._size, name, *ways, *ways).planes[3],
            np.uint8 if bits == 8 else np.uint16,
        )
        if bits == self._out_bits:
            return codes
        scaled: np.ndarray = np.rint(codes * ((2**self._out_bits - 1) / (2**bits - 1)))
        return scaled.astype(np.uint8 if self._out_bits == 8 else np.uint16)

    def frame(self, pixels: np.ndarray, like: VideoFrame, alpha: np.ndarray | None = None) -> VideoFrame:
        """The frame for the encoder that shows graded pixels.

        Args:
            pixels: (H, W, 3) uint8 or uint16, R'G'B', upright.
            like: the decoded frame, whose time and duration the result has.
            alpha: (H, W) of :meth:`alpha`, upright; None for opaque. Without effect where the encoder holds none.
        """
        from av import VideoFrame

        height, width = pixels.shape[:2]
        matrix, range_ = self._out_matrix, self._out_range
        if not self.has_alpha and pixels.dtype == np.uint8 and self._by_swscale(matrix, range_, self._out_bits):
            carrier = VideoFrame(width, height, "rgb24")
            _plane(carrier.planes[0], np.uint8, 3)[...] = pixels
            out = self._scaled(self._out, carrier, (height, width), self._out_format, 0, FULL, matrix, range_)
        else:
            carrier = VideoFrame(width, height, planar(matrix == 0, self._out_bits, alpha=self.has_alpha))
            planes: list[np.ndarray | int] = [*self._codes(pixels)]
            if self.has_alpha:
                planes.append(2**self._out_bits - 1 if alpha is None else alpha)
            for plane, channel in zip(carrier.planes, planes, strict=True):
                _plane(plane, np.uint8 if self._out_bits == 8 else np.uint16)[...] = channel
            ways = (matrix, range_, matrix, range_)
            out = self._scaled(self._out, carrier, (height, width), self._out_format, *ways)
        return self._tagged(out, like)

    def _codes(self, pixels: np.ndarray) -> Sequence[np.ndarray]:
        """Pixels as the encoder's codes, in FFmpeg's order of planes, with one rounding at the end."""
        import cv2

        codes = encoding_matrix(self._out_matrix, self._out_range == FULL, self._out_bits)
        codes[:, :3] /= np.iinfo(pixels.dtype).max
        values = cv2.transform(pixels.astype(np.uint16), codes.astype(np.float32))
        np.minimum(values, 2**self._out_bits - 1, out=values)
        return cv2.split(values)

    def untouched(self, frame: VideoFrame) -> VideoFrame:
        """The frame for the encoder that shows a decoded frame unchanged.

        Its codes do not pass through R'G'B', which would round them, unless only one of clip and encoder is R'G'B' or has
        alpha, or the frame is grey or tagged otherwise than the clip.
        """
        tags = self._tags_of(frame)
        differ = tags != self._tags or is_grey(frame.format.name) or is_transparent(frame) != self.has_alpha
        if differ or (tags.used_matrix == 0) != (self._out_matrix == 0):
            return self.frame(self.pixels(frame), frame, self.alpha(frame))
        ways = (tags.used_matrix, tags.used_range, self._out_matrix, self._out_range)
        return self._tagged(self._scaled(self._out, frame, self._size, self._out_format, *ways), frame)

    def _tags_of(self, frame: VideoFrame) -> ColorTags:
        """The tags of a frame: those of the clip for all that the frame does not say itself.

        Raises:
            InputError: its pixels are of a kind that cannot be graded.
        """
        name = frame.format.name
        key = (name, frame.height, frame.colorspace, frame.color_range)
        if key not in self._known:
            tags = self._tags
            said = SimpleNamespace(
                color_primaries=tags.primaries, color_trc=tags.transfer, colorspace=tags.matrix, color_range=tags.range
            )
            try:
                if (why := refusal(name)) is not None:
                    raise ValueError(why)
                self._known[key] = read_tags(frame, said)
            except ValueError as error:
                raise InputError(
                    f"the clip's pixels change to {name}, which cannot be graded: export it again"
                ) from error
        return self._known[key]

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
        """Give ``out`` the time of ``like`` and the primaries and transfer of the result; returns it."""
        out.pts, out.time_base, out.duration = like.pts, like.time_base, like.duration
        out.color_primaries, out.color_trc = self._tagged_as.primaries, self._tagged_as.transfer
        out.pict_type = 0  # the encoder chooses its own key frames
        return out


def _spread(frame: VideoFrame, tags: ColorTags) -> str:
    """The planar format to read a frame in. R'G'B' keeps its alpha: dropping it, swscale spoils what has more than 8 bits."""
    is_rgb = tags.used_matrix == 0
    return planar(is_rgb, depth_of(frame.format), alpha=is_rgb and has_alpha(frame.format.name))


def _plane(plane: VideoPlane, dtype: type, channels: int = 1) -> np.ndarray:
    """A view of a plane's memory as (H, W) or (H, W, channels), without the padding at the end of its rows."""
    item = np.dtype(dtype).itemsize
    rows: np.ndarray = np.frombuffer(memoryview(plane), dtype).reshape(plane.height, plane.line_size // item)[
        :, : plane.width * channels
    ]
    return rows if channels == 1 else rows.reshape(plane.height, plane.width, channels)
