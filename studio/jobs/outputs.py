"""The files that a match is to end in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reswd_torch.grade.formats import format_for


@dataclass(frozen=True)
class Outputs:
    """The files that a match is to end in.

    Attributes:
        result: the matched picture, clip, or pattern of numbered frames.
        cdl: the grade as .cc, .ccc or .cdl as well.
        cube: the grade as .cube, or another file that holds any grade, as well.
        settings: the settings as .json as well: of a single picture or a clip only.
        cube_size: lattice points of the .cube along one axis.
        overwrite: whether files that exist are replaced.
        inputs: further files that must not be replaced, beside those that the job reads.
        grades: the grade in further files, each in the format of its suffix.
    """

    result: Path
    cdl: Path | None = None
    cube: Path | None = None
    settings: Path | None = None
    cube_size: int = 33
    overwrite: bool = False
    inputs: tuple[Path, ...] = ()
    grades: tuple[Path, ...] = ()

    @property
    def grade_files(self) -> dict[str, Path]:
        """Every file that the grade goes into, by its role: ``cdl``, ``cube``, and for further ones ``grade 1`` and so on."""
        given = {"cdl": self.cdl, "cube": self.cube}
        return {role: path for role, path in given.items() if path is not None} | {
            f"grade {number}": path for number, path in enumerate(self.grades, 1)
        }

    @property
    def wants_ten_numbers(self) -> bool:
        """Whether one of these files holds ten CDL numbers only."""
        formats = [format_for(path) for path in self.grade_files.values()]
        return any(one is not None and not one.holds_lattice for one in formats)
