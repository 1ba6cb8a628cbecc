"""DPX in and out: the codes keep their depth and the header every byte."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from studio.media.images import read_picture, write_picture
from tests.studio.media.images.files_for_tests import has, refused

pytest.importorskip("OpenImageIO")
from tests.studio.media.images import film_for_tests  # noqa: E402
from tests.studio.media.images.film_for_tests import (  # noqa: E402
    WARMER,
    dpx,
    patched,
    plain_exr,
    regraded,
)

LOG = {"dpx:Transfer": "Printing density", "dpx:Colorimetric": "Printing density"}
TRANSFER, DESCRIPTOR, DEPTH, ELEMENTS, SIGN = 801, 800, 803, 770, 780
"""Places of fields in the header (SMPTE ST 268-1)."""


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
@pytest.mark.parametrize("order", ["big", "little"])
def test_no_grade_gives_the_same_bytes(bits: int, order: str, tmp_path: Path) -> None:
    path = dpx(tmp_path / "a.dpx", bits, **LOG, **{"oiio:Endian": order})
    # fields that OpenImageIO does not know, or sets by itself: a creator, the film's edge code, a user's field
    patched(path, (36, b"name"), (160, b"somebody"), (1664, b"02"), (1408 + 256 - 60, b"odd"))
    assert regraded(path).read_bytes() == path.read_bytes()


def test_alpha_of_10_bits_is_read_where_openimageio_reads_all_of_it(tmp_path: Path) -> None:
    refused(dpx(tmp_path / "a.dpx", 10, 4), "10 bits with alpha is only read in widths of threes")


@pytest.mark.parametrize(("bits", "width"), [(8, 70), (10, 72), (12, 70), (16, 70)])
def test_opacity_is_kept(bits: int, width: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(film_for_tests, "WIDTH", width)
    path = dpx(tmp_path / "a.dpx", bits, 4)
    picture = read_picture(path)
    assert picture.alpha is not None and picture.multiplied_by is None
    assert regraded(path).read_bytes() == path.read_bytes()
    again = read_picture(regraded(path, WARMER)).alpha
    np.testing.assert_array_equal(again, picture.alpha)


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_a_graded_picture_has_codes_of_its_depth(bits: int, tmp_path: Path) -> None:
    path = dpx(tmp_path / "a.dpx", bits, **LOG)
    graded = regraded(path, WARMER)
    assert graded.read_bytes()[:2048] == path.read_bytes()[:2048]
    before, after = read_picture(path), read_picture(graded)
    assert after.pixels.dtype == (np.uint8 if bits == 8 else np.uint16)
    assert not np.array_equal(before.pixels, after.pixels)
    if bits == 10:
        codes = after.pixels.astype(int) >> 6
        np.testing.assert_array_equal(after.pixels, codes << 6 | codes >> 4)


def test_codes_are_rounded_to_the_nearest(tmp_path: Path) -> None:
    picture = read_picture(dpx(tmp_path / "a.dpx"))
    wanted = np.random.default_rng(0).integers(0, 65536, picture.pixels.shape).astype(np.uint16)
    again = read_picture(write_picture(tmp_path / "b.dpx", picture, wanted)).pixels
    np.testing.assert_array_equal(again >> 6, np.rint(wanted / 65535 * 1023).astype(int))


@pytest.mark.parametrize(
    ("code", "words", "is_linear"),
    [
        (1, "printing density, which is log", False),
        (2, "linear light with the primaries of Rec.709", True),
        (3, "its transfer is logarithmic", False),
        (6, "its transfer is ITU-R BT.709: its codes were taken as sRGB's", False),
        (0, "does not say its transfer", False),
        (255, "does not say its transfer", False),
    ],
)
def test_its_transfer_is_told(code: int, words: str, is_linear: bool, tmp_path: Path) -> None:
    picture = read_picture(patched(dpx(tmp_path / "a.dpx"), (TRANSFER, bytes([code]))))
    assert has(picture.notes, words) and (picture.icc is not None) == is_linear


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ((DESCRIPTOR, b"\x06"), ("luma alone", "write it as RGB")),
        ((DESCRIPTOR, b"\x64"), ("Y'CbCr 4:2:2",)),
        ((DESCRIPTOR, b"\xfa"), ("samples of kind 250",)),
        ((DEPTH, b"\x20"), ("32 bits is not read",)),
        ((ELEMENTS, struct.pack("<H", 2)), ("2 image elements",)),
        ((SIGN, struct.pack("<I", 1)), ("signed 10 bits",)),
        ((772, struct.pack("<I", 0)), ("cut short or damaged",)),
        ((772, struct.pack("<I", 1 << 20)), ("cut short or damaged",)),
        ((772, struct.pack("<2I", 1 << 30, 1 << 30)), ("megapixels and the limit is",)),
    ],
)
def test_what_is_refused(change: tuple[int, bytes], words: tuple[str, ...], tmp_path: Path) -> None:
    path = dpx(tmp_path / "a.dpx", **{"oiio:Endian": "little"})
    assert path.read_bytes()[:4] == b"XPDS"
    refused(patched(path, change), *words)


def test_damaged_files(tmp_path: Path) -> None:
    whole = dpx(tmp_path / "whole.dpx").read_bytes()
    for size in (5, 700, 900, 2048, len(whole) - 1):
        (tmp_path / "a.dpx").write_bytes(whole[:size])
        refused(tmp_path / "a.dpx", "cut short or damaged")


def test_turned_rows_stay_as_they_are(tmp_path: Path) -> None:
    path = patched(dpx(tmp_path / "a.dpx", **{"oiio:Endian": "little"}), (768, struct.pack("<H", 2)))
    assert has(read_picture(path).notes, "turned or mirrored")
    assert regraded(path).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("name", ["b.png", "b.exr"])
def test_no_other_format_is_made_of_it(name: str, tmp_path: Path) -> None:
    picture = read_picture(dpx(tmp_path / "a.dpx"))
    refused(tmp_path / name, "the source is DPX", call=lambda place: write_picture(place, picture, picture.pixels))
    light = read_picture(plain_exr(tmp_path / "c.exr"))
    refused(tmp_path / "c.dpx", "the source is EXR", call=lambda place: write_picture(place, light, light.pixels))
