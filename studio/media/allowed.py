"""The folders of this machine below which somebody else may name files: a visitor of the app, or a program that calls tools."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from reswd_torch.errors import InputError
from studio.media.portable import portable


def below(text: str, allowed: Sequence[Path], what: str) -> Path:
    """A folder that a person named, if it lies below an allowed one; links are seen through.

    Args:
        text: as it was written; a relative path starts at an allowed folder.
        allowed: the folders that this app was started with permission for, or that were chosen in its window.
        what: the folder in words, for a message.

    Raises:
        InputError: there is no text, or the folder lies elsewhere. Whether the folder is there is not told.
    """
    if not text.strip():
        raise InputError(f"Name {what} first.")
    if "\0" in text:
        raise InputError(f"{text.strip()!r}: no folder can have this name: give another")
    path = _expanded(text.strip())
    for root in allowed:
        candidate = _seen_through(path if path.is_absolute() else root / path, text.strip())
        if candidate.is_relative_to(root):
            return candidate
    roots = ", ".join(map(str, allowed)) or "choose it first"
    raise InputError(f"{text.strip()} does not lie below a folder that this app may use: {roots}")


@dataclass(frozen=True)
class Allowed:
    """Where a program that calls tools may read and write. Of folders within each other the innermost counts.

    Attributes:
        folders: files below them may be read and written; links seen through.
        read_only: files below them may be read.
    """

    folders: tuple[Path, ...]
    read_only: tuple[Path, ...] = ()

    def to_read(self, text: str, what: str) -> Path:
        """A file or folder that is named to be read; it need not be there.

        Args:
            text: its path; a relative one starts at the allowed folder in which it is, else at the first.
            what: what it is for, such as ``source``, for a message.

        Returns:
            The absolute path, with links among its folders seen through.

        Raises:
            InputError: no name, ``..`` in it, or a place that is not allowed, be it over links. Whether anything is there is
                not told.
        """
        named = _named(text, what)
        inside = [path for path in self._candidates(named) if self._root_of(_seen_through(path, text)) is not None]
        if not inside:
            raise InputError(f"{what} {text!r} does not lie below a folder that may be used: {self._in_words()}")
        return _absolute(next((path for path in inside if os.path.lexists(path)), inside[0]))

    def to_write(self, text: str, what: str) -> Path:
        """The same for a file or folder that is to be written. It must have a name that every system allows.

        Raises:
            InputError: likewise; a place that may be read only; or a name that Windows refuses.
        """
        named = _named(text, what)
        candidates = self._candidates(named)
        roots = [self._root_of(_seen_through(path, text)) for path in candidates]
        chosen = next((path for path, root in zip(candidates, roots, strict=True) if root in self.folders), None)
        if chosen is None and any(roots):
            raise InputError(f"{what} {text!r} lies below a folder that may only be read: {self._in_words()}")
        if chosen is None:
            raise InputError(f"{what} {text!r} does not lie below a folder that may be used: {self._in_words()}")
        _check_portable(chosen, what, text)
        return _absolute(chosen)

    def check_links(self, paths: Iterable[Path], what: str) -> None:
        """Refuse links among files that were found, not named, where they lead out of the allowed folders. Raises InputError."""
        for path in paths:
            if path.is_symlink() and self._root_of(_seen_through(path, str(path))) is None:
                raise InputError(
                    f"{what} {str(path)!r} is a link out of the folders that may be used: copy the file in"
                )

    def links_below(self, folder: Path) -> list[Path]:
        """The links of folders below a folder, if that is there: what is written into its tree would follow them."""
        tree = os.walk(folder)
        return [Path(at, name) for at, names, _ in tree for name in names if os.path.islink(os.path.join(at, name))]

    def _candidates(self, path: Path) -> list[Path]:
        return [path] if path.is_absolute() else [root / path for root in (*self.folders, *self.read_only)]

    def _root_of(self, path: Path) -> Path | None:
        """The innermost allowed folder that a resolved path lies in."""
        roots = [root for root in (*self.folders, *self.read_only) if path.is_relative_to(root)]
        return max(roots, key=lambda root: len(root.parts), default=None)

    def _in_words(self) -> str:
        told = [str(root) for root in self.folders] + [f"{root} (to read)" for root in self.read_only]
        return ", ".join(told)


def _named(text: str, what: str) -> Path:
    """The path as it was named. Raises InputError for what names nothing, or goes up."""
    if not text.strip():
        raise InputError(f"{what}: the name is empty: give a path below a folder that may be used")
    if "\0" in text:
        raise InputError(f"{what} {text!r}: no file can have this name: give another")
    if ".." in text.replace("\\", "/").split("/"):
        raise InputError(f"{what} {text!r} goes up by '..': name the place itself")
    return _expanded(text)


def _expanded(text: str) -> Path:
    """The path, from somebody's home where it says so."""
    try:
        return Path(text).expanduser()
    except RuntimeError:  # the home of nobody
        return Path(text)


def _seen_through(path: Path, text: str) -> Path:
    """A path without links. Raises InputError for what no file can be called, and for links in a circle."""
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no file can be found by it"
        raise InputError(f"{text!r:.200}: this path cannot be used ({reason}): give another") from error


def _absolute(path: Path) -> Path:
    """The path with its own last name, which results may be called after, in its folder without links."""
    return path.parent.resolve() / path.name if path.name else path.resolve()


def _check_portable(path: Path, what: str, text: str) -> None:
    """Refuse names, of the file and of folders that are not there yet, that Windows could not have."""
    for one in (path, *path.parents):
        if one != path and one.exists():
            return
        if one.name and portable(one.name) != one.name:
            raise InputError(
                f"{what} {text!r:.200}: Windows refuses the name {one.name!r:.100}: call it {portable(one.name)!r:.100}"
            )
