"""Options for masks by colours."""

from __future__ import annotations

from dataclasses import replace

import typer

from reswd_torch.errors import InputError
from studio.cli import options
from studio.color_range import ColorRange

_DEFAULTS = ColorRange("#808080")
COLOR = typer.Option(help='SOURCE counts and changes near these colours: "#aabbcc,#112233".', metavar="COLOURS")
TARGET_COLOR = typer.Option(help="TARGET counts near these colours.", metavar="COLOURS")
TOLERANCE = typer.Option(
    help=f"Lab distance up to which a colour is near. (default: {_DEFAULTS.tolerance:g})",
    parser=options.number,
    metavar="NUMBER",
)
SOFTNESS = typer.Option(
    help=f"Lab distance over which that fades out. (default: {_DEFAULTS.softness:g})",
    parser=options.number,
    metavar="NUMBER",
)
FEATHER = typer.Option(
    help=f"Pixels over which its edges are softened. (default: {_DEFAULTS.feather:g})",
    parser=options.number,
    metavar="PX",
)


def color_ranges(
    color: str | None,
    target_color: str | None,
    saved: ColorRange | None,
    saved_target: ColorRange | None,
    **flags: float | None,
) -> tuple[ColorRange | None, ColorRange | None]:
    """The ranges of source and target: what was given, else what was saved; None for none.

    Args:
        color, target_color: hex colours.
        saved, saved_target: the ranges of the settings that a match is repeated from.
        flags: tolerance, softness and feather, of both.

    Raises:
        InputError: a value out of range, or one that belongs to no colours.
    """
    given = options.given(**flags)
    ranges = [_range(text, base, given) for text, base in ((color, saved), (target_color, saved_target))]
    if given and ranges == [None, None]:
        name, value = next(iter(given.items()))
        raise InputError(f"--mask-{name} {value:g} belongs to colours: give --mask-color or --target-mask-color too")
    return ranges[0], ranges[1]


def _range(text: str | None, base: ColorRange | None, given: dict[str, float]) -> ColorRange | None:
    if base is None:
        return None if text is None else ColorRange(text, **given)
    return replace(base if text is None else replace(base, colors=text), **given)  # type: ignore[arg-type]  # all are floats
