"""Odd palette files: Adobe's swatches, Photoshop's, GIMP's, and style sheets."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from tests.corpus.odd import Holds, Odd, Refused

GROUP_END = struct.pack(">HI", 0xC002, 0)
"""The end of a group of swatches."""


def ase(*blocks: bytes, count: int | None = None) -> bytes:
    """An .ase of blocks; ``count`` is what its head says, where that is another number."""
    return b"ASEF" + struct.pack(">HHI", 1, 0, len(blocks) if count is None else count) + b"".join(blocks)


def swatch(model: bytes, *values: float, name: str = "x") -> bytes:
    """The block of a colour of an .ase."""
    title = (name + "\0").encode("utf-16-be")
    body = struct.pack(">H", len(name) + 1) + title + model + struct.pack(f">{len(values)}fH", *values, 2)
    return struct.pack(">HI", 1, len(body)) + body


def group(name: str) -> bytes:
    """The block with which a group of an .ase begins."""
    body = struct.pack(">H", len(name) + 1) + (name + "\0").encode("utf-16-be")
    return struct.pack(">HI", 0xC001, len(body)) + body


def aco(version: int, *colors: tuple[int, int, int, int, int]) -> bytes:
    """A section of an .aco: each colour is its model and four components."""
    content = struct.pack(">HH", version, len(colors))
    for color in colors:
        content += struct.pack(">5H", *color)
        if version == 2:
            content += struct.pack(">I", 4) + "Rot\0".encode("utf-16-be")
    return content


_MODELS = ((0, 65535, 32768, 0, 0), (1, 21845, 65535, 65535, 0), (2, 65535, 0, 0, 52428), (7, 2957, 6830, 54336, 0))
_GIMP = "GIMP Palette\nName: Abend\nColumns: 4\n#\n  0 128 255\tHimmel\n255 255 255\n1 2 3 café\n"
_SHEET = """/* #111111 */ @import url(tan.css);
:root { --brand-red: #C1272D; --ink: rgb(12 34 56 / 80%); --shade: hsl(120, 100%, 25%); --b: var(--blue) }
a.orange:hover, #facade { color: rebeccapurple; background: url("data:image/png;x,#222222") #c1272d; }
p::after { content: "olive"; border: 1px solid rgba(100%, 50%, 0%, .5); color: transparent; fill: #0000 }
b { color: hsl(0.5turn 100% 50%); background: linear-gradient(#fff, Gold 20%, tan(3)) }"""


def _files() -> Iterator[tuple[str, bytes | str, Holds | Refused]]:
    rgb, cmyk = swatch(b"RGB ", 1.0, 0.5, 0.0, name="Straße 日本"), swatch(b"CMYK", 0.0, 1.0, 1.0, 0.2)
    lab, gray = swatch(b"LAB ", 0.5432, 80.8, 69.9), swatch(b"Gray", 0.4)
    yield "models.ase", ase(group("Grüße"), rgb, cmyk, GROUP_END, lab, gray), Holds(4)
    yield "fewer-than-said.ase", ase(rgb, count=4_000_000_000), Holds(1)
    yield "gray-beyond.ase", ase(swatch(b"Gray", -900.0), swatch(b"LAB ", 9.0, 900.0, -900.0)), Holds(2)
    yield "no-number.ase", ase(swatch(b"RGB ", float("nan"), 0, 0)), Refused("component")
    yield "long-block.ase", ase(struct.pack(">HI", 1, 4_000_000_000)), Refused("longer than the file")
    yield "version-1.aco", aco(1, *_MODELS, (8, 4000, 0, 0, 0), (9, 10000, 0, 0, 0)), Holds(6)
    yield "version-2.aco", aco(1, *_MODELS) + aco(2, *_MODELS), Holds(4)
    yield "only-version-2.aco", aco(2, *_MODELS), Holds(4)
    yield "more-than-there.aco", struct.pack(">HH", 1, 65535), Refused("ends within")
    yield "plain.gpl", _GIMP, Holds(3)
    yield "latin-1.gpl", _GIMP.encode("latin-1"), Holds(3)
    yield "beyond.gpl", "GIMP Palette\n1 2 256\n", Refused("0 to 255")
    yield "many.gpl", "GIMP Palette\n" + "\n".join(f"{n % 256} {n // 256} 7" for n in range(500)), Holds(64)
    yield "sheet.css", _SHEET, Holds(8)
    yield "cut-off.css", "--a: #abc; --b: #123456 /* never closed #fff", Holds(2)
    yield "no-colour.css", "a { color: inherit }", Refused("holds no colour")


def files() -> Iterator[Odd]:
    """One line a file: those that are read hold so many colours."""
    for name, content, outcome in _files():
        yield Odd(name, content.encode() if isinstance(content, str) else content, outcome)
