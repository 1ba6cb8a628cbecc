"""reswd apply: a saved grade on pictures and clips."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from reswd_torch.errors import InputError
from studio.cli import options, spaces
from studio.cli.trims import loaded_grade, with_trims
from studio.cli.words import in_words
from studio.fault import Fault

_GRADE = typer.Argument(help=f"A {options.GRADES_TO_LOAD}, or a settings .json.", show_default=False, metavar="GRADE")
_IMAGES = typer.Argument(  # one that may not be read is refused in its turn
    help="Pictures and clips to grade.", show_default=False, metavar="IMAGE", readable=False
)
_FOLDER = typer.Option("-o", "--output", help="Folder for the results; names are kept.", metavar="DIR")


@with_trims
def apply_command(
    grade: Annotated[Path, _GRADE],
    images: Annotated[list[Path], _IMAGES],
    output: Annotated[Path, _FOLDER],
    strength: Annotated[float | None, options.OWN_STRENGTH] = None,
    overwrite: Annotated[bool, options.OVERWRITE] = False,
    source_space: Annotated[str | None, spaces.SOURCE] = None,
    output_space: Annotated[str | None, spaces.OUTPUT] = None,
    working_space: Annotated[str | None, spaces.WORKING] = None,
    ocio: Annotated[str | None, spaces.OCIO] = None,
    *,
    trims: dict[str, Any],
) -> None:
    """Apply a saved grade to one or more pictures or clips.

    A file that cannot be read does not stop the others; a result that exists (without --overwrite) stops all before
    anything is written.
    """
    from studio.cli.bars import watching
    from studio.service.apply import apply_to_file, between_spaces, planned_outputs, saved_spaces
    from studio.views.sentences import trimmed_line

    loaded = loaded_grade(grade, strength, trims)
    chosen = spaces.spaces_from_flags(
        saved_spaces(grade), source=source_space, target=None, output=output_space, working=working_space, config=ocio
    )
    if chosen is not None:
        loaded = between_spaces(loaded, chosen)
        print(f"note: {grade}: applied {chosen.in_words()} ({chosen.config})", file=sys.stderr)
    for note in loaded.notes:
        print(f"note: {grade}: {note}", file=sys.stderr)
    if (trimmed := trimmed_line(loaded)) is not None:
        print(f"note: {grade}: {trimmed}", file=sys.stderr)
    failed, cut_short = 0, False
    for image, place in planned_outputs(images, output, overwrite=overwrite):
        try:
            with watching() as watch:
                applied = apply_to_file(loaded, image, place, overwrite=overwrite, watch=watch, spaces=chosen)
        except (InputError, Fault) as error:
            failed += 1
            print(f"reswd: {in_words(error) if isinstance(error, InputError) else error}", file=sys.stderr)
            continue
        cut_short |= not applied.whole
        for note in applied.notes:
            print(f"note: {image}: {note}", file=sys.stderr)
        print(place)
    if failed or cut_short:
        raise SystemExit(2 if failed == len(images) else 1)
