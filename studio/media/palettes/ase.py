"""Adobe Swatch Exchange (.ase): blocks of colours and groups, big-endian.

A file is ``ASEF``, a version (1.0), the number of blocks, and the blocks: each has a type (2 bytes), a length (4) and so many
bytes. A colour's block holds its name (its number of UTF-16 units, then these), the colour model (4 letters), the components as
32-bit floats, and whether it is a spot colour. Groups only frame colours; their order is that of the file.
"""

from __future__ import annotations

import math
import struct

from reswd_torch.errors import InputError
from studio.media.palettes.format import Color, PaletteFormat
from studio.media.palettes.models import from_cmyk, from_gray, from_lab

_COLOR = 0x0001
_COMPONENTS = {b"RGB ": 3, b"CMYK": 4, b"LAB ": 3, b"Gray": 1}


def _read(content: bytes) -> list[Color]:
    if content[:4] != b"ASEF":
        raise InputError("this is no Adobe Swatch Exchange file: it does not start with ASEF")
    try:
        major, _, count = struct.unpack_from(">HHI", content, 4)
        if major != 1:
            raise InputError(f"version {major} of Adobe Swatch Exchange is unknown: save it as version 1")
        return _blocks(content, count)
    except struct.error as error:
        raise InputError("the file ends within a swatch: export the palette again") from error


def _blocks(content: bytes, count: int) -> list[Color]:
    """The colours of at most ``count`` blocks. A file that ends behind a block has no more of them, whatever it says."""
    colors, at = [], 12
    for _ in range(count):
        if at == len(content):
            break
        kind, length = struct.unpack_from(">HI", content, at)
        at += 6
        if at + length > len(content):
            raise InputError(f"a swatch of {length} bytes is longer than the file: export the palette again")
        if kind == _COLOR:
            colors.append(_color(content[at : at + length]))
        at += length
    return colors


def _color(block: bytes) -> Color:
    (name_length,) = struct.unpack_from(">H", block)
    at = 2 + 2 * name_length
    model = block[at : at + 4]
    if len(model) < 4:
        raise InputError("a swatch ends within its name: export the palette again")
    if model not in _COMPONENTS:
        raise InputError(f"the colour model {model.decode('latin-1')!r} is unknown: save the swatches as RGB")
    values = struct.unpack_from(f">{_COMPONENTS[model]}f", block, at + 4)
    if not all(math.isfinite(value) and abs(value) <= 1000 for value in values):
        raise InputError(f"a swatch has the component {max(values, key=abs):g}: export the palette again")
    if model == b"CMYK":
        return from_cmyk(*values)
    if model == b"Gray":
        return from_gray(values[0])
    return from_lab(100 * values[0], values[1], values[2]) if model == b"LAB " else (values[0], values[1], values[2])


ASE = PaletteFormat(".ase", "Adobe Swatch Exchange", _read)
