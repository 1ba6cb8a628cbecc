"""Format ``.spi3d``: a lattice as decimal numbers with their places, from Sony Pictures Imageworks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reswd_torch.grade.formats.format import GradeFormat

if TYPE_CHECKING:
    from reswd_torch.grade.kinds import Transform


def read(path: Path) -> tuple[Transform, tuple[str, ...]]:
    """Read the lattice."""
    from reswd_torch.grade.lattice_files import read_spi3d

    return read_spi3d(path)


def write(path: Path, transform: Transform, *, description: str, encoding: str, cube_size: int) -> None:
    """Write the grade at every lattice point. The format has no place for a description."""
    from reswd_torch.grade.lattice_files import write_baked

    write_baked(path, transform, "spi3d", cube_size=cube_size)


SPI3D = GradeFormat(
    suffix=".spi3d",
    label=".spi3d",
    programs="Nuke, Katana, OpenColorIO",
    holds_lattice=True,
    read=read,
    write=write,
    everyday=False,
)
