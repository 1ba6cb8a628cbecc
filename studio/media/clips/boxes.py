"""A look at the index of MP4, QuickTime and their kin before FFmpeg reads it.

FFmpeg makes an entry of some thirty bytes for every sample that the index claims. Where all samples have one size the claim takes
twelve bytes, so that a file of a few kilobytes could fill any memory. A sample has at least one byte: what claims more of them
than the file has bytes is broken (ISO/IEC 14496-12, 8.6.1, 8.7.3 and 8.8.8).
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from studio.media.isobmff import boxes

_HOLD_BOXES = {
    b"clip", b"cmov", b"dinf", b"edts", b"mdia", b"minf", b"moof", b"moov", b"mvex", b"sinf", b"stbl", b"traf", b"trak",
    b"udta", b"wave",
}  # fmt: skip
_DEEPEST = 12
_HARMLESS = 10_000_000
"""Samples that any file may claim, since one that was cut off claims what is missing too. They take 300 MB."""
_LARGEST_INDEX = 64_000_000
"""Bytes that a compressed index (cmov) may inflate to."""


def claims_too_much(path: Path) -> bool:
    """Whether a file's index claims more samples in a track than the file has bytes. False for other kinds of files."""
    size = path.stat().st_size
    with path.open("rb") as file:
        return any(claim > max(size, _HARMLESS) for claim in _claims(file, 0, size, 0))


def _claims(file: BinaryIO, start: int, end: int, depth: int) -> Iterator[float]:
    """How many samples each table between two places claims; infinity for an index that inflates beyond all bounds."""
    for kind, content, stop in boxes(file, start, end):
        stop = min(stop, end)
        if stop < content:
            return
        if kind in _HOLD_BOXES and depth < _DEEPEST:
            yield from _claims(file, content, stop, depth + 1)
            continue
        file.seek(content)
        if kind == b"cmvd":
            yield from _inflated(file.read(stop - content)[4:], depth)
        elif kind in (b"stsz", b"stts", b"ctts", b"trun"):
            yield _claim(kind, file, stop - content)


def _inflated(data: bytes, depth: int) -> Iterator[float]:
    """The claims of an index that is compressed (QuickTime File Format, "Compressed Movie Resources")."""
    try:
        inflater = zlib.decompressobj()
        index = inflater.decompress(data, _LARGEST_INDEX)
    except zlib.error:
        return
    if inflater.unconsumed_tail:
        yield float("inf")
    elif depth < _DEEPEST:
        yield from _claims(io.BytesIO(index), 0, len(index), depth + 1)


def _claim(kind: bytes, file: BinaryIO, length: int) -> float:
    """The samples that the table claims whose content begins here."""
    if kind in (b"stts", b"ctts"):
        runs = np.frombuffer(file.read(length)[8:][: (length - 8) // 8 * 8], ">u4")[::2]
        return float(runs.sum(dtype=np.float64))
    head = file.read(12)
    if len(head) < 12:
        return 0.0
    return float(struct.unpack(">I", head[4:8] if kind == b"trun" else head[8:12])[0])
