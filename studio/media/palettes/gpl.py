"""GIMP's palettes (.gpl), which Inkscape, Krita and others write too: a line for each colour.

The first line is ``GIMP Palette``; ``Name:`` and ``Columns:`` may follow. Every other line is three numbers from 0 to 255 and a
name, or a comment behind ``#``.
"""

from __future__ import annotations

import re

from reswd_torch.errors import InputError
from studio.media.palettes.format import Color, PaletteFormat
from studio.media.palettes.text import text_of

_HEAD = "GIMP Palette"
_LINE = re.compile(r"\s*(\d{1,3})\s+(\d{1,3})\s+(\d{1,3})(?:\s.*)?")
_FIELD = re.compile(r"(?:Name|Columns|Channels)\s*:.*")


def _read(content: bytes) -> list[Color]:
    first, *lines = text_of(content).splitlines() or [""]
    if first.strip() != _HEAD:
        raise InputError(f"this is no GIMP palette: its first line is {first[:40]!r} and not {_HEAD!r}")
    colors = []
    for number, line in enumerate(lines, start=2):
        if not line.strip() or line.lstrip().startswith("#") or _FIELD.fullmatch(line.strip()):
            continue
        found = _LINE.fullmatch(line)
        values = [int(part) for part in found.groups()] if found else []
        if not values or max(values) > 255:
            raise InputError(f"line {number}, {line[:40]!r}, is not three numbers from 0 to 255: mend it")
        colors.append((values[0] / 255, values[1] / 255, values[2] / 255))
    return colors


GPL = PaletteFormat(".gpl", "GIMP palette", _read)
