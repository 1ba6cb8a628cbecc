"""Format ``.cube``: LUTs as text (Iridas / Adobe Cube LUT 1.0), which hold any grade."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reswd_torch.grade.formats.format import GradeFormat

if TYPE_CHECKING:
    from reswd_torch.grade.kinds import Transform


def read(path: Path) -> tuple[Transform, tuple[str, ...]]:
    """Read the tables as the file has them."""
    from reswd_torch.grade.files import read_cube

    return read_cube(path)


def write(path: Path, transform: Transform, *, description: str, encoding: str, cube_size: int) -> None:
    """Write the grade at every lattice point, with the description and the encoding as comments.

    The tables of another program's LUT are written as they are. Where the format has no place for them, a comment says that
    they were sampled.
    """
    from reswd_torch.grade.files import write_cube
    from reswd_torch.grade.kinds import in_cube
    from reswd_torch.grade.lut_chain import LutChain

    held = in_cube(transform, cube_size)
    comments: tuple[str, ...] = (description, f"fitted in, and to be applied to: {encoding}")
    if isinstance(transform, LutChain) and not isinstance(held, LutChain):
        comments = (*comments, f"{transform.kind()}: sampled on a lattice of {held.size} points")
    write_cube(path, held, comments=comments)


CUBE = GradeFormat(
    suffix=".cube",
    label=".cube",
    programs="Resolve, Premiere, Photoshop, Nuke, ffmpeg, darktable, OpenColorIO",
    holds_lattice=True,
    read=read,
    write=write,
    for_series=True,
)
