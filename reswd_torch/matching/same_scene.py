"""Whether two pictures show the same things, which points correspond, and how far they can be trusted.

Statistics cannot tell a change of light from a change of content; points that correspond can. They are found by SIFT (D. Lowe,
"Distinctive image features from scale-invariant keypoints", 2004) on locally normalised contrast, and compared by the square
roots of their descriptors (R. Arandjelovic and A. Zisserman, 2012). A pair of points is kept where each is the other's best match
and one epipolar geometry explains all of them (MAGSAC++, D. Barath et al., 2020). A homography of the same points says roughly
which part of each picture the other one shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.color import srgb_to_lab
from reswd_torch.matching.alignment import align
from reswd_torch.matching.sampling import sample_colors
from reswd_torch.matching.thumbnail import EDGE, Features, Thumbnail
from reswd_torch.threads import side_by_side

LEAST_POINTS = 25
"""Smallest number of points that make one scene. Unrelated photographs agree in up to a dozen points by chance."""
LEAST_ALIKE = 12
"""Number of features alike at a glance below which a closer look is not worth its time. Frames of one scene have 35 and more,
unrelated photographs six in the mean."""
LEAST_OVERLAP = 0.1
"""Share of either picture that the other one has to show. With less in common the homography says nothing."""
TRUSTED = (0.55, 0.75)
"""Shares of the picture's tones that the points must span before they count at all, and before they count fully. A grade is used
on all tones, and what points of a few tones say about the others is a guess, worse than statistics."""
PLANE = 0.37
"""Least share of the spots on one plane, less the share of those that surely lie off it, with which pictures count as aligned.
The colour-checker frames, rooms seen from two places, have -0.5 to 0.35; shifted, cropped and re-graded pictures mostly 0.4 to
1."""
_RATIO = 0.8
"""A match is clear where its distance is below this share of the distance to the second best (Lowe's ratio test)."""
_NEAR, _NEAR_PLANE, _ROUGH = 2.0, 6.0, 20.0
"""Largest distances, in pixels of the thumbnail, of a point from its epipolar line and from where the homography takes it."""
_BLUR = 2.0
"""Standard deviation of the neighbourhood whose colour a point has, in pixels of a thumbnail whose longer side is ``EDGE``."""
_CLIPPED = 0.995
"""Channel value from which on a pixel counts as clipped."""


@dataclass(frozen=True, eq=False)
class SameScene:
    """What two pictures of one scene have in common.

    Attributes:
        source_places, target_places: (P, 2) x and y of the points, as shares of width and height.
        source_colors, target_colors: (P, 3) mean colours of a small neighbourhood of each point, 0..1.
        source_overlap, target_overlap: (N, 3) sampled colours of the part that both pictures show, 0..1.
        span: how much of the tones in the part that both show the points span: a share, of the picture where it is smaller.
        aligned: whether the colours are those of every spot that was found again, pixel by pixel; else of the points alone.
    """

    source_places: np.ndarray
    target_places: np.ndarray
    source_colors: Float[Tensor, "p 3"]
    target_colors: Float[Tensor, "p 3"]
    source_overlap: Float[Tensor, "n 3"]
    target_overlap: Float[Tensor, "m 3"]
    span: float
    aligned: bool = False

    @property
    def trust(self) -> float:
        """0..1, how far a grade should follow the points. It rises smoothly as the span goes from the first to the second of
        :data:`TRUSTED`. Pictures that are aligned are followed fully."""
        if self.aligned:
            return 1.0
        ramp = min(1.0, max(0.0, (self.span - TRUSTED[0]) / max(TRUSTED[1] - TRUSTED[0], 1e-9)))
        return ramp * ramp * (3 - 2 * ramp)

    @property
    def points(self) -> int:
        """The number of points that correspond."""
        return len(self.source_places)


def find_same_scene(
    source: Thumbnail, target: Thumbnail, samples: int, seed: int, *, thorough: bool = False
) -> SameScene | None:
    """Look for what two pictures have in common.

    Args:
        source, target: the pictures, in one encoding.
        samples: largest number of colours of the common part to sample from each picture.
        seed: chooses those colours.
        thorough: look closely even where a glance finds nothing alike.

    Returns:
        The scene; None where fewer than :data:`LEAST_POINTS` points agree, or where they do not show what part is common.
    """
    import cv2

    alike = _alike_at_a_glance(source, target)
    if not thorough and len(alike[0]) < LEAST_ALIKE:
        return None
    if (scene := _aligned(source, target, *alike)) is not None:
        return scene
    alike = _alike(source.features, target.features)  # one after the other: SIFT at full size takes 100 MiB for each
    places = _agreeing(*alike)
    if places is None:
        return None
    colors = [_colors_at(each.pixels, at) for each, at in zip((source, target), places, strict=True)]
    fair = (colors[0].max(axis=1) < _CLIPPED) & (colors[1].max(axis=1) < _CLIPPED)  # clipped pixels carry no colour
    if fair.sum() < LEAST_POINTS:
        return None
    places, colors = [each[fair] for each in places], [each[fair] for each in colors]
    homography, _ = _consensus(cv2.findHomography, places[0], places[1], _ROUGH)
    if homography is None or abs(np.linalg.det(homography)) < 1e-9:
        return None
    sizes = [each.pixels.shape[1::-1] for each in (source, target)]
    whole = [np.ones(size[::-1], np.float32) for size in sizes]
    shown = [
        cv2.warpPerspective(whole[1], np.linalg.inv(homography), sizes[0]),
        cv2.warpPerspective(whole[0], homography, sizes[1]),
    ]
    if min(float(each.mean()) for each in shown) < LEAST_OVERLAP:
        return None
    overlap = []
    for each, common in zip((source, target), shown, strict=True):
        counts = common if each.weights is None else common * each.weights
        if not counts.any():
            return None
        overlap.append(sample_colors(each.pixels, samples, seed, None if counts.min() == 1 else counts))
    pairs = [torch.from_numpy(each) for each in colors]
    at = [each / np.array(size, np.float32) for each, size in zip(places, sizes, strict=True)]
    span = min(_span(pair, common) for pair, common in zip(pairs, overlap, strict=True))
    return SameScene(at[0], at[1], pairs[0], pairs[1], overlap[0], overlap[1], span)


def _aligned(source: Thumbnail, target: Thumbnail, first: np.ndarray, second: np.ndarray) -> SameScene | None:
    """The scene of two pictures of which one can be laid over the other, given the places of features that are alike."""
    import cv2

    if len(first) < LEAST_POINTS:
        return None
    homography, mask = _consensus(cv2.findHomography, first, second, _NEAR_PLANE)
    if homography is None or mask is None or mask.sum() < LEAST_POINTS or abs(np.linalg.det(homography)) < 1e-9:
        return None
    found = align(source, target, homography)
    if found is None or found.planar - found.depth < PLANE:
        return None
    agree = mask.ravel().astype(bool)
    sizes = [np.array(each.pixels.shape[1::-1], np.float32) for each in (source, target)]
    colors = found.source_colors, found.target_colors
    return SameScene(first[agree] / sizes[0], second[agree] / sizes[1], *colors, *colors, span=1.0, aligned=True)


def glance(source: Thumbnail, target: Thumbnail) -> int:
    """The number of their strongest features that are alike, to be compared with :data:`LEAST_ALIKE`. Quick."""
    return len(_alike_at_a_glance(source, target)[0])


def _alike_at_a_glance(source: Thumbnail, target: Thumbnail) -> tuple[np.ndarray, np.ndarray]:
    """The places of strong features that are alike. Each picture's are looked for at the same time as the other's."""
    return _alike(*side_by_side(lambda: source.coarse_features, lambda: target.coarse_features))


def _span(points: Float[Tensor, "p 3"], picture: Float[Tensor, "n 3"]) -> float:
    """The points' range of lightness as a share of the picture's, both without a twentieth of the colours at either end."""
    ranges = []
    for colors in (points, picture):
        low, high = srgb_to_lab(colors)[:, 0].quantile(torch.tensor([0.05, 0.95])).tolist()
        ranges.append(high - low)
    return float(ranges[0] / max(ranges[1], 1e-6))


def _alike(first: Features, second: Features) -> tuple[np.ndarray, np.ndarray]:
    """The places, in both pictures, of features each of which is clearly the other's best match."""
    if min(len(first.places), len(second.places)) < 2:
        return first.places[:0], second.places[:0]
    likeness = torch.from_numpy(first.descriptors) @ torch.from_numpy(second.descriptors).T
    best = likeness.topk(2, dim=1)
    back = likeness.argmax(dim=0)
    apart = (2 - 2 * best.values).clamp(min=0).sqrt()
    chosen = best.indices[:, 0]
    kept = (apart[:, 0] < _RATIO * apart[:, 1]) & (back[chosen] == torch.arange(len(chosen)))
    return first.places[kept.numpy()], second.places[chosen[kept].numpy()]


def _agreeing(first: np.ndarray, second: np.ndarray) -> list[np.ndarray] | None:
    """The places in both pictures that fit one geometry; None where there are too few."""
    import cv2

    if len(first) < LEAST_POINTS:
        return None
    agree = np.zeros(len(first), bool)
    # If the camera stood still there is no epipolar geometry, but the simplest of homographies.
    for find in (cv2.findFundamentalMat, cv2.findHomography):
        mask = _consensus(find, first, second, _NEAR)[1]
        if mask is not None and mask.sum() > agree.sum():
            agree = mask.ravel().astype(bool)
    return [first[agree], second[agree]] if agree.sum() >= LEAST_POINTS else None


def _consensus(
    find: Callable[..., tuple[np.ndarray | None, np.ndarray | None]], first: np.ndarray, second: np.ndarray, near: float
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """A geometry found by MAGSAC, and a mask of the points that fit it; None and None where the points determine none."""
    import cv2

    try:
        model, mask = find(first, second, cv2.USAC_MAGSAC, near, confidence=0.999, maxIters=10_000)
    except cv2.error:  # raised where every sample of points is degenerate, which may happen if the camera stood still
        return None, None
    return model, mask


def _colors_at(pixels: np.ndarray, places: np.ndarray) -> np.ndarray:
    """(n, 3) float32, 0..1: mean colours of a small neighbourhood of each place, because a point is found to within a pixel."""
    import cv2

    scale = 255 if pixels.dtype == np.uint8 else 1
    soft = cv2.GaussianBlur(pixels.astype(np.float32) / scale, (0, 0), _BLUR * max(pixels.shape[:2]) / EDGE)
    columns, rows = np.rint(places).astype(int).T
    return np.ascontiguousarray(soft[rows.clip(0, soft.shape[0] - 1), columns.clip(0, soft.shape[1] - 1)])
