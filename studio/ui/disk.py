"""The folder in which this process keeps what visitors send and what is made of it, and how that folder stays small.

Every process has a folder of its own, marked by a file that it holds locked for as long as it lives. What a killed process left
is therefore known, on every system, without a look at process numbers, which are given out again: its lock is free. Only such
folders are removed, whoever else keeps files beside them.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import IO

from studio.ui.limits import limits

PREFIX = "reswd-app-"
_MARK = "reswd.lock"
_LONGEST_START = 60.0  # seconds from a folder to its mark
_ABORTED = 10 * 60.0
"""Seconds without a byte after which an upload counts as aborted."""
_IN_USE = 15 * 60.0
"""Seconds for which a file stays, however full the folder is: a job may be reading it."""
_EVERY = 60.0
_VARIABLE = "GRADIO_TEMP_DIR"


@dataclass(frozen=True, eq=False)
class _Own:
    """The folder of this process, its lock, and the process itself: a fork has its parent's folder, and leaves it alone."""

    folder: Path
    lock: IO[str]
    process: int


_own: _Own | None = None


def own_folder() -> Path:
    """The folder of this process, in which Gradio keeps uploads and results from now on. Made when first asked for.

    It lies in the folder that Gradio would use. What killed processes left there is removed. It goes when the process ends.
    """
    global _own
    from gradio.utils import get_upload_folder

    named = Path(get_upload_folder())
    if _own is not None and _own.folder == named and named.is_dir():
        return named
    if _own is not None and _own.folder.parent == named.parent and named.name.startswith(PREFIX):
        named = named.parent  # it was removed under our feet
    try:
        named.mkdir(parents=True, exist_ok=True)
        sweep(named)
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=named)).resolve()
    except OSError:  # another person of this machine made it
        folder = Path(tempfile.mkdtemp(prefix=PREFIX)).resolve()
    _own = _Own(folder, _mark(folder), os.getpid())
    atexit.register(_leave, _own)
    os.environ[_VARIABLE] = str(folder)
    return folder


def _mark(folder: Path) -> IO[str]:
    """Mark a folder as one of a living process. Under the mark's name the file is there only once it is locked."""
    mark, making = folder / _MARK, folder / f"{_MARK}.new"
    lock = (mark if os.name == "nt" else making).open("w", encoding="utf-8", newline="\n")
    _try_lock(lock)
    if os.name != "nt":  # where no open file is renamed
        making.replace(mark)
    return lock


def _leave(own: _Own) -> None:
    if own.process == os.getpid():
        own.lock.close()
        shutil.rmtree(own.folder, ignore_errors=True)


def leave() -> None:
    """Remove the folder of this process, as at its end."""
    if _own is not None:
        _leave(_own)


def sweep(parent: Path) -> int:
    """Remove the folders that killed processes of this app left in a folder; the number of them."""
    removed = 0
    for folder in parent.glob(f"{PREFIX}*"):
        if folder.is_symlink() or not folder.is_dir() or not _is_left(folder):
            continue
        shutil.rmtree(folder, ignore_errors=True)
        removed += not folder.exists()
    return removed


def _is_left(folder: Path) -> bool:
    """Whether a marked folder belongs to no living process."""
    try:
        with (folder / _MARK).open("r+", encoding="utf-8", newline="\n") as lock:
            return _try_lock(lock)
    except FileNotFoundError:
        try:  # its process was killed before it could mark it, or is about to
            return not any(folder.iterdir()) and time.time() - folder.stat().st_mtime > _LONGEST_START
        except OSError:
            return False
    except OSError:  # another person's
        return False


def _try_lock(lock: IO[str]) -> bool:
    """Lock a file for as long as it is open; whether nobody else holds it."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(lock.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def tidy(
    folder: Path, *, most: int, keep: float, now: float | None = None, spare: frozenset[Path] = frozenset()
) -> None:
    """Remove old files from the folder of this process, and the oldest ones where there are too many.

    Args:
        folder: the folder; its mark stays.
        most: bytes that all files may have together. Files used in the last quarter of an hour stay all the same.
        keep: seconds after which a file goes that nobody wrote or read.
        now: seconds since the epoch; the present if left out.
        spare: files that stay, such as those of the page itself.
    """
    now = time.time() if now is None else now
    left: list[tuple[float, int, Path]] = []
    for path in _files(folder):
        if path in spare:
            continue
        try:
            found = path.lstat()
        except OSError:  # it has just gone
            continue
        used = max(found.st_mtime, found.st_ctime, found.st_atime)
        is_part = path.parent == folder  # Gradio writes an upload here, and moves it away when it is whole
        if now - used > keep or is_part and now - max(found.st_mtime, found.st_ctime) > _ABORTED:
            path.unlink(missing_ok=True)
        else:
            left.append((used, found.st_size, path))
    total = sum(size for _, size, _ in left)
    for used, size, path in sorted(left, key=lambda each: each[0]):
        if total <= most or now - used < _IN_USE:
            break
        with suppress(OSError):
            path.unlink()
            total -= size
    _remove_empty(folder, now - keep)


def _files(folder: Path) -> list[Path]:
    mark = folder / _MARK
    return [Path(root) / name for root, _, names in os.walk(folder) for name in names if Path(root) / name != mark]


def _remove_empty(folder: Path, before: float) -> None:
    """Remove folders that nothing was put into since a time, and that are empty; the deepest first."""
    for root, _, _ in os.walk(folder, topdown=False):
        place = Path(root)
        with suppress(OSError):  # it is not empty, or has just gone
            if place != folder and place.stat().st_mtime < before:
                place.rmdir()


def used(folder: Path) -> int:
    """Bytes of all files of a folder."""
    total = 0
    for path in _files(folder):
        with suppress(OSError):
            total += path.lstat().st_size
    return total


def keep_tidy() -> Event:
    """Tidy the folder of this process once a minute, in the background, once the app is built. The event that is returned ends
    that."""
    folder, ended = own_folder(), Event()
    spare = frozenset(_files(folder))  # the examples, which every page shows

    def go_on() -> None:
        while not ended.wait(_EVERY):
            allowed = limits()
            with suppress(OSError):
                tidy(folder, most=allowed.disk, keep=allowed.keep, spare=spare)

    Thread(target=go_on, name="tidy", daemon=True).start()
    return ended
