"""Handlers that work: match and live strength. Both keep the last result when they fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr

from reswd_torch.errors import InputError
from reswd_torch.grade.trims import NEUTRAL, Trims
from studio.jobs import MatchJob
from studio.media.images import to_profile
from studio.references import (
    ClipReference,
    PaletteReference,
    PictureReference,
    Reference,
    SavedGrade,
    choose_reference,
)
from studio.service import job_for
from studio.service.match import MatchResult
from studio.ui import words
from studio.ui.colors import split_pairs
from studio.ui.controls import PALETTE, SAVED, chosen_settings
from studio.ui.match import words as match_words
from studio.ui.match.choice import MatchChoice
from studio.ui.match.history import Entry
from studio.ui.match.looks import looks_of, seen_as_json
from studio.ui.match.masks import mask_file
from studio.ui.match.spaces import chosen_spaces
from studio.ui.match.state import ROLES
from studio.ui.pictures import Painted, Side
from studio.ui.session import Session
from studio.ui.settings import strength_from
from studio.ui.spaces import shown_through
from studio.ui.visits import page_watch
from studio.views.between import seen_colours, seen_sides
from studio.views.charts import Colors, draw_distributions
from studio.views.points import common_points
from studio.views.points import draw_points as drawn_points
from studio.views.preview import save_preview, slim
from studio.watch import Watch


@dataclass(frozen=True, eq=False)
class Shown:
    """What a result looks like on the page."""

    desk: str
    seen: str
    metrics: str
    numbers: str
    notes: str
    chart: str


def matching_job(session: Session, choice: MatchChoice) -> MatchJob:
    """The job that the controls describe. Raises InputError with words for the page."""
    job = described_job(session, choice)
    source, reference = session.match.source, job.reference
    assert source is not None
    if isinstance(reference, PictureReference | ClipReference) and session.match.reference is not None:
        reference = replace(reference, mask=_mask(session, choice.reference_mask, session.match.reference))
    job = replace(job, reference=reference, mask=_mask(session, choice.source_mask, source))
    check_uploads(job)
    return job


def _mask(session: Session, file: str | None, side: Side) -> Path | None:
    """The mask of a picture: the one that was sent, else the painted one. Raises InputError."""
    return Path(file) if file else mask_file(session, side, "mask")


def described_job(session: Session, choice: MatchChoice) -> MatchJob:
    """The job that the controls describe, masks apart: those of paint are not files yet.

    Raises InputError with words for the page.
    """
    if session.match.source is None:
        raise InputError("Choose a source: the photograph whose colours should change.")
    spaces = chosen_spaces(choice)
    # trims and pairs are for codes of a display, and off while a space is chosen
    trims, pairs = (session.match.trims, split_pairs(choice.pairs)) if spaces is None else (NEUTRAL, ())
    settings = chosen_settings(choice.kind, choice, trims=trims, pairs=pairs)
    return job_for(session.match.source.path, _reference(session, choice), settings, spaces=spaces)


def _reference(session: Session, choice: MatchChoice) -> Reference:
    """What the controls take the colours from. Raises InputError with words for the page."""
    state = session.match
    if choice.kind == SAVED:
        if state.grade is None:
            raise InputError(words.NO_GRADE)
        return SavedGrade(state.grade)
    if choice.kind == PALETTE:
        if not choice.palette.strip():
            raise InputError(words.NO_PALETTE)
        return PaletteReference(choice.palette)
    if state.reference is None:
        raise InputError(words.NO_REFERENCE)
    return choose_reference(file=state.reference.path)


def check_uploads(job: MatchJob) -> None:
    """Raise InputError for a file of the job that was cleaned up: a page may stay open for days, its uploads do not."""
    for path in job.files.values():
        if not path.is_file():
            raise InputError(f"{path.name} is no longer on the server: choose it again and match")


def read_ahead(session: Session, choice: MatchChoice) -> None:
    """Read what the match that the controls describe will need, while the person still looks."""
    try:
        job = described_job(session, choice)
        check_uploads(job)
    except InputError:  # not all is chosen yet
        return
    session.match.ahead.expect(job)


def match_now(session: Session, choice: MatchChoice, progress: gr.Progress) -> MatchResult:
    """Match, and make the result the one on the screen. Raises InputError or Cancelled; the last result then stays."""
    job = matching_job(session, choice)
    watch = watch_for(session, progress)
    result = slim(session.match.ahead.run(job, watch))
    watch.check()
    return take_new(session, result, choice)


def painted_now(session: Session) -> dict[str, Painted]:
    """The painted masks of the pictures in their places, by role."""
    sides = {role: session.match.places[role].side for role in ROLES}
    return {role: side.painted for role, side in sides.items() if side is not None and side.painted is not None}


def take_new(
    session: Session, result: MatchResult, choice: MatchChoice, painted: Mapping[str, Painted] | None = None
) -> MatchResult:
    """Make a new result the one on the screen, and the newest of the history.

    Args:
        session: of the page.
        result: at preview size.
        choice: the controls that it was made with.
        painted: the painted masks that it was made with, by role; those of now if left out.

    Returns:
        The result as it is kept: at the strength of the slider, which may have moved while the match ran.
    """
    state = session.match
    result, pyramid = state.history.shared(result)
    seen = looks_of(session, result, pyramid)
    before = None if seen.before is None else session.desk.look(seen.before)
    entry = Entry(
        number=0,
        version=0,
        result=result,
        choice=choice,
        painted=painted_now(session) if painted is None else painted,
        pyramid=None if before is None else before.pyramid,
        grade_file=state.grade_file if result.job.saved_grade is not None else None,
    )
    with state.history.lock, state.lock:  # in this order everywhere
        if state.strength is not None:  # a slider may have moved while the match ran
            result = _as_set(result, state.strength, state.trims)
        result = state.history.add(replace(entry, result=result)).result
        session.match.shown, session.match.seen = result, seen
    return result


def show(session: Session, result: MatchResult, move: int | None = None) -> Shown:
    """A result in full: the viewer, figures, chart; ``move`` is the last one of the sliders that it follows."""
    return Shown(
        desk=seen_as_json(session, result, move),
        seen=shown_through(result.job.spaces, of_floats=result.picture.of_floats),
        metrics=match_words.metrics(result),
        numbers=match_words.numbers(result.grade) + match_words.encoding_line(result),
        notes=words.notes(result.notes),
        chart=str(save_preview(session.new_file(".png"), distributions(result))),
    )


def has_points(result: MatchResult) -> bool:
    """Whether points were found that both pictures show."""
    return result.report is not None and result.report.points > 0


def draw_points(session: Session) -> str | None:
    """The points of the result on the screen, drawn; None where there are none."""
    result = session.match.shown
    if result is None:
        return None
    sides, icc = (result.source_sample, result.target_sample), result.picture.icc
    if (spaces := result.job.spaces) is not None:
        sides, icc = seen_sides(result, spaces), None
    source, target = sides
    if target is None:
        return None
    found = common_points(source, target, result.job.settings)
    if found is None:
        return None
    sheet = drawn_points(source, target, found, icc)
    return str(save_preview(session.new_file(".png"), sheet))


def set_strength(session: Session, strength: float | None) -> MatchResult | None:
    """The fit on the screen at another strength; None when there is none, or while the field is being typed in."""
    try:
        return set_live(session, strength, session.match.trims)
    except InputError:
        return None


def set_live(session: Session, strength: float | None, trims: Trims) -> MatchResult | None:
    """The fit on the screen at another strength and with other trims; None when there is none.

    A match that is running will be shown in this way as well.

    Raises:
        InputError: a strength that is none.
    """
    wanted, state = strength_from(strength), session.match
    with state.lock:  # two moves of a slider may be worked on at once, or one and the end of a match
        state.strength, state.trims = wanted, trims
        if state.shown is not None:
            state.shown = _as_set(state.shown, wanted, trims)
        return state.shown


def _as_set(result: MatchResult, strength: float, trims: Trims) -> MatchResult:
    settings = result.job.settings
    if settings.trims != trims and result.job.spaces is None:
        result = result.trimmed(trims)
    return result if settings.strength == strength else result.at_strength(strength)


def distributions(result: MatchResult) -> Any:
    """The chart of a result; colours through sRGB, as they are seen."""
    if result.job.spaces is not None:
        return draw_distributions(seen_colours(result, result.job.spaces))
    icc = result.picture.icc
    source = result.source_sample.held_out
    sets = [("Source", source), ("Result", result.grade.apply(source))]
    if result.target_sample is not None:
        sets.append(("Reference", result.target_sample.held_out))
    return draw_distributions([Colors(name, to_profile(values.numpy(), icc, None)) for name, values in sets])


def watch_for(session: Session, progress: gr.Progress) -> Watch:
    """Progress for the page, its Stop button, and the end of the page."""
    return page_watch(progress, session.match.stop)
