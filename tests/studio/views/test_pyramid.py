"""The sizes of a picture that a viewer asks for: what a person sees at 100 % is what the download has."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reswd_torch.errors import InputError
from reswd_torch.grade import Cdl, Grade
from studio.media.images import read_picture, read_reduced
from studio.service.render import render
from studio.service.weights import where_to_grade
from studio.views.preview import resize, shrink
from studio.views.pyramid import TILE, Box, Pyramid
from studio.views.shown import shown_pixels
from tests.studio.pictures import eight_bits, write_deep

GRADE = Grade(Cdl((1.2, 1.0, 0.8), (0.02, 0.0, -0.01), (1.1, 1.0, 0.9), 1.2))
SIZE = (1300, 2101)


def enlarged(seed: int = 1) -> np.ndarray:
    """(H, W, 3) uint8 of :data:`SIZE`, with noise in every pixel."""
    small = Image.fromarray(eight_bits(seed)).resize(SIZE[::-1], Image.Resampling.BICUBIC)
    noise = np.random.default_rng(seed).integers(-9, 10, (*SIZE, 3))
    return (np.asarray(small).astype(int) + noise).clip(0, 255).astype(np.uint8)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    place = tmp_path / "large.png"
    Image.fromarray(enlarged()).save(place, compress_level=1)
    return place


def pyramid(path: Path, folder: Path, mask: Path | None = None) -> Pyramid:
    preview = shrink(read_reduced(path, at_least=1600))
    if mask is None:
        return Pyramid(path, preview, folder)
    weights = resize(where_to_grade(read_picture(path), mask), (preview.width, preview.height))  # type: ignore[arg-type]
    return Pyramid(path, preview, folder, mask, weights)


def test_levels_halve_until_one_tile_holds_all(photo: Path, tmp_path: Path) -> None:
    sizes = pyramid(photo, tmp_path)
    assert [sizes.size_of(level) for level in range(sizes.levels)] == [
        (1300, 2101),
        (650, 1051),
        (325, 526),
        (163, 263),
    ]


def test_tiles_at_full_size_are_the_graded_picture_to_the_byte(photo: Path, tmp_path: Path) -> None:
    sizes, whole = pyramid(photo, tmp_path), read_picture(photo)
    graded = render(whole.pixels, GRADE)
    rows = []
    for row in range(-(-SIZE[0] // TILE)):
        columns = range(-(-SIZE[1] // TILE))
        rows.append(np.hstack([shown_pixels(sizes.tile(0, column, row), GRADE) for column in columns]))
    assert np.array_equal(np.vstack(rows), graded)


def test_smaller_levels_are_means_of_the_picture(photo: Path, tmp_path: Path) -> None:
    tile = shown_pixels(pyramid(photo, tmp_path).tile(1, 0, 0)).astype(float)
    block = enlarged()[: 2 * TILE, : 2 * TILE].astype(float)
    means = block.reshape(TILE, 2, TILE, 2, 3).mean(axis=(1, 3))
    assert np.abs(tile - means).mean() < 1.5


def test_a_mask_holds_in_tiles_and_in_the_preview(photo: Path, tmp_path: Path) -> None:
    painted = np.zeros(SIZE, np.uint8)
    painted[:, 1000:] = 255
    painted[:, 900:1000] = np.linspace(0, 255, 100).astype(np.uint8)
    mask = tmp_path / "mask.png"
    Image.fromarray(painted).save(mask)
    sizes, whole = pyramid(photo, tmp_path, mask), read_picture(photo)
    graded = render(whole.pixels, GRADE, where_to_grade(whole, mask))
    shown = shown_pixels(sizes.tile(0, 1, 0), GRADE)
    assert np.abs(shown.astype(int) - graded[:TILE, TILE : 2 * TILE]).max() <= 1
    preview, plain = (shown_pixels(sizes.whole(), grade) for grade in (GRADE, None))
    assert np.array_equal(preview[:, :680], plain[:, :680])
    assert np.abs(preview[:, 800:].astype(int) - plain[:, 800:]).mean() > 4


def test_a_region_is_reduced_to_the_screen_and_never_enlarged(photo: Path, tmp_path: Path) -> None:
    sizes = pyramid(photo, tmp_path)
    assert shown_pixels(sizes.region(Box(0, 0, 2101, 1300), (325, 526))).shape == (325, 525, 3)
    exact = shown_pixels(sizes.region(Box(700, 300, 200, 100), (1000, 2000)))
    assert np.array_equal(exact, enlarged()[300:400, 700:900])
    beyond = shown_pixels(sizes.region(Box(2000, -50, 400, 100), (100, 400)))
    assert beyond.shape == (50, 101, 3)


def test_sixteen_bits_are_graded_in_their_own_depth(tmp_path: Path) -> None:
    deep = np.random.default_rng(0).integers(0, 65536, (700, 1800, 3)).astype(np.uint16)
    place = write_deep(tmp_path / "deep.png", deep)
    part = pyramid(place, tmp_path).tile(0, 2, 1)
    assert part.picture.pixels.dtype == np.uint16
    assert np.array_equal(part.picture.pixels, deep[TILE:, 2 * TILE : 3 * TILE])


@pytest.mark.parametrize("asked", [(9, 0, 0), (-1, 0, 0), (0, 5, 0), (0, 0, 3), (0, -1, 0)])
def test_what_lies_outside_is_refused(photo: Path, tmp_path: Path, asked: tuple[int, int, int]) -> None:
    with pytest.raises(InputError):
        pyramid(photo, tmp_path).tile(*asked)


def test_a_file_that_has_changed_is_said(photo: Path, tmp_path: Path) -> None:
    sizes = pyramid(photo, tmp_path)
    Image.fromarray(eight_bits()).save(photo)
    with pytest.raises(InputError, match="choose it again"):
        sizes.tile(0, 0, 0)


def test_the_disk_holds_what_was_looked_at_last(photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = [tmp_path / name for name in "abc"]
    for folder in folders:
        folder.mkdir()
    sizes = [pyramid(photo, folder) for folder in folders]
    tiles = [each.tile(0, 0, 0).picture.pixels for each in sizes[:2]]
    one = sum(file.stat().st_size for file in folders[0].iterdir())
    monkeypatch.setattr("studio.views.pyramid.MOST_ON_DISK", int(2.5 * one))
    sizes[0].tile(0, 1, 0)
    sizes[2].tile(0, 0, 0)
    assert [any(folder.iterdir()) for folder in folders] == [True, False, True], "the second was looked at longest ago"
    assert np.array_equal(sizes[1].tile(0, 0, 0).picture.pixels, tiles[1]), (
        "it is made again when it is looked at again"
    )
    assert not any(folders[0].iterdir())
