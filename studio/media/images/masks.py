"""Masks: grey pictures that say which pixels count and change."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from reswd_torch.errors import InputError
from studio.media.images.picture import MAX_PIXELS
from studio.media.images.read import read_values

_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)  # Rec. 709; for a grey mask any weights of sum 1 do


def read_mask(path: str | Path, size: tuple[int, int], *, max_pixels: int = MAX_PIXELS) -> np.ndarray:
    """(H, W) float32 in 0..1 for a picture of ``size`` (H, W): white counts and changes, black does not.

    Colours count by their luminance, transparent parts as black. Raises InputError on an unreadable file, another size
    (after turning upright by EXIF), or a mask that is black everywhere.
    """
    picture = read_values(path, max_pixels=max_pixels)
    if (picture.height, picture.width) != tuple(size):
        raise InputError(
            f"{path}: the mask is {picture.width} x {picture.height} and its picture {size[1]} x {size[0]}: "
            "give a mask of the picture's size"
        )
    top = np.float32(np.iinfo(picture.pixels.dtype).max)
    if np.array_equal(picture.pixels[..., 0], picture.pixels[..., 1]) and np.array_equal(
        picture.pixels[..., 0], picture.pixels[..., 2]
    ):
        mask = picture.pixels[..., 0].astype(np.float32) / top  # exactly 1 where white
    else:
        mask = np.minimum(picture.pixels.astype(np.float32) @ _LUMA / top, np.float32(1.0))
    if picture.alpha is not None:
        mask *= picture.alpha.astype(np.float32) / top
    if not mask.any():
        raise InputError(f"{path}: the mask is black everywhere: paint white what should count and change")
    return np.ascontiguousarray(mask)
