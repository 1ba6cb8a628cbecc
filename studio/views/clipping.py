"""Clipping: what a grade pushed out of the range, and how it is shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reswd_torch.errors import InputError

SHADOWS, HIGHLIGHTS = (0, 96, 255), (255, 24, 24)
"""The signal colours of pixels that were pushed out at the bottom and at the top, sRGB, 0..255."""

_GREYED = 0.75
"""How far the rest of the picture goes towards grey, so that no colour in it looks like a signal."""


@dataclass(frozen=True, eq=False)
class Clipped:
    """Which pixels a grade pushed out.

    Attributes:
        shadows: (H, W) bool: a channel is at 0 that was not.
        highlights: (H, W) bool: a channel is at the top that was not.
    """

    shadows: np.ndarray
    highlights: np.ndarray

    @property
    def shares(self) -> tuple[float, float]:
        """The shares of pixels pushed out at the bottom and at the top, 0..1."""
        return float(self.shadows.mean()), float(self.highlights.mean())


def pushed_out(before: np.ndarray, after: np.ndarray) -> Clipped:
    """Which pixels have a channel at 0 or at the top that they had not before. What was clipped already does not count.

    Args:
        before: (H, W, 3) uint8 or uint16, in the picture's own encoding.
        after: the same graded, of the same shape and depth.

    Raises:
        InputError: the two differ in shape or depth.
    """
    if before.shape != after.shape or before.dtype != after.dtype:
        raise InputError(
            f"clipping between {before.shape} {before.dtype} and {after.shape} {after.dtype}: give one picture twice, "
            "before and after its grade"
        )
    top = np.iinfo(after.dtype).max
    found = [_any_channel((after == end) & (before != end)) for end in (0, top)]
    return Clipped(found[0], found[1])


def draw_clipping(shown: np.ndarray, clipped: Clipped) -> np.ndarray:
    """Paint pushed out shadows blue and highlights red over a picture that is greyed for it.

    A pixel that was pushed out at both ends is red: highlights are lost sooner.

    Args:
        shown: (h, w, 3) uint8, sRGB.
        clipped: of the same size, or of the picture that ``shown`` is a smaller copy of: then a pixel is painted where any of
            those that it stands for was pushed out, so that no speck is lost.

    Returns:
        (h, w, 3) uint8, sRGB.
    """
    import cv2

    height, width = shown.shape[:2]
    grey = cv2.cvtColor(cv2.cvtColor(shown, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    out = cv2.addWeighted(shown, 1 - _GREYED, grey, _GREYED, 0)
    for flags, color in ((clipped.shadows, SHADOWS), (clipped.highlights, HIGHLIGHTS)):
        out[_fitted(flags, width, height)] = color
    return out


def _any_channel(flags: np.ndarray) -> np.ndarray:
    return flags[..., 0] | flags[..., 1] | flags[..., 2]


def _fitted(flags: np.ndarray, width: int, height: int) -> np.ndarray:
    """(height, width) bool: whether any flag lies in a pixel's place."""
    import cv2

    if flags.shape == (height, width):
        return flags
    smaller = flags.shape[0] >= height and flags.shape[1] >= width
    method = cv2.INTER_AREA if smaller else cv2.INTER_NEAREST
    return cv2.resize(flags.astype(np.float32), (width, height), interpolation=method) > 0
