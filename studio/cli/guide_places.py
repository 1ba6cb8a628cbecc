"""Options of reswd guide that keep colours out of the picture, and give parts of it colours of their own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from reswd_torch.errors import InputError
from reswd_torch.palette import is_palette
from studio.cli import options
from studio.media.palettes import is_palette_file

if TYPE_CHECKING:
    from studio.jobs import GuidePlace
    from studio.references import GuideReference

_PANEL = "Colours"
AVOID = typer.Option(
    help='Colours that shall not appear: "#c1121f,#00ff00", or a palette file. An empty text: none.',
    parser=options.palette,
    metavar="COLOURS",
    rich_help_panel=_PANEL,
)
PLACE = typer.Option(
    "--place",
    help='Where MASK is white the picture gets the colours of REFERENCE: "sky.png=#0b3954,#bfd7ea", or a picture or a palette '
    "file; may be given several times.",
    metavar="MASK=REFERENCE",
    rich_help_panel=_PANEL,
)


def places_from(given: Sequence[str]) -> tuple[GuidePlace, ...]:
    """The places that were given, each as MASK=REFERENCE. Raises InputError."""
    from studio.jobs import GuidePlace

    parts = [_parts(text) for text in given]
    return tuple(GuidePlace(Path(mask), _reference(reference)) for mask, reference in parts)


def _parts(text: str) -> tuple[str, str]:
    """The mask and the reference. Where more than one = is in the text, the mask is the longest name that a file has."""
    splits = [(text[:at].strip(), text[at + 1 :].strip()) for at, letter in enumerate(text) if letter == "="]
    there = [split for split in splits if split[0] and Path(split[0]).exists()]
    mask, reference = there[-1] if there else splits[0] if splits else ("", text.strip())
    if not mask or (not there and is_palette(mask)):
        raise InputError(
            f"--place {text!r} has no mask, a picture that is white where the reference counts: give MASK=REFERENCE, or "
            "--reference or --palette for the whole picture"
        )
    if not reference:
        raise InputError(f"--place {text!r} has no reference: give MASK=REFERENCE, such as {mask}=#0b3954,#bfd7ea")
    return mask, reference


def _reference(text: str) -> GuideReference:
    """A palette file's colours, a picture that is there, or else a palette if it looks like one."""
    from studio.references import choose_guide_reference

    if is_palette_file(text):
        return choose_guide_reference(palette=options.palette(text))
    if not Path(text).exists() and (text.startswith("#") or is_palette(text)):
        return choose_guide_reference(palette=text)
    return choose_guide_reference(file=Path(text))
