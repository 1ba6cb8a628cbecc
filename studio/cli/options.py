"""Options that several commands share, what their values may be, and the progress bar."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from guidance.quantize.kinds import NONE, QUANTIZATIONS
from reswd_torch.errors import InputError
from reswd_torch.grade.formats import cdl_suffixes, grade_suffixes, in_words, lattice_suffixes, suffixes_to_read
from reswd_torch.settings import (
    AIMS,
    CUBE_SIZES,
    DEVICES,
    METHODS,
    MOOD,
    PROTECTIONS,
    SCENES,
    TRANSFORMS,
    MatchSettings,
)
from studio.media.palettes import palette_suffixes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reswd_torch.progress import OnProgress

DEFAULTS = MatchSettings()


def number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a number: give one such as 0.8") from None


def whole_number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a whole number: give one such as 33") from None


def picture_size(text: str) -> tuple[int, int]:
    from guidance.text_to_image import parse_size

    try:
        return parse_size(text)
    except InputError as error:
        raise typer.BadParameter(str(error)) from None


def palette(text: str) -> str:
    """A palette as it was typed; of the name of a palette file the colours in it."""
    from studio.media.palettes import is_palette_file, palette_text, read_palette_file

    if not is_palette_file(text):
        return text
    read, notes = read_palette_file(Path(text.strip()))
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    return palette_text(read)


OVERWRITE = typer.Option("--overwrite", help="Replace files that exist.")
_either = " | ".join
PALETTE_FILES = ", ".join(palette_suffixes())
"""The suffixes of palette files, for the help of options that take one."""
PALETTE = typer.Option(
    help='Hex colours instead of TARGET: "#aabbcc:2,#112233" (:2 is a weight), or a palette file: ' + PALETTE_FILES,
    parser=palette,
    metavar="COLOURS",
)
METHOD = typer.Option(help=f"{_either(METHODS)} (default: {DEFAULTS.method})", metavar="NAME")
TRANSFORM = typer.Option(
    help=f"{_either(TRANSFORMS)}: ten numbers, a lattice, or what the evidence carries. (default: {DEFAULTS.transform})",
    metavar="NAME",
)
AIM = typer.Option(
    help=f"{_either(AIMS)}: what to take of a reference that shows something else. "
    f"(default: {MOOD}; of a palette or by a formula the colours)",
    metavar="NAME",
)
PROTECT = typer.Option(
    help=f"What a mood keeps: {','.join(PROTECTIONS)}, or all, or none. (default: all)", metavar="NAMES"
)
STRENGTH = typer.Option(
    help="0 leaves the picture as it is, 1 is the match, up to 4. (default: 1)", parser=number, metavar="NUMBER"
)
MASK = typer.Option(help="White where SOURCE counts and changes.", metavar="FILE")
TARGET_MASK = typer.Option(help="White where TARGET counts.", metavar="FILE")
SEED = typer.Option(help="Chooses the pixels that are looked at. (default: 0)", parser=whole_number, metavar="NUMBER")
PAIR = typer.Option(
    help='This colour of SOURCE should become that one: "#aabbcc=#ddeeff"; may be given several times.', metavar="A=B"
)
SCENE = typer.Option(
    help=f"{_either(SCENES)}: whether both show the same things. (default: {DEFAULTS.scene})", metavar="NAME"
)
DEVICE = typer.Option(help=f"{_either(DEVICES)} (default: auto)", metavar="NAME")
GRADES_TO_LOAD = ", ".join(suffixes_to_read())
"""The suffixes of grade files, for the help of options that load one."""
CDL = typer.Option(help=f"Also save the grade as {in_words(cdl_suffixes())}.", metavar="FILE")
CUBE = typer.Option(help=f"Also save the grade as {in_words(lattice_suffixes())}.", metavar="FILE")
GRADE_FILES = typer.Option(
    "--grade", help=f"Also save the grade as {in_words(grade_suffixes())}; may be given again.", metavar="FILE"
)
OWN_STRENGTH = typer.Option(help="Instead of the grade's own: 0 to 4.", parser=number, metavar="NUMBER")
CUBE_SIZE = typer.Option(
    help=f"Lattice points: {_either(map(str, CUBE_SIZES))}.", parser=whole_number, metavar="NUMBER"
)


def quantize(panel: str | None = None) -> Any:
    """The option --quantize, in a panel of the help."""
    return typer.Option(
        help=f"Weights in fewer bits: less memory, another picture. {_either(QUANTIZATIONS)} (default: {NONE})",
        metavar="NAME",
        rich_help_panel=panel,
    )


def given(**flags: Any) -> dict[str, Any]:
    """The flags that a person gave: those that are not None."""
    return {name: value for name, value in flags.items() if value is not None}


def settings_from_flags(
    base: MatchSettings, *, trims: dict[str, Any] | None = None, **flags: str | float | int | list[str] | None
) -> MatchSettings:
    """Settings with those replaced that were given, trims among them. Raises InputError for what is no setting."""
    return replace(base, **given(**flags), trims=replace(base.trims, **(trims or {})))


@contextmanager
def progress_bar() -> Iterator[OnProgress | None]:
    """A bar on a terminal; nothing where the output goes to a file or another program."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=1.0)
        yield lambda done, what: bar.update(task, completed=done, description=what)
