"""The order in which people count: frame 9 before frame 10."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

_NUMBER = re.compile(r"(\d+)")
_LONGEST_NUMBER = 18  # digits; a longer one is compared as text, for Python reads no number of thousands of digits


def natural_key(name: str) -> list[tuple[tuple[int, int, str], ...]]:
    """A key that sorts names as people do: ``2.jpg`` before ``10.jpg``, a folder's pictures together, capitals aside."""
    return [tuple(map(_piece, _NUMBER.split(part))) for part in (*PurePosixPath(name.casefold()).parts, name)]


def _piece(text: str) -> tuple[int, int, str]:
    if text.isdecimal() and text.isascii() and len(text) <= _LONGEST_NUMBER:
        return 0, int(text), text
    return 1, 0, text
