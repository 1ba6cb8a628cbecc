"""Where a picture counts, and where it changes: masks and transparency."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from reswd_torch.errors import InputError
from studio.media.images import Picture, read_mask


def where_to_grade(picture: Picture, mask: Path | None) -> np.ndarray | None:
    """Where a picture changes: its mask where it is visible at all, or None for everywhere.

    Pixels of any transparency but full are graded in full: their colour shows through in proportion anyway.

    Returns:
        (H, W) float32, 0..1.

    Raises:
        InputError: a mask of another size, or nothing left.
    """
    weights = None if mask is None else read_mask(mask, (picture.height, picture.width))
    if picture.alpha is not None and not bool((picture.alpha > 0).all()):
        visible = (picture.alpha > 0).astype(np.float32)
        weights = visible if weights is None else weights * visible
    if weights is not None and not bool((weights > 0).any()):
        what = "is fully transparent" if mask is None else f"has no visible pixel under the mask {mask}"
        raise InputError(f"{picture.path}: the picture {what}; there is nothing to match")
    return weights


def how_much_counts(picture: Picture, weights: np.ndarray | None) -> np.ndarray | None:
    """What pixels weigh in the statistics: :func:`where_to_grade` times opacity, or None for all alike."""
    if picture.alpha is None:
        return weights
    top = np.iinfo(picture.alpha.dtype).max
    if bool((picture.alpha == top).all()):
        return weights
    opacity = picture.alpha.astype(np.float32) / top
    return opacity if weights is None else weights * opacity
