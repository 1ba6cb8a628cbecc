"""Depth changes and turns of whole pictures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays
from PIL import Image

from studio.media.images.exact import to_depth, turn
from tests.studio.media.images.conftest import scene


@given(values=arrays(np.uint16, 64))
def test_depth_changes_round_to_nearest(values: np.ndarray) -> None:
    np.testing.assert_array_equal(to_depth(values, np.uint8), np.rint(values / 257.0))
    np.testing.assert_array_equal(
        to_depth(to_depth(to_depth(values, np.uint8), np.uint16), np.uint8), to_depth(values, np.uint8)
    )


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("channels", [1, 3])
def test_turns_agree_with_pillow(orientation: int, channels: int) -> None:
    from PIL import ImageOps

    pixels = scene(channels=channels)[..., 0] if channels == 1 else scene()
    image = Image.fromarray(pixels)
    image.getexif()[0x0112] = orientation
    turned = turn(np.ascontiguousarray(pixels), orientation)
    np.testing.assert_array_equal(turned, np.asarray(ImageOps.exif_transpose(image)))
    assert turned.flags.c_contiguous
