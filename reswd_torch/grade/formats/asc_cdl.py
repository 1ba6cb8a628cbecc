"""Formats ``.cc``, ``.ccc`` and ``.cdl``: the three kinds of XML file of the ASC CDL (v1.2), which hold ten numbers."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from reswd_torch.grade.formats.format import GradeFormat

if TYPE_CHECKING:
    from reswd_torch.grade.kinds import Transform


def read(path: Path) -> tuple[Transform, tuple[str, ...]]:
    """Read the first correction of the file."""
    from reswd_torch.grade.files import read_cdl

    return read_cdl(path)


def write(path: Path, transform: Transform, *, description: str, encoding: str, cube_size: int, element: str) -> None:
    """Write the file with the given XML root element; ``cube_size`` does not matter to it."""
    from reswd_torch.grade.cdl import Cdl
    from reswd_torch.grade.files import write_cdl

    assert isinstance(transform, Cdl), "a format that holds no lattice is given a CDL only"
    write_cdl(path, transform, element=element, description=description, encoding=encoding)


CC = GradeFormat(
    suffix=".cc",
    label=".cc",
    programs="OpenColorIO, Nuke",
    holds_lattice=False,
    read=read,
    write=partial(write, element="ColorCorrection"),
    for_series=True,
)
CCC = GradeFormat(
    suffix=".ccc",
    label=".ccc",
    programs="Resolve, OpenColorIO, Nuke",
    holds_lattice=False,
    read=read,
    write=partial(write, element="ColorCorrectionCollection"),
)
CDL = GradeFormat(
    suffix=".cdl",
    label=".cdl",
    programs="Resolve, OpenColorIO",
    holds_lattice=False,
    read=read,
    write=partial(write, element="ColorDecisionList"),
)
