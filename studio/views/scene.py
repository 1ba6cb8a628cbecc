"""What a match found that two pictures have in common: a line for people, facts for programs, and the points drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reswd_torch.matching import MatchReport, PixelSample
from reswd_torch.matching.same_scene import SameScene, find_same_scene
from reswd_torch.settings import MatchSettings
from studio.media.images import to_profile

if TYPE_CHECKING:
    pass

MOST_DRAWN = 60
_GAP = 12
_LINES = ((64, 200, 255), (255, 190, 64), (120, 230, 120), (240, 120, 220), (250, 250, 110), (160, 160, 255))


def scene_line(report: MatchReport) -> str | None:
    """What was found, in a sentence; None where nobody looked."""
    if not report.settings.looks_for_scene:
        return None
    if report.points == 0:
        return "Different scenes: matched by statistics."
    found = f"The same scene: {report.points} points are seen in both"
    if report.trust == 0.0:
        return f"{found}, but only some of the tones; matched by statistics."
    if report.trust < 1.0:
        return f"{found}; matched {report.trust:.0%} by them and what both show, the rest by statistics."
    return f"{found}; matched by them and what both show."


def common(source: PixelSample, target: PixelSample | None, settings: MatchSettings) -> SameScene | None:
    """The points again, for drawing."""
    if target is None or source.thumbnail is None or target.thumbnail is None:
        return None
    return find_same_scene(source.thumbnail, target.thumbnail, settings.samples, settings.seed, thorough=True)


def draw_points(source: PixelSample, target: PixelSample, scene: SameScene, icc: bytes | None) -> np.ndarray:
    """Both pictures beside each other, and lines between points that correspond.

    Args:
        source, target: samples with thumbnails, in one encoding.
        scene: what was found in them.
        icc: the profile of that encoding.

    Returns:
        (H, W, 3) uint8, sRGB; at most :data:`MOST_DRAWN` points, spread over all that were found.
    """
    import cv2

    assert source.thumbnail is not None and target.thumbnail is not None
    tiles = [to_profile(each.eight_bits, icc, None) for each in (source.thumbnail, target.thumbnail)]
    height = max(tile.shape[0] for tile in tiles)
    width = tiles[0].shape[1] + _GAP + tiles[1].shape[1]
    sheet = np.full((height, width, 3), 238, np.uint8)
    sheet[: tiles[0].shape[0], : tiles[0].shape[1]] = tiles[0]
    sheet[: tiles[1].shape[0], tiles[0].shape[1] + _GAP :] = tiles[1]
    chosen = np.unique(np.linspace(0, scene.points - 1, min(scene.points, MOST_DRAWN)).round().astype(int))
    ends = [
        scene.source_places * (tiles[0].shape[1], tiles[0].shape[0]),
        scene.target_places * (tiles[1].shape[1], tiles[1].shape[0]) + (tiles[0].shape[1] + _GAP, 0),
    ]
    for number, place in enumerate(chosen):
        first, second = (tuple(int(round(value)) for value in end[place]) for end in ends)
        colour = _LINES[number % len(_LINES)]
        cv2.line(sheet, first, second, colour, 1, cv2.LINE_AA)
        for centre in (first, second):
            cv2.circle(sheet, centre, 4, (20, 20, 20), -1, cv2.LINE_AA)
            cv2.circle(sheet, centre, 3, colour, -1, cv2.LINE_AA)
    return sheet
