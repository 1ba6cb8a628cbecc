"""ZIP archives and loose uploads that come from strangers, unpacked into folders, and folders of results packed as ZIP files."""

from __future__ import annotations

import os
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from reswd_torch.errors import InputError
from reswd_torch.grade.formats import grade_suffixes
from studio.media.places import written_beside
from studio.media.portable import Names, portable

_PART = 1 << 20  # bytes that are unpacked at a time
_DEEPEST = 16  # folders of a name: 16 long ones fit into the longest path of Linux, 4096 bytes
_LONGEST_NAME = 255  # bytes, on Linux
_IS_UTF8 = 1 << 11  # bit of an entry's flags
_UNICODE_PATH = 0x7075
_ENCRYPTED = 1  # bit of an entry's flags (PKWARE, APPNOTE.TXT, section 4.4.4)


@dataclass(frozen=True)
class Limits:
    """How much is accepted from a stranger.

    Attributes:
        files: the largest number of files.
        total: the largest size of all files together, unpacked, in bytes.
    """

    files: int = 5000
    total: int = 4 << 30

    def in_words(self) -> str:
        """The limits in words, such as "5000 files and 4 GB"."""
        return f"{self.files} files and {self.total / (1 << 30):g} GB"


def unpack(archive: Path, folder: Path, limits: Limits, *, name: str | None = None) -> int:
    """Unpack a ZIP into an empty folder and keep its tree of folders.

    The list of entries is checked before anything is written. It may lie about sizes, so bytes are also counted as they are
    unpacked. An archive with an encrypted entry or a link is refused.

    Args:
        archive: the ZIP file.
        folder: where the files go; it is made if it does not exist.
        limits: how much is accepted.
        name: what the person calls the archive, for messages; its file name if left out.

    Returns:
        The number of files.

    Raises:
        InputError: the file is no ZIP, damaged, encrypted, over the limits, or has names that lead out of the folder. Nothing of
            it is left in the folder.
    """
    called = name or archive.name
    try:
        return _unpacked(archive, folder, limits, called)
    except BaseException:
        for left in folder.iterdir() if folder.is_dir() else ():
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)
        raise


def _unpacked(archive: Path, folder: Path, limits: Limits, called: str) -> int:
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = [entry for entry in opened.infolist() if not entry.is_dir()]
            _check_list(entries, limits, called)
            _write_entries(opened, entries, folder, limits, called)
    except InputError:
        raise
    except FileExistsError as error:
        raise InputError(
            f"{called}: two files of the ZIP have the same name ({shown(Path(error.filename).name)})"
        ) from error
    except OSError as error:
        raise InputError(f"{called}: the ZIP could not be unpacked ({error.strerror or error})") from error
    except Exception as error:  # zipfile trusts the fields of a file, and fails in many ways where they lie
        raise InputError(f"{called}: the ZIP is damaged or of a kind that is not read: make it again") from error
    return len(entries)


def _write_entries(
    opened: zipfile.ZipFile, entries: list[zipfile.ZipInfo], folder: Path, limits: Limits, called: str
) -> None:
    """Unpack entries, and stop as soon as their bytes are over the limit."""
    left = limits.total
    for entry in entries:
        place = folder / _inside(_name_of(entry))
        place.parent.mkdir(parents=True, exist_ok=True)
        with opened.open(entry) as source, place.open("xb") as out:
            while part := source.read(_PART):
                left -= len(part)
                if left < 0:
                    raise _too_much(called, limits)
                out.write(part)


def _check_list(entries: list[zipfile.ZipInfo], limits: Limits, called: str) -> None:
    """Refuse an archive by its list of entries: too many, too large, names that lead out of it, links."""
    if not entries:
        raise InputError(f"{called}: the ZIP is empty")
    if len(entries) > limits.files:
        raise InputError(f"{called}: the ZIP holds {len(entries)} files; the limit is {limits.in_words()}")
    if sum(entry.file_size for entry in entries) > limits.total:
        raise _too_much(called, limits)
    for entry in entries:
        name = _name_of(entry)
        try:
            path = _inside(name)
        except ValueError:
            raise InputError(f"{called}: the ZIP holds {shown(name)}, which leads out of it: make it again") from None
        if max(len(os.fsencode(part)) for part in path.parts) > _LONGEST_NAME:
            raise InputError(f"{called}: the ZIP holds {shown(name)}, which is too long for a name here: shorten it")
        if entry.flag_bits & _ENCRYPTED:
            raise InputError(f"{called}: the ZIP is encrypted: make one without a password")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            # The others are unpacked a MiB of input at a time, however much comes out of it.
            raise InputError(
                f"{called}: {shown(_name_of(entry))} is packed in a way that is not read: make the ZIP with deflate"
            )
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise InputError(f"{called}: the ZIP holds a link ({shown(_name_of(entry))}): put the file itself in")


def _name_of(entry: zipfile.ZipInfo) -> str:
    """The name of an entry as its maker meant it.

    An entry without the mark for UTF-8 has its name in code page 437, but two kinds of program write others: Info-ZIP gives the
    name in UTF-8 beside it (PKWARE, APPNOTE.TXT, section 4.6.9), and macOS writes UTF-8 without the mark. Hardly any text in
    another encoding is valid UTF-8.
    """
    if entry.flag_bits & _IS_UTF8:
        return entry.filename
    written = entry.orig_filename.encode("cp437")
    extra = entry.extra
    while len(extra) >= 4:
        kind, length = struct.unpack("<HH", extra[:4])
        body, extra = extra[4 : 4 + length], extra[4 + length :]
        if kind == _UNICODE_PATH and body[:5] == struct.pack("<BI", 1, zlib.crc32(written)):
            written = body[5:]
    try:
        return entry.filename if written.isascii() else written.decode("utf-8")
    except UnicodeDecodeError:
        return entry.filename


def _inside(name: str) -> PurePosixPath:
    """A stranger's name for a file as a path below a folder; backslashes separate folders too.

    Raises:
        ValueError: the name leads out of the folder, or is empty.
    """
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or not path.parts or ":" in path.parts[0] or "\0" in name:
        raise ValueError(name)
    return path


def _too_much(called: str, limits: Limits) -> InputError:
    """The error for an archive that is too large once it is unpacked."""
    return InputError(f"{called}: it unpacks to more than is taken; the limit is {limits.in_words()}")


def is_zip(path: Path) -> bool:
    """Whether a file is a ZIP archive, by its content and not by its name."""
    return zipfile.is_zipfile(path)


def gather(files: Iterable[tuple[Path, str]], folder: Path, limits: Limits) -> list[str]:
    """Gather loose files in one folder, by hard links where the disk allows them and by copies elsewhere.

    Their names become ones that every system can have (:mod:`studio.media.portable`), each its own.

    Args:
        files: each file, and the name that it shall have in the folder, which may contain ``/``.
        folder: where the files go, an empty one; it is made if it does not exist.
        limits: how much is accepted.

    Returns:
        A note on each file that got another name.

    Raises:
        InputError: the files are over the limits, or a name leads out of the folder or is too long.
    """
    files, notes, names = list(files), [], Names()
    if len(files) > limits.files or sum(path.stat().st_size for path, _ in files) > limits.total:
        raise InputError(f"{len(files)} files are more than is taken; the limit is {limits.in_words()}")
    for path, name in files:
        try:
            wanted = _inside(name)
        except ValueError:
            raise InputError(f"{shown(name)} is no name for a picture: rename it") from None
        if len(wanted.parts) > _DEEPEST:
            raise InputError(f"{shown(name)} lies too deep in folders: move it up")
        given = names.give(wanted)
        if given != wanted:
            again = "a second " if portable(wanted.name) == wanted.name else ""
            notes.append(f"{again}{shown(str(wanted))} became {given.name}")
        _put(path, folder / given)
    return notes


def _put(path: Path, place: Path) -> None:
    """A file at another place, by a link or a copy. Raises InputError where something is there, or it cannot be written."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(path, place)
        except FileExistsError:
            raise
        except OSError:  # another disk, or one without links
            with path.open("rb") as source, place.open("xb") as copy:
                shutil.copyfileobj(source, copy)
    except OSError as error:
        raise InputError(f"{shown(place.name)} could not be taken ({error.strerror}): send it again") from error


def shown(name: str) -> str:
    """A stranger's name for a message: on one line, and not longer than a line."""
    one_line = repr(name)[1:-1] if not name.isprintable() else name
    return one_line if len(one_line) <= 120 else f"{one_line[:60]}…{one_line[-40:]}"


def pack(
    folder: Path, place: Path, texts: dict[str, str] | None = None, *, without: frozenset[str] = frozenset()
) -> Path:
    """Pack all files of a folder into a ZIP and return its path. Hidden files and links are left out.

    Names in it are ones that every system can have, each its own (:mod:`studio.media.portable`), and never lead out of the
    folder that it is unpacked to.

    Args:
        folder: the folder.
        place: where the ZIP goes.
        texts: texts that replace those of some files in the ZIP, by their names relative to the folder.
        without: files that are left out, the same way.

    Raises:
        InputError: the ZIP cannot be written.
    """
    found = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    files, names = sorted(path for path in found if not path.name.startswith(".")), Names()
    try:
        # A ZIP begins in 1980 and ends in 2107 (APPNOTE.TXT, section 4.4.6); files of other times get the nearer end.
        with (
            written_beside(place) as temporary,
            zipfile.ZipFile(temporary, "w", strict_timestamps=False) as out,
        ):
            for path in files:
                name = path.relative_to(folder)
                if name.as_posix() in without:
                    continue
                given = str(names.give(PurePosixPath(*name.parts)))
                if texts and name.as_posix() in texts:
                    out.writestr(given, texts[name.as_posix()], zipfile.ZIP_DEFLATED)
                else:
                    out.write(path, given, _compression(path))
    except OSError as error:
        raise InputError(f"{place.name}: the ZIP could not be written ({error.strerror or error})") from error
    return place


def _compression(path: Path) -> int:
    """How a file is stored in a ZIP: texts are compressed, pictures already are."""
    return zipfile.ZIP_DEFLATED if path.suffix in (".csv", ".json", *grade_suffixes()) else zipfile.ZIP_STORED
