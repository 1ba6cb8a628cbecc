"""What the tab *Match colours* says: figures, grades and notes as small pieces of HTML."""

from __future__ import annotations

from html import escape

from reswd_torch.grade import Cdl, CubeError, Grade
from reswd_torch.grade.formats import cdl_suffixes, in_words
from reswd_torch.settings import CUBE_SIZES
from studio.media.images import FORMATS, Picture, natural_suffix
from studio.service.clip import ClipResult
from studio.service.match import MatchResult
from studio.ui import words
from studio.ui.pictures import Side
from studio.views.sentences import taken_line, trimmed_line

UNDO_PALETTE, REDO_PALETTE = "Undo: back to my palette", "Redo: the palette of the file"
PICK = "Press a place in the source to take its colour."
SHOW_POINTS = "Show the points"
SWAP = "Swap source and reference"
EMPTY_RESULT = (
    "<b>The matched photograph appears here.</b>"
    "<span>Choose a source and what it shall be matched to, then press the button below them, "
    "or press one of the examples.</span>"
)
EMPTY_NUMBERS = '<p class="faint">The grade\'s numbers appear here after a match.</p>'
EMPTY_CHART = '<p class="faint">How the colours of source, result and reference spread appears here after a match.</p>'


def metrics(result: MatchResult | ClipResult, of: str = "") -> str:
    """The distance to the reference before and after, and the time of the fit; ``of`` says of what the distance is."""
    before = result.distance_before
    report = result.report
    if before is None or report is None:
        return '<p class="faint">A saved grade was applied. Without a reference there is no distance to report.</p>'
    after = report.distance_after
    return (
        '<div class="metrics">'
        '<span class="label">Distance to the reference</span>'
        f'<span class="figures"><span class="before">{before:.1f}</span> → <span class="after">{after:.1f}</span></span>'
        f'<span class="faint">{of}{words.DISTANCE_HELP} It says how far the colours went, not whether the picture is better. '
        f"The fit took {report.seconds:.2f} s.</span></div>"
    )


def taken(result: MatchResult) -> str:
    """What was taken of the reference, whether both pictures show one scene, and what the grade is made of."""
    line = taken_line(result.grade, looked=result.job.looks_for_scene)
    return "" if line is None else f"<p>{escape(line)}</p>"


def numbers(grade: Grade) -> str:
    """The ten numbers of a CDL as a table, or a sentence about what a lattice does."""
    effective = grade.effective
    if not isinstance(effective, Cdl):
        mean, most = (255 * share for share in effective.movement())
        kind, _, of = effective.kind().partition(",")
        return (
            f"<p><b>{kind}</b>,{of}. It moves a channel by {mean:.1f}/255 on average and by {most:.0f}/255 at most.</p>"
        )
    rows = (("Slope", effective.slope), ("Offset", effective.offset), ("Power", effective.power))
    body = "".join(
        f"<tr><th>{name}</th>" + "".join(f"<td>{value:.4f}</td>" for value in values) + "</tr>" for name, values in rows
    )
    return (
        '<table class="cdl"><tr><th>ASC CDL</th><th>R</th><th>G</th><th>B</th></tr>'
        f'{body}<tr><th>Saturation</th><td colspan="3">{effective.saturation:.4f}</td></tr></table>'
    )


def grade_line(grade: Grade, name: str) -> str:
    """A few lines about a saved grade; ``name`` is that of its file."""
    transform = grade.transform
    kind = "CDL, ten numbers" if isinstance(transform, Cdl) else transform.kind()
    said = "".join(f"<br>{escape(note)}" for note in grade.notes)
    return f'<p class="about"><b>{escape(name)}</b>{kind}, strength {grade.strength:g}{said}</p>'


def paint_label(role: str) -> str:
    """The label of the button that opens and closes the painting of a mask."""
    return f"Paint on the {role}"


def encoding_line(result: MatchResult) -> str:
    """The line that says to what the grade must be applied."""
    if (spaces := result.job.spaces) is not None:
        return (
            f'<p class="faint">For colours in {escape(spaces.working)}. A .clf or .ctf holds the conversions as well: it takes '
            f"{escape(spaces.source)} to {escape(spaces.output)}.</p>"
        )
    return f'<p class="faint">For pictures encoded as {escape(result.encoding)}, the source\'s own encoding.</p>'


def grade_files(error: CubeError, *, cdl: bool, saved: bool, working: str | None = None) -> str:
    """How exact a .cube is, and why there may be no CDL files.

    Args:
        error: between the grade and its .cube.
        cdl: whether the grade is a CDL.
        saved: whether it was a saved grade, for which no other kind can be chosen.
        working: the colour space that it is applied in; None for the picture's own encoding.
    """
    exact = _exact(255 * error.max, error.size)
    why = "" if cdl else f" A LUT does not fit into ten CDL numbers, so {in_words(cdl_suffixes(), 'and')} are off."
    advice = "" if cdl or saved else " Under <i>More</i>, choose the kind of grade <i>CDL</i> to get them."
    where = "" if working is None else f"For colours in {escape(working)}. "
    return f'<p class="faint">{where}{exact}{why}{advice}</p>'


def _exact(steps: float, size: int) -> str:
    """How a .cube of ``size`` points differs from what the page shows, by ``steps`` of 255 at most."""
    if steps < 0.5:
        return "The .cube gives the picture that you see."
    if steps < 1.5:
        return f"The .cube gives the picture that you see, to {steps:.1f} of 255 steps: too little to see."
    more = "" if size == max(CUBE_SIZES) else f" With {max(CUBE_SIZES)} points it is less."
    return f"In a few colours the .cube is up to {steps:.0f} of 255 steps off from what you see.{more}"


def trims_line(grade: Grade) -> str:
    """What the trims have made of a grade, as HTML; nothing where there are none."""
    said = trimmed_line(grade)
    return "" if said is None else f'<p class="about">{escape(said)}</p>'


def picture_label(picture: Picture) -> str:
    """The label of the button that downloads the picture."""
    return f"↓ Picture ({FORMATS[natural_suffix(picture.container)]}, {words.depth(picture)})"


def painted_line(side: Side) -> str:
    """The line that says how much of a picture is painted."""
    if side.painted is None:
        return '<p class="faint">Nothing painted: the whole picture counts.</p>'
    return f'<p class="faint">{100 * side.painted.share:.0f} % of the picture is painted.</p>'
