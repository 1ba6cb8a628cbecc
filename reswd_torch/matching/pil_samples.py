"""Colours of Pillow's pictures in sRGB, for callers who want nothing else of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from reswd_torch.matching.sampling import sample_pixels
from reswd_torch.pil_pictures import opacity_of, read_pil
from reswd_torch.profiles import profile_space, to_profile

if TYPE_CHECKING:
    from PIL import Image


def sample_of_pil(image: Image.Image, count: int, seed: int, name: str) -> Tensor:
    """Colours of one of Pillow's pictures, as the command line samples those of a file: what is transparent does not count.

    Args:
        image: a picture of any mode but F.
        count: number of colours; a picture with fewer visible pixels gives all it has.
        seed: chooses the pixels.
        name: what error messages call the picture.

    Returns:
        (N, 3) float32 on the CPU, sRGB-encoded, 0..1.

    Raises:
        InputError: the picture cannot be loaded, is of a mode that is not read, is HDR, or has no visible pixel.
    """
    rgb = read_pil(image, name)
    weights = opacity_of(rgb, name)
    pixels = rgb.pixels.astype(np.float32) / np.float32(np.iinfo(rgb.pixels.dtype).max)
    sample = sample_pixels(torch.from_numpy(pixels), count, seed, weights)
    icc = rgb.icc if rgb.icc is not None and profile_space(rgb.icc) == "RGB" else None
    return torch.from_numpy(to_profile(sample.fit.numpy(), icc, None))
