"""Names of files that every system can have, and that no system takes for one another: for files that strangers send, and for
ZIPs that strangers unpack.
"""

from __future__ import annotations

import os
import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import PurePosixPath

_LONGEST = 240
"""Bytes of a name, of the 255 that systems allow: results get a few more, such as another suffix."""
_LONGEST_SUFFIX = 40
_REFUSED = re.compile(r'[<>:"|?*\\\x00-\x1f\x7f\ud800-\udfff]')
"""What Windows refuses in a name, and halves of UTF-16 pairs, which UTF-8 has no code for."""
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\.|$)", re.IGNORECASE)
"""Names that Windows keeps for devices, with any suffix. Source: Microsoft, "Naming Files, Paths, and Namespaces"."""


def portable(name: str) -> str:
    """A name, without folders, that Windows, macOS and Linux can have: what one of them refuses becomes an underscore."""
    plain = _REFUSED.sub("_", name)
    bare = plain.rstrip(". ")  # Windows leaves these out, and finds another file
    plain = bare + "_" * (len(plain) - len(bare))
    if _DEVICE.match(plain):
        head, dot, tail = plain.partition(".")
        plain = f"{head}_{dot}{tail}"
    return _numbered(plain, 1)


@dataclass
class Names:
    """The names that are given in one folder and those below it.

    They differ also where capitals and the way of writing an accent do not count, as on Windows and macOS.
    """

    _taken: set[str] = field(default_factory=set)
    _numbers: dict[str, int] = field(default_factory=dict)
    _folders: dict[str, tuple[str, Names]] = field(default_factory=dict)

    def give(self, wanted: PurePosixPath) -> PurePosixPath:
        """A path for a file that is like the wanted one, and that no other file or folder here has.

        A name that is taken gets a number before its suffix. A folder's name that a file has gets one too, the same for all
        that is in the folder.
        """
        first, *rest = wanted.parts
        if not rest:
            return PurePosixPath(self._new(first))
        key = _key(portable(first))
        if key not in self._folders:
            self._folders[key] = (self._new(first), Names())
        name, below = self._folders[key]
        return PurePosixPath(name) / below.give(PurePosixPath(*rest))

    def _new(self, wanted: str) -> str:
        plain = portable(wanted)
        first = _key(plain)
        given, number = plain, self._numbers.get(first, 1)
        while _key(given) in self._taken:
            number += 1
            given = _numbered(plain, number)
        self._numbers[first] = number
        self._taken.add(_key(given))
        return given


def _numbered(name: str, number: int) -> str:
    """A name with a number, from 2 on, before its suffix; the part before that is cut where the whole is too long."""
    path = PurePosixPath(name)
    suffix = path.suffix if len(os.fsencode(path.suffix)) <= _LONGEST_SUFFIX else ""
    stem = name[: len(name) - len(suffix)]
    tail = suffix if number == 1 else f" ({number}){suffix}"
    room = _LONGEST - len(os.fsencode(tail))
    if len(os.fsencode(stem)) > room:
        stem = os.fsencode(stem)[:room].decode("utf-8", "ignore").rstrip(". ")
    return stem + tail


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
