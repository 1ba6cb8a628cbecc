"""Tables with an entry for every code value, and the look-up of whole runs of pixels in them by OpenCV.

A run is an array (1, N, 3) of uint8 or uint16 without gaps: OpenCV takes it for a picture of one row with three channels.
"""

from __future__ import annotations

import numpy as np

from reswd_torch.grade.cdl import Cdl


def curve_tables(cdl: Cdl, dtype: np.dtype) -> np.ndarray:
    """Slope, offset and power of every code value; the saturation is left out.

    NumPy computes them with the formula of ``Cdl.apply``: 3 ms for 16 bits. PyTorch's powers take ten times as long, and its
    threads wait for each other, which took 800 ms on a busy machine.

    Args:
        cdl: the grade.
        dtype: uint8 or uint16.

    Returns:
        (256, 3) or (65536, 3) float64, in code values of ``dtype``, not rounded.
    """
    top = np.iinfo(dtype).max
    ramp = np.arange(top + 1, dtype=np.float64)[:, None] / top
    with np.errstate(over="ignore"):  # infinity is clamped to 1
        straight = np.clip(ramp * cdl.slope + cdl.offset, 0.0, 1.0)
    return np.power(straight, cdl.power) * top


def look_up(source: np.ndarray, table: np.ndarray, out: np.ndarray) -> None:
    """Replace every value by the entry of its own channel.

    Args:
        source: (1, N, 3) uint8 or uint16.
        table: (256, 3) or (65536, 3), of the dtype of ``out``.
        out: (1, N, 3), is written; may be ``source``.
    """
    import cv2

    try:
        cv2.LUT(source, table[None], out)
    except cv2.error:  # the first versions of 4 look up bytes alone
        for channel in range(3):
            out[..., channel] = table[:, channel][source[..., channel]]


def pair_tables(table: np.ndarray) -> np.ndarray:
    """The table for two neighbouring bytes at a time, which halves the number of look-ups.

    Two pixels are six bytes, R G B R G B, and three pairs: RG, BR, GB. Each kind of pair has a column of its own.

    Args:
        table: (256, 3) uint8.

    Returns:
        (65536, 3) uint16. Indices and entries are pairs of bytes as they lie in memory, so that the table is right on machines
        of either byte order.
    """
    first, second = np.arange(1 << 16, dtype=np.uint16).view(np.uint8).reshape(-1, 2).T
    pairs = np.empty((1 << 16, 3, 2), np.uint8)
    pairs[..., 0] = table[:, [0, 2, 1]].take(first, axis=0)
    pairs[..., 1] = table[:, [1, 0, 2]].take(second, axis=0)
    return pairs.reshape(1 << 16, 6).view(np.uint16)


def look_up_by_pairs(source: np.ndarray, table: np.ndarray, pairs: np.ndarray, out: np.ndarray) -> None:
    """The same values as :func:`look_up` in half the time.

    A pair has to begin at an even address. Where a run begins at an odd one, its first pixel goes through the plain table, and
    so does its last pixel where the number of the others is odd.

    Args:
        source: (1, N, 3) uint8.
        table: (256, 3) uint8.
        pairs: (65536, 3) uint16, what :func:`pair_tables` makes of ``table``.
        out: (1, N, 3) uint8, is written; may be ``source``.
    """
    count = source.shape[1]
    head = source.ctypes.data % 2
    if out.ctypes.data % 2 != head:  # no pair of the one lies over a pair of the other
        look_up(source, table, out)
        return
    tail = head + (count - head) // 2 * 2
    if tail > head:
        look_up(_as_pairs(source[:, head:tail]), pairs, _as_pairs(out[:, head:tail]))
    if head:
        look_up(source[:, :1], table, out[:, :1])
    if tail < count:
        look_up(source[:, tail:], table, out[:, tail:])


def _as_pairs(run: np.ndarray) -> np.ndarray:
    """(1, N, 3) uint8, N even, as (1, N / 2, 3) uint16 in the same memory."""
    return run.reshape(-1).view(np.uint16).reshape(1, -1, 3)
