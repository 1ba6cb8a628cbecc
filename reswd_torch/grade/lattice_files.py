"""The contents of .3dl and .spi3d files: a lattice as text, written and read by OpenColorIO."""

from __future__ import annotations

import re
from pathlib import Path

from reswd_torch.errors import InputError
from reswd_torch.grade.files import baked, write_text_atomically
from reswd_torch.grade.foreign_text import TAIL, content_of
from reswd_torch.grade.kinds import Transform, sampled
from reswd_torch.grade.lut3d import LARGEST_OF_OPENCOLORIO
from reswd_torch.grade.through_opencolorio import grade_of, operations_of

LARGEST = 1 << 27
"""Largest file that is read, bytes. 129 lattice points along one axis take 86 MB as .spi3d."""
_SIZES = re.compile(r"[ \t]*SPILUT[^\n]*\n[ \t]*3[ \t]+3[ \t]*\n[ \t]*(\d{1,4})[ \t]+(\d{1,4})[ \t]+(\d{1,4})[ \t]*\n")
"""The head of an .spi3d."""
_KEYWORDS_OF_3DL = ("3dmesh", "mesh", "gamma", "lut8", "lut10", "lut12", "lut16")
"""What a line of a .3dl can begin with that is no row."""
_WHOLE = re.compile(r"[0-9]{1,9}", re.ASCII)
_SHORTEST_ROW = 12
"""Bytes of six numbers with spaces between, and the end of the line."""


def write_baked(path: Path, transform: Transform, name: str, *, cube_size: int) -> None:
    """Write a grade at every lattice point.

    Args:
        path: where to.
        transform: the grade.
        name: OpenColorIO's name of the format.
        cube_size: lattice points along one axis.

    Raises:
        InputError: the file cannot be written.
    """
    write_text_atomically(path, baked(sampled(transform, cube_size), name))


def read_3dl(path: Path) -> tuple[Transform, tuple[str, ...]]:
    """Read a .3dl of Flame, Lustre or Photoshop. Raises InputError for a file that is none."""
    text = _text(path)
    _check_3dl(path, text)
    return grade_of(operations_of(path, text))


def _check_3dl(path: Path, text: str) -> None:
    """OpenColorIO passes over every line that it does not understand, and takes what is left for a smaller lattice."""
    rows = 0
    for number, line in enumerate(text.split("\n"), 1):
        words = line.split()
        if not words or words[0][0] in "#<" or words[0].lower() in _KEYWORDS_OF_3DL:
            continue
        if not all(_WHOLE.fullmatch(word) for word in words):
            shown = line.strip()[:60]
            raise InputError(f"{path}: line {number} is {shown!r} and no row of whole numbers; export it again")
        rows += len(words) == 3
    if not any(
        size**3 in (rows, rows - 1) for size in range(2, LARGEST_OF_OPENCOLORIO + 1)
    ):  # three steps look like a row
        raise InputError(f"{path}: not a readable .3dl ({rows} rows are no lattice); export it again")


def read_spi3d(path: Path) -> tuple[Transform, tuple[str, ...]]:
    """Read an .spi3d. Raises InputError for a file that is none."""
    text = _text(path)
    found = _SIZES.match(text)
    if found is None:
        raise InputError(
            f"{path}: not a readable .spi3d (it begins with SPILUT, 3 3, and three sizes); export it again"
        )
    sizes = [int(each) for each in found.groups()]
    if len(set(sizes)) > 1 or not 2 <= sizes[0] <= LARGEST_OF_OPENCOLORIO:
        shown = " x ".join(found.groups())
        raise InputError(
            f"{path}: a lattice of {shown}: give one with the same number on each side, 2 to {LARGEST_OF_OPENCOLORIO}"
        )
    if len(text) < sizes[0] ** 3 * _SHORTEST_ROW:
        raise InputError(f"{path}: holds fewer rows than its lattice of {sizes[0]} points has; export it again")
    return grade_of(operations_of(path, text))


def _text(path: Path) -> str:
    """The file as text, with the ends of line that OpenColorIO knows."""
    text = content_of(path, LARGEST).decode("utf-8-sig", "replace").rstrip(TAIL)
    return text.replace("\r\n", "\n").replace("\r", "\n")
