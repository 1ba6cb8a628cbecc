"""Pairs of colours: this one of the source should become that one. Plain Python: importing this module loads no torch."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Iterable

from reswd_torch.errors import InputError
from reswd_torch.grade.constants import Triple

MOST_PAIRS = 16
"""More of them are a reference, and no few colours that somebody picked."""
_HEX = re.compile(r"#?([0-9a-fA-F]{6}|[0-9a-fA-F]{3})")
Pair = tuple[str, str]
"""A colour of the source and what it should become, as ``#rrggbb`` in the source's own encoding."""


def checked_pairs(value: object) -> tuple[Pair, ...]:
    """Pairs as they are kept: ``#rrggbb`` in small letters, each once.

    Args:
        value: pairs, each as two hex colours or as one text with ``=`` between them.

    Raises:
        InputError: what is no pair, more than :data:`MOST_PAIRS`, or one source colour with two different answers.
    """
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise InputError(f"pairs {reprlib.repr(value)}: give a list of pairs such as ('#aabbcc', '#ddeeff')")
    pairs = dict.fromkeys(_pair(each) for each in value)
    if len(pairs) > MOST_PAIRS:
        raise InputError(f"{len(pairs)} pairs of colours: give at most {MOST_PAIRS}")
    answers: dict[str, str] = {}
    for source, wanted in pairs:
        if answers.setdefault(source, wanted) != wanted:
            raise InputError(
                f"pairs {source}={answers[source]} and {source}={wanted} contradict each other: leave one of them out"
            )
    return tuple(pairs)


def codes_of(color: str) -> Triple:
    """The channels of ``#rrggbb``, 0..1."""
    red, green, blue = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return (red, green, blue)


def _pair(each: object) -> Pair:
    parts = each.split("=") if isinstance(each, str) else list(each) if isinstance(each, list | tuple) else []
    if len(parts) != 2:
        raise InputError(f"pair {reprlib.repr(each)}: give two hex colours such as #aabbcc=#ddeeff")
    return _hex(parts[0]), _hex(parts[1])


def _hex(color: object) -> str:
    found = _HEX.fullmatch(color.strip()) if isinstance(color, str) else None
    if found is None:
        raise InputError(f"pair colour {reprlib.repr(color)} is not a hex colour: write it as #aabbcc")
    digits = found[1].lower()
    return "#" + (digits if len(digits) == 6 else "".join(2 * digit for digit in digits))
