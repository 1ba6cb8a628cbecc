"""The registry of palette files: colours that were collected in other programs.

A new format is one new file in this folder, which declares a :class:`~studio.media.palettes.format.PaletteFormat`, and one entry
in :data:`FORMATS`. The command line and the browser take it from there.
"""

from __future__ import annotations

from pathlib import Path

from reswd_torch.errors import InputError
from reswd_torch.grade.formats import in_words
from reswd_torch.palette import Palette, palette_text
from studio.media.palettes.aco import ACO
from studio.media.palettes.ase import ASE
from studio.media.palettes.css import CSS
from studio.media.palettes.format import Color, PaletteFormat
from studio.media.palettes.gpl import GPL

FORMATS: tuple[PaletteFormat, ...] = (ASE, ACO, GPL, CSS)
"""Every format, in the order in which menus and error messages list them."""

LARGEST_FILE = 1_000_000
"""Bytes of the largest file that is read."""
MOST_COLORS = 64
"""So many colours of a file are taken at most: the first ones."""


def palette_suffixes() -> tuple[str, ...]:
    """The suffixes of all formats, in the registry's order."""
    return tuple(one.suffix for one in FORMATS)


def is_palette_file(name: str) -> bool:
    """Whether a name is that of a palette file, by its suffix."""
    return name.strip().lower().endswith(palette_suffixes())


def read_palette_file(path: Path) -> tuple[Palette, tuple[str, ...]]:
    """Read a palette file; the suffix chooses the format.

    Args:
        path: the file, of at most 1 MB. Whatever it holds, no more than that is read.

    Returns:
        Its colours in their order, each once and with weight 1, rounded to 8 bits as palettes are written; and notes on what
        was left out.

    Raises:
        InputError: missing, too large, not of the format that its suffix says, damaged, or without a colour.
    """
    suffix = path.suffix.lower()
    chosen = next((one for one in FORMATS if one.suffix == suffix), None)
    if chosen is None:
        raise InputError(f"{path}: no palette file by its name: give {in_words(palette_suffixes())}")
    try:
        colors = chosen.read(_content(path))
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    taken = list(dict.fromkeys(_rounded(color) for color in colors))
    if not taken:
        raise InputError(f"{path}: this {chosen.label} file holds no colour: give another palette")
    notes: tuple[str, ...] = ()
    if len(taken) > MOST_COLORS:
        notes = (f"{path.name}: the first {MOST_COLORS} of {len(taken)} colours were taken",)
        del taken[MOST_COLORS:]
    return Palette(tuple(taken), (1.0,) * len(taken)), notes


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except FileNotFoundError as error:
        raise InputError("there is no such file: check the name") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"the file cannot be read ({reason}): check it") from error
    if len(content) > LARGEST_FILE:
        raise InputError(f"the file is larger than {LARGEST_FILE:,} bytes: give a smaller palette")
    return content


def _rounded(color: Color) -> Color:
    r, g, b = (round(255 * min(max(value, 0.0), 1.0)) / 255 for value in color)
    return r, g, b


__all__ = [
    "FORMATS",
    "LARGEST_FILE",
    "MOST_COLORS",
    "PaletteFormat",
    "is_palette_file",
    "palette_suffixes",
    "palette_text",
    "read_palette_file",
]
