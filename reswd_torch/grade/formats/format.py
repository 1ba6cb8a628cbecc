"""What a grade file format declares about itself.

Plain Python: importing this module, and every module that declares a format, loads no torch. What reading and writing need
is imported inside their functions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from reswd_torch.grade.kinds import Transform

Read = Callable[[Path], "tuple[Transform, tuple[str, ...]]"]
"""Reads an existing file: the grade, and notes on what had to be assumed. Raises InputError for a file it cannot read."""


class Write(Protocol):
    """Writes a grade to a file, in one step: a killed run leaves either the old file or the whole new one."""

    def __call__(self, path: Path, transform: Transform, *, description: str, encoding: str, cube_size: int) -> None:
        """Write the file.

        Args:
            path: where to; its suffix is the format's.
            transform: the grade at the strength it is saved at. A format that holds no lattice is given a CDL only.
            description: free text about the grade, shown by grading programs.
            encoding: the colour encoding that the grade was fitted in and expects.
            cube_size: lattice points along one axis, for a format that holds a lattice.

        Raises:
            InputError: the file cannot be written.
        """


@dataclass(frozen=True)
class GradeFormat:
    """One kind of grade file.

    Attributes:
        suffix: of its files, in small letters and with the dot. It may have two parts, such as ``.hald.png``.
        label: what a button calls it.
        programs: who opens it, in a few words; ``docs/grades.md`` has the source of each.
        holds_lattice: whether it holds any grade, as a lattice. Other formats hold the ten CDL numbers only.
        read: reads a file.
        write: writes a file.
        for_series: whether the grade of a series of pictures is saved in it without being asked for.
        everyday: whether it is offered first and given without being asked for. The others are for one kind of program each.
        exact: whether it holds every grade as it is; a lattice of any other format is exact at its points.
        also_read: suffixes that are read as this format, and not written.
        size_for: the lattice points along one axis that it has for those that are asked for; None for the same.
    """

    suffix: str
    label: str
    programs: str
    holds_lattice: bool
    read: Read
    write: Write
    for_series: bool = False
    everyday: bool = True
    exact: bool = False
    also_read: tuple[str, ...] = ()
    size_for: Callable[[int], int] | None = None

    def points(self, cube_size: int) -> int:
        """The lattice points along one axis that it has where ``cube_size`` are asked for."""
        return cube_size if self.size_for is None else self.size_for(cube_size)

    def holds(self, *, is_cdl: bool) -> bool:
        """Whether a grade fits into the format: one that is ten CDL numbers, or one that is a lattice."""
        return is_cdl or self.holds_lattice
