"""A PNG with bad chunks beside its picture is read: what is bad is left out, and said so. The pixels stay the same."""

from __future__ import annotations

import struct
import time
import zlib
from pathlib import Path

import numpy as np
import pytest

from studio.media.images import read_picture, write_picture
from tests.studio.media.images.files_for_tests import FILES, has, refused
from tests.studio.media.images.profiles_for_tests import display_p3

LEFT_OUT = "too large or too many were left out"


def chunk(kind: bytes, body: bytes, error: int = 0) -> bytes:
    """A chunk (PNG specification, section 5.3); ``error`` spoils its check sum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body) ^ error)


def png(*chunks: bytes, base: str = "png", behind: bool = False) -> bytes:
    """A picture with chunks in front of its data, or behind them."""
    data = FILES[base]
    at = len(data) - 12 if behind else 33
    return data[:at] + b"".join(chunks) + data[at:]


packed = zlib.compress
BAD = {
    "text beyond 16 MiB": chunk(b"zTXt", b"Comment\0\0" + packed(bytes(20 << 20))),
    "international text beyond 16 MiB": chunk(b"iTXt", b"Comment\0\1\0\0\0" + packed(bytes(20 << 20))),
    "XMP beyond 16 MiB": chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + packed(bytes(20 << 20))),
    "plain text beyond 16 MiB": chunk(b"tEXt", b"Comment\0" + bytes(20 << 20)),
    "text that is not deflated": chunk(b"zTXt", b"Comment\0\0garbage"),
    "text that is cut": chunk(b"zTXt", b"Comment\0\0" + packed(b"some words" * 99)[:-8]),
    "text of an unknown method": chunk(b"zTXt", b"Comment\0\7" + packed(b"a")),
    "empty text": chunk(b"zTXt", b""),
    "international text without its fields": chunk(b"iTXt", b"abc\0\1"),
    "check sum": chunk(b"tEXt", b"Comment\0words", error=1),
    "check sum of an unknown chunk": chunk(b"abCd", b"words", error=1),
    "gamma of one byte": chunk(b"gAMA", b"\0"),
    "primaries of five bytes": chunk(b"cHRM", bytes(5)),
    "resolution of five bytes": chunk(b"pHYs", bytes(5)),
    "empty intent": chunk(b"sRGB", b""),
    "colour code of three bytes": chunk(b"cICP", b"\1\x0d\0"),
    "animation of two bytes": chunk(b"acTL", b"ab"),
    "frame outside of the picture": chunk(b"acTL", struct.pack(">II", 2, 0))
    + chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 999, 9, 0, 0, 0, 0, 0, 0)),
    "transparency of RGB in one byte": chunk(b"tRNS", b"a"),
}
BAD_PROFILES = {
    "20 MiB": b"x\0\0" + packed(bytes(20 << 20)),
    "not deflated": b"x\0\0garbage",
    "cut": b"x\0\0" + packed(display_p3())[:99],
    "unknown method": b"x\0\5" + packed(display_p3()),
    "empty": b"",
    "no name": b"abc",
}


@pytest.mark.parametrize("behind", [False, True], ids=["before", "behind"])
@pytest.mark.parametrize("base", ["png", "16.png"])
@pytest.mark.parametrize("name", BAD)
def test_bad_chunks(name: str, base: str, behind: bool, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png(base=base))
    want = read_picture(path)
    good = chunk(b"tEXt", b"Title\0kept")
    path.write_bytes(png(good, BAD[name], base=base, behind=behind))
    picture = read_picture(path)
    np.testing.assert_array_equal(picture.pixels, want.pixels)
    assert picture.alpha is None and has(picture.notes, LEFT_OUT) and len(picture.notes) == 1
    assert picture.container.png_chunks == ((b"tEXt", b"Title\0kept"),)
    again = read_picture(write_picture(tmp_path / "b.png", picture, picture.pixels))
    assert again.notes == () and again.container.png_chunks == picture.container.png_chunks
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("base", ["png", "16.png"])
@pytest.mark.parametrize("name", BAD_PROFILES)
def test_bad_profiles(name: str, base: str, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png(chunk(b"iCCP", BAD_PROFILES[name]), base=base))
    picture = read_picture(path)
    assert picture.icc is None and has(picture.notes, LEFT_OUT) and has(picture.notes, "taken as sRGB")
    assert read_picture(write_picture(tmp_path / "b.png", picture, picture.pixels)).notes == ()


def test_of_two_profiles_the_first_holds(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    first = chunk(b"iCCP", b"x\0\0" + packed(display_p3()))
    path.write_bytes(png(first, chunk(b"iCCP", b"x\0\0garbage"), chunk(b"iCCP", b"x\0\0" + packed(display_p3()[:-4]))))
    picture = read_picture(path)
    assert picture.icc == display_p3() and has(picture.notes, LEFT_OUT) and not has(picture.notes, "taken as sRGB")


def test_long_texts_and_profiles_are_kept(tmp_path: Path) -> None:
    """Beyond 1 MiB, where Pillow's own limits are."""
    path, xmp = tmp_path / "a.png", b"<x>" + b" " * (9 << 20) + b"</x>"
    profile = display_p3() + bytes(3 << 20)
    profile = struct.pack(">I", len(profile)) + profile[4:]
    text = chunk(b"zTXt", b"Comment\0\0" + packed(b"word " * 500_000))
    packet = chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + packed(xmp))
    path.write_bytes(png(chunk(b"iCCP", b"x\0\0" + packed(profile)), text, packet))
    picture = read_picture(path)
    again = read_picture(write_picture(tmp_path / "b.png", picture, picture.pixels))
    for each in (picture, again):
        assert each.notes == () and each.icc == profile and each.container.xmp == xmp
        assert any(kind == b"zTXt" for kind, _ in each.container.png_chunks)


@pytest.mark.parametrize(
    "many",
    [
        chunk(b"abCd", b"") * 200_000,
        chunk(b"tEXt", b"a\0b") * 200_000,
        chunk(b"zTXt", b"a\0\0" + packed(bytes(15 << 20))) * 40,
    ],
    ids=["empty", "short", "packed"],
)
def test_many_chunks_take_neither_time_nor_memory(many: bytes, tmp_path: Path) -> None:
    import tracemalloc

    path = tmp_path / "a.png"
    path.write_bytes(png(many))
    begin = time.process_time()
    picture = read_picture(path)
    assert time.process_time() - begin < 5 and has(picture.notes, LEFT_OUT)
    tracemalloc.start()
    read_picture(path)
    assert tracemalloc.get_traced_memory()[1] < 120 << 20
    tracemalloc.stop()


def test_what_the_pixels_need_is_not_left_out(tmp_path: Path) -> None:
    for base in ("png", "16.png"):
        data = bytearray(png(base=base))
        data[data.index(b"IDAT") + 30] ^= 1
        (tmp_path / "a.png").write_bytes(data)
        refused(tmp_path / "a.png", "cut short or damaged")


def test_the_size_is_checked_even_where_nothing_follows(tmp_path: Path) -> None:
    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0))
    (tmp_path / "a.png").write_bytes(head + chunk(b"IDAT", b""))
    refused(tmp_path / "a.png", "1600 megapixels and the limit is 250")
    (tmp_path / "a.png").write_bytes(head[:20])
    refused(tmp_path / "a.png", "cut short or damaged")
