"""Operations on whole pictures that round at most once: other depths, turns, division by alpha. They avoid needless copies."""

from __future__ import annotations

import numpy as np

_BAND_BYTES = 1 << 22  # pictures are converted in bands of rows of about this size


def to_depth(values: np.ndarray, dtype: np.dtype | type) -> np.ndarray:
    """Convert between 8 and 16 bits over the whole range of both (0..255 and 0..65535), rounded to nearest.

    From 8 to 16 bits, values are multiplied by 257, so that the way back gives the same values again.

    Args:
        values: uint8 or uint16, of any shape.
        dtype: ``np.uint8`` or ``np.uint16``, or that of floats, which are never converted.

    Returns:
        An array of the same shape; ``values`` itself if it has that dtype already.
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
    """Turn a stored picture upright.

    Args:
        values: (H, W) or (H, W, C).
        orientation: the EXIF orientation of the stored picture, 1..8.

    Returns:
        A C-contiguous array, H and W exchanged for 5 to 8; ``values`` itself for 1 if it is contiguous.
    """
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
    """Divide colours that were multiplied by alpha ("associated" or "premultiplied") by it again.

    Args:
        pixels: (H, W, 3) uint8 or uint16, multiplied by alpha.
        alpha: (H, W) of the same dtype.

    Returns:
        (H, W, 3) of the same dtype: straight colours, clipped to its range.
    """
    top = float(np.iinfo(pixels.dtype).max)
    out = np.empty_like(pixels)
    rows = max(1, _BAND_BYTES // max(1, pixels[:1].size * 4))
    for y in range(0, pixels.shape[0], rows):
        weight = alpha[y : y + rows, :, None].astype(np.float32)
        colour = pixels[y : y + rows].astype(np.float32) * (top / np.maximum(weight, 1.0))
        out[y : y + rows] = np.rint(np.minimum(colour, top))
    return out


def unusable(pixels: np.ndarray) -> str:
    """What a note says of floats that are no colours; empty where all are.

    Args:
        pixels: (H, W, 3) float16 or float32.
    """
    count, rows = 0, max(1, _BAND_BYTES // max(1, pixels[:1].size * 4))
    for top in range(0, pixels.shape[0], rows):
        count += int(np.count_nonzero(~np.isfinite(pixels[top : top + rows]).all(axis=-1)))
    held = "1 pixel holds" if count == 1 else f"{count} pixels hold"
    return f"{held} NaN or Inf, which is kept as it is" if count else ""
