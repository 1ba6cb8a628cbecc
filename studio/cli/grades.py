"""reswd convert and reswd how: a saved grade as another kind of file, and how other programs apply it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from reswd_torch.errors import InputError
from studio.cli import options
from studio.cli.trims import loaded_grade, with_trims

_GRADE = typer.Argument(help=f"A {options.GRADES_TO_LOAD}, or a settings .json.", show_default=False, metavar="GRADE")
_OUTPUTS = typer.Argument(help="The same grade in other files.", show_default=False, metavar="FILE")
_STRAIGHT = typer.Option(
    "--straight",
    help="Of a settings .json with colour spaces: LUTs that hold the conversions too, for the source's code values as they are.",
)
_FILE = typer.Argument(help="A grade file.", show_default=False, metavar="GRADE")


@with_trims
def convert_command(
    grade: Annotated[Path, _GRADE],
    outputs: Annotated[list[Path], _OUTPUTS],
    strength: Annotated[float | None, options.OWN_STRENGTH] = None,
    cube_size: Annotated[int, options.CUBE_SIZE] = 33,
    overwrite: Annotated[bool, options.OVERWRITE] = False,
    straight: Annotated[bool, _STRAIGHT] = False,
    *,
    trims: dict[str, Any],
) -> None:
    """Save a grade as other kinds of grade files, by their suffixes.

    Of a settings .json with colour spaces, .clf and .ctf hold the conversions as well, as they do from a match.
    """
    from reswd_torch.grade.grade import check_grade_path
    from reswd_torch.written import written_together
    from studio.media.places import check_place
    from studio.service.apply import between_spaces, saved_spaces
    from studio.service.spaces.grade_files import applies_where, check_grade_between, save_grade_between

    loaded, spaces = loaded_grade(grade, strength, trims), saved_spaces(grade)
    if straight and spaces is None:
        raise InputError(f"--straight: {grade} holds no colour spaces; give the settings .json of a match with them")
    if spaces is not None:
        loaded = between_spaces(loaded, spaces)
    for place in outputs:
        is_cdl = loaded.is_cdl and not straight
        check_grade_path(place, is_cdl=is_cdl, cube_size=cube_size, lut_makers=loaded.lut_makers)
        check_place(place, inputs=[grade], overwrite=overwrite)
        if spaces is not None:
            check_grade_between(place, spaces)
    for note in loaded.notes:
        print(f"note: {grade}: {note}", file=sys.stderr)
    description = f"ReSWD Studio: {grade.name}"
    with written_together(overwrite=overwrite):
        for place in outputs:
            if spaces is None:
                loaded.save(place, cube_size=cube_size, description=description)
            else:
                save_grade_between(
                    loaded, place, spaces, cube_size=cube_size, description=description, straight=straight
                )
    for place in outputs:
        print(f"wrote {place}")
        if spaces is not None:
            print(applies_where(place, spaces, straight=straight))


def how_command(grade: Annotated[Path, _FILE]) -> None:
    """Print how other programs apply a grade file: lines to copy."""
    from reswd_torch.grade.formats import format_for
    from studio.cli.one_liners import one_liners

    found = format_for(grade)
    if found is None:
        raise InputError(f"{grade}: not a grade file; give one of {options.GRADES_TO_LOAD}")
    if not grade.is_file():
        raise InputError(f"{grade}: no such file; save the grade first")
    print(f"{found.suffix} is opened by {found.programs}.")
    for one in one_liners(grade.absolute()):
        print(f"\n{one.program}:\n  {one.line}")
