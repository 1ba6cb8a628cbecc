"""A mutator that knows the containers: it changes fields, repeats and moves parts, and mends the checksums afterwards."""

from __future__ import annotations

import random
import re
import struct
import zlib
from collections.abc import Callable

from tests.corpus.containers import PNG_HEAD, chunk

_NUMBERS = (
    0,
    1,
    2,
    3,
    7,
    8,
    16,
    127,
    128,
    255,
    256,
    1000,
    32767,
    32768,
    65535,
    65536,
    1 << 24,
    (1 << 31) - 1,
    1 << 31,
    (1 << 32) - 1,
)
_WORDS = (
    *(
        "0",
        "-1",
        "1e999",
        "1e-999",
        "nan",
        "inf",
        "1,5",
        "0x10",
        "1_0",
        "9" * 400,
        "",
        " ",
        "\t",
        "\0",
        "true",
        "null",
        "[]",
    ),
    *(
        "{}",
        '""',
        "-0.0",
        ".5",
        "5.",
        "2147483648",
        "é",
        "\ud7ff",
        "../../etc/passwd",
        "http://127.0.0.1:9/",
        "%s%n",
        "=1+1",
    ),
)
_LONGEST = 1 << 20


def mutated(content: bytes, others: list[bytes], seed: str) -> bytes:
    """One to four changes to a file.

    Args:
        content: the file.
        others: other files of its kind, whose parts may be put in.
        seed: the same one gives the same bytes.
    """
    chance = random.Random(seed)
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 4))):
        content = _change(content, others, chance)[:_LONGEST]
    return content


def _change(content: bytes, others: list[bytes], chance: random.Random) -> bytes:
    ways: list[Callable[[bytes, list[bytes], random.Random], bytes]] = [_bytes, _number, _cut, _splice]
    if content.startswith(PNG_HEAD):
        ways = [_parts, _parts, _parts, _inflated, *ways]
    elif content.startswith((b"\xff\xd8", b"RIFF")) or content[4:8] == b"ftyp":
        ways = [_parts, _parts, _parts, *ways]
    elif content.startswith((b"II*\0", b"MM\0*")):
        ways = [_directory, _directory, _directory, *ways]
    elif content.startswith(b"PK"):
        ways = [_number, _number, *ways]
    elif _is_text(content):
        ways = [_word, _word, _word, _line, *ways]
    return chance.choice(ways)(content, others, chance)


def _is_text(content: bytes) -> bool:
    return b"\0" not in content[:2000] and sum(byte < 9 or byte > 126 for byte in content[:2000]) * 10 <= len(
        content[:2000]
    )


def _bytes(content: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """A few bytes become others."""
    data = bytearray(content or b"\0")
    for _ in range(chance.choice((1, 1, 2, 8))):
        at = chance.randrange(len(data))
        data[at] = chance.choice((0, 255, 0x80, data[at] ^ (1 << chance.randrange(8)), chance.randrange(256)))
    return bytes(data)


def _number(content: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """A number of 1, 2 or 4 bytes becomes one at which something overflows."""
    size, form = chance.choice(((1, "B"), (2, "H"), (4, "I")))
    if len(content) < size:
        return content + b"\xff"
    at = (
        chance.randrange(min(len(content), chance.choice((64, 512, len(content)))) - size + 1)
        if len(content) > size
        else 0
    )
    value = chance.choice(_NUMBERS) % (1 << (8 * size))
    return content[:at] + struct.pack(chance.choice("<>") + form, value) + content[at + size :]


def _cut(content: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """A stretch is left out, doubled, or everything behind it."""
    start, end = sorted((chance.randrange(len(content) + 1), chance.randrange(len(content) + 1)))
    return chance.choice((content[:start], content[:start] + content[end:], content[:end] + content[start:]))


def _splice(content: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """A stretch of another file is put in."""
    other = chance.choice(others)
    start, end = sorted((chance.randrange(len(other) + 1), chance.randrange(len(other) + 1)))
    at = chance.randrange(len(content) + 1)
    return content[:at] + other[start:end] + content[at + chance.choice((0, end - start)) :]


def _word(content: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """A word or a number of a text becomes another."""
    found = list(re.finditer(rb"[\w.+-]+", content))
    if not found:
        return content + chance.choice(_WORDS).encode("utf-8", "surrogatepass")
    at = chance.choice(found)
    return content[: at.start()] + chance.choice(_WORDS).encode("utf-8", "surrogatepass") + content[at.end() :]


def _line(content: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """A line is left out, doubled or moved."""
    lines = content.split(b"\n")
    taken = lines.pop(chance.randrange(len(lines)))
    for _ in range(chance.choice((0, 1, 2, 100))):
        lines.insert(chance.randrange(len(lines) + 1), taken)
    return b"\n".join(lines)


def _parts(content: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """A chunk, segment or box is changed, left out, doubled or moved, or one of another file is put in."""
    split, join = _container(content)
    parts = split(content)
    if not parts:
        return _bytes(content, others, chance)
    at = chance.randrange(len(parts))
    kind, data = parts[at]
    what = chance.randrange(6)
    if what == 0:
        parts[at] = kind, _number(data, others, chance)
    elif what == 1:
        parts[at] = kind, _bytes(data, others, chance)
    elif what == 2:
        del parts[at]
    elif what == 3:
        parts[at:at] = [parts[at]] * chance.choice((1, 2, 300))
    elif what == 4:
        parts.insert(chance.randrange(len(parts)), parts.pop(at))
    else:
        found = split(chance.choice(others))
        if found:
            parts.insert(at, chance.choice(found))
    return join(parts)


def _inflated(content: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """What is compressed in a chunk of a PNG is changed inside."""
    parts = _png_parts(content)
    for at in chance.sample(range(len(parts)), len(parts)):
        kind, data = parts[at]
        start = data.find(b"\0\0") + 2 if kind in (b"iCCP", b"zTXt") else 0
        try:
            inner = zlib.decompress(data[start:])
        except zlib.error:
            continue
        parts[at] = (
            kind,
            data[:start] + zlib.compress(chance.choice((_bytes, _number, _cut))(inner[:_LONGEST], others, chance)),
        )
        return _png_joined(parts)
    return _bytes(content, others, chance)


Parts = list[tuple[bytes, bytes]]


def _container(content: bytes) -> tuple[Callable[[bytes], Parts], Callable[[Parts], bytes]]:
    """What splits and joins files that begin like this one."""
    if content.startswith(PNG_HEAD):
        return _png_parts, _png_joined
    if content.startswith(b"\xff\xd8"):
        return _jpeg_parts, _jpeg_joined
    if content.startswith(b"RIFF"):
        return _riff_parts, lambda parts: _riff_joined(content[8:12], parts)
    return _box_parts, _boxes_joined


def _png_parts(content: bytes) -> Parts:
    parts, at = [], 8
    while at + 12 <= len(content):
        (size,) = struct.unpack_from(">I", content, at)
        parts.append((content[at + 4 : at + 8], content[at + 8 : at + 8 + size]))
        at += size + 12
    return parts


def _png_joined(parts: Parts) -> bytes:
    return PNG_HEAD + b"".join(chunk(kind, data) for kind, data in parts)


def _jpeg_parts(content: bytes) -> Parts:
    """Marker segments; everything from the first scan on is one part."""
    parts, at = [], 2
    while at + 4 <= len(content) and content[at] == 0xFF and content[at + 1] != 0xDA:
        (size,) = struct.unpack_from(">H", content, at + 2)
        parts.append((content[at : at + 2], content[at + 4 : at + 2 + size]))
        at += 2 + size
    return [*parts, (b"", content[at:])]


def _jpeg_joined(parts: Parts) -> bytes:
    out = b"\xff\xd8"
    for kind, data in parts:
        out += kind + struct.pack(">H", min(len(data), 65533) + 2) + data[:65533] if kind else data
    return out


def _riff_parts(content: bytes) -> Parts:
    parts, at = [], 12
    while at + 8 <= len(content):
        (size,) = struct.unpack_from("<I", content, at + 4)
        parts.append((content[at : at + 4], content[at + 8 : at + 8 + size]))
        at += 8 + size + size % 2
    return parts


def _riff_joined(form: bytes, parts: Parts) -> bytes:
    body = b"".join(k + struct.pack("<I", len(d)) + d + b"\0" * (len(d) % 2) for k, d in parts)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + form + body


def _box_parts(content: bytes) -> Parts:
    parts, at = [], 0
    while at + 8 <= len(content):
        (size,) = struct.unpack_from(">I", content, at)
        size = size if size >= 8 else len(content) - at
        parts.append((content[at + 4 : at + 8], content[at + 8 : at + size]))
        at += size
    return parts


def _boxes_joined(parts: Parts) -> bytes:
    return b"".join(struct.pack(">I", len(d) + 8) + k + d for k, d in parts)


def _directory(content: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """A field of an entry of a TIFF's first directory is changed."""
    order = "<" if content.startswith(b"II") else ">"
    try:
        (at,) = struct.unpack_from(order + "I", content, 4)
        (count,) = struct.unpack_from(order + "H", content, at)
        entry = at + 2 + 12 * chance.randrange(count)
        offset, form = chance.choice(((0, "H"), (2, "H"), (4, "I"), (8, "I"), (8, "I")))
        data = bytearray(content)
        value = chance.choice((*_NUMBERS, at, len(content), 259, 277, 258, 322, 324, 338, 317, 34675, 282))
        struct.pack_into(order + form, data, entry + offset, value % (1 << (16 if form == "H" else 32)))
    except (struct.error, ValueError):
        return _bytes(content, others, chance)
    return bytes(data)
