"""Deep clips of known code values, made with PyAV."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from studio.media.clips.matrices import encoding_matrix


def deep_clip(
    path: Path,
    frames: list[np.ndarray],
    codec: str = "ffv1",
    pixel_format: str = "gbrp10le",
    *,
    tags: tuple[int, int, int, int] = (1, 1, 1, 1),
    options: dict[str, str] | None = None,
) -> Path:
    """Write a clip of 10 bits.

    Args:
        path: where; its suffix says which container.
        frames: (H, W, 3) floats in 0..1, R'G'B' codes.
        codec: FFmpeg's name of the encoder.
        pixel_format: of 10 bits, planar: R'G'B', or Y'CbCr with any chroma.
        tags: primaries, transfer, matrix and range, in the numbers of H.273 (of FFmpeg for the range). R'G'B' has its own
            last two.
        options: of the encoder.
    """
    is_rgb = pixel_format.startswith("gbr")
    tags = (*tags[:2], 0, 2) if is_rgb else tags
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options=options or {})
        context = stream.codec_context
        context.height, context.width = frames[0].shape[:2]
        context.pix_fmt, context.time_base = pixel_format, Fraction(1, 25)
        context.color_primaries, context.color_trc, context.colorspace, context.color_range = tags
        for number, pixels in enumerate(frames):
            matrix = encoding_matrix(tags[2], tags[3] == 2, 10)
            codes = np.rint(np.concatenate([pixels, np.ones_like(pixels[..., :1])], -1) @ matrix.T).clip(0, 1023)
            frame = av.VideoFrame(*pixels.shape[1::-1], "gbrp10le" if is_rgb else "yuv444p10le")
            for plane, channel in zip(frame.planes, np.moveaxis(codes, -1, 0), strict=True):
                rows = np.frombuffer(plane, np.uint16).reshape(plane.height, plane.line_size // 2)
                rows[:, : plane.width] = channel
            frame.colorspace, frame.color_range = tags[2:]
            if frame.format.name != pixel_format:
                frame = frame.reformat(format=pixel_format)
            frame.color_primaries, frame.color_trc, frame.colorspace, frame.color_range = tags
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def moving(picture: np.ndarray, frames: int = 4) -> list[np.ndarray]:
    """Frames of a picture that moves to the right."""
    return [np.roll(picture, 3 * number, axis=1) for number in range(frames)]
