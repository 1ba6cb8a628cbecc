"""Format ``.3dl``: a lattice as whole numbers of 12 bits, as Autodesk's Flame and Photoshop have it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reswd_torch.grade.formats.format import GradeFormat

if TYPE_CHECKING:
    from reswd_torch.grade.kinds import Transform


def read(path: Path) -> tuple[Transform, tuple[str, ...]]:
    """Read the lattice, and the curves in front of it where it has any."""
    from reswd_torch.grade.lattice_files import read_3dl

    return read_3dl(path)


def write(path: Path, transform: Transform, *, description: str, encoding: str, cube_size: int) -> None:
    """Write the grade at every lattice point. The format has no place for a description."""
    from reswd_torch.grade.lattice_files import write_baked

    write_baked(path, transform, "flame", cube_size=cube_size)


THREE_DL = GradeFormat(
    suffix=".3dl",
    label=".3dl",
    programs="Flame, Photoshop, Nuke, OpenColorIO",
    holds_lattice=True,
    read=read,
    write=write,
    everyday=False,
)
