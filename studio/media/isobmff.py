"""The boxes that MP4, QuickTime, HEIC, AVIF and JPEG 2000 are made of (ISO base media file format: ISO/IEC 14496-12, 4.2)."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import BinaryIO


def boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """The boxes that follow one another in a file. The walk ends at the first whose length is none.

    Args:
        file: it may be read elsewhere between two boxes.
        start: the place of the first box.
        end: the place behind the last one. A box without a length of its own reaches to it.

    Yields:
        Type of each box, and the places where its content begins and ends, the latter as the box says: it may lie behind ``end``.
    """
    while start + 8 <= end:
        file.seek(start)
        head = file.read(16)
        if len(head) < 8:
            return
        length, kind = struct.unpack_from(">I4s", head)
        content = start + 8
        if length == 1 and len(head) == 16:
            length, content = int.from_bytes(head[8:], "big"), start + 16
        stop = end if length == 0 else start + length
        if stop < content:
            return
        yield kind, content, stop
        start = stop


def boxes_in(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Type and content of the boxes that follow one another in ``data``. What is cut off is missing at the end of the last."""
    for kind, start, stop in boxes(io.BytesIO(data), 0, len(data)):
        yield kind, data[start:stop]
