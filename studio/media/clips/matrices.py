"""The affine maps between Y'CbCr codes and R'G'B': ITU-R BT.601, BT.709 and BT.2020 and SMPTE 240M.

Limited-range codes are quantised as BT.709 section 3 and BT.2020 table 5 say; full-range codes use every number that the bits
can hold. Matrices are named by their numbers in ITU-T H.273 table 4; 0 stands for pixels that are R'G'B' already.
"""

from __future__ import annotations

import numpy as np

LUMA = {1: (0.2126, 0.0722), 4: (0.30, 0.11), 5: (0.299, 0.114), 6: (0.299, 0.114), 7: (0.212, 0.087)}
LUMA |= {9: (0.2627, 0.0593), 10: (0.2627, 0.0593)}
"""The weights of red and blue in luma, by matrix tag (H.273 table 4)."""


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
    red, blue = LUMA[matrix]
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
