"""Places where files are written, and whether two paths or two files are the same."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from reswd_torch import written
from reswd_torch.errors import InputError
from studio.remedies import JobRemedy


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
    _check_what_is_there(path, overwrite)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(f"{path}: the folder {folder} cannot be written to: choose another or change its permissions")


def _check_what_is_there(path: Path, overwrite: bool) -> None:
    """Refuse a name that something has which is no file, or a file that may not be replaced."""
    try:
        kind = path.stat().st_mode if path.exists() else path.lstat().st_mode  # a link may lead nowhere
    except FileNotFoundError:
        return
    if stat.S_ISDIR(kind):
        raise InputError(f"{path}: this is a folder: give a file name")
    if not stat.S_ISREG(kind) and not stat.S_ISLNK(kind):
        raise InputError(f"{path}: this is a device or a pipe, not a file: give another name")
    if not overwrite:
        raise InputError(f"{path}: the file exists", JobRemedy.OVERWRITE)


def make_folder(folder: Path) -> None:
    """Make a folder for results, and those above it, where they are not there. Raises InputError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be made ({error.strerror}): choose another folder") from error


@contextmanager
def written_beside(path: Path, *, overwrite: bool = True) -> Iterator[Path]:
    """:func:`reswd_torch.written.written_beside`, where a file that may not be replaced raises InputError."""
    with _refused_where_taken(), written.written_beside(path, overwrite=overwrite) as temporary:
        yield temporary


@contextmanager
def written_together(*, overwrite: bool = True) -> Iterator[None]:
    """:func:`reswd_torch.written.written_together`, where a file that may not be replaced raises InputError."""
    with _refused_where_taken(), written.written_together(overwrite=overwrite):
        yield


@contextmanager
def _refused_where_taken() -> Iterator[None]:
    try:
        yield
    except FileExistsError as error:
        raise InputError(f"{error.filename}: the file exists", JobRemedy.OVERWRITE) from error


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
    """Whether two paths name one file, or would. Links are followed."""
    try:
        return os.path.samefile(one, other)
    except OSError:  # one of them does not exist
        return os.path.realpath(one) == os.path.realpath(other)
    except ValueError:  # one has a name that no file can have
        return False
