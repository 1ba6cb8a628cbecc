"""Grade files of matches between colour spaces: with the conversions in them, or the grade alone."""

from __future__ import annotations

from pathlib import Path

from reswd_torch.grade import Cdl, Grade
from reswd_torch.grade.files import write_text_atomically
from reswd_torch.grade.formats import format_for
from reswd_torch.grade.grade import check_grade_path
from reswd_torch.spaces import SpaceChoice, process_list_text, straight_tables

_LISTS = {".clf": "Academy/ASC Common LUT Format", ".ctf": "Color Transform Format"}
"""OpenColorIO's names of the formats that hold the conversions as well."""


def check_grade_between(path: Path, choice: SpaceChoice) -> None:
    """Refuse, before any work, a .clf or .ctf that has no place for the conversions. Raises InputError."""
    if (suffix := _list_suffix(path)) is not None:
        _list_text(choice, Grade(Cdl()), suffix, "", 2)


def save_grade_between(
    grade: Grade, path: Path, choice: SpaceChoice, *, cube_size: int, description: str, straight: bool = False
) -> Path:
    """Save a grade at its strength. A .clf or .ctf holds the conversions too; every other file holds the grade alone, says so,
    and is to be applied to colours of the working space.

    Args:
        grade: in ``choice.working``.
        path: where to.
        choice: the spaces.
        cube_size: lattice points along one axis where something has to be sampled.
        description: a line for the file.
        straight: every file holds the conversions, as tables where it has no place for operations.

    Raises:
        InputError: as for :meth:`reswd_torch.grade.Grade.save`.
    """
    if straight and _list_suffix(path) is None:
        format_at = check_grade_path(path, is_cdl=False, cube_size=cube_size)
        tables = straight_tables(choice, grade.effective, format_at.points(cube_size))
        told = f"{description}; {choice.in_words()}; apply it straight to colours in {choice.source}"
        return Grade(tables, encoding=choice.source).save(path, cube_size=cube_size, description=told)
    if (suffix := _list_suffix(path)) is None:
        told = f"{description}; apply it to colours in {choice.working}"
        return grade.save(path, cube_size=cube_size, description=told)
    check_grade_path(path, is_cdl=grade.is_cdl, cube_size=cube_size, lut_makers=grade.lut_makers)
    told = f"{description}; with the conversions in it"
    write_text_atomically(path, _list_text(choice, grade, suffix, told, cube_size))
    return path


def _list_text(choice: SpaceChoice, grade: Grade, suffix: str, description: str, cube_size: int) -> str:
    return process_list_text(
        choice, grade.effective, _LISTS[suffix], suffix=suffix, description=description, cube_size=cube_size
    )


def _list_suffix(path: Path) -> str | None:
    """The suffix of a file that holds the conversions as well; None for every other."""
    found = format_for(path)
    return found.suffix if found is not None and found.suffix in _LISTS else None


def applies_where(path: Path, choice: SpaceChoice, *, straight: bool = False) -> str:
    """What a grade file of this name is to be applied to, for people; ``straight`` as for :func:`save_grade_between`."""
    if straight or _list_suffix(path) is not None:
        return f"{path.suffix.lower()}: takes {choice.source} to {choice.output}, with the conversions"
    return f"{path.suffix.lower()}: the grade alone, for colours in {choice.working}"
