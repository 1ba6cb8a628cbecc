"""Style sheets (.css): every colour in a value, of custom properties and others, in order.

Read are ``#hex``, ``rgb()``, ``hsl()`` with or without alpha, and the names of CSS. Alpha is left out, and so is a colour that is
wholly transparent. What a ``var()`` or ``calc()`` comes to is not computed. Selectors, comments, texts and addresses hold no
colours, whatever they are called.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from studio.media.palettes.format import Color, PaletteFormat
from studio.media.palettes.models import from_hsl
from studio.media.palettes.text import text_of

# No pattern looks ahead without bound from each of many places: a hostile file takes no longer than another.
_TEXTS = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'|url\([^()]*\)", re.IGNORECASE)
_CHUNK = re.compile(r"([^{};]*)([{};]|\Z)")
_COLOR = re.compile(
    r"#(?P<hex>[0-9a-f]{3,8})(?![\w-])|(?<![\w-])(?P<function>rgb|hsl)a?\((?P<values>[^()]*)\)"
    r"|(?<![\w$@.#-])(?P<name>[a-z]{3,20})(?![\w(-])",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"([+-]?(?:\d{1,9}\.?\d{0,9}|\.\d{1,9}))(%|deg|turn|rad|grad)?", re.IGNORECASE)
_TURNS = {"deg": 1 / 360, "": 1 / 360, "turn": 1.0, "rad": 1 / (2 * math.pi), "grad": 1 / 400}


def _read(content: bytes) -> list[Color]:
    sheet = _TEXTS.sub(" ", _without_comments(text_of(content)))
    return [color for value in _values(sheet) for found in _COLOR.finditer(value) if (color := _color(found))]


def _without_comments(text: str) -> str:
    parts, at = [], 0
    while (start := text.find("/*", at)) >= 0:
        parts.append(text[at:start])
        end = text.find("*/", start + 2)
        if end < 0:
            return " ".join(parts)
        at = end + 2
    return " ".join([*parts, text[at:]])


def _values(sheet: str) -> Iterator[str]:
    """What stands behind the colon of every declaration; what stands before a brace is a selector."""
    for found in _CHUNK.finditer(sheet):
        text, end = found.groups()
        if end != "{":
            yield text.partition(":")[2]


def _color(found: re.Match[str]) -> Color | None:
    """The colour of a match; None for what is none, or is not seen."""
    if found["hex"]:
        return _from_hex(found["hex"])
    if found["name"]:
        from PIL.ImageColor import colormap

        written = colormap.get(found["name"].lower())
        return _from_hex(str(written)[1:]) if written else None
    parts = [_NUMBER.fullmatch(part) for part in re.split(r"[\s,/]+", found["values"].strip())]
    numbers = [(float(part[1]), (part[2] or "").lower()) for part in parts if part]
    if len(numbers) != len(parts) or len(numbers) not in (3, 4) or (len(numbers) == 4 and numbers[3][0] <= 0):
        return None
    if found["function"].lower() == "rgb":
        r, g, b = (value / (100 if unit == "%" else 255) for value, unit in numbers[:3])
        return r, g, b
    (hue, unit), (saturation, _), (lightness, _) = numbers[:3]
    if unit not in _TURNS:
        return None
    return from_hsl(hue * _TURNS[unit] % 1.0, min(max(saturation / 100, 0), 1), min(max(lightness / 100, 0), 1))


def _from_hex(digits: str) -> Color | None:
    if len(digits) in (3, 4):
        digits = "".join(digit * 2 for digit in digits)
    if len(digits) not in (6, 8) or digits[6:] == "00":
        return None
    r, g, b = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return r, g, b


CSS = PaletteFormat(".css", "style sheet", _read)
