"""Colours on both sides of a mask's edge.

Along every border of the mask a line is laid across it, and pixels are read from the line just inside and just outside. What the
picture itself does over the same distance, further out, says how large a step is natural there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Int

from reswd_torch.threads import opencv_on_one_thread

WIDTHS = (1, 2)
"""Pixels on either side of the edge whose mean is one colour of a pair: narrow ones are nearest to each other, wide ones have
less grain."""
POINTS = 1500
"""Points along the edge at most."""
_REACH = 40
"""Pixels along a line across the edge that are looked at on either side; more where a soft edge is wider."""
_FARTHEST = 240
"""The most of them."""
INSIDE, OUTSIDE = 0.98, 0.02
"""Weights of a mask from which on a pixel is inside, and up to which it is outside."""
_ARC = 24
"""Points of the whole edge, before some are left out, that belong to one arc at least: the unit that is held out."""
_ARCS = 20
_FOLDS = 5
_OF_PAIRS = ("inside", "outside", "beyond", "places", "folds", "arcs")


@dataclass(frozen=True, eq=False)
class Across:
    """Pairs of colours across the edge, those of all widths one behind the other.

    Attributes:
        inside: (N, 3) of the generated picture, just inside, codes in 0..1.
        outside: (N, 3) of the image, just outside.
        beyond: (N, 3) of the image, as far out from there again as the pair is apart.
        places: (N, 2) row and column of the edge.
        folds: (N,) which part of the edge each belongs to; every part is held out once.
        arcs: (N,) the arc of the edge, a piece without a gap.
        length: pixels of the edge that are left over in the frame.
    """

    inside: Float[np.ndarray, "n 3"]
    outside: Float[np.ndarray, "n 3"]
    beyond: Float[np.ndarray, "n 3"]
    places: Float[np.ndarray, "n 2"]
    folds: Int[np.ndarray, " n"]
    arcs: Int[np.ndarray, " n"]
    length: int

    @property
    def count(self) -> int:
        """The number of pairs."""
        return len(self.inside)

    def chosen(self, which: Bool[np.ndarray, " n"]) -> Across:
        """Some of the pairs."""
        return replace(self, **{name: getattr(self, name)[which] for name in _OF_PAIRS})


def joined(parts: list[Across]) -> Across:
    """Several sets of pairs as one."""
    whole = {name: np.concatenate([getattr(each, name) for each in parts]) for name in _OF_PAIRS}
    return Across(**whole, length=sum(each.length for each in parts))


def reach_over(soft: float) -> int:
    """Pixels of a line across the edge on either side, where the edge is soft over so many."""
    wanted = round(2.4 * soft) + 10  # half a ramp lies on either side, as much as all of it beyond, and some go aslant
    return min(_FARTHEST, max(_REACH, wanted))


def across_edge(
    image: np.ndarray,
    generated: np.ndarray,
    mask: np.ndarray,
    seed: int = 0,
    inset: int = 0,
    *,
    soft: float = 0.0,
    level: float = INSIDE,
    points: int = POINTS,
) -> Across:
    """Pairs of colours across the edge of a mask.

    Nothing of the image under the mask is looked at, nor anything of the generated picture outside of it.

    Args:
        image: (H, W, 3) float32, 0..1.
        generated: the same.
        mask: (H, W) float32, 0..1, 1 inside.
        seed: which points of a long edge are looked at.
        inset: pixels next to the edge on its inner side that are passed over.
        soft: pixels over which the mask's edge is soft, which a pair bridges.
        level: the weight of the mask at which its inner colour is read.
        points: points along the edge at most.

    Returns:
        The pairs; none where no edge lies within the frame, or where it is softer than the lines across it are long.
    """
    rows, columns, down, right, arcs = _edge_points(mask, seed, points)
    length = len(rows)
    reach = reach_over(soft)
    steps = np.arange(-reach, reach + 1)
    at_row = np.rint(rows[:, None] + down[:, None] * steps).astype(np.intp)
    at_column = np.rint(columns[:, None] + right[:, None] * steps).astype(np.intp)
    height, width = mask.shape
    there = (at_row >= 0) & (at_row < height) & (at_column >= 0) & (at_column < width)
    at_row, at_column = at_row.clip(0, height - 1), at_column.clip(0, width - 1)
    weight = mask[at_row, at_column]
    inner = there & (weight >= level) & (steps >= 0)
    outer = there & (weight <= OUTSIDE) & (steps < 0)
    first_in, first_out = inner.argmax(axis=1), len(steps) - 1 - outer[:, ::-1].argmax(axis=1)
    found = inner.any(axis=1) & outer.any(axis=1)
    first_in = first_in + inset
    apart = first_in - first_out
    parts = []
    for wide in WIDTHS:
        spread = np.arange(wide)
        ins, outs = first_in[:, None] + spread, first_out[:, None] - spread
        further = outs - (apart + wide - 1)[:, None]
        fits = found & (ins[:, -1] < len(steps)) & (further[:, -1] >= 0)
        ins, outs, further = (each.clip(0, len(steps) - 1) for each in (ins, outs, further))
        here = np.arange(len(rows))[:, None]
        fits &= inner[here, ins].all(axis=1) & outer[here, outs].all(axis=1) & outer[here, further].all(axis=1)

        def read(picture: np.ndarray, where: np.ndarray, fits: np.ndarray = fits) -> np.ndarray:
            chosen = np.arange(len(rows))[fits][:, None], where[fits]
            return np.asarray(picture[at_row[chosen], at_column[chosen]].mean(axis=1, dtype=np.float64))

        places = np.stack([rows, columns], axis=1)[fits].astype(np.float64)
        parts.append((read(generated, ins), read(image, outs), read(image, further), places, arcs[fits]))
    inside, outside, beyond, places, kept = (np.concatenate(each) for each in zip(*parts, strict=True))
    return Across(inside, outside, beyond, places, kept % _FOLDS, kept, length)


def _edge_points(mask: np.ndarray, seed: int, most: int) -> tuple[np.ndarray, ...]:
    """Rows and columns of the innermost pixels of the edge, the way into the mask there (down, right), and their arcs."""
    import cv2

    region = (mask >= 0.5).astype(np.uint8)
    with opencv_on_one_thread():
        contours, _ = cv2.findContours(region, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
        inward, outward = (cv2.distanceTransform(each, cv2.DIST_L2, 3) for each in (region, 1 - region))
        depth = cv2.GaussianBlur(np.asarray(inward - outward), (0, 0), 2.0)
    points = [each[:, 0, :] for each in contours]
    total = sum(len(each) for each in points)
    if total == 0:
        empty = np.empty(0)
        return empty, empty, empty, empty, empty.astype(np.intp)
    an_arc = max(_ARC, total // _ARCS)
    arcs, number = [], 0
    for each in points:
        pieces = max(1, round(len(each) / an_arc))
        arcs.append(number + np.arange(len(each)) * pieces // len(each))
        number += pieces
    columns, rows = np.concatenate(points).T
    arc = np.concatenate(arcs)
    height, width = mask.shape
    kept = (rows > 0) & (rows < height - 1) & (columns > 0) & (columns < width - 1)  # at the frame there is no outside
    rows, columns, arc = rows[kept], columns[kept], arc[kept]
    step = max(1, -(-len(rows) // most))
    rows, columns, arc = (each[seed % step :: step] for each in (rows, columns, arc))
    down = (depth[rows + 1, columns] - depth[rows - 1, columns]) / 2
    right = (depth[rows, columns + 1] - depth[rows, columns - 1]) / 2
    steep = np.hypot(down, right)
    clear = steep > 0.1
    steep = np.maximum(steep, 1e-6)
    return rows[clear], columns[clear], (down / steep)[clear], (right / steep)[clear], arc[clear].astype(np.intp)
