"""EXIF, XMP and profiles are kept, and say nothing false afterwards."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps, PngImagePlugin

from studio.media.images import (
    read_picture,
    write_picture,
)
from studio.media.images.metadata import upright_exif
from tests.studio.media.images.conftest import camera_exif, scene, source, xmp_packet
from tests.studio.media.images.profiles_for_tests import display_p3

LABELLED = (".jpg", ".png", ".tif", ".webp")


def said(exif: bytes | None) -> dict[str, Any]:
    """All an EXIF block says, pointers and the plain orientation aside."""
    record = Image.Exif()
    record.load(exif or b"")
    flat = {f"0:{k}": v for k, v in record.items() if k not in (0x8769, 0x8825)}
    for directory in (0x8769, 0x8825):
        flat |= {f"{directory}:{k}": v for k, v in record.get_ifd(directory).items()}
    return {k: v for k, v in flat.items() if (k, v) != ("0:274", 1)}


@pytest.mark.parametrize("target", LABELLED)
@pytest.mark.parametrize("origin", LABELLED)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_profile_exif_and_xmp_survive_every_pair_of_formats(
    origin: str, target: str, dtype: type, tmp_path: Path
) -> None:
    pixels = scene(dtype=dtype)
    path = tmp_path / f"a{origin}"
    labels = read_picture_with_labels(tmp_path)
    write_picture(path, source(pixels, icc=display_p3(), container=labels), pixels)
    back = read_picture(write_picture(tmp_path / f"b{target}", read_picture(path), pixels))
    assert back.icc == display_p3()
    assert said(back.container.exif) == said(camera_exif())
    assert back.container.xmp == xmp_packet()
    assert back.container.dpi is None or np.allclose(back.container.dpi, 300, atol=0.01)
    if target != ".webp" and origin != ".webp":
        assert back.container.dpi is not None


def read_picture_with_labels(folder: Path) -> Any:
    """The container of a PNG with everything, without the PNG's own chunks."""
    from dataclasses import replace

    path = folder / "labels.png"
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", xmp_packet().decode())
    Image.new("RGB", (2, 2)).save(path, exif=camera_exif(), pnginfo=text, dpi=(300, 300))
    return replace(read_picture(path).container, png_chunks=(), format="NONE")


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp", "16.png", "16.tif", ".lzw.tif", "16.lzw.tif"])
def test_orientation_is_baked_once(suffix: str, orientation: int, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    stored = scene(dtype=np.uint16 if suffix.startswith("16") else np.uint8)
    save_turned(path, stored, orientation)
    picture = read_picture(path)
    image = Image.fromarray(scene())
    image.getexif()[0x0112] = orientation
    upright = np.asarray(ImageOps.exif_transpose(image))
    assert picture.pixels.shape == upright.shape
    scale = 257.0 if picture.bits == 16 else 1.0
    assert np.abs(picture.pixels / scale - upright).mean() < 4  # JPEG and 16-bit grain; a wrong turn is off by 40
    out = tmp_path / f"b{path.suffix}"
    again = read_picture(write_picture(out, picture, picture.pixels))
    assert again.pixels.shape == picture.pixels.shape
    assert np.abs(again.pixels.astype(float) - picture.pixels).mean() / scale < 4
    assert said(again.container.exif).get("0:274", 1) == 1
    with Image.open(out) as seen:
        assert seen.getexif().get(0x0112, 1) == 1


def save_turned(path: Path, stored: np.ndarray, orientation: int) -> None:
    """A file with ``stored`` pixels and an orientation beside them, made without the code under test where possible."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    if path.suffix == ".tif":
        if ".lzw" in path.suffixes:
            import cv2

            cv2.imwrite(str(path), stored[..., ::-1], [cv2.IMWRITE_TIFF_COMPRESSION, 5])
            add_short_tag(path, 274, orientation)
        else:
            tifffile.imwrite(path, stored, photometric="rgb", extratags=[(274, 3, 1, orientation, True)])
    elif stored.dtype == np.uint16:
        import cv2

        block = np.frombuffer(exif.tobytes()[6:], np.uint8)
        cv2.imwriteWithMetadata(str(path), stored[..., ::-1], [cv2.IMAGE_METADATA_EXIF], [block])
    else:
        Image.fromarray(stored).save(path, exif=exif, quality=95, lossless=True)


def add_short_tag(path: Path, code: int, value: int) -> None:
    """Give a little-endian TIFF a new first directory with one more entry (tifffile cannot write LZW itself)."""
    data = path.read_bytes()
    (at,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, at)
    entries = [data[at + 2 + 12 * i : at + 14 + 12 * i] for i in range(count)]
    entries.append(struct.pack("<HHIHH", code, 3, 1, value, 0))
    entries.sort(key=lambda entry: struct.unpack_from("<H", entry)[0])
    data += bytes(len(data) % 2)
    directory = struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4)
    path.write_bytes(data[:4] + struct.pack("<I", len(data)) + data[8:] + directory)


def test_orientation_in_xmp_alone_is_honoured_and_reset(tmp_path: Path) -> None:
    Image.fromarray(scene()).save(tmp_path / "a.jpg", xmp=xmp_packet(6))
    picture = read_picture(tmp_path / "a.jpg")
    assert (picture.height, picture.width) == (40, 24)
    assert picture.container.xmp == xmp_packet(1)


def test_turning_swaps_the_recorded_size_and_unlinks_the_preview() -> None:
    exif = Image.Exif()
    exif.load(camera_exif(6))
    with_preview = bytearray(exif.tobytes())
    order = ">" if with_preview[6:8] == b"MM" else "<"
    count = int.from_bytes(with_preview[14:16], "big" if order == ">" else "little")
    link = 16 + 12 * count
    with_preview[link : link + 4] = (8).to_bytes(4, "big" if order == ">" else "little")
    patched = upright_exif(bytes(with_preview), turned=True)
    assert patched is not None and len(patched) == len(with_preview)
    assert patched[link : link + 4] == bytes(4)
    facts = said(patched)
    assert "0:274" not in facts and (facts["34665:40962"], facts["34665:40963"]) == (24, 40)
    assert upright_exif(b"Exif\0\0MM\0*\0\0\xff\xff", turned=True) is None


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp", ".avif"])
def test_exif_that_cannot_be_followed_is_left_out_and_said_so(suffix: str, tmp_path: Path) -> None:
    """Every byte of a block with an orientation is wrong once. The picture never comes out turned twice, nor not at all."""
    record = Image.Exif()
    record[274], record[270] = 6, "words"
    record.get_ifd(0x8769)[0x9003] = "2026:11:29 12:00:00"
    whole = record.tobytes()
    rng = np.random.default_rng(3)
    plain = Image.fromarray(rng.integers(0, 255, (20, 30, 3), np.uint8))
    for at in range(6, len(whole), 3):
        exif = whole[:at] + bytes([whole[at] ^ 0xA5]) + whole[at + 1 :]
        plain.save(tmp_path / "in.jpg", exif=exif)
        picture = read_picture(tmp_path / "in.jpg")
        write_picture(tmp_path / f"out{suffix}", picture, picture.pixels, overwrite=True)
        with Image.open(tmp_path / f"out{suffix}") as out:
            assert out.getexif().get(274, 1) == 1
        if picture.container.exif is None:
            assert "EXIF that is not readable was left out" in picture.notes


def test_a_resolution_that_no_format_holds_is_left_out(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((4, 4, 3), np.uint8), photometric="rgb", resolution=(4e9, 4e9))
    picture = read_picture(tmp_path / "a.tif")
    assert picture.container.dpi is None and "resolution out of range left out" in picture.notes
    write_picture(tmp_path / "out.png", picture, picture.pixels)
