"""Pixel to pixel: which colours two pictures of one scene give to the same spot.

A homography of a few features lays one picture over the other roughly. Dense inverse search (T. Kroeger et al., "Fast optical
flow using dense inverse search", 2016) on locally normalised contrast finds the rest; where most of that is one homography again,
the homography counts, which has no errors of its own at every pixel. A pixel is kept where both pictures look alike around it
(normalised cross-correlation) and neither is clipped.

How well one homography explains everything says what kind of pair it is. A still camera, a crop, a poster: one plane, and light
that is the same for both. A room seen from two places has depth, and its light may differ from place to place: then points count
only as far as they are trusted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.matching.thumbnail import Thumbnail, locally_normalised
from reswd_torch.threads import opencv_on_one_thread

EDGE = 480
"""Largest number of pixels on the longer side of the pictures that are laid over each other."""
LEAST_EDGE = 40
"""Least number of pixels on the shorter side: the flow's coarsest level needs them, and a strip says little."""
PAIRS = 1536
"""Largest number of pairs that are kept."""
LEAST_PAIRS = 200
_ALIKE, _SURE = 0.5, 0.8
"""Correlations from which on a neighbourhood counts as found again, and as found again for sure."""
_NEIGHBOURHOOD = 11
_FLAT = 4.0
"""Variance, in code values squared, below which a neighbourhood has nothing to be recognised by."""
_FARTHEST = 0.05
"""Largest correction of the homography by the flow, as a share of the longer side."""
_MOVED = 4.0
"""Correction in pixels from which on a spot lies off the plane."""
_ON_PLANE = 1.0
_BLUR = 1.5
"""Standard deviation of the neighbourhood whose mean colour a pixel has: noise is no colour, and places are known to a pixel."""
_MASKED = 7
"""Side, in pixels, of the neighbourhood that has to lie within a mask."""
_COUNTS = 0.99
"""Share of a pixel's neighbourhood that has to lie within a mask."""
_CLIPPED = 0.995


@dataclass(frozen=True, eq=False)
class Alignment:
    """Colours of the same spots in both pictures.

    Attributes:
        source_colors, target_colors: (P, 3), 0..1.
        planar: share of the spots that one homography explains to within a pixel.
        depth: share of the surely found spots that lie off the plane of the first homography.
    """

    source_colors: Float[Tensor, "p 3"]
    target_colors: Float[Tensor, "p 3"]
    planar: float
    depth: float


@opencv_on_one_thread()
def align(source: Thumbnail, target: Thumbnail, homography: np.ndarray) -> Alignment | None:
    """Lay one picture over the other.

    Args:
        source, target: the pictures.
        homography: (3, 3), takes pixels of the source's thumbnail to the target's, roughly.

    Returns:
        What fell on what; None where fewer than :data:`LEAST_PAIRS` spots are found again.
    """
    import cv2

    first, second = _small(source), _small(target)
    if min(*first.shape[:2], *second.shape[:2]) < LEAST_EDGE:
        return None
    to_small = [
        np.diag([*(np.array(small.shape[1::-1]) / whole.pixels.shape[1::-1]), 1.0])
        for small, whole in ((first, source), (second, target))
    ]
    matrix = to_small[1] @ homography @ np.linalg.inv(to_small[0])
    grey, other = (locally_normalised(cv2.cvtColor(each, cv2.COLOR_RGB2GRAY)) for each in (first, second))
    here = np.stack(np.meshgrid(*(np.arange(n, dtype=np.float32) for n in grey.shape[::-1])), axis=-1)
    rough = _through(matrix, here)
    still = np.zeros((*grey.shape, 2), np.float32)
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST).calc(grey, _fetched(other, rough), still)
    there = _fetched(rough, here + flow)
    apart = np.linalg.norm(flow, axis=-1)
    inside = _inside(there, other.shape)
    likeness = _correlation(grey, _fetched(other, there))
    found = inside & (likeness > _ALIKE) & (apart < _FARTHEST * EDGE)
    sure = inside & (likeness > _SURE) & (apart < _FARTHEST * EDGE)
    depth = float((sure & (apart > _MOVED)).sum() / max(sure.sum(), 1))
    plane, planar = _plane(here[sure], there[sure])
    if plane is not None and planar > 0.5:
        there = _through(plane, here)
        inside = _inside(there, other.shape)
        found = inside & (_correlation(grey, _fetched(other, there)) > _ALIKE)
    colors = [_soft(first), _fetched(_soft(second), there)]
    for channel in range(3):  # NumPy is slow along an axis of three
        found &= (colors[0][..., channel] < _CLIPPED) & (colors[1][..., channel] < _CLIPPED)
    if source.weights is not None:
        found &= _counted(source.weights, first) > _COUNTS
    if target.weights is not None:
        found &= _fetched(_counted(target.weights, second), there) > _COUNTS
    spots = np.flatnonzero(found)
    if len(spots) < LEAST_PAIRS:
        return None
    step = (np.arange(min(PAIRS, len(spots))) + 0.5) / min(PAIRS, len(spots)) * len(spots)
    chosen = spots[step.astype(int)]
    pairs = [torch.from_numpy(np.ascontiguousarray(each.reshape(-1, 3)[chosen])) for each in colors]
    return Alignment(pairs[0], pairs[1], planar, depth)


def _small(picture: Thumbnail) -> np.ndarray:
    import cv2

    pixels = picture.eight_bits
    scale = min(1.0, EDGE / max(pixels.shape[:2]))
    size = [max(1, round(n * scale)) for n in pixels.shape[1::-1]]
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))


def _counted(weights: np.ndarray, small: np.ndarray) -> np.ndarray:
    """Where a small picture counts, 1, as far as the neighbourhood does whose colour a pixel has; float32."""
    import cv2

    counts = cv2.resize((weights > 0).astype(np.float32), small.shape[1::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.erode(counts, np.ones((_MASKED, _MASKED), np.uint8)))


def _soft(pixels: np.ndarray) -> np.ndarray:
    import cv2

    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), _BLUR), np.float32) / 255


def _through(matrix: np.ndarray, places: np.ndarray) -> np.ndarray:
    """(H, W, 2) float32: where a homography takes places."""
    moved = places @ matrix[:, :2].T.astype(np.float32) + matrix[:, 2].astype(np.float32)
    return np.asarray(moved[..., :2] / moved[..., 2:], np.float32)


def _fetched(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The values at places, bilinear; beyond the edge those at the edge."""
    import cv2

    return np.asarray(
        cv2.remap(values, places[..., 0], places[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    )


def _inside(places: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    (height, width), (columns, rows) = shape[:2], (places[..., 0], places[..., 1])
    return np.asarray((columns > 2) & (rows > 2) & (columns < width - 3) & (rows < height - 3))


def _correlation(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(H, W) float32, -1..1: normalised cross-correlation of the neighbourhoods of every pixel."""
    import cv2

    a, b = first.astype(np.float32), second.astype(np.float32)

    def mean(values: np.ndarray) -> np.ndarray:
        return np.asarray(cv2.boxFilter(values, -1, (_NEIGHBOURHOOD, _NEIGHBOURHOOD)))

    mean_a, mean_b = mean(a), mean(b)
    spread = (mean(a * a) - mean_a**2) * (mean(b * b) - mean_b**2)
    return np.asarray((mean(a * b) - mean_a * mean_b) / np.sqrt(np.maximum(spread, _FLAT)))


def _plane(here: np.ndarray, there: np.ndarray) -> tuple[np.ndarray | None, float]:
    """The homography that explains most of the spots, and the share that it explains."""
    import cv2

    if len(here) < LEAST_PAIRS:
        return None, 0.0
    step = max(1, len(here) // PAIRS)
    try:
        matrix, mask = cv2.findHomography(
            here[::step], there[::step], cv2.USAC_MAGSAC, _ON_PLANE, confidence=0.999, maxIters=2000
        )
    except cv2.error:
        return None, 0.0
    return (None, 0.0) if matrix is None else (matrix, float(mask.mean()))
