"""What a person chooses in the tab *Match colours*: pictures and a saved grade."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from reswd_torch.errors import InputError
from studio.ui import places, words
from studio.ui.controls import PICTURE
from studio.ui.grades import sent_grade
from studio.ui.match import words as match_words
from studio.ui.match.choice import MatchChoice
from studio.ui.match.state import ROLES, Role
from studio.ui.places import Choosing
from studio.ui.session import Session


def choose(session: Session, path: str | None, role: Role) -> Choosing:
    """Put a picture into one of the two places, or take it out.

    With another picture the painted mask of the last one is gone. A file that cannot be used is refused, and what was
    chosen before stays, with its mask.
    """
    return places.choose(session, session.match.places[role], path)


def catch_up(session: Session, choice: MatchChoice) -> MatchChoice:
    """Let the session know the pictures that are in the places now, before a run.

    Returns:
        The choice, without the masks of pictures that the session did not know: those on the page are of the last ones.

    Raises:
        InputError: a picture cannot be used.
    """
    chosen = session.match.places
    if chosen["source"].catch_up(choice.source):
        choice = replace(choice, source_mask=None)
    if choice.kind == PICTURE and chosen["reference"].catch_up(choice.reference):
        choice = replace(choice, reference_mask=None)
    return choice


def choose_grade(session: Session, path: str | None, slider: float | None) -> tuple[str, object]:
    """Take a saved grade that was dropped; None for one that was taken out.

    Returns:
        What it is, as HTML; and its strength for the slider, which otherwise stays at ``slider``.
    """
    if path is None:
        session.match.grade = session.match.grade_file = None
        return "", slider
    try:
        grade = sent_grade(path)
    except InputError as error:
        session.match.grade = session.match.grade_file = None
        return words.message(words.plain(error)), slider
    session.match.grade, session.match.grade_file = grade, Path(path)
    return match_words.grade_line(grade, Path(path).name), grade.strength


def chosen(session: Session, kind: str, palette: str) -> tuple[object, ...]:
    """All that is chosen now, to compare with what was chosen at another time."""
    state = session.match
    sides = (state.source, state.reference)
    return kind, palette, state.grade, *(None if side is None else side.path for side in sides)


def swap(session: Session) -> None:
    """Let source and reference change places; what is painted on them goes with them."""
    source, reference = (session.match.places[role] for role in ROLES)
    with source.lock, reference.lock:
        source.side, reference.side = reference.side, source.side
