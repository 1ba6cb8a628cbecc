"""The boxes of AVIF, HEIC and JPEG 2000 files that say what their colours mean (ISO/IEC 14496-12, 23008-12, 15444-1)."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from studio.media.images.av1 import stream_numbers
from studio.media.isobmff import boxes, boxes_in

_LARGEST = 1 << 24  # bytes of a box that is looked into
_MOST = 10_000  # boxes in a row, and items, that are looked at
_TRACK = (b"trak", b"mdia", b"minf", b"stbl", b"stsd")
"""The way from a film to the entries of its samples."""
_HEADER = 4096  # bytes of a stream within which its first header ends
_SAMPLE_ENTRY = 8 + 78  # bytes of a visual sample entry before its own boxes


class ColourBox(NamedTuple):
    """What the colour boxes of the picture that is shown say.

    Attributes:
        icc: the embedded profile; None if there is none.
        numbers: primaries, transfer and matrix in the numbers of ITU-T H.273, and 1 for full range; None if they are not there.
    """

    icc: bytes | None = None
    numbers: tuple[int, int, int, int] | None = None


def colour_boxes(path: Path) -> ColourBox:
    """What an AVIF, HEIC or JPEG 2000 file says of its primary picture. A file that is broken says nothing.

    A profile goes before numbers for all but the matrix (ISO/IEC 23000-22, 7.3.6.4).
    """
    try:
        for kind, body in _top(path):
            found = ColourBox()
            if kind == b"meta":
                item, colours = _of_primary(body)
                found = _read(colours)
                if found.numbers is None and found.icc is None:
                    found = ColourBox(None, stream_numbers(_start_of(path, body, item)))
            elif kind == b"jp2h":
                found = _read(part for name, part in _boxes(body) if name == b"colr")
            elif kind == b"moov":
                found = _read(_of_track(body))
            if found != ColourBox():
                return found
    except (struct.error, IndexError, OSError):
        return ColourBox()
    return ColourBox()


def _top(path: Path) -> Iterator[tuple[bytes, bytes]]:
    """Type and data of the boxes at the top of a file that may speak of colours."""
    with path.open("rb") as stream:
        for kind, start, stop in islice(boxes(stream, 0, path.stat().st_size), _MOST):
            if kind in (b"meta", b"moov", b"jp2h") and stop - start <= _LARGEST:
                stream.seek(start)
                yield kind, stream.read(stop - start)[4 if kind == b"meta" else 0 :]


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Type and data of the boxes that follow one another in ``data``, up to a number that no picture needs."""
    return islice(boxes_in(data), _MOST)


def _of_primary(meta: bytes) -> tuple[int, list[bytes]]:
    """The primary item and its colour boxes; where it is put together from others (a grid) and has none, its first part with a
    box, or the last of its first parts."""
    inside = dict(_boxes(meta))
    item = _number(inside[b"pitm"], 4, 4 if inside[b"pitm"][0] else 2) if b"pitm" in inside else 1
    properties = dict(_boxes(inside.get(b"iprp", b"")))
    listed = list(_boxes(properties.get(b"ipco", b"")))
    associated = _associations(properties.get(b"ipma", b""))
    last, seen = item, set[int]()
    while item not in seen:
        seen.add(item)
        mine = [listed[place - 1] for place in associated.get(item, ()) if 0 < place <= len(listed)]
        if colours := [body for kind, body in mine if kind == b"colr"]:
            return item, colours
        last, item = item, _derived_from(inside.get(b"iref", b""), item)
    return last, []


def _associations(data: bytes) -> dict[int, list[int]]:
    """The places of each item's properties in the list, counted from 1 (ISO/IEC 23008-12, 9.3.1)."""
    if len(data) < 8:
        return {}
    version, wide = data[0], data[3] & 1
    (count,) = struct.unpack_from(">I", data, 4)
    found: dict[int, list[int]] = {}
    at = 8
    for _ in range(min(count, _MOST)):
        length = 2 if version < 1 else 4
        item, many = _number(data, at, length), data[at + length]
        at += length + 1
        step, mask = (2, 0x7FFF) if wide else (1, 0x7F)
        found[item] = [_number(data, at + step * i, step) & mask for i in range(many)]
        at += step * many
    return found


def _derived_from(references: bytes, item: int) -> int:
    """The first item that another one is put together from; the item itself if it is not."""
    length = 4 if references[:1] == b"\1" else 2
    for kind, body in _boxes(references[4:]):
        if kind == b"dimg" and _number(body, 0, length) == item and _number(body, length, 2):
            return _number(body, length + 2, length)
    return item


def _start_of(path: Path, meta: bytes, wanted: int) -> bytes:
    """The first bytes of an AV1 item (ISO/IEC 14496-12, 8.11.3); empty for one of another kind or kept elsewhere."""
    inside = dict(_boxes(meta))
    listed = inside.get(b"iinf", b"")
    entries = _boxes(listed[6 if listed[:1] == b"\0" else 8 :])
    if not any(_is_av1(body, wanted) for kind, body in entries if kind == b"infe"):
        return b""
    data = inside.get(b"iloc", b"")
    version, sizes = data[0], _number(data, 4, 2)
    offset, length, base, index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    wide = 4 if version == 2 else 2
    at = 6 + wide
    for _ in range(min(_number(data, 6, wide), _MOST)):
        item, at = _number(data, at, wide), at + wide
        method = _number(data, at, 2) & 15 if version else 0
        at += (2 if version else 0) + 2
        start, many = _number(data, at, base), _number(data, at + base, 2)
        at += base + 2
        step = (index if version else 0) + offset + length
        if item == wanted and method == 0 and many:
            first = at + step - offset - length
            with path.open("rb") as stream:
                stream.seek(start + _number(data, first, offset))
                return stream.read(min(_HEADER, _number(data, first + offset, length) or _HEADER))
        at += step * many
    return b""


def _is_av1(entry: bytes, wanted: int) -> bool:
    """Whether an entry of the list of items is that of ``wanted``, and of type av01 (ISO/IEC 14496-12, 8.11.6)."""
    wide = 4 if entry[0] == 3 else 2
    return entry[0] >= 2 and _number(entry, 4, wide) == wanted and entry[6 + wide : 10 + wide] == b"av01"


def _of_track(movie: bytes) -> Iterator[bytes]:
    """The colour boxes of the sample entries of a picture sequence."""
    level = [movie]
    for name in _TRACK:
        level = [body for each in level for kind, body in _boxes(each) if kind == name]
    for each in level:
        for _, entry in _boxes(each[8:]):
            yield from (body for kind, body in _boxes(entry[_SAMPLE_ENTRY - 8 :]) if kind == b"colr")


def _read(colours: Iterable[bytes]) -> ColourBox:
    """Profile and numbers of colour boxes (ISO/IEC 14496-12, 12.1.5; ISO/IEC 15444-1, I.5.3.3)."""
    icc, numbers = None, None
    for body in colours:
        if body[:4] in (b"prof", b"rICC"):
            icc = icc or body[4:]
        elif body[:4] == b"nclx" and numbers is None:
            numbers = (*struct.unpack_from(">3H", body, 4), body[10] >> 7 if len(body) > 10 else 0)
        elif body[:1] == b"\2":  # JPEG 2000's restricted profile
            icc = icc or body[3:]
    return ColourBox(icc or None, numbers)


def _number(data: bytes, at: int, length: int) -> int:
    """An unsigned number. Raises IndexError where the data end."""
    if at + length > len(data):
        raise IndexError("cut off")
    return int.from_bytes(data[at : at + length], "big")
