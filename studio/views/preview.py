"""Pictures at the size of a screen: small copies to grade while a person watches, shown in sRGB."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from studio.media.images import Picture, to_profile
from studio.media.images.exact import to_depth
from studio.service.match import MatchResult

PREVIEW_EDGE = 1600
"""Long edge of a preview, in pixels: what fits on a large screen; the downloads are made from the whole picture."""

_BACKDROP = 128  # middle grey under transparent pixels, neutral beside any colour


def shrink(picture: Picture, edge: int = PREVIEW_EDGE) -> Picture:
    """The picture with its long edge at ``edge`` or below, in its own depth and encoding; never enlarged."""
    size = _fitted(picture, edge)
    if size == (picture.width, picture.height):
        return picture
    alpha = None if picture.alpha is None else resize(picture.alpha, size)
    return replace(picture, pixels=resize(picture.pixels, size), alpha=alpha)


def slim(result: MatchResult, edge: int = PREVIEW_EDGE) -> MatchResult:
    """The result with its picture and mask at preview size: what a session keeps between two moves of a slider."""
    size = _fitted(result.picture, edge)
    weights = None if result.weights is None else resize(result.weights, size)
    return replace(result, picture=shrink(result.picture, edge), weights=weights)


def display_pixels(picture: Picture, pixels: np.ndarray) -> np.ndarray:
    """What a screen shows: (H, W, 3) uint8 in sRGB, transparent parts over middle grey.

    Args:
        picture: whose profile and alpha belong to the pixels.
        pixels: (H, W, 3) uint8 or uint16 of the picture's size, graded or not.
    """
    shown = to_profile(to_depth(pixels, np.uint8), picture.icc, None)
    if picture.alpha is None:
        return shown
    share = (picture.alpha.astype(np.float32) / np.iinfo(picture.alpha.dtype).max)[..., None]
    return np.rint(shown * share + _BACKDROP * (1 - share)).astype(np.uint8)


def save_preview(path: Path, pixels: np.ndarray) -> Path:
    """Write (H, W, 3) uint8 sRGB as .png (lossless) or .jpg (quick to send while a slider moves)."""
    import cv2

    options = [cv2.IMWRITE_PNG_COMPRESSION, 1]
    if path.suffix == ".jpg":
        options = [cv2.IMWRITE_JPEG_QUALITY, 93, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    done, encoded = cv2.imencode(path.suffix, cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), options)
    if not done:
        raise OSError(f"{path}: the preview could not be encoded")
    path.write_bytes(encoded.tobytes())
    return path


def resize(plane: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(H, W) or (H, W, 3) to ``size`` (width, height) by area means, so that fine texture does not flicker."""
    import cv2

    return cv2.resize(plane, size, interpolation=cv2.INTER_AREA)


def _fitted(picture: Picture, edge: int) -> tuple[int, int]:
    scale = min(1.0, edge / max(picture.width, picture.height))
    return max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
