"""Format ``.hald.png``: a lattice as a picture, for ffmpeg, ImageMagick, G'MIC, GIMP, darktable and RawTherapee."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reswd_torch.grade.formats.format import GradeFormat
from reswd_torch.grade.hald_level import level_for

if TYPE_CHECKING:
    from reswd_torch.grade.kinds import Transform


def read(path: Path) -> tuple[Transform, tuple[str, ...]]:
    """Read the lattice of a picture of 8 or 16 bits."""
    from reswd_torch.grade.hald_file import read_hald

    return read_hald(path)


def write(path: Path, transform: Transform, *, description: str, encoding: str, cube_size: int) -> None:
    """Write the grade at every lattice point with 16 bits: at least as many points as ``cube_size`` less one."""
    from reswd_torch.grade.hald_file import write_hald

    write_hald(path, transform, cube_size=cube_size)


HALD = GradeFormat(
    suffix=".hald.png",
    label=".hald.png",
    programs="darktable, RawTherapee, ffmpeg, ImageMagick, G'MIC",
    holds_lattice=True,
    read=read,
    write=write,
    everyday=False,
    also_read=(".png",),
    size_for=lambda cube_size: level_for(cube_size) ** 2,
)
