"""What guidance steers towards: colours of a picture or of a palette."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from torch import Tensor

from reswd_torch.arrays import colors_in
from reswd_torch.errors import InputError
from reswd_torch.matching import palette_sample, sample_pixels
from reswd_torch.palette import Palette, parse_palette

SAMPLES = 2048
"""Colours that stand for a reference."""


@dataclass(frozen=True, eq=False)
class Reference:
    """Colours to steer towards.

    Attributes:
        colors: (N, 3) float32 on the CPU, sRGB-encoded, 0..1, each counting once.
    """

    colors: Float[Tensor, "n 3"]


def read_reference(value: Any, seed: int = 0) -> Reference:
    """Colours of one reference.

    Args:
        value: a picture as (H, W, 3) float array or tensor in 0..1 or uint8 array, sRGB-encoded; a PIL image, taken as sRGB;
            a palette, or its text such as ``"#aabbcc:2, #112233"``; or a :class:`Reference`.
        seed: chooses the pixels of a picture.

    Raises:
        InputError: none of these.
    """
    if isinstance(value, Reference):
        return value
    if isinstance(value, str):
        value = parse_palette(value)
    if isinstance(value, Palette):
        return Reference(palette_sample(value, SAMPLES).fit)
    if hasattr(value, "convert") and hasattr(value, "getbands"):  # a PIL image, without importing Pillow
        value = np.asarray(value.convert("RGB"))
    if isinstance(value, np.ndarray) and value.dtype == np.uint8:
        value = value.astype(np.float32) / 255
    picture = colors_in(value, "reference")
    if picture.ndim != 3:
        raise InputError(f"reference has shape {tuple(picture.shape)}: give one picture, (H, W, 3), or a list of them")
    return Reference(sample_pixels(picture.detach().cpu().float(), SAMPLES, seed).fit)


def read_references(value: Any, seed: int = 0) -> tuple[Reference, ...]:
    """One reference, or one for each prompt in a list or tuple.

    Raises:
        InputError: an empty list, or something in it that is no reference.
    """
    if not isinstance(value, list | tuple):
        return (read_reference(value, seed),)
    if not value:
        raise InputError("the list of references is empty: give one for all prompts, or one each")
    return tuple(read_reference(each, seed) for each in value)


def spread(references: Sequence[Reference], batch: int) -> tuple[Reference, ...]:
    """One reference for each image of a batch, as diffusers lays batches out: all images of a prompt side by side.

    Raises:
        InputError: neither one reference nor one for each prompt.
    """
    each, rest = divmod(batch, len(references))
    if rest or not each:
        raise InputError(
            f"{len(references)} references do not fit {batch} images: give one for all, or one for each prompt"
        )
    return tuple(reference for reference in references for _ in range(each))
