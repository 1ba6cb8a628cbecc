"""What of a mask was really repainted, where its hard edge lies, and which regions it has."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from reswd_torch.inpainting.edge import INSIDE, OUTSIDE
from reswd_torch.threads import opencv_on_one_thread

_FAINT = 0.25
_SAME = 0.9
"""Share of the mask's weights below the first at which the pictures have to be equal for the model to have left them alone."""
_PIECE = 5
"""Pixels along a side of the smallest spot whose equality is no chance."""
REGIONS = 6
"""Regions at most that are looked at one by one: the largest."""
_SMALLEST = 400
"""Pixels of a region that is looked at by itself."""
_NEITHER = 0.3
"""A weight that is neither inside nor outside, and within no region: what another region is while one is looked at."""


def repainted(image: np.ndarray, generated: np.ndarray, mask: np.ndarray) -> Float[np.ndarray, "h w"]:
    """The mask without that part of a soft edge in which the generated picture is the image still.

    A mask is often blurred after a model has painted within a hard one. What was not painted has to be neither graded nor mixed.

    Args:
        image: (H, W, 3) float32.
        generated: the same.
        mask: (H, W) float32, 0..1. Weights from 0.98 on are kept: the image is not looked at there.
    """
    import cv2

    faint = (mask > 0) & (mask < INSIDE)
    low = faint & (mask < _FAINT)
    if not low.any():
        return mask
    same = np.zeros(mask.shape, bool)
    same[faint] = (image[faint] == generated[faint]).all(axis=1)
    if same[low].mean() < _SAME:
        return mask
    with opencv_on_one_thread():
        left = ((mask == 0) | same).astype(np.uint8)
        pieces = cv2.morphologyEx(left, cv2.MORPH_OPEN, np.ones((_PIECE, _PIECE), np.uint8)) > 0
    kept = np.where(same & pieces, np.float32(0), mask)
    return kept if kept.any() else mask


def foot(mask: np.ndarray) -> Float[np.ndarray, "h w"]:
    """1 where a mask is above what counts as outside, else 0: the hard edge at which repainting begins."""
    return (mask > OUTSIDE).astype(np.float32)


def softness(mask: np.ndarray) -> float:
    """The mean width of a mask's soft edge, pixels; 0 where it is faint everywhere."""
    import cv2

    between = int(np.count_nonzero((mask > OUTSIDE) & (mask < INSIDE)))
    if not between or float(mask.max()) < INSIDE:
        return 0.0
    half = (mask >= 0.5).astype(np.uint8)
    with opencv_on_one_thread():
        grown = cv2.dilate(half, np.ones((3, 3), np.uint8))
    return between / max(1, int(np.count_nonzero(grown != half)))


def regions_of(mask: np.ndarray) -> Int[np.ndarray, "h w"]:
    """The number of the region that each pixel belongs to, from 1 on; 0 outside. Regions do not touch each other."""
    import cv2

    with opencv_on_one_thread():
        return np.asarray(cv2.connectedComponents((mask > OUTSIDE).astype(np.uint8), connectivity=8)[1])


def largest_of(regions: np.ndarray) -> list[int]:
    """The numbers of those regions that are looked at one by one, the largest first; none where there is but one."""
    areas = np.bincount(regions.ravel())
    areas[0] = 0
    if np.count_nonzero(areas) < 2:
        return []
    order = np.argsort(-areas, kind="stable")[:REGIONS]
    return [int(each) for each in order if areas[each] >= _SMALLEST]


def one_region(mask: np.ndarray, regions: np.ndarray, number: int) -> Float[np.ndarray, "h w"]:
    """The mask of one region, in which others are neither inside nor outside."""
    return np.where((regions == number) | (regions == 0), mask, np.float32(_NEITHER))
