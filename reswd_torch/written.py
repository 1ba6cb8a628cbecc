"""Files that are there whole or not at all; of several that belong together, all of one run.

A file is written under a hidden name beside its place, and gets its own name when it is finished. A file that may replace
none gets it by a hard link, which the system refuses where the name is taken: of two programs that want one name, one has it.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path

_STEM = 80
"""A temporary file keeps this many bytes of the name of the file that it becomes: names end at 255, on some systems at 143."""
_TEMPORARY = re.compile(r"\.(.*)\.[0-9a-f]{8}(\.[^.]*)?", re.DOTALL)
_LONGEST_WAIT = 10.0
"""Seconds to wait for another program that gives names in a folder. That takes milliseconds; nobody may hold it up for ever."""
_LONGEST_HELD = 2.0
"""Seconds for which another program may hold a file open that is to be replaced, on Windows."""

_together: ContextVar[dict[Path, Path] | None] = ContextVar("_together", default=None)
"""The finished files of the set that is being written in this thread, by their places."""


def temporary_beside(path: Path) -> Path:
    """A name in the folder of ``path`` that no other file has: hidden, with its suffix, and never longer than a name may be."""
    return path.with_name(f".{_kept(path.stem)}.{secrets.token_hex(4)}{path.suffix}")


@contextmanager
def written_beside(path: Path, *, overwrite: bool = True) -> Iterator[Path]:
    """A temporary path beside ``path`` for the block to write to, so that nobody ever sees half a file.

    When the block ends well, the file there becomes ``path``; inside :func:`written_together`, when all files of the set are
    finished. When the block raises, the file is removed.

    Args:
        path: the file.
        overwrite: whether it may replace another. In a set, what the set says counts.

    Raises:
        FileExistsError: ``path`` is there and may not be replaced, however late it came; its ``filename`` is the path.
    """
    temporary, finished = temporary_beside(path), _together.get()
    kept = False
    try:
        yield temporary
        if finished is None:
            _name({path: temporary}, overwrite)
        else:
            finished[path], kept = temporary, True
    finally:
        if not kept:
            _remove(temporary)


@contextmanager
def written_together(*, overwrite: bool = True) -> Iterator[None]:
    """The files that the block writes in this thread belong together: they get their names when it ends well, all or none.

    Of two programs that write one set at a time, the files are those of one: where none may be replaced, of the first; else of
    the last. Without the locks of POSIX (Windows), replaced sets may come to be mixed.

    Args:
        overwrite: whether files that exist are replaced.

    Raises:
        FileExistsError: one is there and may not be replaced; none of the set is left.
    """
    finished: dict[Path, Path] = {}
    token = _together.set(finished)
    try:
        yield
        if finished:
            # A thread of its own: Ctrl+C and its like are raised in the main thread, so never between two of the names.
            with ThreadPoolExecutor(1) as undisturbed:
                undisturbed.submit(_name, finished, overwrite).result()
    finally:
        _together.reset(token)
        for temporary in finished.values():
            _remove(temporary)


def remove_leftovers(places: Iterable[Path]) -> None:
    """Remove the temporary files of a program that was killed while it wrote these files; everything else stays.

    Temporary files are recognised by the names that :func:`temporary_beside` gives them, and that texts had in version 1.

    Args:
        places: the files that were to be written.
    """
    known: dict[Path, set[str]] = {}
    for place in places:
        known.setdefault(place.parent, set()).update({_kept(place.stem) + place.suffix, place.name[:_STEM] + ".part"})
    for folder, names in known.items():
        if not folder.is_dir():
            continue
        for entry in list(os.scandir(folder)):
            found = _TEMPORARY.fullmatch(entry.name)
            if found and found[1] + (found[2] or "") in names:
                Path(entry.path).unlink(missing_ok=True)


def _kept(stem: str) -> str:
    """The beginning of a name, by whole letters and no longer than ``_STEM`` bytes."""
    kept = stem[:_STEM]
    while len(os.fsencode(kept)) > _STEM:
        kept = kept[:-1]
    return kept


def _name(files: Mapping[Path, Path], overwrite: bool) -> None:
    """Give finished files their names: ``files`` are temporary files by their places."""
    with _locked({place.parent for place in files} if len(files) > 1 else ()):
        if overwrite:
            for place, temporary in files.items():
                _replace(temporary, place)
            return
        named: list[Path] = []
        try:
            for place in sorted(files):  # everybody in the same order: then one of them gets all
                _name_new(files[place], place)
                named.append(place)
        except BaseException:
            for place in named:
                with suppress(OSError):
                    if not files[place].exists() or place.samefile(files[place]):  # nobody else has replaced it
                        place.unlink()
            raise


def _name_new(temporary: Path, place: Path) -> None:
    """Give a file a name that is not taken. Raises FileExistsError where it is."""
    try:
        os.link(temporary, place)
        return
    except FileExistsError:
        raise _taken(place) from None
    except OSError:  # a file system without hard links: FAT, some network drives
        pass
    try:
        os.close(os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except FileExistsError:
        raise _taken(place) from None
    try:
        _replace(temporary, place)
    except BaseException:
        place.unlink(missing_ok=True)
        raise


def _replace(temporary: Path, place: Path) -> None:
    """Rename a file over another one. On Windows a scanner or a viewer may hold either for a moment: then once more."""
    until = time.monotonic() + (_LONGEST_HELD if sys.platform == "win32" else 0.0)
    while True:
        try:
            os.replace(temporary, place)
            return
        except PermissionError:
            if time.monotonic() >= until:
                raise
            time.sleep(0.05)


def _remove(temporary: Path) -> None:
    """Remove a file that was not finished. On Windows one that is still open stays, for :func:`remove_leftovers` to find."""
    try:
        temporary.unlink(missing_ok=True)
    except PermissionError:
        if sys.platform != "win32":
            raise


def _taken(place: Path) -> FileExistsError:
    return FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(place))


@contextmanager
def _locked(folders: Iterable[Path]) -> Iterator[None]:
    """Alone among the programs that name sets of files in these folders, where the system has locks (``flock``).

    A lock on the folder itself leaves no file behind, and goes with a program that is killed.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    with ExitStack() as opened:
        for folder in sorted({os.path.realpath(folder) for folder in folders}):
            with suppress(OSError):  # a folder that cannot be listed, or a network drive without locks
                handle = os.open(folder, os.O_RDONLY)
                opened.callback(os.close, handle)
                until = time.monotonic() + _LONGEST_WAIT
                while time.monotonic() < until:
                    try:
                        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                        break
                    except BlockingIOError:
                        time.sleep(0.005)
        yield
