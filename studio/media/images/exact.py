"""Depth changes and turns of whole pictures: rounded once, in bands, without needless copies."""

from __future__ import annotations

import numpy as np

_BAND_BYTES = 1 << 22


def to_depth(values: np.ndarray, dtype: np.dtype | type) -> np.ndarray:
    """Whole-range integers (uint8 0..255, uint16 0..65535) in the other depth, rounded to nearest; same shape.

    The same array comes back when the depth already fits. 8 -> 16 multiplies by 257 and so 16 -> 8 gives it back.
    """
    if values.dtype == dtype:
        return values
    if values.dtype == np.uint8:
        return np.multiply(values, 257, dtype=np.uint16)
    out = np.empty(values.shape, np.uint8)
    rows = max(1, _BAND_BYTES // max(1, values[:1].size * 4))
    for y in range(0, values.shape[0], rows):
        # 257 is odd, so floor((v + 128) / 257) is v / 257 rounded to nearest with no ties
        out[y : y + rows] = (values[y : y + rows].astype(np.uint32) + 128) // 257
    return out


def turn(values: np.ndarray, orientation: int) -> np.ndarray:
    """(H, W[, C]) as stored -> upright for an EXIF orientation 1..8; C-contiguous (the same array for 1)."""
    if orientation == 1:
        return np.ascontiguousarray(values)
    import cv2

    if orientation in (5, 7):
        values = cv2.transpose(values)
        orientation = {5: 1, 7: 3}[orientation]
        return cv2.rotate(values, cv2.ROTATE_180) if orientation == 3 else values
    if orientation in (2, 4):
        return cv2.flip(values, 1 if orientation == 2 else 0)
    return cv2.rotate(
        values, {3: cv2.ROTATE_180, 6: cv2.ROTATE_90_CLOCKWISE, 8: cv2.ROTATE_90_COUNTERCLOCKWISE}[orientation]
    )


def straighten(pixels: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Colours that were multiplied by ``alpha`` (associated), divided by it again; (H, W, 3) of the same dtype."""
    top = float(np.iinfo(pixels.dtype).max)
    out = np.empty_like(pixels)
    rows = max(1, _BAND_BYTES // max(1, pixels[:1].size * 4))
    for y in range(0, pixels.shape[0], rows):
        weight = alpha[y : y + rows, :, None].astype(np.float32)
        colour = pixels[y : y + rows].astype(np.float32) * (top / np.maximum(weight, 1.0))
        out[y : y + rows] = np.rint(np.minimum(colour, top))
    return out
