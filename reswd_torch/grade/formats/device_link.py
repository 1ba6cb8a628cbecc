"""Format ``.icc``: a lattice as an ICC device link profile from R'G'B' to R'G'B', for Photoshop's *Color Lookup*."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reswd_torch.grade.formats.format import GradeFormat

if TYPE_CHECKING:
    from reswd_torch.grade.kinds import Transform


def read(path: Path) -> tuple[Transform, tuple[str, ...]]:
    """Read the tables of a device link."""
    from reswd_torch.grade.device_link import read_device_link

    return read_device_link(path)


def write(path: Path, transform: Transform, *, description: str, encoding: str, cube_size: int) -> None:
    """Write the grade at every lattice point with 16 bits."""
    from reswd_torch.grade.device_link import write_device_link

    write_device_link(path, transform, description=description, encoding=encoding, cube_size=cube_size)


ICC = GradeFormat(
    suffix=".icc",
    label=".icc",
    programs="Photoshop, LittleCMS",
    holds_lattice=True,
    read=read,
    write=write,
    everyday=False,
)
