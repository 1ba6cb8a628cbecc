"""Every format, depth and transparency comes back as it was."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from studio.media.images import losses, natural_suffix, read_picture, read_reduced, write_picture
from studio.media.images.exact import to_depth, turn
from tests.conftest import digest
from tests.studio.media.images.conftest import scene, source
from tests.studio.media.images.profiles_for_tests import display_p3

DEEP = (".png", ".tif", ".tiff")
LOSSLESS = (*DEEP, ".webp", ".bmp")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("transparent", [False, True])
@pytest.mark.parametrize("suffix", LOSSLESS)
def test_lossless_formats_give_back_every_bit(suffix: str, dtype: type, transparent: bool, tmp_path: Path) -> None:
    pixels = scene(dtype=dtype)
    alpha = scene(dtype=dtype, channels=4)[..., 3].copy() if transparent else None
    path = write_picture(tmp_path / f"a{suffix}", source(pixels, alpha, display_p3()), pixels)
    back = read_picture(path)
    want = dtype if suffix in DEEP else np.uint8
    assert back.bits == np.dtype(want).itemsize * 8
    np.testing.assert_array_equal(back.pixels, to_depth(pixels, want))
    assert back.pixels.flags.c_contiguous and back.path == path
    if transparent and suffix != ".bmp":
        np.testing.assert_array_equal(back.alpha, to_depth(alpha, want))
    else:
        assert back.alpha is None
    assert back.icc == (None if suffix == ".bmp" else display_p3())


@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp", ".jpg", ".bmp", ".avif"])
def test_written_again_unchanged_the_record_is_equal(suffix: str, tmp_path: Path) -> None:
    pixels = scene()
    first = read_picture(write_picture(tmp_path / f"a{suffix}", source(pixels, icc=display_p3()), pixels))
    second = read_picture(write_picture(tmp_path / f"b{suffix}", first, first.pixels))
    assert second.container == first.container
    assert (second.icc, second.notes, natural_suffix(second.container)) == (first.icc, (), suffix)
    if first.container.lossless:
        np.testing.assert_array_equal(second.pixels, first.pixels)
    else:
        assert np.abs(second.pixels.astype(int) - first.pixels).mean() < 3


@pytest.mark.parametrize("name", ["a ü.jpg", os.fsdecode(b"latin \xe9.jpg")], ids=["UTF-8", "Latin-1"])
@pytest.mark.parametrize("trailing", [b"", b"\0" * 40], ids=["", "bytes after the end"])
@pytest.mark.parametrize(
    "how",
    [
        {"subsampling": 0},
        {"subsampling": 1},
        {"subsampling": 2},
        {"progressive": True},
        {"subsampling": 0, "keep_rgb": True},
    ],
    ids=str,
)
def test_jpegs_hold_what_pillow_decodes(how: dict[str, Any], trailing: bytes, name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    Image.fromarray(scene(61, 83)).save(path, quality=90, **how)
    path.write_bytes(path.read_bytes() + trailing)
    with Image.open(path) as image:
        np.testing.assert_array_equal(read_picture(path).pixels, np.asarray(image))


@pytest.mark.parametrize("rows", [40, 256, 600])
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp", ".bmp"])
def test_pixels_that_are_needed_no_more_make_the_same_file(suffix: str, rows: int, tmp_path: Path) -> None:
    pixels = scene(rows, 30)
    picture = source(pixels)
    kept = write_picture(tmp_path / f"a{suffix}", picture, pixels)
    size = pixels.size
    last = write_picture(tmp_path / f"b{suffix}", picture, pixels.copy(), last=True)
    assert digest(last) == digest(kept)
    assert pixels.size == size


def test_pixels_of_someone_else_are_left_alone(tmp_path: Path) -> None:
    whole = scene(50, 30)
    rows = whole[10:]
    write_picture(tmp_path / "a.jpg", source(rows), rows, last=True)
    np.testing.assert_array_equal(whole, scene(50, 30))


@pytest.mark.parametrize("suffix", [".jpg", ".avif", ".webp"])
def test_deep_pixels_into_shallow_formats_round_and_say_so(suffix: str, tmp_path: Path) -> None:
    pixels = np.full((16, 16, 3), 32767 + 129, np.uint16)  # 128.0 after rounding, 127 when cut off
    picture = source(pixels, pixels[..., 0].copy())
    back = read_picture(write_picture(tmp_path / f"a{suffix}", picture, pixels))
    assert np.abs(back.pixels.astype(int) - 128).max() <= 1
    assert any("8 bits" in line for line in losses(tmp_path / f"a{suffix}", picture))
    assert (back.alpha is None) == (suffix == ".jpg")
    assert any("alpha" in line for line in losses(tmp_path / f"a{suffix}", picture)) == (suffix == ".jpg")


def test_same_format_keeps_the_source_depth_and_another_format_that_of_the_pixels(tmp_path: Path) -> None:
    pixels = scene()
    first = read_picture(write_picture(tmp_path / "a.png", source(pixels), pixels))
    deep = to_depth(pixels, np.uint16)
    assert read_picture(write_picture(tmp_path / "b.png", first, deep)).bits == 8
    assert read_picture(write_picture(tmp_path / "b.tif", first, deep)).bits == 16
    dropped = source(pixels, pixels[..., 0].copy())
    assert read_picture(write_picture(tmp_path / "c.png", dropped, pixels, alpha="drop")).alpha is None


@given(values=arrays(np.uint16, 64))
def test_depth_changes_round_to_nearest(values: np.ndarray) -> None:
    np.testing.assert_array_equal(to_depth(values, np.uint8), np.rint(values / 257.0))
    np.testing.assert_array_equal(
        to_depth(to_depth(to_depth(values, np.uint8), np.uint16), np.uint8), to_depth(values, np.uint8)
    )


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    height=st.integers(1, 9),
    width=st.integers(1, 9),
    dtype=st.sampled_from([np.uint8, np.uint16]),
    suffix=st.sampled_from(DEEP),
    transparent=st.booleans(),
    seed=st.integers(0, 99),
)
def test_tiny_pictures_survive(
    tmp_path: Path, height: int, width: int, dtype: type, suffix: str, transparent: bool, seed: int
) -> None:
    pixels = np.random.default_rng(seed).integers(0, np.iinfo(dtype).max + 1, (height, width, 3), dtype=dtype)
    alpha = pixels[..., 1].copy() if transparent else None
    back = read_picture(write_picture(tmp_path / f"a{suffix}", source(pixels, alpha), pixels, overwrite=True))
    np.testing.assert_array_equal(back.pixels, pixels)
    assert (back.alpha is None) if alpha is None else np.array_equal(back.alpha, alpha)


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


@pytest.mark.parametrize(("at_least", "scale"), [(1, 8), (100, 4), (101, 2), (200, 2), (201, 1), (4000, 1)])
def test_reduced_reading_keeps_the_long_edge(tmp_path: Path, at_least: int, scale: int) -> None:
    Image.fromarray(scene(120, 400)).save(tmp_path / "a.jpg", exif=Image.Exif().tobytes())
    small = read_reduced(tmp_path / "a.jpg", at_least=at_least)
    assert (small.height, small.width) == (120 // scale, 400 // scale)
    whole = read_picture(tmp_path / "a.jpg")
    if scale == 1:
        np.testing.assert_array_equal(small.pixels, whole.pixels)
    assert np.abs(small.pixels.mean((0, 1)) - whole.pixels.mean((0, 1))).max() < 1.0


def test_reduced_reading_of_other_formats_is_whole(tmp_path: Path) -> None:
    pixels = scene(dtype=np.uint16)
    path = write_picture(tmp_path / "a.png", source(pixels), pixels)
    np.testing.assert_array_equal(read_reduced(path, at_least=1).pixels, pixels)


def test_importing_the_package_loads_no_codec() -> None:
    import subprocess
    import sys

    code = "import sys, studio.media.images; print([m for m in ('cv2', 'tifffile', 'torch', 'PIL.Image') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
