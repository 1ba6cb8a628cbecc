"""Where a picture counts, and where it changes: masks and transparency."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from reswd_torch.errors import InputError
from studio.color_range import ColorRange
from studio.media.images import Picture, read_mask
from studio.service.color_range import color_range
from studio.service.soft_masks import feathered


def where_to_grade(picture: Picture, mask: Path | None, colors: ColorRange | None = None) -> np.ndarray | None:
    """Where a picture changes: its mask and its range of colours where it is visible at all, or None for everywhere.

    Where there are a mask and a range, a pixel has to be in both. Pixels of any transparency but full are graded in full: their
    colour shows through in proportion anyway.

    Returns:
        (H, W) float32, 0..1.

    Raises:
        InputError: a mask of another size, no pixel of the colours, or nothing left.
    """
    weights = None if mask is None else read_mask(mask, (picture.height, picture.width))
    if colors is not None:
        chosen = _in_range(picture, colors)
        weights = chosen if weights is None else weights * chosen
    if picture.alpha is not None and not bool((picture.alpha > 0).all()):
        visible = (picture.alpha > 0).astype(np.float32)
        weights = visible if weights is None else weights * visible
    if weights is not None and not bool((weights > 0).any()):
        what = "is fully transparent" if mask is None else f"has no visible pixel under the mask {mask}"
        what += "" if colors is None else f" near {colors.colors}"
        raise InputError(f"{picture.path}: the picture {what}; there is nothing to match")
    return weights


def _in_range(picture: Picture, colors: ColorRange) -> np.ndarray:
    """(H, W) float32: the weights of a range of colours, its feather as wide as in the whole picture.

    Raises:
        InputError: no pixel has any weight.
    """
    pixels = picture.in_range
    if picture.of_floats:
        pixels = np.rint(pixels * np.float32(65535)).astype(np.uint16)
    chosen = color_range(pixels, picture.icc, colors.values, colors.tolerance, colors.softness)
    if not bool((chosen > 0).any()):
        reach = f"tolerance {colors.tolerance:g} and softness {colors.softness:g}"
        raise InputError(f"{picture.path}: no pixel is near {colors.colors} ({reach}): pick a colour of the picture")
    return feathered(chosen, colors.feather * picture.width / picture.full_size[1])


def how_much_counts(picture: Picture, weights: np.ndarray | None) -> np.ndarray | None:
    """What pixels weigh in the statistics: :func:`where_to_grade` times opacity, or None for all alike."""
    opacity = picture.opacity
    if opacity is None or bool((opacity == 1).all()):
        return weights
    return opacity if weights is None else weights * opacity
