"""What the page says: figures, grades and notes as small pieces of HTML."""

from __future__ import annotations

import re
import tempfile
from html import escape
from pathlib import Path

from reswd_torch.errors import InputError, MatchRemedy, Remedy
from reswd_torch.grade import Cdl, CubeError, Grade
from reswd_torch.matching.methods import REGISTRY
from studio.jobs import MatchJob
from studio.media.images import FORMATS, Container, profile_name
from studio.references import PaletteReference
from studio.remedies import JobRemedy
from studio.service.delivery import matched_name
from studio.service.match import MatchResult
from studio.ui.examples import ASSETS
from studio.ui.session import Side
from studio.views.sentences import scene_line

METHOD_NAMES = {method.name: method.label for method in REGISTRY}
USE_PAINTED = "Use the painted area"
SHOW_POINTS = "Show the points"
EMPTY_RESULT = (
    '<div class="empty"><b>The matched photograph appears here.</b>'
    "<span>Choose a source and a reference, or press one of the examples, then <i>Match colours</i>.</span></div>"
)
NO_REFERENCE = "Choose a reference: a photograph whose colours you want."
NO_PALETTE = "Write the palette's colours first, such as #2b3a55, #e8c07d."
NO_GRADE = "No saved grade is loaded: drop a .cube, .cc, .ccc, .cdl or a settings .json."
EMPTY_NUMBERS = '<p class="faint">The grade\'s numbers appear here after a match.</p>'
EMPTY_METRICS = '<p class="faint">Distance to the reference: match first.</p>'
EMPTY_CHART = '<p class="faint">How the colours of source, result and reference spread appears here after a match.</p>'
UNEXPECTED = (
    "Something went wrong that was not foreseen; the server's log says what. Try again, or with other settings."
)
DISTANCE_HELP = (
    "Sliced Wasserstein distance between the two pictures' colours, in CIE Lab units. 0: the same colours. "
    "About 1: a difference one just notices."
)


REMEDIES: dict[Remedy, str] = {
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
    JobRemedy.GRADE_FILE_SUFFIX: "choose .cc, .ccc, .cdl or .cube",
    JobRemedy.SERIES_GRADE: "leave them out: the ZIP of a series holds series.cube",
    JobRemedy.CUBE_OR_CDL: "choose .cube, or the kind of grade CDL",
    JobRemedy.SAVED_SETTINGS: "drop a settings file that was downloaded here",
    JobRemedy.CLIP_AS_CLIP: "clips are matched on the command line; here, export still frames first",
    JobRemedy.INSTALL_CLUSTER: "the server lacks a package for it",
    JobRemedy.CHECK_CLUSTER: "tell whoever runs this server",
}
"""The wording of every remedy on the page. A test holds that none is missing."""


def plain(error: InputError) -> str:
    """The message of an error without the server's folders, which tell a visitor nothing."""
    from gradio.utils import get_upload_folder

    text, uploads = error.worded(REMEDIES), get_upload_folder()
    for folder in sorted({uploads, str(Path(uploads).resolve()), tempfile.gettempdir(), str(ASSETS)}, key=len)[::-1]:
        steps = r"[\\/]".join(re.escape(step) for step in re.split(r"[\\/]", folder.rstrip("\\/")))
        # Below it lie only folders that Gradio or we named: no spaces. Names of files may have any.
        text = re.sub(steps + r"[\\/](?:[\w.-]+[\\/])*", "", text)
    return text


def message(text: str) -> str:
    """One line under the buttons."""
    return f'<p class="message" role="status">{escape(text)}</p>' if text else ""


def bar(share: float | None, text: str, name: str | None) -> str:
    """A grey bar (the browser's own is green, beside pictures whose colours one judges); ``name`` under it."""
    percent = 100 * (share or 0)
    known = "" if share is None else f' aria-valuenow="{percent:.0f}"'
    under = "" if name is None else f'<span class="faint">{escape(name) or "&nbsp;"}</span>'
    return (
        f'<div class="batch-bar"><div class="track" role="progressbar" aria-valuemin="0" aria-valuemax="100"{known}>'
        f'<div style="width:{percent:.1f}%"></div></div><span role="status">{text}</span>{under}</div>'
    )


def about(side: Side) -> str:
    """Size, depth, format and profile of a chosen picture."""
    picture, (height, width) = side.preview, side.size
    parts = [f"{width} × {height}", f"{picture.container.format}, {picture.bits} bit", profile_name(picture.icc)]
    return f'<p class="about"><b>{escape(side.path.name)}</b> {escape(" · ".join(parts))}</p>'


def metrics(result: MatchResult) -> str:
    """Distance before and after, and the time of the fit."""
    before = result.distance_before
    report = result.report
    if before is None or report is None:
        return '<p class="faint">A saved grade was applied. Without a reference there is no distance to report.</p>'
    after = report.distance_after
    return (
        f'<div class="metrics" title="{DISTANCE_HELP}">'
        f'<span class="label">Distance to the reference</span>'
        f'<span class="figures"><span class="before">{before:.1f}</span> → <b class="after">{after:.1f}</b></span>'
        f'<span class="faint">{change(before, after)} · fit {report.seconds:.2f} s</span></div>'
    )


def scene(result: MatchResult) -> str:
    """Whether both pictures were found to show the same things, and what that meant."""
    line = scene_line(result.report) if result.report is not None and result.job.looks_for_scene else None
    return "" if line is None else f'<p class="faint">{escape(line)}</p>'


def change(before: float, after: float) -> str:
    """In words, what became of a distance."""
    if before < 0.05:
        return "the same colours"
    share = round(100 * (1 - after / before))
    return f"{share} % closer" if share >= 0 else f"{-share} % further away"


def numbers(grade: Grade) -> str:
    """The ten numbers of a CDL as a table, or what a lattice does in a sentence."""
    effective = grade.effective
    if not isinstance(effective, Cdl):
        mean, most = (255 * share for share in effective.movement())
        return (
            f"<p><b>3-D LUT</b>, {effective.size} points a side. It moves a channel by {mean:.1f}/255 on "
            f"average and by {most:.0f}/255 at most.</p>"
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
    """What a saved grade is, in a few lines."""
    transform = grade.transform
    kind = "CDL, ten numbers" if isinstance(transform, Cdl) else f"3-D LUT, {transform.size} points a side"
    said = "".join(f"<br>{escape(note)}" for note in grade.notes)
    return f'<p class="about"><b>{escape(name)}</b>{kind}, strength {grade.strength:g}{said}</p>'


def paint_label(role: str, *, painting: bool = False) -> str:
    """Label of the button that opens and closes a mask's painting."""
    return f"Close the painting on the {role}" if painting else f"Paint on the {role}"


def stale(result: MatchResult) -> str:
    """A line above a result of other pictures than those that are chosen now."""
    job = result.job
    how = "with a saved grade" if job.saved_grade is not None else f"matched to {_reference(job)}"
    return message(f"This is still {job.source.name} {how}. Press the button for what is chosen now.")


def _reference(job: MatchJob) -> str:
    return "a palette" if isinstance(job.reference, PaletteReference) else job.reference.name


def encoding_line(result: MatchResult) -> str:
    """What the grade must be applied to."""
    return f'<p class="faint">For pictures encoded as {escape(result.encoding)}, the source\'s own encoding.</p>'


def notes(result: MatchResult) -> str:
    """What was assumed, for the person to read."""
    if not result.notes:
        return ""
    items = "".join(f"<li>{escape(note)}</li>" for note in result.notes)
    return f'<div class="notes"><b>Notes</b><ul>{items}</ul></div>'


def grade_files(error: CubeError, *, cdl: bool, saved: bool) -> str:
    """How exact a .cube is, and why there may be no CDL files."""
    exact = f"Between its points the .cube is at most {error.max * 255:.1f}/255 from the grade."
    why = "" if cdl else " A 3-D LUT does not fit into ten CDL numbers, so .cc, .ccc and .cdl are off."
    advice = "" if cdl or saved else " Under <i>More</i>, choose the kind of grade <i>CDL</i> to get them."
    return f'<p class="faint">{exact}{why}{advice}</p>'


def file_name(result: MatchResult, suffix: str) -> str:
    """What a download is called."""
    return matched_name(result.job.source, suffix)


def picture_label(container: Container, bits: int) -> str:
    """Label of the picture's download button."""
    name = container.format if container.format in FORMATS.values() else "PNG"
    return f"↓ Picture ({name}, {bits} bit)"


def swatches(colors: tuple[tuple[float, float, float], ...], weights: tuple[float, ...]) -> str:
    """A palette as a strip, each colour as wide as its weight."""
    cells = "".join(
        f'<span style="flex:{weight:g};background:rgb({r * 255:.0f} {g * 255:.0f} {b * 255:.0f})"></span>'
        for (r, g, b), weight in zip(colors, weights, strict=True)
    )
    return f'<div class="swatches">{cells}</div>'
