"""The points that source and reference have in common, drawn on both pictures."""

from __future__ import annotations

import numpy as np

from reswd_torch.matching import PixelSample
from reswd_torch.matching.same_scene import SameScene, find_same_scene
from reswd_torch.settings import MatchSettings
from studio.media.images import to_profile

MOST_DRAWN = 60
"""The largest number of points that one drawing shows."""

_GAP = 12  # pixels between the two pictures
_BACKGROUND = 238  # grey level of the sheet, 0..255
_LINE_COLOURS = ((64, 200, 255), (255, 190, 64), (120, 230, 120), (240, 120, 220), (250, 250, 110), (160, 160, 255))


def common_points(source: PixelSample, target: PixelSample | None, settings: MatchSettings) -> SameScene | None:
    """Find the points that both thumbnails show, by the same search and seed as the match itself.

    Args:
        source: the sample of the source.
        target: the sample of the reference, in the encoding of the source; None where a saved grade was applied.
        settings: the settings of the match.

    Returns:
        The points, or None if a sample has no thumbnail to look at or the two do not show the same scene.
    """
    if target is None or source.thumbnail is None or target.thumbnail is None:
        return None
    return find_same_scene(source.thumbnail, target.thumbnail, settings.samples, settings.seed, thorough=True)


def draw_points(source: PixelSample, target: PixelSample, scene: SameScene, icc: bytes | None) -> np.ndarray:
    """Draw both pictures side by side, with a line between each pair of points that correspond.

    Args:
        source: the sample of the source, with its thumbnail.
        target: the sample of the reference in the same encoding, with its thumbnail.
        scene: the points that :func:`common_points` found in the two.
        icc: the ICC profile of that encoding; None for sRGB.

    Returns:
        (H, W, 3) uint8, sRGB: at most :data:`MOST_DRAWN` points, spread evenly over the list of those found.
    """
    assert source.thumbnail is not None and target.thumbnail is not None
    left, right = (to_profile(each.eight_bits, icc, None) for each in (source.thumbnail, target.thumbnail))
    offset = left.shape[1] + _GAP
    sheet = np.full((max(left.shape[0], right.shape[0]), offset + right.shape[1], 3), _BACKGROUND, np.uint8)
    sheet[: left.shape[0], : left.shape[1]] = left
    sheet[: right.shape[0], offset:] = right
    chosen = np.unique(np.linspace(0, scene.points - 1, min(scene.points, MOST_DRAWN)).round().astype(int))
    starts = scene.source_places * (left.shape[1], left.shape[0])
    ends = scene.target_places * (right.shape[1], right.shape[0]) + (offset, 0)
    for number, place in enumerate(chosen):
        _draw_pair(sheet, starts[place], ends[place], _LINE_COLOURS[number % len(_LINE_COLOURS)])
    return sheet


def _draw_pair(sheet: np.ndarray, start: np.ndarray, end: np.ndarray, colour: tuple[int, int, int]) -> None:
    """Draw a line from ``start`` to ``end``, (x, y) in pixels of the sheet, with a rimmed dot at both of its ends."""
    import cv2

    first, second = ((round(float(x)), round(float(y))) for x, y in (start, end))
    cv2.line(sheet, first, second, colour, 1, cv2.LINE_AA)
    for centre in (first, second):
        cv2.circle(sheet, centre, 4, (20, 20, 20), -1, cv2.LINE_AA)
        cv2.circle(sheet, centre, 3, colour, -1, cv2.LINE_AA)
