"""Places where files are written, and whether two paths or two files are the same."""

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

_STEM = 80
"""A temporary file keeps this many letters of the name of the file that it becomes."""
_TEMPORARY = re.compile(r"\.(.*)\.[0-9a-f]{8}(\.[^.]*)", re.DOTALL)


def check_place(path: Path, *, inputs: Iterable[str | Path] = (), overwrite: bool = False) -> None:
    """Refuse, before any work is done, a place where no file could be written in the end.

    Args:
        path: where a file will go.
        inputs: files that must not be replaced, whatever ``overwrite`` says; links are followed.
        overwrite: whether an existing file may be replaced.

    Raises:
        InputError: the place is one of the inputs or a folder, a file is there and ``overwrite`` is not set, or the folder is
            missing or read-only.
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


def make_folder(folder: Path) -> None:
    """Make a folder for results, and those above it, where they are not there. Raises InputError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be made ({error.strerror}): choose another folder") from error


def temporary_beside(path: Path) -> Path:
    """A name in the folder of ``path`` that no other file has: hidden, and with its suffix."""
    return path.with_name(f".{path.stem[:_STEM]}.{secrets.token_hex(4)}{path.suffix}")


@contextmanager
def written_beside(path: Path) -> Iterator[Path]:
    """A temporary path beside ``path`` for the block to write to, so that nobody ever sees half a file.

    When the block ends well, the file there replaces ``path``; when it raises, the file is removed.
    """
    temporary = temporary_beside(path)
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def remove_leftovers(places: Iterable[Path]) -> None:
    """Remove the temporary files of a program that was killed while it wrote these files; everything else stays.

    Temporary files are recognised by the names that :func:`written_beside` and
    :func:`reswd_torch.grade.files.write_text_atomically` give them.

    Args:
        places: the files that were to be written.
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
    """SHA-256 of a file's bytes in hexadecimal. The file is read in parts and may be larger than the memory."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def file_ids(paths: Iterable[Path]) -> set[tuple[int, int]]:
    """Device and inode numbers of those of the files that exist. Paths that lead to one file, over links too, have one id."""
    found = set()
    for path in paths:
        with suppress(OSError):
            facts = path.stat()
            found.add((facts.st_dev, facts.st_ino))
    return found


def same_file(one: Path, other: Path) -> bool:
    """Whether two paths name one file. Links are followed where both exist; otherwise the absolute paths are compared."""
    try:
        return os.path.samefile(one, other)
    except OSError:  # one of them does not exist
        return os.path.abspath(one) == os.path.abspath(other)
