"""Palettes out of pictures."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import torch

from reswd_torch.color import srgb_to_lab
from reswd_torch.errors import InputError
from reswd_torch.palette import Palette, palette_text, parse_palette
from studio.views.picture_palette import palette_of

SPRITE = ("#1a1c2c", "#b13e53", "#ffcd75", "#38b764", "#3b5dc9", "#f4f4f4")


def lab(palette: Palette) -> np.ndarray:
    return srgb_to_lab(torch.tensor(palette.colors)).numpy()


def patches(shares: dict[str, int], noise: float = 0.0) -> np.ndarray:
    """A picture of 200 columns for every share, each of its colour with grain."""
    colors = np.array(parse_palette(" ".join(shares)).colors) * 255
    columns = np.repeat(colors, list(shares.values()), axis=0)
    picture = np.broadcast_to(columns, (300, *columns.shape)) + np.random.default_rng(0).normal(
        0, noise, (300, *columns.shape)
    )
    return np.rint(picture).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("count", [6, 8])
def test_pixel_art_gives_exactly_its_colours_with_their_shares(count: int) -> None:
    sizes = (500, 200, 150, 100, 49, 1)
    palette = palette_of(patches(dict(zip(SPRITE, sizes, strict=True))), count)
    assert palette_text(palette) == "#1a1c2c:50, #b13e53:20, #ffcd75:15, #38b764:10, #3b5dc9:4.9, #f4f4f4:0.1"


def test_one_pixel_of_its_own_colour_is_found_in_pixel_art() -> None:
    picture = np.zeros((1200, 1600, 3), np.uint8)
    picture[777, 1001] = (255, 0, 0)
    assert palette_of(picture).colors == ((0, 0, 0), (1, 0, 0))
    picture[10:17, 10] = np.arange(70, 77)[:, None]
    assert len(palette_of(picture).colors) <= 6


def test_colours_of_grainy_areas_are_found_with_their_shares() -> None:
    wanted = {"#203048": 500, "#c86432": 300, "#6a9a58": 150, "#e8dcc8": 50}
    palette = palette_of(patches(wanted, noise=4), 4)
    expected = parse_palette(" ".join(wanted))
    assert np.linalg.norm(lab(palette) - lab(expected), axis=1).max() < 3
    assert palette.weights == pytest.approx((50, 30, 15, 5), abs=0.5)


def test_small_accent_is_among_the_colours() -> None:
    picture = np.random.default_rng(1).normal((120, 130, 140), 12, (400, 600, 3)).clip(0, 255).astype(np.uint8)
    picture[200:216, 300:330] = np.random.default_rng(2).normal((210, 40, 30), 5, (16, 30, 3)).clip(0, 255)
    colors = np.array(palette_of(picture).colors)
    assert ((colors[:, 0] > 0.7) & (colors[:, 1] < 0.35)).any()


@pytest.mark.parametrize("seed", range(4))
def test_no_near_doubles_sorted_and_the_same_every_time(seed: int) -> None:
    rng = np.random.default_rng(seed)
    waves = np.cumsum(rng.normal(0, 2, (240, 320, 3)), axis=1) + rng.uniform(40, 200, 3)
    picture = waves.clip(0, 255).astype(np.uint8)
    palette = palette_of(picture, 12)
    assert min(np.linalg.norm(one - other) for one, other in combinations(lab(palette), 2)) > 6
    assert list(palette.weights) == sorted(palette.weights, reverse=True)
    assert sum(palette.weights) == pytest.approx(100, abs=1)
    assert palette_of(picture, 12) == palette == parse_palette(palette_text(palette))


def test_flat_picture_with_grain_is_one_colour() -> None:
    assert len(palette_of(patches({"#8090a0": 400}, noise=1.5)).colors) == 1


def test_transparent_pixels_do_not_count() -> None:
    picture = patches({"#000000": 300, "#3b5dc9": 100})
    alpha = np.where(picture.any(axis=2), 255, 0).astype(np.uint8)
    assert palette_text(palette_of(picture, alpha=alpha)) == "#3b5dc9:100"
    with pytest.raises(InputError, match="wholly transparent"):
        palette_of(picture, alpha=np.zeros_like(alpha))


@pytest.mark.parametrize("shape", [(1, 1), (1, 3000), (3000, 1), (7, 5)])
def test_picture_of_any_shape(shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    assert 1 <= len(palette_of(picture).colors) <= 6


@pytest.mark.parametrize("count", [0, 25])
def test_count_out_of_range_is_refused(count: int) -> None:
    with pytest.raises(InputError, match=f"{count} colours"):
        palette_of(patches({"#000000": 1}), count)
