"""Files and places: what may be written to, what a file holds."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from reswd_torch.errors import InputError
from studio.remedies import JobRemedy

_STEM = 80  # letters of a name that its temporary file keeps
_TEMPORARY = re.compile(r"\.(.*)\.[0-9a-f]{8}(\.[^.]*)", re.DOTALL)


def check_place(path: Path, *, inputs: Iterable[str | Path] = (), overwrite: bool = False) -> None:
    """Refuse a place that could not be written in the end.

    Args:
        path: where a file will go.
        inputs: files that must not be replaced, whatever ``overwrite`` says; links are seen through.
        overwrite: whether an existing file may be replaced.

    Raises:
        InputError: equal to an input, a folder, exists without ``overwrite``, or in a folder that is missing or read-only.
    """
    for source in inputs:
        if same_file(path, Path(source)):
            raise InputError(
                f"{path}: the output would replace an input or another output: give another name or folder"
            )
    folder = path.parent
    if not folder.is_dir():
        raise InputError(f"{path}: the folder {folder} does not exist: make it or choose another")
    if path.is_dir():
        raise InputError(f"{path}: this is a folder: give a file name")
    if path.exists() and not overwrite:
        raise InputError(f"{path}: the file exists", JobRemedy.OVERWRITE)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(f"{path}: the folder {folder} cannot be written to: choose another or change its permissions")


@contextmanager
def written_beside(path: Path) -> Iterator[Path]:
    """A temporary place beside ``path`` to write to; moved over it in the end, or removed when something goes wrong."""
    temporary = path.with_name(f".{path.stem[:_STEM]}.{secrets.token_hex(4)}{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def remove_leftovers(places: Iterable[Path]) -> None:
    """Remove the temporary files that a killed program left beside these places; everything else stays.

    The names are those of :func:`written_beside` and of :func:`reswd_torch.grade.files.write_text_atomically`.
    """
    known: dict[Path, set[str]] = {}
    for place in places:
        names = known.setdefault(place.parent, set())
        names |= {place.stem[:_STEM] + place.suffix, place.name[:_STEM] + ".part"}
    for folder, names in known.items():
        if not folder.is_dir():
            continue
        for entry in list(os.scandir(folder)):
            found = _TEMPORARY.fullmatch(entry.name)
            if found and found[1] + found[2] in names:
                Path(entry.path).unlink(missing_ok=True)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, read in parts."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def file_ids(paths: Iterable[Path]) -> set[tuple[int, int]]:
    """What tells files apart, by device and number, links seen through; of those that are there."""
    found = set()
    for path in paths:
        with suppress(OSError):
            facts = path.stat()
            found.add((facts.st_dev, facts.st_ino))
    return found


def same_file(one: Path, other: Path) -> bool:
    """Whether two paths name one file, there already or not."""
    try:
        return os.path.samefile(one, other)
    except OSError:  # one of them does not exist
        return os.path.abspath(one) == os.path.abspath(other)
