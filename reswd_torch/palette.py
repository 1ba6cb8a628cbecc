"""Palettes: a handful of weighted colours that stand in for a reference picture."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reswd_torch.errors import InputError

_ENTRY = re.compile(r"#?(?P<hex>[0-9a-fA-F]{6}|[0-9a-fA-F]{3})(?::(?P<weight>[0-9]*\.?[0-9]+))?")

_QUOTED = 12  # wrong entries that a message quotes

MAX_WEIGHT = 1e6
"""The largest weight that a palette may give to a colour."""


@dataclass(frozen=True)
class Palette:
    """Weighted colours.

    Attributes:
        colors: sRGB-encoded triples, 0..1.
        weights: one for each colour, greater than 0.
    """

    colors: tuple[tuple[float, float, float], ...]
    weights: tuple[float, ...]


def parse_palette(text: str | Sequence[str]) -> Palette:
    """Read ``"#aabbcc:2, #112233"``, or a list of such entries: hex colours, each with an optional weight (1 if left out).

    Raises:
        InputError: no colour, entries that are none, or a weight of 0. One message quotes every entry that is wrong.

    Example:
        >>> parse_palette("#ff0000:3, 00f").weights
        (3.0, 1.0)
    """
    if not isinstance(text, str):
        if not isinstance(text, list | tuple) or not all(isinstance(each, str) for each in text):
            raise InputError(f'palette {text!r:.100} is no text: give hex colours such as "#aabbcc:2,#112233"')
        text = ",".join(text)
    entries = [entry for entry in re.split(r"[,;\s]+", text.strip()) if entry]
    if not entries:
        raise InputError(f'palette {text!r} names no colour: give hex colours such as "#aabbcc:2,#112233"')
    read = [_ENTRY.fullmatch(entry) for entry in entries]
    _refuse_wrong([entry for entry, found in zip(entries, read, strict=True) if found is None])
    colors, weights = [], []
    for entry, found in zip(entries, read, strict=True):
        assert found is not None
        digits = found["hex"] if len(found["hex"]) == 6 else "".join(c * 2 for c in found["hex"])
        weight = float(found["weight"] or 1.0)
        if not 0 < weight <= MAX_WEIGHT:
            raise InputError(
                f"palette entry {entry!r} has weight {weight:g}: give a weight above 0 and at most {MAX_WEIGHT:g}, "
                "or leave it out"
            )
        r, g, b = (int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4))
        colors.append((r, g, b))
        weights.append(weight)
    return Palette(tuple(colors), tuple(weights))


def is_palette(text: str) -> bool:
    """Whether :func:`parse_palette` can read a text."""
    try:
        parse_palette(text)
    except InputError:
        return False
    return True


def palette_text(palette: Palette) -> str:
    """A palette as :func:`parse_palette` reads it: colours rounded to 8 bits, weights where they are not 1.

    Example:
        >>> palette_text(Palette(((1.0, 0.0, 0.0), (0.0, 0.0, 1.0)), (3.0, 1.0)))
        '#ff0000:3, #0000ff'
    """
    return ", ".join(map(_written, palette.colors, palette.weights))


def hex_of(color: Iterable[float]) -> str:
    """A colour, three encoded values 0..1, as ``#rrggbb``; what lies outside is clipped."""
    return "#" + "".join(f"{round(255 * min(max(value, 0.0), 1.0)):02x}" for value in color)


def _written(color: tuple[float, float, float], weight: float) -> str:
    return hex_of(color) if weight == 1 else f"{hex_of(color)}:{_plain(weight)}"


def _plain(weight: float) -> str:
    """A weight without an exponent, which entries do not have: all its digits, as far as 1e-12."""
    return f"{weight:.12f}".rstrip("0").rstrip(".")


def _refuse_wrong(entries: list[str]) -> None:
    """Raise the one InputError for all entries that cannot be read; none where there are none."""
    weighted = [entry for entry in entries if _ENTRY.fullmatch(entry.partition(":")[0])]
    others = [entry for entry in entries if entry not in weighted]
    problems = []
    if others:
        problems.append(f"{_named(others)} {'is not a hex colour' if len(others) == 1 else 'are not hex colours'}")
    if weighted:
        has, is_no = ("has a weight", "is not a number") if len(weighted) == 1 else ("have weights", "are not numbers")
        problems.append(f"{_named(weighted)} {has} that {is_no} above 0")
    if problems:
        what = "write it" if len(entries) == 1 else "write each"
        raise InputError(f"palette {', and '.join(problems)}: {what} as #aabbcc or #aabbcc:2 (weight 2)")


def _named(entries: list[str]) -> str:
    """Entries in quotes: ``entry 'a'``, ``entries 'a' and 'b'``; of very many the first ones and how many there are besides."""
    if len(entries) == 1:
        return f"entry {entries[0]!r}"
    quoted = [repr(entry) for entry in entries[:_QUOTED]]
    last = f"{len(entries) - _QUOTED} more" if len(entries) > _QUOTED else quoted.pop()
    return f"entries {', '.join(quoted)} and {last}"
