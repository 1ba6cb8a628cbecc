"""Chunks of a PNG that are left out, so that bad metadata never cost the picture.

The rules are those of the PNG specification, third edition, section 11.3. Pillow refuses a whole file for one such chunk. It is
therefore shown a copy of the file without them.
"""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import BinaryIO

from studio.media.images.metadata import CREDENTIALS
from studio.media.images.png_chunks import SIGNATURE, chunks, mapped
from studio.media.images.refuse import check_size, damaged

LARGEST_TEXT = 1 << 24
"""Bytes that a text or profile may inflate to. Pillow's own limit, 1 MiB, refuses pictures for long XMP."""
_LARGEST_PROFILE = 1 << 23  # Pillow allows profiles no more than half of what it allows texts
_ALL_TEXTS = 1 << 25  # bytes of all texts of a file together
_MOST_CHUNKS = 2000
"""Chunks beside the picture's data. More of them hold no metadata that anybody wrote."""
_SIZES = {b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"cICP": 4, b"mDCV": 24, b"cLLI": 8, b"pHYs": 9, b"acTL": 8, b"tIME": 7}
_ANIMATION = (b"acTL", b"fcTL", b"fdAT")
_ONCE = (b"iCCP", b"eXIf", *_SIZES)


def find_flaws(path: Path, max_pixels: int) -> tuple[frozenset[int], list[str]]:
    """Find the chunks that are not needed for the picture and are broken, too large, or too many.

    Args:
        path: a PNG file. What its pixels need is not judged.
        max_pixels: the largest number of pixels that is read; the size is checked first.

    Returns:
        The places of these chunks in the file, and notes: one that names them, and one on credentials, which are not kept.

    Raises:
        InputError: the picture is too large, or the list of chunks is damaged.
    """
    places, kinds, seen = set(), set(), set()
    count, room, animation, notes = 0, _ALL_TEXTS, list[int](), list[str]()
    with mapped(path) as data:
        header = data[16:26]
        if len(header) < 10:
            raise damaged(path)
        width, height = struct.unpack_from(">II", header)
        check_size(path, width, height, max_pixels)
        for kind, at, length in chunks(path, data):
            if kind in _ANIMATION:
                animation.append(at)
            # Needed for the picture; or for the frames behind the first, which is all that is read.
            if kind[0] & 32 == 0 or kind == b"fdAT":
                continue
            if kind == b"caBX" and not notes:
                notes.append(CREDENTIALS)
            count += kind != b"fcTL"
            body = data[at + 8 : at + 8 + min(length, LARGEST_TEXT + 100)]
            size = _size(kind, body, header) if length == len(body) else None
            sound = size is not None and size <= room and count <= _MOST_CHUNKS and not (kind in _ONCE and kind in seen)
            (check,) = struct.unpack_from(">I", data, at + 8 + length)
            if sound and size is not None and zlib.crc32(kind + body) == check:
                room -= size
                seen.add(kind)
            else:
                places.add(at)
                kinds.add(kind)
    if kinds & set(_ANIMATION):
        places.update(animation)
    if not places:
        return frozenset(), notes
    names = ", ".join(sorted(kind.decode("ascii", "replace") for kind in kinds if kind.isalpha())[:6])
    notes.append(f"metadata that are broken, too large or too many were left out ({names or 'unnamed chunks'})")
    if b"iCCP" in kinds - seen:
        notes.append("embedded profile is not readable: taken as sRGB")
    return frozenset(places), notes


def without(path: Path, places: frozenset[int]) -> BinaryIO:
    """A copy of a PNG in memory without the chunks that begin at ``places``."""
    out = io.BytesIO()
    with mapped(path) as data:
        out.write(SIGNATURE)
        for _, at, length in chunks(path, data):
            if at not in places:
                out.write(data[at : at + 12 + length])
    out.seek(0)
    return out


def _size(kind: bytes, body: bytes, header: bytes) -> int | None:
    """Bytes that a chunk comes to in memory; None if it is broken or larger than it may be.

    ``header`` is what IHDR begins with: width, height, bits, and colour type (0 grey, 2 RGB, 3 palette).
    """
    width, height, _, colours = struct.unpack(">IIBB", header)
    if kind in _SIZES:
        return len(body) if len(body) == _SIZES[kind] and not (kind == b"sRGB" and body[0] > 3) else None
    if kind == b"tRNS":
        fits = {0: len(body) == 2, 2: len(body) == 6, 3: 1 <= len(body) <= 256}
        return len(body) if fits.get(colours, False) else None
    if kind == b"fcTL":
        across, down, left, top = struct.unpack_from(">4I", body, 4) if len(body) == 26 else (width + 1, 0, 0, 0)
        return len(body) if left + across <= width and top + down <= height else None
    if kind not in (b"iCCP", b"zTXt", b"iTXt"):
        return len(body)
    _, found, rest = body.partition(b"\0")
    if not found or not rest:
        return None
    if kind == b"iTXt":
        return _size_of_international(rest)
    if rest[0] != 0:  # the one method of compression
        return None
    return _inflated(rest[1:], _LARGEST_PROFILE if kind == b"iCCP" else LARGEST_TEXT)


def _size_of_international(rest: bytes) -> int | None:
    """What an iTXt chunk behind its keyword comes to: flag and method of compression, language, translated keyword, text."""
    parts = rest[2:].split(b"\0", 2)
    if len(rest) < 2 or len(parts) < 3 or (rest[0] and rest[1]):
        return None
    return _inflated(parts[2], LARGEST_TEXT) if rest[0] else len(parts[2])


def _inflated(data: bytes, most: int) -> int | None:
    """Bytes that data inflate to; None if they are broken or inflate to more than ``most``."""
    inflater, total = zlib.decompressobj(), 0
    try:
        while not inflater.eof:
            got = inflater.decompress(data, 1 << 16)
            data, total = inflater.unconsumed_tail, total + len(got)
            if total > most or not (got or data or inflater.eof):
                return None
    except zlib.error:
        return None
    return total
