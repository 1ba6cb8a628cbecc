"""The header of an EXR, read without a decoder: what a file would make one do is known before it is asked.

OpenEXR, *File Layout* (openexr.com/en/latest/OpenEXRFileLayout.html): magic number, version and flags; then for each part its
attributes, each a name, a type, a size and so many bytes; then the tables of the places of the chunks. All little-endian.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from studio.media.images.refuse import damaged

MAGIC = b"\x76\x2f\x31\x01"
_TILED, _DEEP, _MULTI_PART = 0x200, 0x800, 0x1000
_KINDS = {0: "uint", 1: "half", 2: "float"}
COMPRESSIONS = ("none", "rle", "zips", "zip", "piz", "pxr24", "b44", "b44a", "dwaa", "dwab")
_LINES = (1, 1, 1, 16, 32, 16, 32, 32, 32, 256)
"""Lines of a chunk, by the number of the compression."""
_READ = (1 << 16, 1 << 24)
"""Bytes in which a header is looked for: most are short. One that is longer than 16 MiB is none."""
_LONGEST_NAME = 255


@dataclass(frozen=True)
class Channel:
    """A channel of a part.

    Attributes:
        name: such as ``R`` or ``diffuse.G``.
        kind: ``"half"``, ``"float"`` or ``"uint"``.
        sampled: whether there is a value for every pixel.
    """

    name: str
    kind: str
    sampled: bool


@dataclass(frozen=True)
class Part:
    """A part of a file, which is a picture of its own.

    Attributes:
        attributes: type and bytes of every attribute, by name.
        channels: in the order of the file.
        width: columns of the data window, at least 1.
        height: rows of the data window, at least 1.
        tile: width, height and kind of levels (0: one, 1: mipmap, 2: ripmap) of tiles; None for scan lines.
        deep: whether a pixel has any number of samples.
    """

    attributes: dict[str, tuple[str, bytes]]
    channels: tuple[Channel, ...]
    width: int
    height: int
    tile: tuple[int, int, int] | None
    deep: bool

    def text(self, name: str) -> str | None:
        """An attribute of type string; None where there is none."""
        kind, value = self.attributes.get(name, ("", b""))
        return value.decode("utf-8", "replace") if kind == "string" else None

    def floats(self, name: str, kind: str) -> tuple[float, ...] | None:
        """An attribute of a type that consists of float32; None where there is none."""
        found, value = self.attributes.get(name, ("", b""))
        return struct.unpack(f"<{len(value) // 4}f", value) if found == kind and len(value) % 4 == 0 else None

    def number(self, name: str) -> int | None:
        """An attribute of type int; None where there is none."""
        kind, value = self.attributes.get(name, ("", b""))
        return int(struct.unpack("<i", value)[0]) if kind == "int" and len(value) == 4 else None

    @property
    def compression(self) -> str:
        """Its name, or its number where it is newer than this program."""
        value = self.attributes["compression"][1][:1]
        number = value[0] if value else 0
        return COMPRESSIONS[number] if number < len(COMPRESSIONS) else f"number {number}"

    @property
    def chunks(self) -> int:
        """The least number of chunks: each has 8 bytes in the file's table, whatever it holds."""
        if self.tile is not None:
            return -(-self.width // self.tile[0]) * -(-self.height // self.tile[1])
        known = self.compression in COMPRESSIONS
        return -(-self.height // (_LINES[COMPRESSIONS.index(self.compression)] if known else 256))


def read_header(path: Path) -> tuple[Part, ...]:
    """The parts of an EXR.

    Raises:
        InputError: the header is cut short or damaged, or the file is too short for the table of its chunks.
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        for most in _READ:
            stream.seek(0)
            data = stream.read(most)
            try:
                parts = _parts(data)
            except (ValueError, IndexError, KeyError, struct.error) as error:
                if len(data) < most or most == _READ[-1]:
                    raise damaged(path) from error
            else:
                break
    if not parts or sum(8 * part.chunks for part in parts if not part.deep) > size:
        raise damaged(path)
    return parts


def is_complete(path: Path) -> bool:
    """Whether a file that was just written is there up to the end of its last chunk.

    The system may refuse the last bytes on a full disk, when the file is closed, and OpenImageIO does not look. A chunk is its
    part's number (4 bytes, where there are several), the place of its scan lines (4) or of its tile (16), its size (4), and so
    many bytes.

    Raises:
        InputError: it has no header that can be read.
    """
    parts = read_header(path)
    with path.open("rb") as stream:
        data = stream.read(_READ[-1])
        several, at = bool(struct.unpack_from("<I", data, 4)[0] & _MULTI_PART), 8
        for _ in parts:
            at = _attributes(data, at)[1]
        begin = at + several
        ends = []
        for part in parts:
            count = part.number("chunkCount") or part.chunks
            table = 8 * count
            stream.seek(begin)
            places = stream.read(table)
            begin += table
            if len(places) < table:
                return False
            chunks = struct.unpack(f"<{count}Q", places)
            if not all(chunks):  # the table is filled in last
                return False
            last = max(chunks)
            before = 4 * several + (16 if part.tile else 4)
            stream.seek(last + before)
            size = stream.read(4)
            if len(size) < 4:
                return False
            ends.append(last + before + 4 + struct.unpack("<I", size)[0])
    return max(ends) <= path.stat().st_size


def _parts(data: bytes) -> tuple[Part, ...]:
    """The parts that a header lists. Raises ValueError, IndexError, KeyError or struct.error for a damaged one."""
    if data[:4] != MAGIC:
        raise ValueError("no EXR")
    (version,) = struct.unpack_from("<I", data, 4)
    at, parts = 8, []
    while True:
        attributes, at = _attributes(data, at)
        if not attributes:
            break
        parts.append(_part(attributes, version))
        if not version & _MULTI_PART:
            break
    return tuple(parts)


def _attributes(data: bytes, at: int) -> tuple[dict[str, tuple[str, bytes]], int]:
    """The attributes that begin there, and where they end."""
    found = {}
    while data[at]:
        name, at = _word(data, at)
        kind, at = _word(data, at)
        (size,) = struct.unpack_from("<i", data, at)
        at += 4
        if size < 0 or at + size > len(data):
            raise ValueError("an attribute leaves the file")
        found[name] = (kind, data[at : at + size])
        at += size
    return found, at + 1


def _word(data: bytes, at: int) -> tuple[str, int]:
    """Bytes up to a zero as text, and what comes behind."""
    end = data.index(0, at, at + _LONGEST_NAME + 1)
    return data[at:end].decode("utf-8", "replace"), end + 1


def _part(attributes: dict[str, tuple[str, bytes]], version: int) -> Part:
    left, top, right, bottom = struct.unpack("<4i", attributes["dataWindow"][1])
    _ = attributes["compression"], attributes["displayWindow"]
    kind = attributes.get("type", ("", b""))[1]
    tile = None
    if "tiles" in attributes and (kind in (b"tiledimage", b"deeptile") or (not kind and version & _TILED)):
        across, down, levels = struct.unpack("<2IB", attributes["tiles"][1])
        if not across or not down:
            raise ValueError("empty tiles")
        tile = (across, down, levels & 15)
    width, height = right - left + 1, bottom - top + 1
    if width < 1 or height < 1:
        raise ValueError("empty data window")
    deep = kind.startswith(b"deep") or (not kind and bool(version & _DEEP))
    return Part(attributes, _channels(attributes["channels"][1]), width, height, tile, deep)


def _channels(data: bytes) -> tuple[Channel, ...]:
    at, found = 0, []
    while data[at]:
        name, at = _word(data, at)
        kind, _, across, down = struct.unpack_from("<iI2i", data, at)
        at += 16
        found.append(Channel(name, _KINDS[kind], (across, down) == (1, 1)))
    return tuple(found)
