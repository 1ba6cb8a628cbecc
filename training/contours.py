"""Bands and false contours: what a change of colours breaks in the smooth areas of a picture. Tests try it on known pictures."""

from __future__ import annotations

import cv2
import numpy as np
from torch import Tensor

from training.measures import labs

SMOOTH = 2.0
"""The most by which neighbours differ in a smooth area, CIE76: a gradient over all of CIE Lab in 64 pixels stays below it."""
REACH = 2
"""Pixels around which a smooth area has to be smooth, and around a contour within which a pixel counts as banded."""
STEP, ISOLATED = 2.0, 3.0
"""A step counts from this CIE76 on, and if it is so many times as large as each of the two steps before and the two behind it.
Noise has no such step: its neighbours are as large. Nor has a stretched gradient."""
GAPS = (1, 2)
"""Pixels over which a step may extend: a decoder draws none in a single pixel."""
ALONG = 3
"""Of the two lines before and the two behind, so many must have a step within two pixels of a line's step: contours are lines,
and of noise that stands alone not even a thousandth is left."""
TURN, RAMP, HALF = 1.0, 0.4, 4
"""Lightness turns where it rises and falls by at least ``TURN`` over ``HALF`` pixels each, while the plain picture's goes on in
one direction by at least ``RAMP`` over each."""
NOISE = 3.0
"""So many standard deviations of what noise makes of such a rise are added to ``TURN``."""


def false_contours(made: Tensor, plain: Tensor) -> list[float]:
    """The share of each plain picture's smooth area that lies within two pixels of a contour that the plain picture has not.

    A place has a false contour, along its row or its column, if all of the line that is looked at lies in the smooth area and

    - a step stands between two flat pieces: it is at least ``STEP`` and ``ISOLATED`` times as large as every step beside it, and
      the lines beside have one there, too; or
    - the order of lightness is broken: the plain picture's rises (or falls) all the way and the other one's turns. Both are
      smoothed over 5 x 5 pixels first, and the noise that is left has to be exceeded. A ramp that is reversed as a whole keeps
      its order.

    A picture that was painted anew may have got a true edge where the plain one is smooth; that counts here, too.

    Args:
        made: (n, 3, height, width), sRGB-encoded, 0..1.
        plain: the same pictures before their colours were changed; smooth areas are theirs.

    Returns:
        n shares, 0..1; not a number where a plain picture has no smooth area.
    """
    return [_banded(*pair) for pair in zip(_labs(made), _labs(plain), strict=True)]


def structure_kept(made: Tensor, plain: Tensor) -> list[float]:
    """The correlation of the gradients of CIE Lab lightness, along rows and columns together, with those of the plain pictures.

    1 where all edges are those of the plain picture, whatever became of the contrast; 0 for another picture.

    Args:
        made, plain: as for :func:`false_contours`.

    Returns:
        n correlations, -1..1; not a number where a picture is of one lightness.
    """
    lights = zip(_labs(made)[..., 0], _labs(plain)[..., 0], strict=True)
    return [_correlation(*map(_gradients, pair)) for pair in lights]


def smooth_area(lab: np.ndarray) -> np.ndarray:
    """Where no two neighbours within ``REACH`` pixels differ by ``SMOOTH`` or more: (height, width) bool.

    Args:
        lab: (height, width, 3) CIELAB.
    """
    rough = np.zeros(lab.shape[:2], np.uint8)
    for axis in (0, 1):
        large = np.linalg.norm(np.diff(lab, axis=axis), axis=2) >= SMOOTH
        rough |= np.pad(large, _behind(axis, 1, 0)) | np.pad(large, _behind(axis, 0, 1))
    return cv2.dilate(rough, _square()) == 0


def _banded(made: np.ndarray, plain: np.ndarray) -> float:
    smooth = smooth_area(plain)
    if not smooth.any():
        return float("nan")
    found = np.zeros(smooth.shape, np.uint8)
    soft = [
        cv2.blur(np.ascontiguousarray(each[..., 0]), (5, 5), borderType=cv2.BORDER_REPLICATE) for each in (made, plain)
    ]
    least = TURN + NOISE * _noise(made[..., 0], smooth) * 2**0.5 / 5
    for turn in (False, True):  # along rows, then along columns
        lines = [each.swapaxes(0, 1) if turn else each for each in (made, smooth, *soft)]
        marks = _steps(lines[0], lines[1]) | _turns(lines[2], lines[3], lines[1], least)
        found |= marks.swapaxes(0, 1) if turn else marks
    return float((cv2.dilate(found, _square()) > 0)[smooth].mean())


def _noise(light: np.ndarray, smooth: np.ndarray) -> float:
    """The standard deviation of a lightness around its 3 x 3 mean in the smooth area, by the median, which edges do not move."""
    apart = light - cv2.blur(np.ascontiguousarray(light), (3, 3), borderType=cv2.BORDER_REPLICATE)
    return 1.4826 * float(np.median(np.abs(apart[smooth]))) * (9 / 8) ** 0.5


def _steps(lab: np.ndarray, smooth: np.ndarray) -> np.ndarray:
    """Where isolated steps stand along the rows, (height, width) bool."""
    marks = np.zeros(smooth.shape, bool)
    width = smooth.shape[1]
    for gap in GAPS:
        count = width - 5 * gap  # of places at which five steps in a row fit
        if count < 1:
            continue
        sizes = np.linalg.norm(lab[:, gap:] - lab[:, :-gap], axis=2)
        before2, before, here, behind, behind2 = (sizes[:, k * gap :][:, :count] for k in range(5))
        beside = np.maximum.reduce([before2, before, behind, behind2])
        inside = np.logical_and.reduce([smooth[:, k:][:, :count] for k in range(5 * gap + 1)])
        contour = inside & (here >= STEP) & (here >= ISOLATED * beside)
        contour &= _beside(contour) >= ALONG
        for k in range(2 * gap, 3 * gap + 1):
            marks[:, k : k + count] |= contour
    return marks


def _beside(contour: np.ndarray) -> np.ndarray:
    """For each place, in how many of the two rows above and the two below a contour is within two pixels."""
    near = cv2.dilate(contour.astype(np.uint8), np.ones((1, 5), np.uint8))
    rows = np.pad(near, ((2, 2), (0, 0)))
    height = len(near)
    return np.sum([rows[k : k + height] for k in (0, 1, 3, 4)], axis=0)


def _turns(soft: np.ndarray, plain: np.ndarray, smooth: np.ndarray, least: float) -> np.ndarray:
    """Where lightness turns by ``least`` along the rows and the plain picture's does not, (height, width) bool."""
    marks = np.zeros(smooth.shape, bool)
    count = smooth.shape[1] - 2 * HALF
    if count < 1:
        return marks
    first, second = (soft[:, k + HALF :][:, :count] - soft[:, k:][:, :count] for k in (0, HALF))
    one, two = (plain[:, k + HALF :][:, :count] - plain[:, k:][:, :count] for k in (0, HALF))
    inside = np.logical_and.reduce([smooth[:, k:][:, :count] for k in range(2 * HALF + 1)])
    ramp = (one * two > 0) & (np.minimum(abs(one), abs(two)) >= RAMP)
    turned = (first * second < 0) & (np.minimum(abs(first), abs(second)) >= least)
    marks[:, HALF : HALF + count] = inside & ramp & turned
    return marks


def _gradients(light: np.ndarray) -> np.ndarray:
    return np.concatenate([np.diff(light, axis=axis).ravel() for axis in (0, 1)]).astype(np.float64)


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    one, other = one - one.mean(), other - other.mean()
    size = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / size if size > 0 else float("nan")


def _labs(pictures: Tensor) -> np.ndarray:
    """CIELAB of pictures (n, 3, height, width), clipped to 0..1, as (n, height, width, 3)."""
    return labs(pictures.clamp(0, 1))


def _square() -> np.ndarray:
    return np.ones((2 * REACH + 1,) * 2, np.uint8)


def _behind(axis: int, before: int, behind: int) -> list[tuple[int, int]]:
    """What ``np.pad`` adds along one of two axes."""
    return [(before, behind) if each == axis else (0, 0) for each in range(2)]
