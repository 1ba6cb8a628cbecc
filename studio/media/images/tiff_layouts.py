"""Layouts of compressed TIFFs that no library in use reads: planes, and numbers of samples other than 1, 3 and 4.

The compressed strips or tiles are put, as they are, into a TIFF of one grey plane, which every library reads. What is left to do
afterwards is the predictor (TIFF 6.0, section 14), since it counts in pixels.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from reswd_torch.errors import InputError
from studio.media.images.refuse import damaged

if TYPE_CHECKING:
    from tifffile import TiffPage

_JPEG = (6, 7)
_FILL_ORDER, _JPEG_TABLES = 266, 347
_PREDICTORS = (1, 2)  # none, and horizontal differences
_ORIENTATION = 274
_STRUCTURE = {
    256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 284, 292, 293, 317, 320, 322, 323, 324, 325, 332, 338, 339, 347, 512, 513,
    514, 515, 517, 518, 519, 520, 521, 529, 530, 531, 532,
}  # fmt: skip
"""Tags that say how the pixels lie: size, bits, compression, strips and tiles, palette, inks, tables of JPEG, Y'CbCr."""


def is_unusual(page: TiffPage) -> bool:
    """Whether a page of 8 bits has a layout that Pillow does not read, or not always: planes, or 2, 5 and more samples."""
    if page.planarconfig == 2:
        return page.samplesperpixel > 1
    return page.samplesperpixel not in (1, 3, 4) and page.compression not in _JPEG


def structure_only(path: Path, page: TiffPage) -> bytes:
    """A copy of a TIFF whose directory has no tags but those that say how the pixels lie.

    Pillow refuses a file for a broken tag of any kind, and reads the others here anyway.
    """
    data = bytearray(path.read_bytes())
    big = page.parent.is_bigtiff
    length, number, place = (20, "Q", "Q") if big else (12, "H", "I")
    turned = page.tags[_ORIENTATION].value if _ORIENTATION in page.tags else None
    wanted = _STRUCTURE | ({_ORIENTATION} if isinstance(turned, int) and 1 <= turned <= 8 else set())
    entries = [bytes(data[tag.offset : tag.offset + length]) for tag in page.tags if tag.code in wanted]
    data += b"\0" * (len(data) % 2)
    struct.pack_into(page.parent.byteorder + place, data, 8 if big else 4, len(data))
    data += struct.pack(page.parent.byteorder + number, len(entries)) + b"".join(entries) + bytes(8 if big else 4)
    return bytes(data)


def undone(path: Path, page: TiffPage, decode: Callable[[bytes], np.ndarray]) -> np.ndarray:
    """Decode a page of 8 or 16 bits plane by plane.

    Args:
        path: the file.
        page: one that has planes, or any number of samples side by side; not of JPEG in the second case.
        decode: decodes a TIFF of one grey plane without predictor to (H, W).

    Returns:
        (H, W) or (H, W, S) in the depth of the file.

    Raises:
        InputError: the file is damaged, or its predictor is not read.
    """
    predictor = int(page.predictor)
    planes = page.samplesperpixel if page.planarconfig == 2 else 1
    if predictor not in _PREDICTORS or (planes == 1 and page.compression in _JPEG):
        raise InputError(f"{path}: this TIFF's layout is not read: save it with ZIP or no compression")
    count = len(page.dataoffsets) // planes
    if count * planes != len(page.dataoffsets) or len(page.databytecounts) != len(page.dataoffsets):
        raise damaged(path)
    values = []
    with path.open("rb") as stream:
        for plane in range(planes):
            parts = []
            for i in range(plane * count, (plane + 1) * count):
                stream.seek(page.dataoffsets[i])
                parts.append(stream.read(page.databytecounts[i]))
            values.append(_plane(path, page, parts, decode))
    return np.stack(values, -1) if planes > 1 else values[0]


def _plane(path: Path, page: TiffPage, parts: list[bytes], decode: Callable[[bytes], np.ndarray]) -> np.ndarray:
    """One plane, (H, W), or all samples side by side, (H, W, S), from the strips or tiles."""
    samples = 1 if page.planarconfig == 2 else page.samplesperpixel
    width, height = page.imagewidth, page.imagelength
    if page.is_tiled:
        across, down = page.tilewidth, page.tilelength
        columns, rows = -(-width // across), -(-height // down)
        full = (rows * down, columns * across * samples)
    else:
        across, columns, full = width, 1, (height, width * samples)
    values = np.array(decode(_grey_tiff(page, parts, full, across * samples)))
    if values.shape != full or values.dtype != (np.uint16 if page.bitspersample == 16 else np.uint8):
        raise damaged(path)
    values = values.reshape(full[0], columns, across, samples)
    if page.predictor == 2:
        np.add.accumulate(values, axis=2, dtype=values.dtype, out=values)
    values = values.reshape(full[0], columns * across, samples)[:height, :width]
    return np.ascontiguousarray(values if samples > 1 else values[..., 0])


def _grey_tiff(page: TiffPage, parts: list[bytes], size: tuple[int, int], across: int) -> bytes:
    """A TIFF of one grey plane of the given (H, W), with the same compressed parts, ``across`` samples wide, and no predictor."""
    order = page.parent.byteorder
    head = struct.pack(order + "2sHI", b"II" if order == "<" else b"MM", 42, 8)
    entries: list[tuple[int, int, list[int] | bytes]] = [(256, 4, [size[1]]), (257, 4, [size[0]])]
    entries += [(258, 3, [page.bitspersample]), (259, 3, [int(page.compression)]), (262, 3, [1]), (277, 3, [1])]
    if _FILL_ORDER in page.tags:
        entries.append((_FILL_ORDER, 3, [int(page.tags[_FILL_ORDER].value)]))
    if _JPEG_TABLES in page.tags:
        entries.append((_JPEG_TABLES, 7, bytes(page.tags[_JPEG_TABLES].value)))
    offsets, counts = (324, 325) if page.is_tiled else (273, 279)
    if page.is_tiled:
        entries += [(322, 4, [across]), (323, 4, [page.tilelength])]
    else:
        entries.append((278, 4, [page.rowsperstrip]))
    entries += [(counts, 4, [len(part) for part in parts]), (offsets, 4, [0] * len(parts))]
    entries.sort(key=lambda entry: entry[0])
    behind = 8 + 2 + 12 * len(entries) + 4
    blocks, at = [], behind
    for _, kind, value in entries:
        block = (
            value
            if isinstance(value, bytes)
            else struct.pack(f"{order}{len(value)}{'H' if kind == 3 else 'I'}", *value)
        )
        blocks.append(block)
        at += len(block) + len(block) % 2 if len(block) > 4 else 0
    places = np.cumsum([at, *map(len, parts)])[:-1].tolist()
    directory, extra = struct.pack(order + "H", len(entries)), b""
    for (tag, kind, value), old in zip(entries, blocks, strict=True):
        block = struct.pack(f"{order}{len(places)}I", *places) if tag == offsets else old
        directory += struct.pack(order + "HHI", tag, kind, len(value))
        if len(block) > 4:
            directory += struct.pack(order + "I", behind + len(extra))
            extra += block + b"\0" * (len(block) % 2)
        else:
            directory += block.ljust(4, b"\0")
    return b"".join([head, directory, bytes(4), extra, *parts])
