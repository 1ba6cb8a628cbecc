"""Kinds of pictures that are not plain RGB: read as RGB, with a note on what was assumed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms, PngImagePlugin

from reswd_torch.errors import InputError
from studio.media.images import read_mask, read_picture, write_picture
from tests.studio.media.images.conftest import scene, source
from tests.studio.media.images.profiles_for_tests import cmyk_profile, display_p3, grey_profile

GREY = "grey picture read as RGB"


def has(picture_notes: tuple[str, ...], part: str) -> bool:
    return any(part in note for note in picture_notes)


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


@pytest.mark.parametrize("mode", ["RGB", "L", "RGB16"])
def test_transparent_colour(mode: str, tmp_path: Path) -> None:
    pixels = np.array([[[10, 20, 30], [40, 50, 60]]], np.uint8)
    if mode == "RGB16":
        write_picture(tmp_path / "a.png", source(pixels), pixels.astype(np.uint16) * 257)
        plain = (tmp_path / "a.png").read_bytes()
        import struct
        import zlib

        body = b"tRNS" + struct.pack(">HHH", 2570, 5140, 7710)
        chunk = struct.pack(">I", 6) + body + struct.pack(">I", zlib.crc32(body))
        (tmp_path / "a.png").write_bytes(plain[:33] + chunk + plain[33:])
    else:
        image = Image.fromarray(pixels) if mode == "RGB" else Image.fromarray(pixels[..., 0].copy())
        image.save(tmp_path / "a.png", transparency=(10, 20, 30) if mode == "RGB" else 10)
    picture = read_picture(tmp_path / "a.png")
    assert picture.alpha is not None and (picture.alpha > 0).tolist() == [[False, True]]
    assert picture.pixels[0, 1, 0] == 40 * (257 if mode == "RGB16" else 1)


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


def test_deep_cmyk_is_read_with_8_bits_and_says_so(tmp_path: Path) -> None:
    inks = np.zeros((9, 9, 4), np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", inks, photometric="separated")
    picture = read_picture(tmp_path / "a.tif")
    assert picture.bits == 8 and has(picture.notes, "read with 8 bits") and picture.pixels.min() == 255


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


def test_odd_profiles_never_stop_a_picture(tmp_path: Path) -> None:
    broken = display_p3()[:200] + bytes(200)
    Image.fromarray(scene()).save(tmp_path / "a.png", icc_profile=broken)
    picture = read_picture(tmp_path / "a.png")
    assert picture.icc == broken and has(picture.notes, "not readable")
    Image.fromarray(scene()).save(tmp_path / "b.png", icc_profile=cmyk_profile())
    picture = read_picture(tmp_path / "b.png")
    assert picture.icc is None and has(picture.notes, "not for RGB")


def test_animations_and_pages_give_the_first(tmp_path: Path) -> None:
    frames = [Image.fromarray(scene(seed=i)) for i in range(3)]
    for name in ("a.gif", "a.webp", "a.png"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], lossless=True)
        picture = read_picture(tmp_path / name)
        assert has(picture.notes, "first frame of an animation"), name
        assert np.abs(picture.pixels.astype(int) - scene()).mean() < 6
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:])
    picture = read_picture(tmp_path / "a.tif")
    assert picture.notes == ("first of 3 pages",)
    np.testing.assert_array_equal(picture.pixels, scene())
    frames[0].save(tmp_path / "a.mpo", save_all=True, append_images=frames[1:])
    picture = read_picture(tmp_path / "a.mpo")
    assert has(picture.notes, "first of several pictures") and picture.container.format == "JPEG"


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_tiff_layouts(dtype: type, planar: str, order: str, tmp_path: Path) -> None:
    pixels = scene(dtype=dtype, channels=4)
    data = pixels if planar == "contig" else np.moveaxis(pixels, -1, 0)
    for options in ({}, {"tile": (16, 16), "compression": "zlib"}, {"compression": "zlib", "predictor": True}):
        tifffile.imwrite(
            tmp_path / "a.tif",
            data,
            photometric="rgb",
            planarconfig=planar,
            byteorder=order,
            extrasamples=["unassalpha"],
            **options,
        )
        picture = read_picture(tmp_path / "a.tif")
        np.testing.assert_array_equal(picture.pixels, pixels[..., :3])
        np.testing.assert_array_equal(picture.alpha, pixels[..., 3])
        assert picture.pixels.dtype.isnative and picture.pixels.flags.c_contiguous


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_tiff_extra_channels(dtype: type, tmp_path: Path) -> None:
    top = np.iinfo(dtype).max
    five = np.concatenate([scene(dtype=dtype, channels=4), scene(dtype=dtype)[..., :1]], 2)
    tifffile.imwrite(tmp_path / "a.tif", five, photometric="rgb", extrasamples=["unspecified", "unassalpha"])
    picture = read_picture(tmp_path / "a.tif")
    np.testing.assert_array_equal(picture.alpha, five[..., 4])
    assert has(picture.notes, "extra channel left out")
    tifffile.imwrite(tmp_path / "b.tif", five[..., :4], photometric="rgb", extrasamples=["unspecified"])
    picture = read_picture(tmp_path / "b.tif")
    assert picture.alpha is None and has(picture.notes, "extra channel left out")
    half = np.full((2, 2, 4), top // 2, dtype)
    half[..., :3] = top // 4
    tifffile.imwrite(tmp_path / "c.tif", half, photometric="rgb", extrasamples=["assocalpha"])
    picture = read_picture(tmp_path / "c.tif")
    assert has(picture.notes, "premultiplied") and abs(int(picture.pixels[0, 0, 0]) - top // 2) <= 2
    tifffile.imwrite(tmp_path / "d.tif", five[..., 0], photometric="miniswhite")
    np.testing.assert_array_equal(read_picture(tmp_path / "d.tif").pixels[..., 0], top - five[..., 0])


def test_lzw_in_both_depths(tmp_path: Path) -> None:
    import cv2

    for dtype in (np.uint8, np.uint16):
        for channels in (1, 3, 4):
            pixels = scene(dtype=dtype, channels=channels)
            data = pixels[..., 0] if channels == 1 else pixels[..., [2, 1, 0, 3][:channels]]
            cv2.imwrite(str(tmp_path / "a.tif"), data, [cv2.IMWRITE_TIFF_COMPRESSION, 5])
            picture = read_picture(tmp_path / "a.tif")
            want = np.repeat(pixels, 3, 2) if channels == 1 else pixels[..., :3]
            np.testing.assert_array_equal(picture.pixels, want)
            assert (picture.alpha is not None) == (channels == 4)


def test_the_name_does_not_decide_the_format(tmp_path: Path) -> None:
    Image.fromarray(scene()).save(tmp_path / "a.png", pnginfo=PngImagePlugin.PngInfo())
    (tmp_path / "a.png").rename(tmp_path / "a.jpg")
    assert read_picture(tmp_path / "a.jpg").container.format == "PNG"


def test_masks(tmp_path: Path) -> None:
    grey = np.array([[0, 128, 255]], np.uint8)
    Image.fromarray(grey).save(tmp_path / "m.png")
    mask = read_mask(tmp_path / "m.png", (1, 3))
    assert mask.dtype == np.float32 and mask.tolist() == [[0.0, float(np.float32(128) / np.float32(255)), 1.0]]
    Image.fromarray(np.array([[[255, 255, 255, 0], [255, 255, 255, 255]]], np.uint8)).save(tmp_path / "a.png")
    assert read_mask(tmp_path / "a.png", (1, 2)).tolist() == [[0.0, 1.0]]
    Image.fromarray(np.array([[[255, 0, 0], [255, 255, 0]]], np.uint8)).save(tmp_path / "c.png")
    np.testing.assert_allclose(read_mask(tmp_path / "c.png", (1, 2)), [[0.2126, 0.9278]], atol=1e-6)
    with pytest.raises(InputError, match=r"m\.png: the mask is 3 x 1 and its picture 5 x 2: give"):
        read_mask(tmp_path / "m.png", (2, 5))
    Image.new("L", (3, 1)).save(tmp_path / "z.png")
    with pytest.raises(InputError, match=r"z\.png: the mask is black everywhere: paint"):
        read_mask(tmp_path / "z.png", (1, 3))


@pytest.mark.parametrize(("suffix", "bits"), [(".avif", 10), (".avif", 12), (".jp2", 16), (".ppm", 16)])
def test_deep_formats_read_with_8_bits_say_so(suffix: str, bits: int, tmp_path: Path) -> None:
    import cv2

    params = [cv2.IMWRITE_AVIF_DEPTH, bits] if suffix == ".avif" else []
    values = scene(64, 64, dtype=np.uint16) >> (16 - bits)
    cv2.imwrite(str(tmp_path / f"a{suffix}"), values[..., ::-1], params)
    picture = read_picture(tmp_path / f"a{suffix}")
    assert has(picture.notes, f"{bits}-bit") and has(picture.notes, "read with 8 bits")
    assert np.abs(picture.pixels - (values >> (bits - 8)).astype(int)).mean() < 8
    Image.fromarray(scene(64, 64)).save(tmp_path / f"b{suffix}")
    assert read_picture(tmp_path / f"b{suffix}").notes == ()
