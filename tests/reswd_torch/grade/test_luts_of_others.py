"""The LUT of another program means here what it means in OpenColorIO, and in ffmpeg where that reads the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from reswd_torch import load_grade
from studio.service.render import render
from tests.reswd_torch.grade.luts_for_tests import Made, made

BAR = 1 / 65535
LARGE = {1000: 130, 1001: 144, 1002: 200, 1003: 256}
"""Sizes beyond OpenColorIO, by seed."""


def colours_of(seed: int) -> np.ndarray:
    """Greys, corners, edges and scattered colours in 0..1."""
    rng = np.random.default_rng(seed)
    greys = np.linspace(0, 1, 256)[:, None].repeat(3, 1)
    corners = np.indices((2, 2, 2)).reshape(3, -1).T
    return np.concatenate(
        [greys, corners, rng.random((3000, 3)), rng.integers(0, 2, (50, 3)) * rng.random((50, 3))]
    ).astype(np.float32)


def check(lut: Made, seed: int) -> None:
    grade, colours = load_grade(lut.path), colours_of(seed)
    # What the file says, with nothing clipped, also for colours outside 0..1; and as a picture.
    wide = colours * 1.5 - 0.25
    assert np.abs(grade.transform.apply(torch.from_numpy(wide)).numpy() - lut.expected(wide)).max() <= BAR, lut.words
    expected = lut.expected(colours).clip(0, 1)
    assert np.abs(grade.apply(colours) - expected).max() <= BAR, lut.words
    assert np.abs(grade.apply(colours.astype(np.float64)) - expected).max() <= 3 * BAR, lut.words
    for dtype, allowed in ((np.uint16, BAR), (np.uint8, 0.5 / 255 + BAR)):
        top = np.iinfo(dtype).max
        pixels = (colours * top).round().astype(dtype)
        expected = lut.expected(pixels.astype(np.float32) / np.float32(top)).clip(0, 1)
        assert np.abs(render(pixels[None], grade)[0] / top - expected).max() <= allowed, (lut.words, dtype)


@pytest.mark.parametrize("seed", range(24))
def test_a_few_generated_luts(seed: int, tmp_path: Path) -> None:
    check(made(tmp_path, seed), seed)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(14))
def test_generated_luts(part: int, tmp_path: Path) -> None:
    """196 of the 200; with ``LARGE`` the rest."""
    for seed in range(100 + 14 * part, 114 + 14 * part):
        lut = made(tmp_path, seed, size=[65, 129][seed % 2] if seed % 14 == 0 else None)
        check(lut, seed)
        for path in tmp_path.iterdir():
            path.unlink()


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", LARGE)
def test_sizes_beyond_opencolorio(seed: int, tmp_path: Path) -> None:
    """Against an interpolation in float64 that shares nothing with the product."""
    check(made(tmp_path, seed, size=LARGE[seed]), seed)
