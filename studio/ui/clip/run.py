"""What the tab *Grade a clip* works on: the match, the frame that is looked at, the strength."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import gradio as gr
import numpy as np

from reswd_torch.errors import InputError
from studio.jobs import MatchJob
from studio.references import PaletteReference, Reference, choose_reference
from studio.service import job_for, run
from studio.service.clip import ClipResult
from studio.ui import words
from studio.ui.clip import words as clip_words
from studio.ui.clip.choice import CLIP, ONE_FRAME, ClipChoice
from studio.ui.clip.clips import OpenedClip, small_frame
from studio.ui.clip.state import Seen
from studio.ui.controls import PALETTE, SAVED, chosen_settings
from studio.ui.match.run import check_uploads
from studio.ui.session import Session
from studio.ui.settings import Sent, number_from, strength_from
from studio.ui.visits import page_watch


class Pair(NamedTuple):
    """A frame to show: (H, W, 3) uint8 or uint16; ``after`` is None where there is no grade for it."""

    before: np.ndarray | None
    after: np.ndarray | None


def matching_job(session: Session, choice: ClipChoice) -> MatchJob:
    """The job that the controls describe. Raises InputError with words for the page."""
    if session.clip.source.clip is None:
        raise InputError(clip_words.NO_CLIP)
    settings = chosen_settings(choice.kind, choice)
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
    session.clip.strength = None  # the job has it; what comes now is a move while the match runs
    watch = page_watch(progress, session.clip.stop)
    result = run(job, watch)
    assert isinstance(result, ClipResult)
    watch.check()
    with session.clip.lock:
        if session.clip.strength is not None:  # the slider may have moved while the match ran
            result = result.at_strength(session.clip.strength)
        session.clip.shown = result
    return result


def is_stale(session: Session, choice: ClipChoice) -> bool:
    """Whether the grade on the screen was made with other choices than those that stand now. The strength is always live."""
    shown = session.clip.shown
    if shown is None:
        return False
    try:
        job = matching_job(session, choice)
    except InputError:  # something is missing now that was there
        return True
    return replace(job, settings=replace(job.settings, strength=1.0)) != replace(
        shown.job, settings=replace(shown.job.settings, strength=1.0)
    )


def set_strength(session: Session, strength: Sent) -> ClipResult | None:
    """The fit on the screen at another strength; None when there is none, or while the field is being typed in."""
    try:
        wanted = strength_from(strength)
    except InputError:
        return None
    with session.clip.lock:  # two moves of the slider may be worked on at once, or one and the end of a match
        session.clip.strength = wanted
        if session.clip.shown is not None:
            session.clip.shown = session.clip.shown.at_strength(wanted)
        return session.clip.shown


def look(session: Session, number: int, *, hurried: bool = False) -> Pair:
    """A frame of the clip, before and after the grade on the screen.

    Args:
        session: of the page.
        number: of the frame, from 0.
        hurried: whether a frame near it will do for now, where that one takes long.

    Raises:
        InputError: the frame cannot be decoded, or the clip is no longer there.
    """
    state = session.clip
    clip = state.source.clip
    if clip is None:
        return Pair(None, None)
    seen = state.seen
    known = seen is not None and seen.clip is clip and seen.number == number and (seen.exact or hurried)
    if seen is None or not known:
        seen = Seen(clip, number, not hurried, small_frame(clip, number, hurried=hurried))
        state.seen = seen
    shown = state.shown
    if shown is None or shown.job.source != clip.path:
        return Pair(seen.pixels, None)
    return Pair(seen.pixels, shown.graded(seen.pixels))
