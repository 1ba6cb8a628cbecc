"""Formats ``.clf`` and ``.ctf``: a grade as a list of operations in XML, exactly as it is.

Sources: Academy / ASC Common LUT Format, S-2014-006 version 3; OpenColorIO's CTF, which is CLF with more operations.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from reswd_torch.grade.formats.format import GradeFormat

if TYPE_CHECKING:
    from reswd_torch.grade.kinds import Transform


def read(path: Path) -> tuple[Transform, tuple[str, ...]]:
    """Read the operations."""
    from reswd_torch.grade.process_list import read_process_list

    return read_process_list(path)


def write(path: Path, transform: Transform, *, description: str, encoding: str, cube_size: int, name: str) -> None:
    """Write ten numbers as ten numbers, and tables as they are; ``cube_size`` is that of a lattice for what neither is."""
    from reswd_torch.grade.process_list import write_process_list

    write_process_list(path, transform, name, description=description, encoding=encoding, cube_size=cube_size)


CLF = GradeFormat(
    suffix=".clf",
    label=".clf",
    programs="Resolve, OpenColorIO",
    holds_lattice=True,
    read=read,
    write=partial(write, name="Academy/ASC Common LUT Format"),
    everyday=False,
    exact=True,
)
CTF = GradeFormat(
    suffix=".ctf",
    label=".ctf",
    programs="Flame, Maya, OpenColorIO",
    holds_lattice=True,
    read=read,
    write=partial(write, name="Color Transform Format"),
    everyday=False,
    exact=True,
)
