"""Containers written byte by byte, so that any of their fields can be odd: PNG, TIFF, JPEG segments, WebP, ISO media boxes."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image

PNG_HEAD = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, data: bytes = b"", crc: int | None = None) -> bytes:
    """A chunk of a PNG (W3C PNG, section 5.3), with the CRC that it should have or another one."""
    return (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data) if crc is None else crc)
    )


def png(
    pixels: np.ndarray, *before: bytes, kind: int | None = None, after: tuple[bytes, ...] = (), bits: int = 0
) -> bytes:
    """A PNG of (H, W) or (H, W, C) pixels.

    Args:
        pixels: uint8 or uint16; packed already where ``bits`` is below 8.
        before: chunks between IHDR and IDAT.
        kind: the colour type; from the number of channels if left out.
        after: chunks between IDAT and IEND.
        bits: bits of a sample, where it is not the dtype's.
    """
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    height, width, channels = pixels.shape
    depth = bits or pixels.dtype.itemsize * 8
    colour = {1: 0, 2: 4, 3: 2, 4: 6}[channels] if kind is None else kind
    rows = b"".join(b"\0" + row.astype(pixels.dtype.newbyteorder(">")).tobytes() for row in pixels)
    head = chunk(
        b"IHDR", struct.pack(">IIBBBBB", width * (8 // depth if depth < 8 else 1), height, depth, colour, 0, 0, 0)
    )
    return PNG_HEAD + head + b"".join(before) + chunk(b"IDAT", zlib.compress(rows)) + b"".join(after) + chunk(b"IEND")


def text(keyword: str, value: bytes, *, compressed: bool = False) -> bytes:
    """A tEXt or zTXt chunk."""
    name = keyword.encode("latin-1") + b"\0"
    return chunk(b"zTXt", name + b"\0" + zlib.compress(value)) if compressed else chunk(b"tEXt", name + value)


def segment(marker: int, data: bytes) -> bytes:
    """A marker segment of a JPEG (ITU-T T.81, B.1.1.4)."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data


def with_segments(jpeg: bytes, *segments: bytes) -> bytes:
    """A JPEG with more segments behind its first marker."""
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 11: 4, 12: 8}
_CODES = {1: "B", 3: "H", 4: "I", 11: "f", 12: "d"}


def tiff(
    pixels: np.ndarray,
    order: str = "<",
    more: dict[int, tuple[int, Any]] | None = None,
    *,
    without: tuple[int, ...] = (),
) -> bytes:
    """A TIFF of one strip (TIFF 6.0, section 2 and on).

    Args:
        pixels: (H, W) or (H, W, C).
        order: ``<`` or ``>``.
        more: tags that are added or replaced: number -> (type, values); rationals as pairs in one flat list.
        without: tags to leave out.
    """
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    height, width, channels = pixels.shape
    data = pixels.astype(pixels.dtype.newbyteorder(order)).tobytes()
    tags: dict[int, tuple[int, Any]] = {
        256: (3, [width]),
        257: (3, [height]),
        258: (3, [pixels.dtype.itemsize * 8] * channels),
        259: (3, [1]),
        262: (3, [2 if channels >= 3 else 1]),
        273: (4, [8]),
        277: (3, [channels]),
        278: (3, [height]),
        279: (4, [len(data)]),
    }
    tags |= more or {}
    for tag in without:
        tags.pop(tag, None)
    at = 8 + len(data)
    entries, behind = b"", b""
    start = at + 2 + 12 * len(tags) + 4
    for tag in sorted(tags):
        kind, values = tags[tag]
        raw = values if isinstance(values, bytes) else _packed(order, kind, values)
        count = len(raw) // _SIZES[kind]
        if len(raw) <= 4:
            field = raw.ljust(4, b"\0")
        else:
            field = struct.pack(order + "I", start + len(behind))
            behind += raw + b"\0" * (len(raw) % 2)
        entries += struct.pack(order + "HHI", tag, kind, count) + field
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", at)
    return head + data + struct.pack(order + "H", len(tags)) + entries + bytes(4) + behind


def _packed(order: str, kind: int, values: list[Any]) -> bytes:
    if kind == 5:
        return struct.pack(f"{order}{len(values)}I", *values)
    return struct.pack(f"{order}{len(values)}{_CODES[kind]}", *values)


def exif_block(orientation: int = 1, *, order: str = "<", broken: bool = False) -> bytes:
    """An EXIF block with an orientation; a broken one has a second directory that lies outside it."""
    entries = [(0x0112, 3, 1, struct.pack(order + "H", orientation) + b"\0\0")]
    if broken:
        entries.append((0x8769, 4, 1, struct.pack(order + "I", 1 << 30)))
    body = struct.pack(order + "H", len(entries))
    for tag, kind, count, value in entries:
        body += struct.pack(order + "HHI", tag, kind, count) + value
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    return b"Exif\0\0" + head + body + bytes(4)


def saved(pixels: np.ndarray, name: str, **options: Any) -> bytes:
    """A picture file by Pillow."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, name, **options)
    return stream.getvalue()


def saved_as(pixels: np.ndarray, mode: str, name: str, **options: Any) -> bytes:
    """A picture file by Pillow of another of its modes."""
    stream = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(stream, name, **options)
    return stream.getvalue()
