"""The options of colour spaces, which several commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from reswd_torch.spaces import SpaceChoice

_PANEL = "Colour spaces, by their OpenColorIO names"
SOURCE = typer.Option(
    "--source-space",
    help="What the code values of SOURCE are in, such as ARRI LogC4.",
    metavar="NAME",
    rich_help_panel=_PANEL,
)
TARGET = typer.Option(
    "--target-space",
    help="The same of TARGET. (default: what its file says, else sRGB)",
    metavar="NAME",
    rich_help_panel=_PANEL,
)
OUTPUT = typer.Option(
    "--output-space",
    help="What the result is written in. (default: the source's)",
    metavar="NAME",
    rich_help_panel=_PANEL,
)
WORKING = typer.Option(
    "--working-space",
    help="What is graded in. (default: ACEScct of log and linear sources, else the source's)",
    metavar="NAME",
    rich_help_panel=_PANEL,
)
OCIO = typer.Option(
    "--ocio", help="A config instead of $OCIO or the built-in studio config.", metavar="FILE", rich_help_panel=_PANEL
)


def spaces_from_flags(
    kept: SpaceChoice | None,
    *,
    source: str | None,
    target: str | None,
    output: str | None,
    working: str | None,
    config: str | None,
) -> SpaceChoice | None:
    """The colour spaces that were given, in front of those that were saved; None where there are none of either.

    Raises:
        InputError: as for :func:`reswd_torch.spaces.choose_spaces`.
    """
    if kept is None and all(one is None for one in (source, target, output, working, config)):
        return None
    from reswd_torch.spaces import choose_spaces

    if kept is not None:
        if source is None:
            working, output = working or kept.working, output or kept.output
        # The reference of a run is seen as it was, and its config is the one that has the saved names.
        source, target, config = source or kept.source, target or kept.target, config or kept.config
    return choose_spaces(source, target=target, output=output, working=working, config=config)
