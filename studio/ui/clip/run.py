"""What the tab *Grade a clip* works on: the match, the number of the frame, strength and trims."""

from __future__ import annotations

from dataclasses import replace

import gradio as gr

from reswd_torch.errors import InputError
from reswd_torch.grade.trims import NEUTRAL, Trims
from studio.jobs import MatchJob
from studio.references import PaletteReference, Reference, choose_reference
from studio.service import job_for, run
from studio.service.clip import ClipResult
from studio.ui import words
from studio.ui.clip import words as clip_words
from studio.ui.clip.choice import CLIP, ONE_FRAME, ClipChoice
from studio.ui.clip.clips import OpenedClip
from studio.ui.controls import PALETTE, SAVED, chosen_settings
from studio.ui.match.run import check_uploads
from studio.ui.session import Session
from studio.ui.settings import Sent, number_from, strength_from
from studio.ui.visits import page_watch


def matching_job(session: Session, choice: ClipChoice) -> MatchJob:
    """The job that the controls describe. Raises InputError with words for the page."""
    if session.clip.source.clip is None:
        raise InputError(clip_words.NO_CLIP)
    settings = chosen_settings(choice.kind, choice, trims=session.clip.trims)
    return job_for(session.clip.source.clip.path, _reference(session, choice), settings)


def _reference(session: Session, choice: ClipChoice) -> Reference:
    """What the controls take the colours from. Raises InputError with words for the page."""
    state = session.clip
    if choice.kind == SAVED:
        if state.grade is None:
            raise InputError(words.NO_GRADE)
        return state.grade
    if choice.kind == PALETTE:
        if not choice.palette.strip():
            raise InputError(words.NO_PALETTE)
        return PaletteReference(choice.palette)
    if choice.kind == CLIP:
        clip = state.reference_clip.clip
        if clip is None:
            raise InputError(clip_words.NO_REFERENCE_CLIP)
        at = _middle_of(clip, frame_number(choice.reference_frame, clip)) if choice.part == ONE_FRAME else None
        return choose_reference(file=clip.path, at=at)
    if state.reference.side is None:
        raise InputError(words.NO_REFERENCE)
    return choose_reference(file=state.reference.side.path)


def _middle_of(clip: OpenedClip, number: int) -> float:
    """A time at which a frame is shown for certain, seconds from the start, as the command line takes it: no time between two
    frames, which rounding could move to the other one."""
    begins = clip.index.seconds(number)
    ends = clip.index.seconds(number + 1) if number + 1 < clip.frames else clip.seconds
    return round((begins + ends) / 2, 6)


def frame_number(sent: Sent, clip: OpenedClip) -> int:
    """The number of a frame from 0, of one that was sent, from 1. Raises InputError for what is no number."""
    return min(max(0, round(number_from(sent, "frame")) - 1), clip.frames - 1)


def match(session: Session, choice: ClipChoice, progress: gr.Progress) -> ClipResult:
    """Match, and make the result the one on the screen.

    Raises:
        InputError: with words for the page; the session then still holds the last result.
        Cancelled: likewise.
    """
    job = matching_job(session, choice)
    check_uploads(job)
    watch = page_watch(progress, session.clip.stop)
    result = run(job, watch)
    assert isinstance(result, ClipResult)
    watch.check()
    state = session.clip
    with state.lock:  # a slider may have moved since the button was pressed
        strength = job.settings.strength if state.strength is None else state.strength
        state.shown = result = _as_set(result, strength, state.trims)
    return result


def is_stale(session: Session, choice: ClipChoice) -> bool:
    """Whether the grade on the screen was made with other choices than those that stand now. Strength and trims are live."""
    shown = session.clip.shown
    if shown is None:
        return False
    try:
        job = matching_job(session, choice)
    except InputError:  # something is missing now that was there
        return True
    return _fit_alone(job) != _fit_alone(shown.job)


def _fit_alone(job: MatchJob) -> MatchJob:
    """A job without what the sliders set live."""
    return replace(job, settings=replace(job.settings, strength=1.0, trims=NEUTRAL))


def set_live(session: Session, strength: Sent, trims: Trims) -> ClipResult | None:
    """The fit on the screen at another strength and with other trims; None when there is none.

    A match that is running will be shown in this way as well.

    Raises:
        InputError: a strength that is none, or a clip that cannot be read any more.
    """
    wanted, state = strength_from(strength), session.clip
    with state.lock:  # two moves of a slider may be worked on at once, or one and the end of a match
        state.strength, state.trims = wanted, trims
        if state.shown is not None:
            state.shown = _as_set(state.shown, wanted, trims)
        return state.shown


def set_later(session: Session, strength: float, trims: Trims) -> None:
    """Have the next match, or the one that is running, be shown at another strength and with other trims."""
    with session.clip.lock:
        session.clip.strength, session.clip.trims = strength, trims


def _as_set(result: ClipResult, strength: float, trims: Trims) -> ClipResult:
    settings = result.job.settings
    if settings.trims != trims:
        result = result.trimmed(trims)
    return result if settings.strength == strength else result.at_strength(strength)
