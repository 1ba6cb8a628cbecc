"""TIFF files: layouts, compressions and extra channels, and which of them are refused."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile

from studio.media.images import (
    read_picture,
    write_picture,
)
from tests.studio.media.images.conftest import scene
from tests.studio.media.images.files_for_tests import has, refused


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


def test_deep_cmyk_is_read_with_8_bits_and_says_so(tmp_path: Path) -> None:
    inks = np.zeros((9, 9, 4), np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", inks, photometric="separated")
    picture = read_picture(tmp_path / "a.tif")
    assert picture.bits == 8 and has(picture.notes, "read with 8 bits") and picture.pixels.min() == 255


@pytest.mark.parametrize("dtype", [np.float64, np.uint32, np.int16])
def test_tiffs_of_other_numbers(dtype: type, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((4, 4, 3), dtype), photometric="rgb")
    word = {"f": "floating-point", "u": "32-bit integer", "i": "signed"}[np.dtype(dtype).kind]
    refused(tmp_path / "a.tif", word, "save it as 16-bit integer RGB")


def test_tiff_compression_and_preview_free_directories(tmp_path: Path) -> None:
    pixels = scene(dtype=np.uint16)
    for compression, expected in ((None, 1), ("zlib", 8)):
        tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="rgb", compression=compression)
        picture = read_picture(tmp_path / "a.tif")
        with tifffile.TiffFile(write_picture(tmp_path / "b.tif", picture, pixels, overwrite=True)) as file:
            assert file.pages.first.compression == expected
            assert len(file.pages) == 1


def bare_tiff(path: Path, samples: int, bits: int, edge: int, data: int) -> Path:
    """A TIFF of one strip that says how much data it has, and holds none."""
    entries = [(256, 4, edge), (257, 4, edge), (258, 3, bits), (259, 3, 8), (262, 3, 2), (273, 4, 0), (277, 3, samples)]
    entries += [(278, 4, edge), (279, 4, data), (284, 3, 1)]
    body = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    path.write_bytes(b"II*\0" + struct.pack("<IH", 8, len(entries)) + body + bytes(4))
    return path


def test_what_a_tiff_comes_to_is_bounded_before_it_is_decoded(tmp_path: Path) -> None:
    path = bare_tiff(tmp_path / "sparse.tif", samples=60, bits=8, edge=10_000, data=0)
    refused(path, "60 samples of 8 bits for each pixel come to 6.0 GB")


@pytest.mark.parametrize("data", [0, 1000])
def test_a_tiff_without_its_data_is_damaged(data: int, tmp_path: Path) -> None:
    refused(bare_tiff(tmp_path / "a.tif", samples=3, bits=8, edge=50, data=data), "cut short or damaged")


def test_a_tag_that_is_there_twice_does_not_hide_the_size(tmp_path: Path) -> None:
    """CMYK is decoded by Pillow, which takes the last of two widths, while the first one was checked."""
    edge = 600
    entries = [(256, 4, 10), (256, 4, edge), (257, 4, 8), (257, 4, edge), (258, 3, 8), (259, 3, 1), (262, 3, 5)]
    entries += [(273, 4, 200), (277, 3, 4), (278, 4, edge), (279, 4, 4 * edge * edge), (284, 3, 1)]
    body = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    path = tmp_path / "twice.tif"
    path.write_bytes(
        (b"II*\0" + struct.pack("<IH", 8, len(entries)) + body + bytes(4)).ljust(200, b"\0") + bytes(4 * edge**2)
    )
    refused(path, "cut short or damaged", call=lambda place: read_picture(place, max_pixels=1000))


@pytest.mark.parametrize("kind", ["<f", "<H"])
def test_a_resolution_of_another_type_costs_nothing(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.full((4, 5, 3), 90, np.uint8), photometric="rgb", metadata=None, resolution=(72, 72))
    with tifffile.TiffFile(path, mode="r+") as file:
        for code in (282, 283):
            tag = file.pages.first.tags[code]
            file.filehandle.seek(tag.offset + 2)
            code_of_kind = {"<f": 11, "<H": 3}[kind]
            file.filehandle.write(struct.pack("<HI", code_of_kind, 1) + struct.pack(kind, 72).ljust(4, b"\0"))
    assert read_picture(path).pixels[0, 0].tolist() == [90, 90, 90]


BROKEN_TAGS = {
    "far away": (7, 1000, 10**9),
    "huge": (7, 2**31 - 1, 8),
    "unknown type": (99, 5, 8),
    "no value": (7, 0, 0),
    "ratio far away": (5, 1, 10**9),
    "text far away": (2, 50, 10**8),
    "a loop": (4, 1, 8),
    "negative": (9, 1, 2**32 - 1),
}


@pytest.mark.parametrize("name", BROKEN_TAGS)
@pytest.mark.parametrize("inks", [False, True], ids=["RGB", "CMYK"])
def test_broken_tags_do_not_cost_the_picture(inks: bool, name: str, tmp_path: Path) -> None:
    """Profile, XMP, IPTC, EXIF, GPS, Photoshop, resolution, maker, date, children, page, orientation, copyright, private."""
    samples = 4 if inks else 3
    pixels = np.full((20, 30, samples), 0 if inks else 200, np.uint8)
    for code in (34675, 700, 33723, 34665, 34853, 34377, 282, 271, 306, 330, 254, 297, 274, 33432, 40965, 65000):
        kind, count, value = BROKEN_TAGS[name]
        entries = [(256, 4, 1, 30), (257, 4, 1, 20), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 5 if inks else 2)]
        entries += [(273, 4, 1, 300), (277, 3, 1, samples), (278, 4, 1, 20), (279, 4, 1, pixels.size)]
        entries = sorted([*entries, (code, kind, count, value)])
        head = b"II*\0" + struct.pack("<IH", 8, len(entries))
        path = tmp_path / "a.tif"
        path.write_bytes(
            (head + b"".join(struct.pack("<HHII", *e) for e in entries)).ljust(300, b"\0") + pixels.tobytes()
        )
        picture = read_picture(path)
        assert picture.pixels[0, 0].tolist() == ([255] * 3 if inks else [200] * 3), code
        back = read_picture(write_picture(tmp_path / "b.tif", picture, picture.pixels, overwrite=True))
        assert back.full_size == picture.full_size


def test_more_strips_than_anybody_writes_are_refused(tmp_path: Path) -> None:
    """600,000 strips that are all the same row: a file of 5 MB that would take minutes."""
    count = 600_000
    entries = [
        (256, 4, 1, 30),
        (257, 4, 1, count),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (273, 4, count, 200),
    ]
    entries += [(277, 3, 1, 1), (278, 4, 1, 1), (279, 4, count, 200 + 4 * count)]
    head = b"II*\0" + struct.pack("<IH", 8, len(entries)) + b"".join(struct.pack("<HHII", *e) for e in entries)
    places = np.full(count, 100, "<u4").tobytes() + np.full(count, 30, "<u4").tobytes()
    path = tmp_path / "a.tif"
    path.write_bytes(head.ljust(200, b"\0") + places)
    refused(path, "600000 strips or tiles takes too long")
