"""Pictures that are not plain RGB are read as RGB, with a note on what was assumed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from studio.media.images import (
    read_mask,
    read_picture,
    write_picture,
)
from studio.media.images.decode import jpeg_pixels
from tests.studio.media.images.conftest import scene
from tests.studio.media.images.files_for_tests import FILES, has
from tests.studio.media.images.profiles_for_tests import cmyk_profile, grey_profile

GREY = "grey picture read as RGB"


@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg", ".webp", ".bmp"])
def test_grey(suffix: str, tmp_path: Path) -> None:
    grey = scene()[..., 0].copy()
    Image.fromarray(grey).save(tmp_path / f"a{suffix}", lossless=True, quality=100)
    picture = read_picture(tmp_path / f"a{suffix}")
    assert suffix == ".webp" or picture.notes == (GREY,)
    assert np.abs(picture.pixels.astype(int) - grey[..., None]).max() <= (3 if suffix == ".jpg" else 0)


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_deep_grey(suffix: str, compression: str | None, tmp_path: Path) -> None:
    grey = scene(dtype=np.uint16)[..., 0].copy()
    if suffix == ".png":
        Image.fromarray(grey).save(tmp_path / "a.png")
    else:
        tifffile.imwrite(tmp_path / "a.tif", grey, compression=compression)
    picture = read_picture(tmp_path / f"a{suffix}")
    assert picture.notes == (GREY,) and picture.bits == 16 and picture.alpha is None
    np.testing.assert_array_equal(picture.pixels, np.repeat(grey[..., None], 3, 2))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_grey_with_alpha(suffix: str, dtype: type, tmp_path: Path) -> None:
    both = scene(dtype=dtype, channels=2)
    path = tmp_path / f"a{suffix}"
    if suffix == ".tif":
        tifffile.imwrite(path, both, photometric="minisblack", planarconfig="contig", extrasamples=["unassalpha"])
    elif dtype == np.uint8:
        Image.fromarray(both, "LA").save(path)
    else:
        write_grey_alpha_png(path, both)
    picture = read_picture(path)
    assert picture.notes == (GREY,) and picture.pixels.dtype == dtype
    np.testing.assert_array_equal(picture.pixels, np.repeat(both[..., :1], 3, 2))
    np.testing.assert_array_equal(picture.alpha, both[..., 1])


def write_grey_alpha_png(path: Path, both: np.ndarray) -> None:
    """16-bit colour type 4, which no library here writes."""
    import struct
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width = both.shape[:2]
    rows = b"".join(b"\0" + row.tobytes() for row in both.astype(">u2"))
    head = struct.pack(">IIBBBBB", width, height, 16, 4, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )


def test_palette_with_and_without_transparency(tmp_path: Path) -> None:
    image = Image.fromarray(scene()).quantize(16)
    image.save(tmp_path / "a.png")
    image.save(tmp_path / "b.png", transparency=bytes([0, 128, 255]))
    image.save(tmp_path / "a.gif")
    image.save(tmp_path / "a.tif")
    for name in ("a.png", "b.png", "a.gif", "a.tif"):
        picture = read_picture(tmp_path / name)
        np.testing.assert_array_equal(picture.pixels, np.asarray(image.convert("RGB")))
        assert picture.notes == ("palette read as RGB",)
        assert (picture.alpha is not None) == (name == "b.png")


def test_one_bit(tmp_path: Path) -> None:
    image = Image.fromarray(scene()[..., 0] > 128)
    for name in ("a.png", "a.tif"):
        image.save(tmp_path / name)
        picture = read_picture(tmp_path / name)
        assert set(np.unique(picture.pixels)) == {0, 255} and has(picture.notes, "black and white")


@pytest.mark.parametrize("suffix", [".jpg", ".tif"])
@pytest.mark.parametrize("tagged", [False, True])
def test_cmyk(suffix: str, tagged: bool, tmp_path: Path) -> None:
    inks = np.zeros((16, 16, 4), np.uint8)
    inks[:, 8:] = [0, 255, 255, 0]  # magenta and yellow: red
    path = tmp_path / f"a{suffix}"
    Image.fromarray(inks, "CMYK").save(path, quality=100, icc_profile=cmyk_profile() if tagged else None)
    picture = read_picture(path)
    assert picture.pixels[8, 2].min() > 245 and np.abs(picture.pixels[8, 13].astype(int) - [255, 0, 0]).max() < 12
    assert picture.icc is None and has(picture.notes, "Corner CMYK" if tagged else "without a usable profile")
    back = read_picture(write_picture(tmp_path / f"b{suffix}", picture, picture.pixels))
    assert back.notes == () and np.abs(back.pixels.astype(int) - picture.pixels).mean() < 3


def test_lab_and_ycbcr(tmp_path: Path) -> None:
    lab = ImageCms.profileToProfile(
        Image.fromarray(scene()), ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    assert lab is not None
    lab.save(tmp_path / "lab.tif")
    picture = read_picture(tmp_path / "lab.tif")
    assert has(picture.notes, "Lab") and np.abs(picture.pixels.astype(int) - scene()).mean() < 3
    Image.fromarray(scene()).convert("YCbCr").save(tmp_path / "y.tif", compression="jpeg", quality=95)
    assert np.abs(read_picture(tmp_path / "y.tif").pixels.astype(int) - scene()).mean() < 6


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_grey_profiles_are_converted_except_in_masks(dtype: type, tmp_path: Path) -> None:
    values = np.arange(1, 65536, 101).astype(np.uint16).reshape(1, -1)
    values = values if dtype == np.uint16 else (values >> 8).astype(np.uint8)
    Image.fromarray(values).save(tmp_path / "a.png", icc_profile=grey_profile())
    picture = read_picture(tmp_path / "a.png")
    assert picture.icc is None and has(picture.notes, "Grey Gamma 1.8") and picture.pixels.dtype == dtype
    linear = (values / np.iinfo(dtype).max) ** 1.8
    want = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    error = np.abs(picture.pixels[..., 0] / np.iinfo(dtype).max - want) * 255
    assert error.mean() < (0.1 if dtype == np.uint16 else 0.6) and error.max() < 1.6
    mask = read_mask(tmp_path / "a.png", values.shape)
    np.testing.assert_allclose(mask, values / np.iinfo(dtype).max, atol=1e-6)
    kinds = {
        k for k, _ in read_picture(write_picture(tmp_path / "b.png", picture, picture.pixels)).container.png_chunks
    }
    assert b"iCCP" not in kinds


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
def test_jpegs_hold_what_pillow_decodes(
    how: dict[str, Any], trailing: bytes, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / name
    monkeypatch.setattr("studio.media.images.through_pillow._LARGE", 0)  # as for large ones, which OpenCV decodes
    Image.fromarray(scene(61, 83)).save(path, quality=90, **how)
    path.write_bytes(path.read_bytes() + trailing)
    with Image.open(path) as image:
        np.testing.assert_array_equal(read_picture(path).pixels, np.asarray(image))


def test_reading_in_several_threads_keeps_pillows_limit(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    limit = Image.MAX_IMAGE_PIXELS
    for kind, data in FILES.items():
        (tmp_path / f"a.{kind}").write_bytes(data)
    with ThreadPoolExecutor(4) as pool:
        pictures = list(pool.map(read_picture, [tmp_path / f"a.{kind}" for kind in FILES] * 4))
    assert {p.width for p in pictures} == {120} and limit == Image.MAX_IMAGE_PIXELS is not None


def test_a_jpeg_has_the_same_pixels_without_the_flag_of_4_11(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.jpg"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 56, 3), np.uint8)).save(path)
    now = jpeg_pixels(path, 40, 56)
    monkeypatch.delattr(cv2, "IMREAD_COLOR_RGB", raising=False)
    before = jpeg_pixels(path, 40, 56)
    assert now is not None and before is not None and np.array_equal(now, before)
