"""What is left of a seam under the grade: a small smooth correction of the inside, as a membrane held at the edge.

The steps that are left are averaged over places, coarse ones first: a finer average replaces a coarser one as far as it stands on
enough points, and the coarsest has to do so against none at all. What steps outside come to in the same way is subtracted: a
picture has steps of its own. So noise and single edges of things do not get through, and far
from the edge the means of more and more of it count (push and pull; S. Gortler et al., "The lumigraph", SIGGRAPH 1996, 3.4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from reswd_torch.inpainting.continuity import counted
from reswd_torch.inpainting.edge import Across
from reswd_torch.threads import opencv_on_one_thread

CELL = 8
"""Pixels along a side of the smallest places."""
_ENOUGH = 24.0
"""Pairs for which a finer average replaces half of a coarser one."""
_LARGEST = 0.03
"""The largest correction of a channel, codes. What is more than that is no rest of a seam."""
_BEYOND = 1.0
"""What the same averages of steps outside, between neighbours as far apart, come to counts as none of the seam: so many times."""
_REACH = 0.15
"""Share of the region's own depth over which the correction fades."""


@dataclass(frozen=True, eq=False)
class Membrane:
    """A smooth correction.

    Attributes:
        cells: (h, w, 3) float32, one for each place, codes.
    """

    cells: Float[np.ndarray, "h w 3"]

    @property
    def largest(self) -> float:
        """The largest correction of a channel at the edge, codes."""
        return float(np.abs(self.cells).max())

    def times(self, share: float) -> Membrane:
        """A share of it."""
        return Membrane(np.float32(share) * self.cells)

    def near(self, places: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 3"]:
        """The correction at places of the edge, (N, 3)."""
        rows, columns = (places // CELL).astype(int).T
        return np.asarray(self.cells[rows, columns])

    def over(self, depth: Float[np.ndarray, "h w"], top: int, left: int) -> Float[np.ndarray, "h w 3"]:
        """The correction of every pixel of a part of the picture.

        Args:
            depth: (H, W) float32, pixels to the edge of the mask; 0 outside.
            top, left: where the part begins.

        Returns:
            (H, W, 3) float32, to be added to the graded codes.
        """
        import cv2

        height, width = depth.shape
        rows = np.repeat(((np.arange(top, top + height) + 0.5) / CELL - 0.5).astype(np.float32)[:, None], width, axis=1)
        columns = np.repeat(
            ((np.arange(left, left + width) + 0.5) / CELL - 0.5).astype(np.float32)[None], height, axis=0
        )
        with opencv_on_one_thread():
            whole = cv2.remap(self.cells, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        reach = max(4.0 * CELL, _REACH * 2 * float(depth.max()))
        fade = np.exp(-((depth / np.float32(reach)) ** 2))
        return np.asarray(whole * fade[..., None], np.float32)


def membrane(
    pairs: Across, graded: Float[np.ndarray, "n 3"], labs: tuple[np.ndarray, np.ndarray], size: tuple[int, int]
) -> Membrane:
    """The correction that closes what is left across an edge.

    Args:
        pairs: across the edge.
        graded: (N, 3) their inner colours under the grade, codes.
        labs: CIE Lab of these and of the outer ones.
        size: (H, W) of the picture that the places of the pairs belong to.
    """
    counts = counted(*labs, pairs)
    found = _spread_out(pairs, pairs.outside - graded, counts, size)
    own = _spread_out(pairs, pairs.beyond - pairs.outside, counts, size)
    rows, columns = _cells(pairs)
    natural = float(np.square(own[rows, columns]).sum(axis=1).mean())
    squares = np.square(found).sum(axis=2, keepdims=True)
    found = found * np.maximum(0.0, 1.0 - _BEYOND**2 * natural / np.maximum(squares, 1e-12))
    return Membrane(np.ascontiguousarray(_LARGEST * np.tanh(found / _LARGEST), np.float32))


def _cells(pairs: Across) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = (pairs.places // CELL).astype(int).T
    return rows, columns


def _spread_out(pairs: Across, steps: np.ndarray, counts: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(h, w, 3) the mean step of every place, from coarse to fine."""
    side = 1 << int(np.ceil(np.log2(max(1, -(-max(size) // CELL)))))
    sums, weights = np.zeros((side, side, 3)), np.zeros((side, side))
    np.add.at(sums, _cells(pairs), steps * counts[:, None])
    np.add.at(weights, _cells(pairs), counts)
    levels = [(sums, weights)]
    while len(levels[-1][1]) > 1:
        levels.append((_pooled(levels[-1][0]), _pooled(levels[-1][1])))
    mean = np.zeros((1, 1, 3))
    for sums, weights in reversed(levels):
        if len(weights) > 1:
            mean = _enlarged(mean)
        mean = (sums + _ENOUGH * mean) / (weights + _ENOUGH)[..., None]
    height, width = (-(-each // CELL) for each in size)
    return mean[:height, :width]


def _pooled(values: np.ndarray) -> np.ndarray:
    return np.asarray(values[::2, ::2] + values[1::2, ::2] + values[::2, 1::2] + values[1::2, 1::2])


def _enlarged(values: np.ndarray) -> np.ndarray:
    """Twice as many places along each side, between the centres of the coarse ones."""
    import cv2

    side = 2 * len(values)
    with opencv_on_one_thread():
        return np.asarray(cv2.resize(values, (side, side), interpolation=cv2.INTER_LINEAR)).reshape(side, side, 3)
