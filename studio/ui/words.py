"""What more than one tab says, as small pieces of HTML."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from reswd_torch.errors import InputError, MatchRemedy, Remedy
from reswd_torch.grade.formats import grade_suffixes, in_words, lattice_suffixes, suffixes_to_read
from reswd_torch.matching.methods import REGISTRY
from reswd_torch.palette import parse_palette
from studio.media.images import Picture, profile_name
from studio.references import BatchReference, PaletteReference
from studio.remedies import JobRemedy
from studio.service.delivery import matched_name
from studio.service.match import MatchResult
from studio.ui.paths import without_folders
from studio.ui.pictures import Side
from studio.views.sentences import DISTANCE_HELP as DISTANCE_HELP

METHOD_NAMES = {method.name: method.label for method in REGISTRY}
"""What the page calls each method, by the name that settings have for it."""
NO_REFERENCE = "Choose a reference: a photograph whose colours you want."
NO_PALETTE = "Write the palette's colours first, such as #2b3a55, #e8c07d."
GRADES_TO_LOAD = ", ".join(suffixes_to_read())
"""The suffixes of the grade files that the page takes."""
NO_GRADE = f"No saved grade is loaded: drop a {GRADES_TO_LOAD} or a settings .json."
UNEXPECTED = (
    "Something went wrong that was not foreseen; the server's log says what. Try again, or with other settings."
)
STOPPED = "Stopped: nobody listened any more, the job took longer than this server gives to one, or the server ends."


REMEDIES: dict[Remedy, str] = {
    MatchRemedy.TRIM_LESS: "take the .cube, or set these trims back",
    MatchRemedy.FIT_CDL: "take the .cube, or choose the kind of grade CDL under More and match again",
    JobRemedy.GIVE_REFERENCE: "choose a reference picture, a palette or a saved grade",
    JobRemedy.GIVE_ONE_REFERENCE: "take one of them away",
    JobRemedy.CHECK_REFERENCE: "choose the reference again",
    JobRemedy.OVERWRITE: "choose another name",
    JobRemedy.REPLACE_RESULTS: "give another folder, or choose that results are replaced",
    JobRemedy.RESUME_OR_REPLACE: "choose to go on with the run there, or to replace its results",
    JobRemedy.SAME_OR_REPLACE: "choose the same again, or choose that results are replaced",
    JobRemedy.RUN_ANEW: "choose that results are replaced, and run it anew",
    JobRemedy.ENTER_SUBFOLDERS: "put pictures into the folder itself",
    JobRemedy.MATCH_ONE_PICTURE: "name a folder (one picture is matched in the tab Match colours)",
    JobRemedy.GIVE_OUTPUT_FOLDER: "name a folder for the results",
    JobRemedy.FEWER_AT_ONCE: "try again when less is going on",
    JobRemedy.LESS_MEMORY: "make the picture smaller, under More decode at 0.5, or choose a smaller model",
    JobRemedy.GRADE_FILE_SUFFIX: f"choose {in_words(grade_suffixes())}",
    JobRemedy.SERIES_GRADE: "leave them out: the ZIP of a series holds series.cube",
    JobRemedy.EDIT_IN_TEN_NUMBERS: "choose the kind of grade CDL, and match all and not lightness or colour alone",
    JobRemedy.CUBE_OR_CDL: f"choose {in_words(lattice_suffixes())}, or the kind of grade CDL",
    JobRemedy.SAVED_SETTINGS: "drop a settings file that was downloaded here",
    JobRemedy.CLIP_AS_CLIP: "clips are matched in the tab Grade a clip",
    JobRemedy.INSTALL_CLUSTER: "the server lacks a package for it",
    JobRemedy.CHECK_CLUSTER: "tell whoever runs this server",
}
"""The wording of every remedy on the page. A test holds that none is missing."""


def plain(error: InputError) -> str:
    """The message of an error, with names in place of the server's folders."""
    return without_folders(error.worded(REMEDIES))


def message(text: str) -> str:
    """One line of plain text as a message, such as the one below the buttons; nothing for no text."""
    return f'<p class="message" role="status">{escape(text)}</p>' if text else ""


def bar(share: float | None, text: str, name: str | None) -> str:
    """A progress bar, which is grey: the browser's own is green, beside pictures whose colours a person judges.

    Args:
        share: how much is done, 0 to 1; None while nobody can say.
        text: what is done, as HTML.
        name: what is being worked on, in plain text, on a line below; None for no such line.
    """
    percent = 100 * (share or 0)
    known = "" if share is None else f' aria-valuenow="{percent:.0f}"'
    under = "" if name is None else f'<span class="faint">{escape(name) or "&nbsp;"}</span>'
    return (
        '<div class="batch-bar"><div class="track" role="progressbar" aria-label="Progress" '
        f'aria-valuemin="0" aria-valuemax="100"{known}>'
        f'<div style="width:{percent:.1f}%"></div></div><span role="status">{text}</span>{under}</div>'
    )


def about(side: Side) -> str:
    """A line with the size, depth, format and profile of a chosen picture."""
    picture, (height, width) = side.preview, side.size
    parts = [f"{width} × {height}", f"{picture.container.format}, {depth(picture)}", profile_name(picture.icc)]
    return f'<p class="about"><b>{escape(side.path.name)}</b> {escape(" · ".join(parts))}</p>'


def depth(picture: Picture) -> str:
    """How deep the channels of a picture are in its file, such as "16 bit" or "16-bit float"."""
    stored = picture.container.stored
    if stored is not None and not picture.of_floats:  # a DPX of ten bits is read into sixteen
        return f"{stored.bits} bit"
    return f"{picture.bits}-bit float" if picture.of_floats else f"{picture.bits} bit"


def file_name(result: MatchResult, suffix: str) -> str:
    """What a download is called."""
    return matched_name(result.job.source, suffix)


def reference_name(reference: BatchReference) -> str:
    """What to call a reference in a line that has little room: of a palette, which has no name, how many colours it has."""
    if not isinstance(reference, PaletteReference):
        return reference.name
    count = len(parse_palette(reference.text).colors)
    return f"palette of {count} colour{'' if count == 1 else 's'}"


def notes(lines: Iterable[str]) -> str:
    """What was assumed on the way, for the person to read; nothing where there is nothing to say."""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f'<div class="notes"><b>Notes</b><ul>{items}</ul></div>' if items else ""


def swatches(colors: tuple[tuple[float, float, float], ...], weights: tuple[float, ...]) -> str:
    """A palette as a strip, with each colour as wide as its weight. Colours are RGB, encoded, 0 to 1."""
    cells = "".join(
        f'<span style="flex:{weight:g};background:rgb({r * 255:.0f} {g * 255:.0f} {b * 255:.0f})"></span>'
        for (r, g, b), weight in zip(colors, weights, strict=True)
    )
    return f'<div class="swatches">{cells}</div>'
