"""What a person drops into the places of the tab *Grade a clip*."""

from __future__ import annotations

from pathlib import Path

from reswd_torch.errors import InputError
from reswd_torch.grade import Grade
from studio.references import SavedGrade
from studio.ui import words
from studio.ui.clip.choice import CLIP, ClipChoice
from studio.ui.clip.clips import ChosenClip
from studio.ui.controls import PICTURE
from studio.ui.grades import sent_grade
from studio.ui.match.words import grade_line
from studio.ui.session import Session


def put(place: ChosenClip, path: str | None) -> str:
    """Put a clip into a place, or take it out. A file that cannot be used is refused, and what was chosen before stays.

    Returns:
        What is wrong with the file, in one line of plain text; nothing where the place holds it.
    """
    try:
        place.take(path)
    except InputError as error:
        return words.plain(error)
    return ""


def choose_source(session: Session, path: str | None) -> str:
    """Put the clip that is to be graded into its place: :func:`put`. With another clip the match of the last one goes."""
    before = session.clip.source.clip
    refused = put(session.clip.source, path)
    if session.clip.source.clip is not before:
        _forget_match(session)
    return refused


def _forget_match(session: Session) -> None:
    with session.clip.lock:
        session.clip.shown = session.clip.seen = None
        session.clip.number = 0


def choose_grade(session: Session, path: str | None) -> tuple[str, Grade | None]:
    """Take a saved grade that was dropped; None for one that was taken out. One that cannot be used leaves the last one.

    Returns:
        What it is, as HTML; and the grade whose strength and trims the sliders shall show, None where they stay.
    """
    state = session.clip
    if path is None:
        state.grade = None
        return "", None
    try:
        grade = sent_grade(path)
    except InputError as error:
        last = state.grade
        kept = "" if last is None or last.path is None else grade_line(last.grade, last.path.name)
        return words.message(words.plain(error)) + kept, None
    state.grade = SavedGrade(grade, Path(path))
    return grade_line(grade, Path(path).name), grade


def catch_up(session: Session, choice: ClipChoice) -> None:
    """Let the session know what is in the places now, before a run: the page may not have told of it yet.

    Raises:
        InputError: a file cannot be used.
    """
    state = session.clip
    if state.source.take(choice.source):
        _forget_match(session)
    if choice.kind == PICTURE:
        state.reference.catch_up(choice.reference)
    if choice.kind == CLIP:
        state.reference_clip.take(choice.reference_clip)
