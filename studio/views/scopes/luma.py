"""Luma and colour difference of Rec. 709, of encoded values as video scopes take them."""

from __future__ import annotations

import numpy as np

_KR, _KB = 0.2126, 0.0722
WEIGHTS = np.array([[_KR, 1 - _KR - _KB, _KB]])
"""Luma from R'G'B' (ITU-R BT.709-6, item 3.2)."""

DIFFERENCES = np.array(
    [
        (np.array([0, 0, 1]) - WEIGHTS[0]) / (2 * (1 - _KB)),  # Cb
        (np.array([1, 0, 0]) - WEIGHTS[0]) / (2 * (1 - _KR)),  # Cr
    ]
)
"""Cb and Cr from R'G'B', -0.5..0.5 for 0..1 (ITU-R BT.709-6, item 3.3)."""


def luma(pixels: np.ndarray) -> np.ndarray:
    """Luma of (H, W, 3) uint8 as (H, W) uint8, rounded."""
    import cv2

    return cv2.transform(pixels, WEIGHTS)
