"""Pillow's pictures as callers hold them: which way up they are. Modes and profiles are tested where files are read."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageOps

from reswd_torch.pil_pictures import turned, upright_by


@pytest.mark.parametrize("way", range(1, 9))
@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3)])
def test_turned_as_pillow_turns(way: int, shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    image = Image.fromarray(values)
    image.getexif()[0x0112] = way
    assert upright_by(image) == way
    found = turned(values, way)
    assert np.array_equal(found, np.asarray(ImageOps.exif_transpose(image)))
    assert found.flags.c_contiguous


@pytest.mark.parametrize("said", [0, 9, "up", None])
def test_what_says_nothing_leaves_a_picture_as_it_lies(said: object) -> None:
    image = Image.new("RGB", (3, 2))
    if said is not None:
        image.getexif()[0x0112] = said
    assert upright_by(image) == 1
