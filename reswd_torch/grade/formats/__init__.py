"""The registry of grade file formats.

A new format is one new file in this folder, which declares a :class:`~reswd_torch.grade.formats.format.GradeFormat`, and one
entry in :data:`FORMATS`. Loading, saving, batches, deliveries, the command line and the browser take it from there.

Importing this package loads no torch: each format imports what it needs when it reads or writes.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from reswd_torch.errors import InputError
from reswd_torch.grade.formats.asc_cdl import CC, CCC, CDL
from reswd_torch.grade.formats.clf import CLF, CTF
from reswd_torch.grade.formats.cube import CUBE
from reswd_torch.grade.formats.device_link import ICC
from reswd_torch.grade.formats.format import GradeFormat
from reswd_torch.grade.formats.hald import HALD
from reswd_torch.grade.formats.spi3d import SPI3D
from reswd_torch.grade.formats.three_dl import THREE_DL

if TYPE_CHECKING:
    from reswd_torch.grade.kinds import Transform

FORMATS: tuple[GradeFormat, ...] = (CC, CCC, CDL, CUBE, CLF, CTF, THREE_DL, SPI3D, HALD, ICC)
"""Every format, in the order in which error messages list them."""


def format_of(suffix: str) -> GradeFormat | None:
    """The format of files with this suffix (in small letters, with the dot); None for a suffix that is no grade file's."""
    return next((one for one in FORMATS if one.suffix == suffix), None)


def format_for(path: Path) -> GradeFormat | None:
    """The format of a grade file by its name, in which the longest suffix counts; None where it is no grade file's.

    Args:
        path: of a file to write.
    """
    name = path.name.lower()
    fitting = [one for one in FORMATS if name.endswith(one.suffix) and name != one.suffix]
    return max(fitting, key=lambda one: len(one.suffix), default=None)


def suffixes_to_read() -> tuple[str, ...]:
    """The suffixes of all files that can be read as grades, the everyday ones first."""
    known = sorted(FORMATS, key=lambda one: not one.everyday)
    return tuple(dict.fromkeys(suffix for one in known for suffix in one.also_read or (one.suffix,)))


def grade_suffixes() -> tuple[str, ...]:
    """The suffixes of all formats, in the registry's order."""
    return tuple(one.suffix for one in FORMATS)


def cdl_suffixes() -> tuple[str, ...]:
    """The suffixes of the formats that hold the ten CDL numbers only."""
    return tuple(one.suffix for one in FORMATS if not one.holds_lattice)


def lattice_suffixes() -> tuple[str, ...]:
    """The suffixes of the formats that hold any grade."""
    return tuple(one.suffix for one in FORMATS if one.holds_lattice)


def formats_for(*, is_cdl: bool) -> tuple[GradeFormat, ...]:
    """The formats that a grade can be saved in: those that hold any grade first, then for a CDL those that hold only CDLs."""
    fitting = [one for one in FORMATS if one.holds(is_cdl=is_cdl)]
    return tuple(sorted(fitting, key=lambda one: not one.holds_lattice))  # the sort is stable


def series_suffixes(*, is_cdl: bool) -> tuple[str, ...]:
    """The suffixes of the files in which the grade of a series is saved, whether it is a CDL or a lattice."""
    return tuple(one.suffix for one in formats_for(is_cdl=is_cdl) if one.for_series)


def in_words(names: Iterable[str], last: str = "or") -> str:
    """Suffixes, or other names, as a sentence has them: ``.cc, .ccc or .cdl``; ``last`` is the word before the last one."""
    *first, end = names
    return f"{', '.join(first)} {last} {end}" if first else end


def read_grade_file(path: Path) -> tuple[Transform, tuple[str, ...]]:
    """Read a grade file; the suffix chooses the format.

    Args:
        path: the file. If a .ccc or .cdl holds several corrections, the first is taken.

    Returns:
        The grade, and notes on what was assumed.

    Raises:
        InputError: missing, not readable as its suffix says, or of another kind.
    """
    last = path.suffix.lower()
    found = format_for(path) or next((one for one in FORMATS if last in one.also_read), None)
    known = ", ".join(suffixes_to_read())
    if found is None:
        raise InputError(f"{path}: not a grade file; give one of {known} or a settings .json")
    if not path.is_file():
        what = "a folder, a device or a pipe, and no file" if path.exists() else "no such file"
        raise InputError(f"{path}: {what}; give a grade file ({known})")
    try:
        return found.read(path)
    except InputError as error:  # numbers that a grade cannot have
        raise error if str(path) in str(error) else InputError(f"{path}: {error}") from error


__all__ = [
    "FORMATS",
    "GradeFormat",
    "cdl_suffixes",
    "format_for",
    "format_of",
    "formats_for",
    "grade_suffixes",
    "in_words",
    "lattice_suffixes",
    "read_grade_file",
    "series_suffixes",
    "suffixes_to_read",
]
