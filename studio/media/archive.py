"""ZIP files from strangers in, results as a ZIP out; and loose uploads as a folder."""

from __future__ import annotations

import os
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from reswd_torch.errors import InputError
from studio.media.places import written_beside

_PART = 1 << 20
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeDecodeError)


@dataclass(frozen=True)
class Limits:
    """What is taken from a stranger.

    Attributes:
        files: at most so many.
        total: bytes of all of them together, unpacked.
    """

    files: int = 5000
    total: int = 4 << 30

    def in_words(self) -> str:
        """For people."""
        return f"{self.files} files and {self.total / (1 << 30):g} GB"


def unpack(archive: Path, folder: Path, limits: Limits, *, name: str | None = None) -> int:
    """Unpack a ZIP into an empty folder, its tree kept. Nothing of it is written before its list was looked through.

    Sizes are counted as the bytes come, whatever the list says. Encrypted entries and links are refused as a whole.

    Args:
        archive: the file.
        folder: made if it is not there.
        limits: what is taken.
        name: what the person calls the file, for messages.

    Returns:
        How many files came out.

    Raises:
        InputError: no ZIP, damaged, over the limits, or with names that lead out of the folder.
    """
    called = name or archive.name
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = [entry for entry in opened.infolist() if not entry.is_dir()]
            _check_list(entries, limits, called)
            left = limits.total
            for entry in entries:
                place = folder / _inside(entry.filename)
                place.parent.mkdir(parents=True, exist_ok=True)
                with opened.open(entry) as source, place.open("xb") as out:
                    while part := source.read(_PART):
                        left -= len(part)
                        if left < 0:
                            raise _too_much(called, limits)
                        out.write(part)
    except _DAMAGED as error:
        raise InputError(f"{called}: the ZIP is damaged or of a kind that is not read: make it again") from error
    except RuntimeError as error:  # zipfile's word for a password
        raise InputError(f"{called}: the ZIP is encrypted: make one without a password") from error
    except FileExistsError as error:
        raise InputError(f"{called}: two files of the ZIP have the same name ({Path(error.filename).name})") from error
    except OSError as error:
        raise InputError(f"{called}: the ZIP could not be unpacked ({error.strerror or error})") from error
    return len(entries)


def _check_list(entries: list[zipfile.ZipInfo], limits: Limits, called: str) -> None:
    if not entries:
        raise InputError(f"{called}: the ZIP is empty")
    if len(entries) > limits.files:
        raise InputError(f"{called}: the ZIP holds {len(entries)} files; the limit is {limits.in_words()}")
    if sum(entry.file_size for entry in entries) > limits.total:
        raise _too_much(called, limits)
    for entry in entries:
        try:
            _inside(entry.filename)
        except ValueError:
            raise InputError(
                f"{called}: the ZIP holds {entry.filename!r}, which leads out of it: make it again"
            ) from None
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise InputError(f"{called}: the ZIP holds a link ({entry.filename}): put the file itself in")


def _inside(name: str) -> PurePosixPath:
    """A stranger's name for a file, with the slashes of every system alike. Raises ValueError if it leads out."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or not path.parts or ":" in path.parts[0] or "\0" in name:
        raise ValueError(name)
    return path


def _too_much(called: str, limits: Limits) -> InputError:
    return InputError(f"{called}: it unpacks to more than is taken; the limit is {limits.in_words()}")


def is_zip(path: Path) -> bool:
    """By its content."""
    return zipfile.is_zipfile(path)


def gather(files: Iterable[tuple[Path, str]], folder: Path, limits: Limits) -> list[str]:
    """Loose files as a folder: linked where the disk can, copied elsewhere. Clashing names are numbered.

    Args:
        files: each with the name it shall have, which may hold ``/``.
        folder: made if it is not there.
        limits: what is taken.

    Returns:
        Notes on what was renamed.

    Raises:
        InputError: over the limits, or a name that leads out of the folder.
    """
    files, notes, taken = list(files), [], set()
    if len(files) > limits.files or sum(path.stat().st_size for path, _ in files) > limits.total:
        raise InputError(f"{len(files)} files are more than is taken; the limit is {limits.in_words()}")
    for path, name in files:
        try:
            wanted = _inside(name)
        except ValueError:
            raise InputError(f"{name!r} is no name for a picture: rename it") from None
        given, number = wanted, 1
        while given.as_posix().casefold() in taken:
            number += 1
            given = wanted.with_name(f"{wanted.stem} ({number}){wanted.suffix}")
        if given != wanted:
            notes.append(f"a second {wanted} became {given.name}")
        taken.add(given.as_posix().casefold())
        place = folder / given
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(path, place)
        except OSError:
            shutil.copy2(path, place)
    return notes


def pack(folder: Path, place: Path, texts: dict[str, str] | None = None) -> Path:
    """All files of a folder, hidden ones left out, as a ZIP; pictures are compressed already and only stored.

    Args:
        folder: what to pack.
        place: the ZIP.
        texts: by name: what to put in instead of a file's own text.

    Raises:
        InputError: it cannot be written.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    try:
        with written_beside(place) as temporary, zipfile.ZipFile(temporary, "w") as out:
            for path in files:
                name = path.relative_to(folder).as_posix()
                if texts and name in texts:
                    out.writestr(name, texts[name], zipfile.ZIP_DEFLATED)
                else:
                    out.write(path, name, _compression(path))
    except OSError as error:
        raise InputError(f"{place.name}: the ZIP could not be written ({error.strerror or error})") from error
    return place


def _compression(path: Path) -> int:
    return zipfile.ZIP_DEFLATED if path.suffix in (".csv", ".json", ".cube", ".cc") else zipfile.ZIP_STORED
