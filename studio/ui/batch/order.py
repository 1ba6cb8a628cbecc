"""The pictures that a person chose, in the order in which people count, and how many there are."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from studio.media.archive import is_zip
from studio.media.images import READABLE_SUFFIXES
from studio.service.batch.natural import natural_key
from studio.service.batch.uploads import Upload


def spread(names: Sequence[str], number: int) -> frozenset[str]:
    """So many of the names, from the first to the last, as far apart as they can be; all where there are fewer."""
    if len(names) <= number:
        return frozenset(names)
    return frozenset(names[round(place * (len(names) - 1) / (number - 1))] for place in range(number))


@dataclass(frozen=True)
class Chosen:
    """What a person chose.

    Attributes:
        names: of the pictures, in natural order.
        size: bytes of them together, unpacked.
        others: how many files are no pictures by their names.
    """

    names: tuple[str, ...]
    size: int
    others: int = 0


def chosen(uploads: Sequence[Upload], *, most: int) -> Chosen:
    """The pictures among uploads. A ZIP is listed, not unpacked; what is wrong with it, the run will say.

    Args:
        uploads: as they were sent.
        most: files that are listed; of a ZIP with more, as many.
    """
    found: list[tuple[str, int]] = []
    for path, name in uploads[:most]:
        try:
            found += _entries(path, most) if len(uploads) == 1 and is_zip(path) else [(name, path.stat().st_size)]
        except Exception:  # zipfile fails in many ways where a file lies
            continue
    pictures = [(name, size) for name, size in found if _is_picture(name)]
    names = sorted((name for name, _ in pictures), key=natural_key)
    return Chosen(tuple(names), sum(size for _, size in pictures), len(found) - len(pictures))


def _entries(path: Path, most: int) -> Iterable[tuple[str, int]]:
    with zipfile.ZipFile(path) as opened:
        return [(entry.filename, entry.file_size) for entry in opened.infolist()[:most] if not entry.is_dir()]


def _is_picture(name: str) -> bool:
    path = PurePosixPath(name)
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
    return not hidden and path.suffix.lower() in READABLE_SUFFIXES
