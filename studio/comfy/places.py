"""Names that a workflow gives, as files: never outside of the folders of ComfyUI, whatever the name says."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath

from reswd_torch.errors import InputError
from studio.media.portable import portable

_DATE = (("%year%", "%Y"), ("%month%", "%m"), ("%day%", "%d"), ("%hour%", "%H"), ("%minute%", "%M"), ("%second%", "%S"))
_LONGEST = 200


def output_place(folder: Path, prefix: str, suffix: str) -> Path:
    """The next free name below ComfyUI's output folder, ``prefix_00001_.cube``, numbered as ComfyUI numbers pictures.

    Args:
        folder: the output folder.
        prefix: a name, with folders below the output folder in front of it where wanted; ``%year%`` and the like are filled in.
        suffix: of the file, with its dot.

    Returns:
        A path in a folder that exists; the file does not.

    Raises:
        InputError: the prefix leads outside, is no name on every system, or goes through a file.
    """
    for name, code in _DATE:
        prefix = prefix.replace(name, time.strftime(code))
    inside = _inside(prefix, "the prefix")
    place = folder / inside
    for part in (*inside.parent.parts, _numbered(inside.name, 1, suffix)):
        if portable(part) != part:
            raise InputError(
                f"the prefix {prefix!r}: Windows keeps {part!r} for a device, cuts it or cannot have it: choose another name"
            )
    _check_below(place.parent, [folder], prefix, "the prefix")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise InputError(f"the prefix {prefix!r} goes through a file: give a name in a folder") from None
    _check_below(place.parent, [folder], prefix, "the prefix")
    counted = re.compile(re.escape(place.name) + r"_(\d+)_.*", re.IGNORECASE)
    taken = [int(found[1]) for one in place.parent.iterdir() if (found := counted.fullmatch(one.name))]
    return place.with_name(_numbered(place.name, max(taken, default=0) + 1, suffix))


def _numbered(name: str, number: int, suffix: str) -> str:
    return f"{name}_{number:05d}_{suffix}"


def input_place(folders: Sequence[Path], name: str) -> Path:
    """The file of that name below one of ComfyUI's folders.

    Args:
        folders: where to look, in order.
        name: a path below one of them.

    Raises:
        InputError: it leads outside, or there is none.
    """
    inside = _inside(name, "the grade file")
    for folder in folders:
        if (place := folder / inside).is_file():
            _check_below(place, [folder], name, "the grade file")
            return place
    told = " or ".join(str(folder) for folder in folders)
    raise InputError(f"the grade file {name!r} is not below {told}: put it there, or check the name")


def grade_files(folders: Iterable[Path], suffixes: Sequence[str], *, most: int = 2000) -> list[str]:
    """The names of grade files below folders, those that :func:`input_place` takes.

    Args:
        folders: where to look, in order.
        suffixes: what the names end with, in small letters and with the dot; such as ``.hald.png``, too.
        most: names, at most.
    """
    found: dict[str, None] = {}
    for folder in folders:
        if not folder.is_dir():
            continue
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            wanted = path.suffix and name.lower().endswith(tuple(suffixes)) and len(found) < most
            if wanted and path.is_file() and _may_be_read(folder, name):
                found[name] = None
    return sorted(found)


def _may_be_read(folder: Path, name: str) -> bool:
    """Whether a file in the folder has a name that :func:`input_place` takes, and is no link that leads out."""
    try:
        _check_below(folder / _inside(name, "the grade file"), [folder], name, "the grade file")
    except InputError:
        return False
    return True


def _inside(name: str, what: str) -> Path:
    """A name that a person gave, as a path that only leads down."""
    if not isinstance(name, str) or not name.strip():
        raise InputError(f"{what} is empty: give a name such as 'grades/look'")
    if len(name) > _LONGEST or any(ord(char) < 32 for char in name):
        raise InputError(f"{what} {name[:40]!r} is no name of a file: give a short one such as 'grades/look'")
    ways = PurePosixPath(name.replace("\\", "/"))
    parts = [part for part in ways.parts if part != "."]
    leads_out = ways.is_absolute() or PureWindowsPath(name).drive or any(part in ("..", "~") for part in parts)
    if leads_out or not parts:
        raise InputError(
            f"{what} {name!r} leads outside of ComfyUI's folder: give a name below it, such as 'grades/look'"
        )
    if odd := sorted({char for part in parts for char in part if char in '<>:"|?*'}):
        raise InputError(
            f"{what} {name!r} holds {''.join(odd)!r}, which no name of a file may hold everywhere: leave it out"
        )
    return Path(*parts)


def _check_below(place: Path, folders: Sequence[Path], name: str, what: str) -> None:
    """Links resolved, the place is still below a folder. Raises InputError."""
    real = place.resolve()
    if not any(real.is_relative_to(folder.resolve()) for folder in folders):
        raise InputError(
            f"{what} {name!r} leads outside of ComfyUI's folder: give a name below it, such as 'grades/look'"
        )
