"""Compressed TIFFs in planes, and with any number of samples.

No library here writes them. Each strip or tile is therefore compressed as a grey picture of its own (by libtiff, through Pillow)
and put into a file built by TIFF 6.0. The values that must come out are those that went in.
"""

from __future__ import annotations

import io
import lzma
import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from studio.media.images import read_picture
from tests.studio.media.images.conftest import scene
from tests.studio.media.images.files_for_tests import has, refused

LZW, DEFLATE, LZMA, ZSTD, PACKBITS = 5, 8, 34925, 50000, 32773
NAMES = {LZW: "tiff_lzw", DEFLATE: "tiff_adobe_deflate", ZSTD: "zstd", PACKBITS: "packbits"}
EDGE = 32  # of a tile


def packed(part: np.ndarray, compression: int) -> bytes:
    """One strip or tile as libtiff compresses it, without predictor."""
    if compression == LZMA:  # which Pillow's libtiff lacks
        return lzma.compress(part.tobytes())
    stream = io.BytesIO()
    image = Image.fromarray(np.ascontiguousarray(part))
    image.save(stream, "TIFF", compression=NAMES[compression], tiffinfo={278: part.shape[0], 317: 1})
    stream.seek(0)
    with tifffile.TiffFile(stream) as file:
        page = file.pages.first
        assert len(page.dataoffsets) == 1 and page.predictor == 1 and page.compression == compression
        return stream.getvalue()[page.dataoffsets[0] : page.dataoffsets[0] + page.databytecounts[0]]


def differences(part: np.ndarray) -> np.ndarray:
    """Horizontal differences of each sample, (H, W, S) (TIFF 6.0, section 14)."""
    out = part.copy()
    out[:, 1:] -= part[:, :-1]
    return out


def tiff(
    pixels: np.ndarray,
    compression: int,
    *,
    planar: bool,
    tiled: bool,
    predictor: int = 1,
    photometric: int = 2,
    extra: tuple[int, ...] = (),
) -> bytes:
    """A TIFF of (H, W, S) in strips of 7 rows, or in tiles."""
    height, width, samples = pixels.shape
    planes = [pixels[..., i : i + 1] for i in range(samples)] if planar else [pixels]
    parts = []
    for plane in planes:
        if tiled:
            padded = np.pad(plane, ((0, -height % EDGE), (0, -width % EDGE), (0, 0)), mode="edge")
            cut = [
                padded[y : y + EDGE, x : x + EDGE]
                for y in range(0, height, EDGE)
                for x in range(0, width, EDGE)
            ]  # fmt: skip
        else:
            cut = [plane[y : y + 7] for y in range(0, height, 7)]
        for part in cut:
            part = differences(part) if predictor == 2 else part
            parts.append(packed(part.reshape(part.shape[0], -1), compression))
    bits = pixels.dtype.itemsize * 8
    entries: list[tuple[int, int, tuple[int, ...]]] = [
        (256, 4, (width,)),
        (257, 4, (height,)),
        (258, 3, (bits,) * samples),
    ]
    entries += [
        (259, 3, (compression,)),
        (262, 3, (photometric,)),
        (277, 3, (samples,)),
        (284, 3, (2 if planar else 1,)),
    ]
    entries += [(317, 3, (predictor,))] + ([(338, 3, extra)] if extra else [])
    offsets, counts = (324, 325) if tiled else (273, 279)
    entries += [(322, 4, (EDGE,)), (323, 4, (EDGE,))] if tiled else [(278, 4, (7,))]
    entries += [(offsets, 4, (0,) * len(parts)), (counts, 4, tuple(len(part) for part in parts))]
    entries.sort()
    start = 14 + 12 * len(entries)
    sizes = [struct.calcsize(f"<{len(v)}{'H' if kind == 3 else 'I'}") for _, kind, v in entries]
    at = start + sum(size for size in sizes if size > 4)
    places = tuple(int(place) for place in np.cumsum([at, *map(len, parts)])[:-1])
    directory, behind = struct.pack("<H", len(entries)), b""
    for tag, kind, value in entries:
        block = struct.pack(f"<{len(value)}{'H' if kind == 3 else 'I'}", *(places if tag == offsets else value))
        directory += struct.pack("<HHI", tag, kind, len(value))
        directory += block.ljust(4, b"\0") if len(block) <= 4 else struct.pack("<I", start + len(behind))
        behind += block if len(block) > 4 else b""
    body = b"II*\0" + struct.pack("<I", 8) + directory + bytes(4) + behind
    assert len(body) == at
    return body + b"".join(parts)


@pytest.mark.parametrize("tiled", [False, True], ids=["strips", "tiles"])
@pytest.mark.parametrize("predictor", [1, 2])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("compression", [LZW, DEFLATE, PACKBITS])
def test_planes(compression: int, dtype: type, predictor: int, tiled: bool, tmp_path: Path) -> None:
    path, pixels = tmp_path / "a.tif", scene(45, 70, dtype, 4)
    path.write_bytes(tiff(pixels[..., :3], compression, planar=True, tiled=tiled, predictor=predictor))
    picture = read_picture(path)
    np.testing.assert_array_equal(picture.pixels, pixels[..., :3])
    assert picture.notes == () and picture.alpha is None and picture.pixels.dtype == dtype
    path.write_bytes(tiff(pixels, compression, planar=True, tiled=tiled, predictor=predictor, extra=(2,)))
    picture = read_picture(path)
    np.testing.assert_array_equal(picture.pixels, pixels[..., :3])
    np.testing.assert_array_equal(picture.alpha, pixels[..., 3])


@pytest.mark.parametrize("tiled", [False, True], ids=["strips", "tiles"])
@pytest.mark.parametrize("planar", [False, True], ids=["side by side", "planes"])
@pytest.mark.parametrize("predictor", [1, 2])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_two_and_five_samples(dtype: type, predictor: int, planar: bool, tiled: bool, tmp_path: Path) -> None:
    path, four = tmp_path / "a.tif", scene(45, 70, dtype, 4)
    five = np.concatenate([four, four[..., :1]], 2)
    options = {"planar": planar, "tiled": tiled, "predictor": predictor}
    path.write_bytes(tiff(five, LZW, extra=(0, 2), **options))
    picture = read_picture(path)
    np.testing.assert_array_equal(picture.pixels, five[..., :3])
    np.testing.assert_array_equal(picture.alpha, five[..., 4])
    assert has(picture.notes, "extra channel left out")
    path.write_bytes(tiff(five[..., 2:4], LZW, photometric=1, extra=(2,), **options))
    picture = read_picture(path)
    np.testing.assert_array_equal(picture.pixels, np.repeat(five[..., 2:3], 3, 2))
    np.testing.assert_array_equal(picture.alpha, five[..., 3])


@pytest.mark.parametrize("compression", [LZMA, ZSTD])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("planar", [False, True], ids=["side by side", "planes"])
def test_rarer_compressions(planar: bool, dtype: type, compression: int, tmp_path: Path) -> None:
    path, pixels = tmp_path / "a.tif", scene(45, 70, dtype)
    path.write_bytes(tiff(pixels, compression, planar=planar, tiled=False, predictor=2))
    np.testing.assert_array_equal(read_picture(path).pixels, pixels)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("planar", [False, True], ids=["side by side", "planes"])
def test_inks(planar: bool, dtype: type, tmp_path: Path) -> None:
    path, inks = tmp_path / "a.tif", np.zeros((45, 70, 4), dtype)
    inks[:, 35:, 1:3] = np.iinfo(dtype).max  # magenta and yellow: red
    path.write_bytes(tiff(inks, LZW, planar=planar, tiled=False, photometric=5))
    picture = read_picture(path)
    assert picture.pixels[0, 0].tolist() == [255] * 3 and picture.pixels[0, 69].tolist() == [255, 0, 0]


def test_planes_that_lack_a_part_are_damaged(tmp_path: Path) -> None:
    path, data = tmp_path / "a.tif", tiff(scene(45, 70, np.uint16), LZW, planar=True, tiled=False)
    path.write_bytes(data[:-200])
    refused(path, "cut short or damaged")
    path.write_bytes(data[:-400] + b"\xff" * 400)
    refused(path, "cut short or damaged")
