"""Colours by eye: a palette and pairs of colours as pickers beside the text that says the same, and palettes out of files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from reswd_torch.errors import InputError
from reswd_torch.pairs import Pair, checked_pairs
from reswd_torch.palette import Palette, hex_of, is_palette, palette_text, parse_palette
from studio.media.images import read_reduced
from studio.media.palettes import is_palette_file, read_palette_file
from studio.ui import words
from studio.ui.paths import without_folders
from studio.views.picture_palette import palette_of
from studio.views.preview import display_pixels

_EDGE = 1024
"""Pixels that a picture is read with for its palette."""


def palette_editor(palette: Palette) -> str:
    """A palette as pickers with weights. The page's script writes what is changed back into the text box above, as text."""
    rows = "".join(
        f'<span class="swatch"><input type="color" value="{hex_of(color)}" aria-label="Colour {number}">'
        f'<input type="number" value="{weight:g}" min="0.01" step="any" aria-label="Weight of colour {number}">'
        f"{_remove(f'colour {number}')}</span>"
        for number, (color, weight) in enumerate(zip(palette.colors, palette.weights, strict=True), 1)
    )
    return (
        f'{words.swatches(palette.colors, palette.weights)}<div class="pickers" data-kind="palette">{rows}{_ADD}</div>'
    )


def pairs_editor(pairs: Sequence[Pair]) -> str:
    """Pairs of colours as pickers, in the same way."""
    rows = "".join(
        f'<span class="swatch"><input type="color" value="{source}" aria-label="Pair {number}: this colour of the source">'
        f'<span aria-hidden="true">→</span>'
        f'<input type="color" value="{wanted}" aria-label="Pair {number}: should become this colour">'
        f"{_remove(f'pair {number}')}</span>"
        for number, (source, wanted) in enumerate(pairs, 1)
    )
    return f'<div class="pickers" data-kind="pairs">{rows}</div>' if rows else ""


_ADD = '<button type="button" class="add">Add a colour</button>'


def _remove(what: str) -> str:
    return f'<button type="button" class="remove" aria-label="Take {what} out">×</button>'


def show_palette(text: str) -> str:
    """The palette as pickers while it is typed, as HTML; of one that is not right yet, the colours that can be read.

    What is wrong with it is said once, by the run that it is for.
    """
    entries, readable = _read_so_far(text)
    if not entries:
        return f'<div class="pickers" data-kind="palette">{_ADD}</div>'
    if len(readable) == len(entries):
        return palette_editor(parse_palette(readable))
    some = parse_palette(readable) if readable else None
    strip = words.swatches(some.colors, some.weights) if some is not None else ""
    return strip + _so_far(len(readable), len(entries))


def show_colours(text: str) -> str:
    """Colours as a strip while they are typed, as HTML, all equally wide: for a text whose weights mean nothing."""
    entries, readable = _read_so_far(text)
    colors = parse_palette(readable).colors if readable else ()
    strip = words.swatches(colors, (1.0,) * len(colors)) if colors else ""
    return strip if len(readable) == len(entries) else strip + _so_far(len(readable), len(entries))


def _read_so_far(text: str) -> tuple[list[str], list[str]]:
    """The entries of a palette that is being typed, and those of them that can be read."""
    entries = [entry for entry in re.split(r"[,;\s]+", text) if entry]
    return entries, [entry for entry in entries if is_palette(entry)]


def _so_far(count: int, of: int) -> str:
    return f'<p class="about">{count} of {of} entries can be read as colours so far.</p>'


def split_pairs(text: str | None) -> tuple[str, ...]:
    """Pairs as they are written, one text each such as ``#aabbcc=#ddeeff``."""
    return tuple(each for each in re.split(r"[,;\s]+", re.sub(r"\s*=\s*", "=", (text or "").strip())) if each)


def show_pairs(text: str) -> str:
    """The pairs as pickers, or a word on what is wrong with them, as HTML."""
    try:
        return pairs_editor(checked_pairs(split_pairs(text)))
    except InputError as error:
        return words.message(str(error))


class KeptPalette(NamedTuple):
    """What stands behind *Undo* beside a palette that came out of a file.

    Attributes:
        kept: the text that is not in the box now, and comes back; empty for none.
        dropped: the text that a file put into the box; empty while that is undone.
    """

    kept: str = ""
    dropped: str = ""

    def replaced(self, text: str, found: str) -> KeptPalette:
        """After a file was dropped: ``text``, which was in the box, is kept, unless it is only what another file put there."""
        return KeptPalette(self.kept if not text.strip() or text == self.dropped else text, found)

    def swapped(self, text: str) -> KeptPalette:
        """After the press of the button: ``text``, which was in the box, is kept in place of what came back."""
        return KeptPalette(text, "" if self.dropped else self.kept)


def palette_from_file(path: str) -> str:
    """The text of a palette that was dropped: a palette file, or a picture whose leading colours are taken.

    Raises:
        InputError: it is neither.
    """
    place = Path(path)
    try:
        if is_palette_file(place.name):
            return palette_text(read_palette_file(place)[0])
        picture = read_reduced(place, at_least=_EDGE)
        return palette_text(palette_of(display_pixels(picture, picture.pixels)))
    except InputError as error:
        raise InputError(without_folders(error.problem)) from error
