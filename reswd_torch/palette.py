"""Palettes: a handful of weighted colours that stand in for a reference picture."""

from __future__ import annotations

import re
from dataclasses import dataclass

from reswd_torch.errors import InputError

_ENTRY = re.compile(r"#?(?P<hex>[0-9a-fA-F]{6}|[0-9a-fA-F]{3})(?::(?P<weight>[0-9]*\.?[0-9]+))?")

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


def parse_palette(text: str) -> Palette:
    """Read ``"#aabbcc:2, #112233"``: hex colours, each with an optional weight (1 if left out).

    Raises:
        InputError: no colour, an entry that is not one, or a weight of 0.

    Example:
        >>> parse_palette("#ff0000:3, 00f").weights
        (3.0, 1.0)
    """
    entries = [entry for entry in re.split(r"[,;\s]+", text.strip()) if entry]
    if not entries:
        raise InputError(f'palette {text!r} names no colour: give hex colours such as "#aabbcc:2,#112233"')
    colors, weights = [], []
    for entry in entries:
        found = _ENTRY.fullmatch(entry)
        if found is None and _ENTRY.fullmatch(entry.partition(":")[0]):
            raise InputError(
                f"palette entry {entry!r} has a weight that is not a number above 0: write it as #aabbcc:2"
            )
        if found is None:
            raise InputError(
                f"palette entry {_whole(entry, text)!r} is not a hex colour: write it as #aabbcc or #aabbcc:2 (weight 2)"
            )
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


def _whole(word: str, text: str) -> str:
    """The entry that a word is of, as it was written between commas: "dark red" for "dark". One colour in it stands alone."""
    for entry in re.split(r"[,;\n]+", text):
        words = entry.split()
        if word in words and not any(map(_ENTRY.fullmatch, words)):
            return " ".join(words)
    return word
