"""The colours that two aligned pictures of one scene give to the same spots, and how far the pictures are shifted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from reswd_torch.threads import opencv_on_one_thread

EDGE = 512
"""Largest number of pixels on the longer side of the pictures that are compared. Their pixels are means of many, so noise is no
colour, and a shift of a part of a pixel is none."""
FARTHEST = 1.5
"""Shift in these pixels from which on pictures are not aligned."""
BLOCKS = 5
"""Blocks along each side of a picture that is alone, and the number of its parts: each has one block of every row and column."""
_FLAT = 0.75
"""Share of the pixels that count, those with the least contrast to their neighbours: at edges colours are mixtures."""
_ALIKE = 0.03
"""Height of the peak of a phase correlation below which it says nothing, as of flat pictures."""


@dataclass(frozen=True, eq=False)
class PairColours:
    """Colours before and after.

    Attributes:
        before: (N, 3), codes, 0..1, in the encoding of the grade.
        after: (N, 3), the same.
        parts: (N,) which part each belongs to; every part is held out once.
    """

    before: Float[np.ndarray, "n 3"]
    after: Float[np.ndarray, "n 3"]
    parts: Int[np.ndarray, " n"]


@dataclass(frozen=True)
class Shift:
    """How far the second picture is shifted against the first.

    Attributes:
        right: pixels of the whole picture.
        down: the same.
        small: length in pixels of the size at which they are compared.
    """

    right: float
    down: float
    small: float

    @property
    def is_aligned(self) -> bool:
        """Whether the pictures count as aligned."""
        return self.small <= FARTHEST

    def in_words(self) -> str:
        """Such as ``12.3 pixels to the right and 4.0 down``."""
        across, along = ("right", "left")[self.right < 0], ("down", "up")[self.down < 0]
        return f"{abs(self.right):.1f} pixels to the {across} and {abs(self.down):.1f} {along}"


@dataclass(frozen=True, eq=False)
class Small:
    """A picture at the size at which it is compared.

    Attributes:
        pixels: (h, w, 3) float32, codes, 0..1.
        counts: (h, w), false where a pixel under it is at 0 or full in a channel, or is not opaque.
        scale: pixels of the whole picture for one of this.
    """

    pixels: Float[np.ndarray, "h w 3"]
    counts: Bool[np.ndarray, "h w"]
    scale: float


def small(pixels: np.ndarray, opacity: np.ndarray | None = None) -> Small:
    """Reduce a picture to the size at which it is compared, and find what counts in it.

    Args:
        pixels: (H, W, 3), uint8, uint16 or floats; floats at 1 or above count as clipped.
        opacity: (H, W), 0..1; None for an opaque picture.
    """
    clipped = clipped_in(pixels)
    if opacity is not None:
        clipped |= opacity < 1.0
    scale = max(1.0, max(pixels.shape[:2]) / EDGE)
    if scale == 1.0:
        return Small(as_unit(pixels), ~clipped, 1.0)
    import cv2

    reduced, size = reduced_to(pixels, EDGE)
    with opencv_on_one_thread():
        share = cv2.resize(clipped.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return Small(reduced, np.asarray(share) < 1e-6, scale)


def reduced_to(pixels: np.ndarray, edge: int) -> tuple[Float[np.ndarray, "h w 3"], tuple[int, int]]:
    """A picture with at most ``edge`` pixels on its longer side, as float32 in 0..1, and its new width and height.

    It is reduced as integers of 16 bits: whole pictures as floats would need twice their memory.
    """
    import cv2

    scale = max(1.0, max(pixels.shape[:2]) / edge)
    width, height = (max(1, round(side / scale)) for side in pixels.shape[1::-1])
    if scale == 1.0:
        return as_unit(pixels), (width, height)
    whole = as_unit(pixels) if pixels.dtype.kind == "f" else pixels
    if whole.dtype == np.uint8:
        whole = whole.astype(np.uint16) * np.uint16(257)
    with opencv_on_one_thread():
        reduced = np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA))
    return as_unit(reduced), (width, height)


def clipped_in(pixels: np.ndarray) -> Bool[np.ndarray, "*batch"]:
    """Where a channel is at 0 or full, or no number, in (..., 3) uint8, uint16 or floats."""
    top = 1.0 if pixels.dtype.kind == "f" else float(np.iinfo(pixels.dtype).max)
    return np.asarray(~((pixels > 0) & (pixels < top)).all(axis=-1))


def as_unit(pixels: np.ndarray) -> Float[np.ndarray, "*batch"]:
    """uint8, uint16 or floats as float32 in 0..1; NaN is 0."""
    if pixels.dtype.kind == "f":
        return np.nan_to_num(pixels.astype(np.float32), nan=0.0).clip(0.0, 1.0)
    return pixels.astype(np.float32) / np.float32(np.iinfo(pixels.dtype).max)


def measure_shift(before: Small, after: Small) -> Shift | None:
    """The shift between two pictures of one scene by phase correlation of their luma, which does not see colour or contrast.

    Returns:
        The shift; None where nothing in the pictures tells it.
    """
    import cv2

    height, width = before.counts.shape
    if min(height, width) < 16:
        return None
    first, second = (np.ascontiguousarray(one.pixels.mean(axis=2), np.float64) for one in (before, after))
    if min(float(first.std()), float(second.std())) < 1e-3:
        return None
    with opencv_on_one_thread():
        window = cv2.createHanningWindow((width, height), cv2.CV_64F)
        (right, down), peak = cv2.phaseCorrelate(first - first.mean(), second - second.mean(), window)
    if peak < _ALIKE:
        return None
    return Shift(right * before.scale, down * before.scale, float(np.hypot(right, down)))


def aligned_colours(before: Small, after: Small, count: int) -> PairColours:
    """Colours of the same spots, spread over the pictures; those that are clipped in either, or lie at an edge, are left out.

    Args:
        before: the first picture.
        after: the second, of the same size and in the same encoding.
        count: largest number of colours.

    Returns:
        The colours; their parts are blocks of the picture.
    """
    counts = before.counts & after.counts & ~clipped_in(after.pixels)  # what a conversion has clipped
    contrast = np.maximum(_contrast(before.pixels), _contrast(after.pixels))
    if counts.any():
        counts &= contrast <= np.quantile(contrast[counts], _FLAT)
    rows, columns = np.nonzero(counts)
    if len(rows) > count:
        chosen = np.sort(np.random.default_rng(0).choice(len(rows), count, replace=False))
        rows, columns = rows[chosen], columns[chosen]
    height, width = counts.shape
    parts = (2 * (rows * BLOCKS // height) + columns * BLOCKS // width) % BLOCKS
    return PairColours(before.pixels[rows, columns], after.pixels[rows, columns], parts)


def _contrast(pixels: np.ndarray) -> Float[np.ndarray, "h w"]:
    """The largest step of a channel to a neighbour."""
    out = np.zeros(pixels.shape[:2], np.float32)
    down = np.abs(np.diff(pixels, axis=0)).max(axis=2)
    across = np.abs(np.diff(pixels, axis=1)).max(axis=2)
    for here, step in ((out[1:], down), (out[:-1], down), (out[:, 1:], across), (out[:, :-1], across)):
        np.maximum(here, step, out=here)
    return out
