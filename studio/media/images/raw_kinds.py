"""Which files are camera raw. Most of them are TIFFs whose first picture is a small one for viewing."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from studio.media.images.picture import RAW_SUFFIXES

_HEADS = (
    b"FUJIFILMCCD-RAW",  # RAF
    b"IIU\0",  # RW2 and RWL
    b"IIRO",  # ORF
    b"IIRS",
    b"MMOR",
    b"II\x1a\0\0\0HEAPCCDR",  # CRW
    b"\0MRM",  # MRW
    b"FOVb",  # X3F
)
"""How camera raw files begin that are no TIFFs."""
_MARKS = (b"CR", b"IIII", b"MMMM")
"""What follows the header of the TIFFs of Canon (CR2) and Phase One (IIQ), at byte 8."""
_TIFF = {b"II*\0": "<", b"MM\0*": ">"}
_OTHERS = (b"\xff\xd8", b"\x89PNG", b"RIFF", b"GIF8", b"BM", b"\x76\x2f\x31\x01", b"SDPX", b"XPDS", b"II+\0", b"MM\0+")
"""How files begin that are other pictures, whatever their names say."""
_SUB_DIRECTORIES, _PHOTOMETRIC, _DNG_VERSION = 330, 262, 50706
_OF_SENSORS = (32803, 34892)
"""Photometric interpretations of TIFF/EP (ISO 12234-2) and DNG 1.7: colour filter array, and linear raw."""
_MOST_DIRECTORIES, _MOST_ENTRIES, _MOST_BELOW = 32, 1000, 16
_LONG, _IFD = 4, 13  # types of tags that hold places


def is_raw(path: Path, head: bytes) -> bool:
    """Whether a file is camera raw: by what it holds, and by its name where the content leaves that open.

    Old cameras wrote TIFFs that do not say that they hold a sensor's values. Read as TIFFs, they would be their thumbnails.

    Args:
        path: the file.
        head: its first bytes, at least 16 of a file that has so many.
    """
    if head.startswith(_HEADS) or head[4:12] == b"ftypcrx ":
        return True
    named = path.suffix.lower() in RAW_SUFFIXES
    if (order := _TIFF.get(head[:4])) is None:
        return named and not head.startswith(_OTHERS) and head[4:8] != b"ftyp"
    return named or head[8:12].startswith(_MARKS) or _holds_sensor(path, order)


def _holds_sensor(path: Path, order: str) -> bool:
    """Whether a directory of a TIFF is of a DNG, or of a sensor's values. Of a broken file, what can be followed counts."""
    with path.open("rb") as stream:
        stream.seek(4)
        todo, seen = [_number(stream.read(4), order)], set[int]()
        while todo and len(seen) < _MOST_DIRECTORIES:
            place = todo.pop()
            if place in seen or place < 8:
                continue
            seen.add(place)
            stream.seek(place)
            (count,) = struct.unpack(order + "H", stream.read(2).ljust(2, b"\0"))
            if count > _MOST_ENTRIES:
                continue
            entries = stream.read(12 * count + 4)
            for at in range(0, min(12 * count, len(entries) - 11), 12):
                tag, kind, length = struct.unpack_from(order + "HHI", entries, at)
                value = entries[at + 8 : at + 12]
                if tag == _DNG_VERSION or (tag == _PHOTOMETRIC and _short(value, order) in _OF_SENSORS):
                    return True
                if tag == _SUB_DIRECTORIES and kind in (_LONG, _IFD):
                    todo += _places(stream, value, min(length, _MOST_BELOW), order)
            todo.append(_number(entries[12 * count :], order))
    return False


def _places(stream: BinaryIO, value: bytes, count: int, order: str) -> list[int]:
    """The places of the directories that a tag lists: one is in the tag itself, more are where it says."""
    if count > 1:
        stream.seek(_number(value, order))
        value = stream.read(4 * count)
    return [_number(value[at : at + 4], order) for at in range(0, len(value), 4)]


def _number(data: bytes, order: str) -> int:
    """Four bytes as a number; 0, where no directory can be, for fewer."""
    return int(struct.unpack_from(order + "I", data)[0]) if len(data) >= 4 else 0


def _short(data: bytes, order: str) -> int:
    return int(struct.unpack_from(order + "H", data)[0])
