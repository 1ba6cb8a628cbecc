"""Masks with soft edges: feathered, and brought from the size they were painted at to that of the picture."""

from __future__ import annotations

import numpy as np

_STEPS, _SOFT = 1.4, 0.7
"""Standard deviations, in its own pixels, of the blur of a small mask before it is enlarged: of one that is all or nothing, whose
edges are stairs, and of one whose edges are soft already."""
_CRISPER = 1.8
"""How much steeper edges are made again that were stairs: their course stays smooth, and a hard brush does not look feathered."""
_FACETS = 0.4
"""That of the blur that takes out the facets of the enlargement afterwards, in pixels of the small mask too."""
_REDUCE_FROM = 8.0
"""A blur of a larger standard deviation than this is done on a smaller copy, which looks the same and takes no longer for wide
feathers than for narrow ones."""
_NEARLY = 1 / 512
"""What differs less from nothing or all is nothing or all: such pixels stay as they are, or are graded fully."""


def feathered(mask: np.ndarray, radius: float) -> np.ndarray:
    """Soften the edges of a mask.

    Args:
        mask: (H, W) float, 0..1.
        radius: pixels on either side of an edge over which its weight goes from 0 to 1; 0 leaves the mask as it is.

    Returns:
        (H, W) float32, 0..1.
    """
    soft = np.ascontiguousarray(mask, np.float32)
    return soft if radius <= 0 else _settled(_blurred(soft, radius / 2))


def full_size_weights(mask: np.ndarray, size: tuple[int, int], feather: float = 0.0) -> np.ndarray:
    """Bring a mask that was painted on a smaller copy to the size of the picture, with smooth edges.

    Args:
        mask: (h, w) bool, uint8 in 0..255 or float in 0..1.
        size: (H, W) of the picture.
        feather: pixels of the picture on either side of an edge over which it is softened besides.

    Returns:
        (H, W) float32, 0..1: exactly 0 and 1 away from the edges.
    """
    import cv2

    soft = mask.astype(np.float32) / (255 if mask.dtype == np.uint8 else 1)
    height, width = size
    scale = max(height / soft.shape[0], width / soft.shape[1])
    if scale <= 1:
        smaller = soft if scale == 1 else cv2.resize(soft, (width, height), interpolation=cv2.INTER_AREA)
        return feathered(smaller, feather)
    stairs = bool(((soft == 0) | (soft == 1)).all())
    small = _blurred(soft, _STEPS if stairs else _SOFT)
    large = _blurred(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), _FACETS * scale)
    if stairs:
        large = (large - np.float32(0.5)) * np.float32(_CRISPER) + np.float32(0.5)
    return feathered(_settled(large), feather)


def _blurred(mask: np.ndarray, sigma: float) -> np.ndarray:
    """A Gaussian blur; what lies beyond the border is taken for what lies at it."""
    import cv2

    height, width = mask.shape
    step = int(min(sigma / _REDUCE_FROM * 2, height / 8, width / 8))
    if step <= 1:
        return cv2.GaussianBlur(mask, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    small = cv2.resize(mask, (-(-width // step), -(-height // step)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / step, borderType=cv2.BORDER_REPLICATE)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


def _settled(mask: np.ndarray) -> np.ndarray:
    """Clipped to 0..1, stretched a little so that both ends are reached without a step."""
    mask -= np.float32(_NEARLY)
    mask *= np.float32(1 / (1 - 2 * _NEARLY))
    return mask.clip(0, 1, out=mask)
