"""Format ``.cube``: a 3-D LUT as text (Iridas / Adobe Cube LUT 1.0), which holds any grade."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reswd_torch.grade.formats.format import GradeFormat

if TYPE_CHECKING:
    from reswd_torch.grade.cdl import Cdl
    from reswd_torch.grade.lut3d import Lut3D


def read(path: Path) -> tuple[Cdl | Lut3D, tuple[str, ...]]:
    """Read the lattice; a 1-D curve, a shaper or another domain is re-sampled."""
    from reswd_torch.grade.files import read_cube

    return read_cube(path)


def write(path: Path, transform: Cdl | Lut3D, *, description: str, encoding: str, cube_size: int) -> None:
    """Write the grade at every lattice point, with the description and the encoding as comments."""
    from reswd_torch.grade.files import write_cube
    from reswd_torch.grade.lut3d import lattice_of

    comments = (description, f"fitted in, and to be applied to: {encoding}")
    write_cube(path, lattice_of(transform, cube_size), comments=comments)


CUBE = GradeFormat(suffix=".cube", label=".cube", holds_lattice=True, read=read, write=write, for_series=True)
