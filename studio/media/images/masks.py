"""Masks: grey pictures that say how much each pixel of another picture counts and changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from reswd_torch.errors import InputError
from reswd_torch.grade.constants import LUMA
from studio.media.images.read import read_values

_LUMA = np.array(LUMA, np.float32)


def read_mask(path: str | Path, size: tuple[int, int] | None = None) -> np.ndarray:
    """Read a mask.

    Args:
        path: the file of a picture; colours are taken by their luminance, and transparent parts as black.
        size: (H, W) of the upright picture that the mask belongs to; None for a mask of any size.

    Returns:
        (H, W) float32 in 0..1, the code values of the mask divided by their largest value: pixels under white (1) count and
        change fully, pixels under black (0) do neither.

    Raises:
        InputError: the file cannot be read, the mask has another size once it is turned upright, or it is black everywhere.
    """
    picture = read_values(path)
    if size is not None and (picture.height, picture.width) != tuple(size):
        raise InputError(
            f"{path}: the mask is {picture.width} x {picture.height} and its picture {size[1]} x {size[0]}: "
            "give a mask of the picture's size"
        )
    top = np.float32(1) if picture.of_floats else np.float32(np.iinfo(picture.pixels.dtype).max)
    picture = replace(picture, pixels=picture.in_range) if picture.of_floats else picture
    if np.array_equal(picture.pixels[..., 0], picture.pixels[..., 1]) and np.array_equal(
        picture.pixels[..., 0], picture.pixels[..., 2]
    ):
        mask = picture.pixels[..., 0].astype(np.float32) / top  # exactly 1 for white, which a weighted sum is not
    else:
        mask = np.minimum(picture.pixels.astype(np.float32) @ _LUMA / top, np.float32(1.0))
    if picture.opacity is not None:
        mask *= picture.opacity
    if not mask.any():
        raise InputError(f"{path}: the mask is black everywhere: paint white what should count and change")
    return np.ascontiguousarray(mask)
