"""Which pixels stand for a picture."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from reswd_torch.matching import PixelSample, palette_sample, pool_samples, sample_pixels
from reswd_torch.palette import Palette, parse_palette

QUICK = settings(max_examples=60, deadline=None, derandomize=True)


def numbered(height: int, width: int) -> np.ndarray:
    """Every pixel another colour: red and green count rows and columns."""
    rows, columns = np.mgrid[0:height, 0:width]
    return np.stack([rows / 4096, columns / 4096, np.zeros((height, width))], -1).astype(np.float64)


def places(sample: torch.Tensor) -> np.ndarray:
    return np.rint(sample[:, :2].double().numpy() * 4096).astype(int)


@QUICK
@given(st.integers(1, 900), st.integers(1, 900), st.integers(1, 300), st.integers(0, 5))
def test_exactly_as_many_as_asked_or_all_there_are(height: int, width: int, count: int, seed: int) -> None:
    sample = sample_pixels(numbered(height, width), count, seed)
    assert sample.fit.shape == (min(count, height * width), 3)
    assert sample.held_out.shape == sample.fit.shape
    assert sample.fit.dtype == torch.float32


@pytest.mark.parametrize(("height", "width"), [(3, 1000), (1000, 3), (1, 5000), (5000, 1), (2, 1025)])
def test_long_pictures_give_as_many_as_asked(height: int, width: int) -> None:
    assert len(sample_pixels(numbered(height, width), 2048, 0).fit) == 2048


def test_small_pictures_give_every_pixel_once() -> None:
    found = places(sample_pixels(numbered(5, 7), 100, 0).fit)
    assert {tuple(p) for p in found} == {(r, c) for r in range(5) for c in range(7)}
    assert len(found) == 35


def test_every_part_of_the_picture_gets_its_share() -> None:
    """Jittered stratification: of 64 equal blocks none gets more than a few beside its share."""
    found = places(sample_pixels(numbered(800, 600), 2048, 0).fit)
    blocks = np.bincount(found[:, 0] // 100 * 8 + found[:, 1] // 75, minlength=64)
    assert blocks.min() >= 24
    assert blocks.max() <= 40
    assert len({tuple(p) for p in found}) == 2048


def test_seeds() -> None:
    picture = numbered(100, 100)
    one, again, other = (sample_pixels(picture, 500, seed) for seed in (0, 0, 1))
    assert torch.equal(one.fit, again.fit)
    assert not torch.equal(one.fit, other.fit)
    # distances are always told on the same pixels, others than the fit's
    assert torch.equal(one.held_out, other.held_out)
    assert not torch.equal(one.fit, one.held_out)


def test_the_global_generator_is_left_alone() -> None:
    before = torch.random.get_rng_state()
    sample_pixels(numbered(50, 50), 100, 0, np.ones((50, 50)))
    assert torch.equal(before, torch.random.get_rng_state())


def test_pixels_of_weight_0_are_never_looked_at() -> None:
    picture = numbered(60, 80)
    weights = np.zeros((60, 80), np.float32)
    weights[10:20, 30:50] = 1
    for count in (50, 200, 5000):
        sample = sample_pixels(picture, count, 3, weights)
        for part in (sample.fit, sample.held_out):
            found = places(part)
            assert (found >= [10, 30]).all()
            assert (found < [20, 50]).all()


def test_patches_leave_out_pixels_of_weight_0() -> None:
    """A large picture is sampled by means of small squares: the masked half must not bleed in."""
    picture = np.zeros((1200, 3000, 3))
    picture[:, 1::2] = 1.0
    weights = np.zeros((1200, 3000))
    weights[:, 1::2] = 1.0
    assert float(sample_pixels(picture, 500, 0, weights).fit.min()) == 1.0
    assert 0.2 < float(sample_pixels(picture, 500, 0).fit.mean()) < 0.8


def test_weights_are_shares() -> None:
    picture = np.zeros((40, 40, 3))
    picture[:, 20:] = 1.0
    weights = np.where(np.arange(40) < 20, 0.25, 0.75)[None].repeat(40, 0)
    mean = float(sample_pixels(picture, 1000, 0, weights).fit.mean())
    assert abs(mean - 0.75) < 0.01


def test_one_marked_pixel() -> None:
    weights = np.zeros((30, 30))
    weights[4, 5] = 0.3
    sample = sample_pixels(numbered(30, 30), 100, 0, weights)
    assert {tuple(p) for p in places(sample.fit)} == {(4, 5)}


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_integers_count_in_their_full_range(dtype: type) -> None:
    picture = np.zeros((4, 4, 3), dtype)
    picture[:2] = np.iinfo(dtype).max
    sample = sample_pixels(picture, 100, 0).fit
    assert set(sample.unique().tolist()) == {0.0, 1.0}


def test_arrays_and_tensors_give_the_same() -> None:
    picture = numbered(90, 70)
    expected = sample_pixels(picture, 300, 2)
    found = sample_pixels(torch.from_numpy(picture), 300, 2)
    assert torch.equal(expected.fit, found.fit)


@QUICK
@given(st.lists(st.integers(1, 50), min_size=1, max_size=6))
def test_palette_colours_come_in_proportion(weights: list[int]) -> None:
    colors = tuple((i / 10, 0.0, 0.0) for i in range(len(weights)))
    sample = palette_sample(Palette(colors, tuple(map(float, weights))), 1000).fit
    counts = np.bincount(np.rint(sample[:, 0].numpy() * 10).astype(int), minlength=len(weights))
    np.testing.assert_allclose(counts / 1000, np.array(weights) / sum(weights), atol=1.5e-3)


def test_palette_of_one_colour() -> None:
    sample = palette_sample(parse_palette("#336699:5"), 7)
    assert sample.fit.shape == (7, 3)
    torch.testing.assert_close(sample.fit[0], torch.tensor([0.2, 0.4, 0.6]))


def parts_for_pool(count: int, each: int) -> list[PixelSample]:
    """Samples whose colours say which picture they are of."""
    colours = [torch.full((each, 3), index / count) for index in range(count)]
    return [PixelSample(colour, colour) for colour in colours]


def test_pooled_pictures_have_equal_say() -> None:
    pooled = pool_samples(parts_for_pool(50, 100), 1000, 3)
    assert pooled.fit.shape == (1000, 3)
    counts = np.bincount(np.rint(pooled.fit[:, 0].numpy() * 50).astype(int), minlength=50)
    assert counts.min() >= 19 and counts.max() <= 21


def test_pooling_keeps_everything_that_fits_and_its_order() -> None:
    parts = parts_for_pool(3, 4)
    assert torch.equal(pool_samples(parts, 12, 0).fit, torch.cat([part.fit for part in parts]))


def test_pooling_depends_on_the_seed_but_the_held_out_colours_do_not() -> None:
    generator = torch.Generator().manual_seed(0)
    parts = [PixelSample(*torch.rand(2, 5000, 3, generator=generator).unbind()) for _ in range(2)]
    one, again, other = (pool_samples(parts, 64, seed) for seed in (1, 1, 2))
    assert torch.equal(one.fit, again.fit) and not torch.equal(one.fit, other.fit)
    assert torch.equal(one.held_out, other.held_out)


def test_nothing_to_pool() -> None:
    with pytest.raises(ValueError, match="no samples"):
        pool_samples([], 10, 0)
