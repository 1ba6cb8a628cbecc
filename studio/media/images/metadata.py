"""EXIF, XMP and IPTC blocks. They are patched in place, so that everything else in them stays the same byte for byte."""

from __future__ import annotations

import io
import re
import struct
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

EXIF_PREFIX = b"Exif\0\0"
"""The bytes that an EXIF block begins with in a JPEG file."""
ORIENTATION, EXIF_IFD, GPS_IFD = 0x0112, 0x8769, 0x8825
"""Tags of TIFF and EXIF: the orientation, and the links to the EXIF and GPS directories."""
_WIDTH, _HEIGHT = 0xA002, 0xA003  # tags of the size of the picture, in the EXIF directory
_XMP_ORIENTATION = (rb'(tiff:Orientation=["\'])[0-9](["\'])', rb"(<tiff:Orientation>)[0-9](</tiff:Orientation>)")
IPTC_RESOURCE = 0x0404
"""The number of Photoshop's image resource that holds an IPTC-IIM record."""
CREDENTIALS = "content credentials (C2PA) are left out: they hold for the picture as it was"
"""A note on the signed history of a file, which no longer fits once its picture is another one."""
DESCRIPTIVE_TAGS = (270, 271, 272, 305, 306, 315, 316, 33432)
"""The tags of a TIFF's first directory that describe the photograph. The others describe the layout of the file."""


def with_prefix(exif: bytes | None) -> bytes | None:
    """An EXIF block with the prefix ``Exif\\0\\0``, which some formats leave out; None for an empty block."""
    if not exif or exif == EXIF_PREFIX:
        return None
    return exif if exif.startswith(EXIF_PREFIX) else EXIF_PREFIX + exif


def exif_orientation(exif: bytes | None, xmp: bytes | None) -> int:
    """The orientation, 1..8, of the EXIF block or, if it has none, of the XMP packet; 1 if neither has a valid one."""
    from PIL import Image

    value: object = None
    if exif:
        record = Image.Exif()
        try:
            record.load(exif)
            value = record.get(ORIENTATION)
        except Exception:
            # Pillow raises errors of many types (struct, Syntax, Key...) for a broken block, which says nothing.
            value = None
    if value is None and xmp:
        for pattern in _XMP_ORIENTATION:
            if match := re.search(pattern.replace(b"[0-9]", b"([0-9])"), xmp):
                value = int(match[2])
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def upright_exif(exif: bytes | None, turned: bool) -> bytes | None:
    """The EXIF block of the upright picture: its orientation is 1, and it has no preview, which would show the old colours.

    The link to the preview (IFD1) is cleared. Its bytes stay, since everything behind them must keep its offset.

    Args:
        exif: the block with its prefix, or None.
        turned: whether the picture was turned by a quarter, so that recorded width and height are exchanged.

    Returns:
        A block of the same length; None if its directories cannot be followed: some reader would still find the old orientation
        in it, and turn the picture once more.
    """
    if exif is None or not _is_followed(exif):
        return None
    data = bytearray(exif)
    start = len(EXIF_PREFIX)
    order = "<" if data[start : start + 2] == b"II" else ">"
    try:
        (offset,) = struct.unpack_from(order + "I", data, start + 4)
        entries, after = _entries(data, start + offset, order)
        if ORIENTATION in entries:
            at = entries[ORIENTATION]
            (kind,) = struct.unpack_from(order + "H", data, at + 2)
            struct.pack_into(order + ("I" if kind == 4 else "H"), data, at + 8, 1)
        if turned and EXIF_IFD in entries:
            (offset,) = struct.unpack_from(order + "I", data, entries[EXIF_IFD] + 8)
            inner, _ = _entries(data, start + offset, order)
            if _WIDTH in inner and _HEIGHT in inner:
                wide, high = inner[_WIDTH] + 2, inner[_HEIGHT] + 2  # type, count and value follow the tag
                data[wide : wide + 10], data[high : high + 10] = data[high : high + 10], data[wide : wide + 10]
        if after + 4 <= len(data):
            struct.pack_into("I", data, after, 0)
    except struct.error:
        return None
    return bytes(data)


def _is_followed(exif: bytes) -> bool:
    """Whether Pillow, which takes tags over to other formats, reads all of a block."""
    from PIL import Image

    record = Image.Exif()
    try:
        record.load(exif)
        for directory in (EXIF_IFD, GPS_IFD):
            dict(record.get_ifd(directory))
        dict(record)
    except Exception:  # errors of many types, as in exif_orientation
        return False
    return True


def _entries(data: bytearray, at: int, order: str) -> tuple[dict[int, int], int]:
    """The places of the 12-byte entries of the directory at ``at``, by tag, and the place of the link to the next directory."""
    (count,) = struct.unpack_from(order + "H", data, at)
    places = {}
    for i in range(count):
        place = at + 2 + 12 * i
        (tag,) = struct.unpack_from(order + "H", data, place)
        struct.unpack_from("12s", data, place)  # raises when the entry is cut off
        places[tag] = place
    return places, at + 2 + 12 * count


def upright_xmp(xmp: bytes | None) -> bytes | None:
    """The XMP packet with ``tiff:Orientation`` 1, of the same length; None for None."""
    if xmp is None:
        return None
    for pattern in _XMP_ORIENTATION:
        xmp = re.sub(pattern, rb"\g<1>1\g<2>", xmp)
    return xmp


def tiff_exif(path: Path) -> bytes | None:
    """The EXIF block, with prefix, that holds a TIFF's descriptive tags and its EXIF and GPS directories.

    Returns:
        None if the file has none of them or they cannot be read.
    """
    from PIL import Image

    source = Image.Exif()
    try:
        with path.open("rb") as stream:
            source.load_from_fp(stream)
            return _descriptive(source)
    except Exception:  # Pillow raises errors of many types for a broken directory; the picture is readable without it
        return None


def jpeg_exif(data: bytes) -> bytes | None:
    """The same of a JPEG in memory, with nothing of how the JPEG itself is laid out."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
            return _descriptive(image.getexif())
    except Exception:  # as above
        return None


def _descriptive(source: Image.Exif) -> bytes | None:
    """A block of the descriptive tags and the directories of another one. Raises errors of many types for a broken one."""
    from PIL import Image

    block = Image.Exif()
    for tag in DESCRIPTIVE_TAGS:
        if tag in source:
            block[tag] = source[tag]
    for directory in (EXIF_IFD, GPS_IFD):
        if inner := source.get_ifd(directory):
            block.get_ifd(directory).update(inner)
            block[directory] = block.get_ifd(directory)
    return block.tobytes() if len(block) else None


def iptc_segment(record: bytes) -> bytes:
    """The JPEG marker (APP13) that holds an IPTC-IIM record as Photoshop's image resource; empty if the record is too long."""
    body = b"Photoshop 3.0\0" + b"8BIM" + struct.pack(">H2xI", IPTC_RESOURCE, len(record)) + record
    body += b"\0" * (len(record) % 2)
    return b"\xff\xed" + struct.pack(">H", len(body) + 2) + body if len(body) <= 65533 else b""
