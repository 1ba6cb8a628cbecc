"""The colours that guidance steers towards: those of a picture or of a palette."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.arrays import colors_in
from reswd_torch.errors import InputError
from reswd_torch.matching import palette_sample, sample_pixels
from reswd_torch.matching.pil_samples import sample_of_pil
from reswd_torch.palette import Palette, parse_palette
from reswd_torch.pil_pictures import is_pil_picture

SAMPLES = 2048
"""Number of colours that are drawn from a picture or a palette."""


@dataclass(frozen=True, eq=False)
class Reference:
    """Colours to steer towards.

    Attributes:
        colors: (N, 3) float32 on the CPU, sRGB-encoded, 0..1. All have the same weight.
    """

    colors: Float[Tensor, "n 3"]


def read_reference(value: object, seed: int = 0) -> Reference:
    """Read the colours of one reference.

    Args:
        value: a picture, as an sRGB-encoded (H, W, 3) array or tensor of floats in 0..1 or an array of uint8; a PIL image
            of any mode but F, read as the command line reads a file: by its profile, 16 bits as such, without what is
            transparent; a palette, or its text such as ``"#aabbcc:2, #112233"``; or a :class:`Reference`, which
            is returned as it is.
        seed: seed of the choice of a picture's pixels.

    Raises:
        InputError: the value is none of these.
    """
    if isinstance(value, Reference):
        return value
    if isinstance(value, str):
        value = parse_palette(value)
    if isinstance(value, Palette):
        return Reference(palette_sample(value, SAMPLES).fit)
    if is_pil_picture(value):
        return Reference(sample_of_pil(value, SAMPLES, seed, "reference"))
    if isinstance(value, np.ndarray) and value.dtype == np.uint8:
        value = value.astype(np.float32) / 255
    picture = colors_in(value, "reference")
    if picture.ndim != 3:
        raise InputError(f"reference has shape {tuple(picture.shape)}: give one picture, (H, W, 3), or a list of them")
    return Reference(sample_pixels(picture.detach().cpu().float(), SAMPLES, seed).fit)


def read_references(value: object, seed: int = 0) -> tuple[Reference, ...]:
    """Read one reference, or one for each prompt.

    Args:
        value: as for :func:`read_reference`, or a list or tuple of such values.
        seed: as for :func:`read_reference`.

    Raises:
        InputError: the list is empty, or something is no reference.
    """
    if not isinstance(value, list | tuple):
        return (read_reference(value, seed),)
    if not value:
        raise InputError("the list of references is empty: give one for all prompts, or one each")
    return tuple(read_reference(each, seed) for each in value)


def spread(references: Sequence[Reference], batch: int) -> tuple[Reference, ...]:
    """One reference for each image of a batch, in which diffusers puts all images of a prompt side by side.

    Args:
        references: one reference for all images, or one for each prompt.
        batch: number of images.

    Raises:
        InputError: the number of references fits neither.
    """
    each, rest = divmod(batch, len(references))
    if rest or not each:
        raise InputError(
            f"{len(references)} references do not fit {batch} images: give one for all, or one for each prompt"
        )
    return tuple(reference for reference in references for _ in range(each))


def joined(sets: Sequence[Sequence[Reference]]) -> tuple[Reference, ...]:
    """For each image of a batch the colours of all its references together.

    Args:
        sets: at least one set of references, in each of them one for each image.
    """
    return tuple(Reference(torch.cat([each.colors for each in of_one])) for of_one in zip(*sets, strict=True))
