"""Odd ZIP archives (PKWARE, APPNOTE.TXT)."""

from __future__ import annotations

import io
import stat
import struct
import warnings
import zipfile
from collections.abc import Iterator

from tests.corpus.odd import Holds, Odd, Refused


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive of these entries."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", packing) as out, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of equal names
        for name, content in entries:
            out.writestr(name, content)
    return stream.getvalue()


def files() -> Iterator[Odd]:
    """One line a file."""
    plain = zipped(("a.png", b"1"), ("folder/b.png", b"2"))
    yield Odd("plain.zip", plain, Holds(2))
    yield Odd("stored.zip", zipped(("a.png", b"1"), packing=zipfile.ZIP_STORED), Holds(1))
    yield Odd("backslashes.zip", zipped(("folder\\a.png", b"1")), Holds(1))
    yield Odd("not-ascii.zip", zipped(("Größe.png", b"1")), Holds(1))
    yield Odd("bytes-before.zip", b"#!/bin/sh\n" + plain, Holds(2))
    for number, name in enumerate(("../a.png", "/a.png", "folder/../../a.png", "C:/a.png", "..\\a.png", "\\a.png")):
        yield Odd(f"leads-out-{number}.zip", zipped((name, b"1")), Refused("leads out"))
    link = zipfile.ZipInfo("a.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    yield Odd("link.zip", zipped((link, b"/etc/passwd")), Refused("link"))
    yield Odd("lzma.zip", zipped(("a.png", b"1"), packing=zipfile.ZIP_LZMA), Refused("deflate"))
    yield Odd("bzip2.zip", zipped(("a.png", b"1"), packing=zipfile.ZIP_BZIP2), Refused("deflate"))
    yield Odd("equal-names.zip", zipped(("a.png", b"1"), ("a.png", b"2")), Refused("same name"))
    yield Odd("file-and-folder.zip", zipped(("a", b"1"), ("a/b.png", b"2")), Refused(""))
    yield Odd("long-name.zip", zipped(("n" * 300 + ".png", b"1")), Refused(""))
    yield Odd("of-nothing.zip", zipped(), Refused("empty"))
    yield Odd("many.zip", zipped(*((f"{i}.png", b"") for i in range(6000))), Refused("limit"))
    yield Odd("cut.zip", plain[:-30], Refused(""))
    yield Odd("no-zip.zip", b"PK\3\4 and nothing else", Refused(""))
    encrypted = bytearray(plain)
    encrypted[encrypted.index(b"PK\1\2") + 8] |= 1
    yield Odd("encrypted.zip", bytes(encrypted), Refused("password"))
    wrong = bytearray(plain)
    struct.pack_into("<I", wrong, wrong.index(b"PK\1\2") + 16, 7)
    yield Odd("wrong-crc.zip", bytes(wrong), Refused("damaged"))
