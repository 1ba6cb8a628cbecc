"""The chunks of a PNG file (PNG specification, third edition, section 5.3)."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from studio.media.images.refuse import damaged

SIGNATURE = b"\x89PNG\r\n\x1a\n"
"""The bytes that every PNG file begins with."""
COLOUR_CHUNKS = (b"iCCP", b"gAMA", b"cHRM", b"sRGB", b"cICP", b"mDCV", b"cLLI")
"""The chunks that say what the colours of a picture are."""


@contextmanager
def mapped(path: Path) -> Iterator[mmap.mmap]:
    """The bytes of a file that is not empty, of which only those that are looked at are read."""
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        yield data


def chunks(path: Path, data: mmap.mmap) -> Iterator[tuple[bytes, int, int]]:
    """Type, place and length of the data of each chunk up to IEND; the data begin 8 bytes behind the place.

    Args:
        path: a PNG file, for the message.
        data: its bytes.

    Raises:
        InputError: the file ends before a chunk does.
    """
    at = len(SIGNATURE)
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if at + 12 + length > len(data):
            break
        yield kind, at, length
        if kind == b"IEND":
            return
        at += 12 + length
    raise damaged(path)
