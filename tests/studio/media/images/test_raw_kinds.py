"""Which files are camera raw, by the first bytes and the directories of each kind."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
import tifffile

from studio.media.images.raw_kinds import is_raw
from tests.studio.media.images.conftest import scene
from tests.studio.media.images.files_for_tests import encoded

RAW = {
    "raf": b"FUJIFILMCCD-RAW 0201FF383501",
    "rw2": b"IIU\0\x18\0\0\0" + bytes(24),
    "orf": b"IIRO\x08\0\0\0" + bytes(24),
    "cr2": b"II*\0\x10\0\0\0CR\2\0" + bytes(20),
    "cr3": b"\0\0\0\x18ftypcrx \0\0\0\1crx isom",
    "crw": b"II\x1a\0\0\0HEAPCCDR" + bytes(16),
    "mrw": b"\0MRM" + bytes(28),
    "x3f": b"FOVb" + bytes(28),
    "iiq": b"IIII" + bytes(28),
}


def tiff(*directories: list[tuple[int, int, int, int]], order: str = "<", chained: bool = True) -> bytes:
    """A TIFF of directories, each of entries: tag, type, count and value."""
    out = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    for number, entries in enumerate(directories):
        after = len(out) + 2 + 12 * len(entries) + 4
        out += struct.pack(order + "H", len(entries))
        for tag, kind, count, value in entries:
            held = struct.pack(order + ("HH" if kind == 3 else "I"), *((value, 0) if kind == 3 else (value,)))
            out += struct.pack(order + "HHI", tag, kind, count) + held
        out += struct.pack(order + "I", after if chained and number + 1 < len(directories) else 0)
    return out


def found(path: Path, content: bytes) -> bool:
    path.write_bytes(content)
    return is_raw(path, content[:32])


@pytest.mark.parametrize("kind", [kind for kind in RAW if kind != "iiq"])
def test_each_kind_is_known_under_any_name(kind: str, tmp_path: Path) -> None:
    for name in (f"a.{kind}", "a.jpg", "a"):
        assert found(tmp_path / name, RAW[kind])


@pytest.mark.parametrize("order", ["<", ">"])
def test_tiffs_of_sensors(order: str, tmp_path: Path) -> None:
    view, sensor = (262, 3, 1, 2), (262, 3, 1, 32803)
    path = tmp_path / "a.tif"
    assert found(path, tiff([(262, 3, 1, 34892)], order=order))
    assert found(path, tiff([view], [sensor], order=order)), "the second in the chain"
    below = 8 + 2 + 24 + 4
    assert found(path, tiff([view, (330, 4, 1, below)], [sensor], order=order, chained=False)), "one below"
    content = tiff([view, (330, 4, 2, below)], order=order)
    places = struct.pack(order + "2I", below + 8, below + 8 + 18)
    assert found(path, content + places + tiff([view], [sensor], order=order)[8:]), "two below"
    assert found(path, tiff([(50706, 1, 4, 0x401)], order=order))
    assert not found(path, tiff([view], [view], order=order))
    phase_one = tiff(order=order)[:8] + b"IIIITawR" + bytes(16)
    assert found(path, phase_one)


def test_other_pictures_are_none_whatever_they_are_called(tmp_path: Path) -> None:
    for form, suffix in (("JPEG", "nef"), ("PNG", "dng"), ("WEBP", "cr2"), ("GIF", "raw"), ("BMP", "arw")):
        assert not found(tmp_path / f"a.{suffix}", encoded(scene(), form))
    tifffile.imwrite(tmp_path / "b.tif", scene(), photometric="rgb")
    assert not is_raw(tmp_path / "b.tif", (tmp_path / "b.tif").read_bytes()[:32])


def test_where_the_content_leaves_it_open_the_name_decides(tmp_path: Path) -> None:
    """Old cameras wrote TIFFs that do not say what they are, and files without any mark."""
    for content in (encoded(scene(), "TIFF"), b"\1\2\3\4" * 20):
        assert found(tmp_path / "a.DCR", content) and not found(tmp_path / "a.tif", content)


@pytest.mark.parametrize("order", ["<", ">"])
def test_broken_directories_end_the_search(order: str, tmp_path: Path) -> None:
    whole = tiff([(262, 3, 1, 2), (330, 4, 900, 8)], [(262, 3, 1, 2)], order=order)
    for length in range(4, len(whole)):
        assert not found(tmp_path / "a.tif", whole[:length])
    endless = whole[:-4] + struct.pack(order + "I", 8)
    assert not found(tmp_path / "a.tif", endless)
    assert not found(tmp_path / "a.tif", whole[:8] + b"\xff\xff" + bytes(100))
