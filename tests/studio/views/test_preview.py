"""Small copies of pictures, in the colours of a screen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.media.images import Container, Picture
from studio.media.images.scene import encoding_of_floats
from studio.service.match import run_match
from studio.views.preview import display_pixels, save_preview, shrink, slim
from tests.conftest import ASSETS
from tests.studio.jobs_for_tests import match_job

SOURCE, REFERENCE = ASSETS / "lagoon-jetty.jpg", ASSETS / "mountain-sunset.jpg"


def _picture(pixels: np.ndarray, alpha: np.ndarray | None = None) -> Picture:
    return Picture(pixels, alpha, None, (), Path("made-up.png"), Container("PNG"))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_shrink_keeps_shape_depth_and_mean(dtype: type) -> None:
    pixels = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (300, 500, 3)).astype(dtype)
    small = shrink(_picture(pixels, pixels[..., 0].copy()), 100)
    assert small.pixels.shape == (60, 100, 3)
    assert small.alpha is not None
    assert small.alpha.shape == (60, 100)
    assert small.pixels.dtype == dtype
    assert small.pixels.mean() == pytest.approx(pixels.mean(), rel=0.01)
    assert shrink(_picture(pixels), 500).pixels is pixels, "never enlarged"


def test_thin_pictures_keep_at_least_one_pixel() -> None:
    assert shrink(_picture(np.zeros((1, 4000, 3), np.uint8)), 100).pixels.shape == (1, 100, 3)


def test_display_puts_transparent_parts_over_grey() -> None:
    pixels = np.full((2, 2, 3), 65535, np.uint16)
    alpha = np.array([[0, 65535], [65535, 0]], np.uint16)
    picture = _picture(pixels, alpha)
    assert display_pixels(picture, picture.pixels)[..., 0].tolist() == [[128, 255], [255, 128]]


def test_saved_png_is_lossless_and_in_the_right_order(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (20, 30, 3)).astype(np.uint8)
    assert np.array_equal(np.asarray(Image.open(save_preview(tmp_path / "a.png", pixels))), pixels)
    flat = np.full((16, 16, 3), (200, 60, 20), np.uint8)
    assert np.abs(np.asarray(Image.open(save_preview(tmp_path / "a.jpg", flat))).astype(int) - flat).max() <= 3


def test_slim_result_keeps_grade_and_distance() -> None:
    result = run_match(match_job(SOURCE, REFERENCE))
    small = slim(result, 200)
    assert max(small.picture.pixels.shape) == 200
    assert small.distance_at(0.5) == result.distance_at(0.5)
    masked = replace(result, weights=np.ones(result.picture.pixels.shape[:2], np.float32))
    weights = slim(masked, 200).weights
    assert weights is not None
    assert weights.shape == small.picture.pixels.shape[:2]


def test_light_is_shown_as_a_screen_shows_it() -> None:
    """Floats in linear light: half of the light is the code 188, what is beyond white is white, and opacity is taken out."""
    light = np.full((40, 60, 3), 0.25, np.float16)
    light[:, :20] = 3.0
    alpha = np.full((40, 60), 0.5, np.float16)
    container = Container("EXR", associated=True)
    picture = shrink(Picture(light, alpha, encoding_of_floats().icc, (), Path("a.exr"), container), 30)
    assert picture.pixels.shape == (20, 30, 3)
    shown = display_pixels(picture, picture.pixels)
    assert np.abs(shown[:, 12:] - (188 + 128) / 2).max() <= 1 and np.abs(shown[:, :9] - (255 + 128) / 2).max() <= 1
