"""Previews: copies of pictures at the size of a screen, which are graded while a person watches and shown in sRGB."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from studio.media.images import Picture, to_profile
from studio.media.images.exact import to_depth
from studio.media.images.picture import clamped
from studio.service.match import MatchResult
from studio.service.source import ReadSource
from studio.views.seen import Seen

PREVIEW_EDGE = 1600
"""The longer edge of a preview, in pixels, fits on a large screen. Downloads are made from the whole picture."""

_Held = TypeVar("_Held", MatchResult, ReadSource)

_BACKDROP = 128  # transparent pixels lie over middle grey, which is neutral beside any colour


def shrink(picture: Picture, edge: int = PREVIEW_EDGE) -> Picture:
    """Reduce a picture and its alpha, in their own depth and encoding, until the longer edge is at most ``edge`` pixels.

    A picture that is small enough comes back as it is; none is enlarged.
    """
    return resized(picture, _fitted(picture, edge))


def resized(picture: Picture, size: tuple[int, int]) -> Picture:
    """A picture and its alpha at ``size`` (width, height); the same one where it has that size."""
    if size == (picture.width, picture.height):
        return picture
    alpha = None if picture.alpha is None else resize(picture.alpha, size)
    return replace(picture, pixels=resize(picture.pixels, size), alpha=alpha, whole=picture.full_size)


def slim(held: _Held, edge: int = PREVIEW_EDGE) -> _Held:
    """A result, or a source that was read for one, with picture and mask at preview size, which is what a session keeps."""
    size = _fitted(held.picture, edge)
    weights = None if held.weights is None else resize(held.weights, size)
    return replace(held, picture=resized(held.picture, size), weights=weights)


def display_pixels(picture: Picture, pixels: np.ndarray, seen: Seen | None = None) -> np.ndarray:
    """Convert pixels to what a screen shows.

    Args:
        picture: the picture whose profile and alpha belong to the pixels.
        pixels: (H, W, 3) of the picture's dtype, in its encoding and of its size, graded or not.
        seen: what the code values stand for, in place of the picture's profile.

    Returns:
        (H, W, 3) uint8 in sRGB, transparent parts over middle grey.
    """
    if seen is not None:
        shown = seen.shown(picture, pixels)
    elif picture.of_floats:
        codes = to_profile(clamped(pixels, picture.multiplied_by), picture.icc, None)
        shown = np.rint(codes * np.float32(255)).astype(np.uint8)
    else:
        shown = to_profile(to_depth(pixels, np.uint8), picture.icc, None)
    opacity = picture.opacity
    if opacity is None:
        return shown
    share = opacity[..., None]
    return np.rint(shown * share + _BACKDROP * (1 - share)).astype(np.uint8)


def save_preview(path: Path, pixels: np.ndarray) -> Path:
    """Write a preview and return its path.

    Args:
        path: ends in .png (lossless) or in .jpg (smaller, so quick to send while a slider moves).
        pixels: (H, W, 3) uint8, sRGB.

    Raises:
        OSError: the file could not be encoded or written.
    """
    path.write_bytes(encoded_preview(pixels, path.suffix))
    return path


def encoded_preview(pixels: np.ndarray, suffix: str) -> bytes:
    """The bytes of a preview; for the arguments and errors see :func:`save_preview`."""
    import cv2

    options = [cv2.IMWRITE_PNG_COMPRESSION, 1]
    if suffix == ".jpg":
        options = [cv2.IMWRITE_JPEG_QUALITY, 93, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    done, encoded = cv2.imencode(suffix, cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), options)
    if not done:
        raise OSError(f"a preview could not be encoded as {suffix}")
    return encoded.tobytes()


def resize(plane: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize (H, W) or (H, W, 3) to ``size`` (width, height) by area means, so that fine texture does not flicker."""
    import cv2

    if plane.dtype == np.float16:  # which OpenCV does not resize
        return cv2.resize(plane.astype(np.float32), size, interpolation=cv2.INTER_AREA).astype(np.float16)
    return cv2.resize(plane, size, interpolation=cv2.INTER_AREA)


def _fitted(picture: Picture, edge: int) -> tuple[int, int]:
    """Width and height of the picture once its longer edge is at most ``edge``."""
    scale = min(1.0, edge / max(picture.width, picture.height))
    return max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
