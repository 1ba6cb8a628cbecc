"""Colour boxes of AVIF, HEIC and JPEG 2000 files, put together by the specification."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from studio.media.images import profile_name, read_picture
from studio.media.images.boxes import ColourBox, colour_boxes
from tests.studio.media.images.conftest import scene
from tests.studio.media.images.profiles_for_tests import display_p3


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def nclx(primaries: int, transfer: int) -> bytes:
    return box(b"colr", b"nclx", struct.pack(">3HB", primaries, transfer, 6, 128))


def prof() -> bytes:
    return box(b"colr", b"prof", display_p3())


def meta(
    properties: list[bytes], items: dict[int, list[int]], primary: int = 1, wide: bool = False, grid: bytes = b""
) -> bytes:
    entries = b""
    for item, places in items.items():
        head = struct.pack(">I" if wide else ">H", item) + bytes([len(places)])
        entries += head + b"".join(struct.pack(">H", 0x8000 | p) if wide else bytes([0x80 | p]) for p in places)
    ipma = box(b"ipma", bytes([int(wide), 0, 0, int(wide)]), struct.pack(">I", len(items)), entries)
    pitm = box(b"pitm", bytes([int(wide), 0, 0, 0]), struct.pack(">I" if wide else ">H", primary))
    return box(b"meta", bytes(4), pitm, grid, box(b"iprp", box(b"ipco", *properties), ipma))


FTYP = box(b"ftyp", b"avif", bytes(4), b"mif1")
SPACE = box(b"ispe", bytes(12))


@pytest.mark.parametrize("wide", [False, True])
def test_the_primary_item_counts(wide: bool, tmp_path: Path) -> None:
    """ISO/IEC 23008-12, 9.3 and ISO/IEC 14496-12, 8.11.4."""
    properties = [nclx(9, 16), SPACE, nclx(12, 13), prof()]
    for primary, wanted in (
        (1, ColourBox(None, (9, 16, 6, 1))),
        (2, ColourBox(None, (12, 13, 6, 1))),
        (3, ColourBox(display_p3(), (12, 13, 6, 1))),
    ):
        data = (
            FTYP
            + box(b"free", bytes(9))
            + meta(properties, {1: [2, 1], 2: [2, 3], 3: [4, 3]}, primary, wide)
            + box(b"mdat", bytes(20))
        )
        (tmp_path / "a.avif").write_bytes(data)
        assert colour_boxes(tmp_path / "a.avif") == wanted


def test_a_grid_without_colours_has_those_of_its_parts(tmp_path: Path) -> None:
    reference = box(
        b"iref", bytes(4), box(b"auxl", struct.pack(">3H", 9, 1, 1)), box(b"dimg", struct.pack(">4H", 1, 2, 5, 6))
    )
    (tmp_path / "a.heic").write_bytes(FTYP + meta([SPACE, nclx(12, 1)], {1: [1], 5: [1, 2]}, grid=reference))
    assert colour_boxes(tmp_path / "a.heic").numbers == (12, 1, 6, 1)
    loop = box(b"iref", bytes(4), box(b"dimg", struct.pack(">3H", 1, 1, 1)))
    (tmp_path / "a.heic").write_bytes(FTYP + meta([SPACE], {1: [1]}, grid=loop))
    assert colour_boxes(tmp_path / "a.heic") == ColourBox()


def test_sequences_and_jpeg_2000(tmp_path: Path) -> None:
    """ISO/IEC 14496-12, 12.1.3 and ISO/IEC 15444-1, I.5.3.3."""
    entry = box(b"av01", bytes(78), box(b"av1C", bytes(4)), nclx(9, 18))
    stsd = box(b"stsd", bytes(8), entry)
    film = box(b"moov", box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", stsd)))))
    (tmp_path / "a.avif").write_bytes(FTYP + film)
    assert colour_boxes(tmp_path / "a.avif").numbers == (9, 18, 6, 1)
    jp2 = (
        box(b"jP  ", b"\r\n\x87\n")
        + FTYP
        + box(b"jp2h", box(b"ihdr", bytes(14)), box(b"colr", b"\2\0\0", display_p3()))
    )
    (tmp_path / "a.jp2").write_bytes(jp2)
    assert colour_boxes(tmp_path / "a.jp2").icc == display_p3()


def test_a_profile_in_jpeg_2000_is_used(tmp_path: Path) -> None:
    from PIL import Image

    Image.fromarray(scene(64, 96)).save(tmp_path / "a.jp2", irreversible=False)
    data = (tmp_path / "a.jp2").read_bytes()
    at = data.index(b"colr") - 4
    (old,) = struct.unpack_from(">I", data, at)
    new = box(b"colr", b"\2\0\0", display_p3())
    head = data.index(b"jp2h") - 4
    (whole,) = struct.unpack_from(">I", data, head)
    data = data[:at] + new + data[at + old :]
    data = data[:head] + struct.pack(">I", whole + len(new) - old) + data[head + 4 :]
    (tmp_path / "a.jp2").write_bytes(data)
    assert profile_name(read_picture(tmp_path / "a.jp2").icc) == "Display P3"


def test_broken_boxes_say_nothing(tmp_path: Path) -> None:
    good = FTYP + meta([SPACE, nclx(12, 1)], {1: [1, 2]})
    path = tmp_path / "a.avif"
    for end in range(0, len(good)):
        path.write_bytes(good[:end])
        colour_boxes(path)
    for at in range(len(good)):
        for value in (0, 1, 255):
            path.write_bytes(good[:at] + bytes([value]) + good[at + 1 :])
            colour_boxes(path)
