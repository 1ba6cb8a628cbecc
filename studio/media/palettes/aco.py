"""Photoshop's colour swatches (.aco), version 1 and 2, big-endian 16-bit words.

A file is one section or two: a version, the number of colours, and five words for each colour: its model and four components. In
version 2 a name follows each (its number of UTF-16 units in 4 bytes, then these). A file of version 2 starts with its colours as
version 1, for older programs.
"""

from __future__ import annotations

import struct

from reswd_torch.errors import InputError
from studio.media.palettes.format import Color, PaletteFormat
from studio.media.palettes.models import from_cmyk, from_gray, from_hsv, from_lab

_RGB, _HSB, _CMYK, _LAB, _GRAY, _WIDE_CMYK = 0, 1, 2, 7, 8, 9
_BOOKS = {3: "Pantone", 4: "Focoltone", 5: "Trumatch", 6: "Toyo", 10: "HKS"}


def _read(content: bytes) -> list[Color]:
    try:
        version, count = struct.unpack_from(">HH", content)
        if version not in (1, 2):
            raise InputError(f"version {version} of Photoshop's swatches is unknown: save them as .aco anew")
        return _section(content, count, named=version == 2)
    except struct.error as error:
        raise InputError("the file ends within a swatch: save the swatches anew") from error


def _section(content: bytes, count: int, *, named: bool) -> list[Color]:
    colors, at = [], 4
    for _ in range(count):
        colors.append(_color(*struct.unpack_from(">HHHHH", content, at)))
        at += 10
        if named:
            (length,) = struct.unpack_from(">I", content, at)
            at += 4 + 2 * length
            if at > len(content):
                raise InputError("the name of a swatch is longer than the file: save the swatches anew")
    return colors


def _color(model: int, w: int, x: int, y: int, z: int) -> Color:
    if model == _RGB:
        return w / 65535, x / 65535, y / 65535
    if model == _HSB:
        return from_hsv(w / 65535, x / 65535, y / 65535)
    if model == _CMYK:  # 0 is all the ink
        return from_cmyk(1 - w / 65535, 1 - x / 65535, 1 - y / 65535, 1 - z / 65535)
    if model == _WIDE_CMYK:
        return from_cmyk(w / 10000, x / 10000, y / 10000, z / 10000)
    if model == _LAB:
        return from_lab(w / 100, _signed(x) / 100, _signed(y) / 100)
    if model == _GRAY:
        return from_gray(w / 10000)
    raise InputError(
        f"a swatch is of the colour book {_BOOKS.get(model, model)}, and not in the file itself: save the swatches as RGB"
    )


def _signed(word: int) -> int:
    return word - 65536 if word >= 32768 else word


ACO = PaletteFormat(".aco", "Photoshop swatches", _read)
