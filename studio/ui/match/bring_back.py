"""Bringing an earlier match, or an earlier page, back onto the page: its pictures, its masks and its controls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from studio.references import reference_files
from studio.ui import words
from studio.ui.match import choose
from studio.ui.match import words as match_words
from studio.ui.match.choice import MatchChoice
from studio.ui.match.history import Entry
from studio.ui.match.parts import MatchTab
from studio.ui.match.spaces import brought_back
from studio.ui.match.state import ROLES, Role
from studio.ui.pictures import Painted
from studio.ui.places import Choosing, placed
from studio.ui.session import Session
from studio.ui.wiring import Controls, Updates

_SET_APART = ("source", "reference", "strength", "cube_size")
"""Fields that :func:`controls_back` leaves: pictures have their own way, and the last two are no part of a match."""


def entry_back(tab: MatchTab, controls: Controls[MatchChoice], session: Session, entry: Entry) -> Updates:
    """Set pictures and controls as they were when a match was made, as far as its files are still there.

    A picture that is gone leaves its place as it is; the notice below the viewer then says what differs.
    """
    job, choice = entry.result.job, entry.choice
    found: dict[Role, Path | None] = {"source": job.source, "reference": reference_files(job.reference).get("target")}
    updates: Updates = {}
    for role, path in found.items():
        if path is not None:
            updates |= _picture_back(tab, session, role, path, entry.painted)
    if job.saved_grade is not None:
        session.match.grade, session.match.grade_file = job.saved_grade, entry.grade_file
        updates |= grade_back(tab, session)
    choice = without_lost_masks(choice)
    session.match.told = choice
    session.match.strength, session.match.trims = job.settings.strength, job.settings.trims
    updates |= controls.set_as(choice, leave=_SET_APART) | {tab.result.strength: job.settings.strength}
    updates |= brought_back(tab.spaces, choice)
    return updates | tab.result.trims.set_to(job.settings.trims)


def page_back(tab: MatchTab, controls: Controls[MatchChoice], session: Session) -> Updates:
    """Set a new page as the last one of its session stood."""
    state = session.match
    updates: Updates = {}
    for role in ROLES:
        updates |= _place_back(tab, session, role)
    choice = without_lost_masks(state.told or MatchChoice())
    state.told = choice
    updates |= controls.set_as(choice, leave=_SET_APART) | brought_back(tab.spaces, choice)
    shown = state.shown
    strength = state.strength if shown is None else shown.job.settings.strength
    if strength is not None:
        updates[tab.result.strength] = strength
    updates |= tab.result.trims.set_to(state.trims if shown is None else shown.job.settings.trims)
    updates[tab.downloads.cube_size] = choice.cube_size
    return updates | (grade_back(tab, session) if state.grade is not None else {})


def without_lost_masks(choice: MatchChoice) -> MatchChoice:
    """The choice without masks whose files are gone."""
    return replace(choice, source_mask=_there(choice.source_mask), reference_mask=_there(choice.reference_mask))


def _there(path: str | None) -> str | None:
    return path if path is not None and Path(path).is_file() else None


def grade_back(tab: MatchTab, session: Session) -> Updates:
    """The saved grade in its place again."""
    grade, file = session.match.grade, session.match.grade_file
    assert grade is not None
    name = "a saved grade" if file is None else file.name
    there = str(file) if file is not None and file.is_file() else None
    return {tab.inputs.grade: there, tab.inputs.grade_about: match_words.grade_line(grade, name)}


def _picture_back(tab: MatchTab, session: Session, role: Role, path: Path, painted: Mapping[str, Painted]) -> Updates:
    place, mask = session.match.places[role], tab.more.masks[role]
    updates: Updates = {}
    if place.side is None or place.side.path != path:
        if not path.is_file():
            return {}
        updates |= tab.inputs.places[role].filled(choose.choose(session, str(path), role))
    if place.side is None or place.side.path != path:  # it is no picture any more
        return updates
    place.side.painted = painted.get(role)
    return updates | mask.shown(place.side)


def _place_back(tab: MatchTab, session: Session, role: Role) -> Updates:
    place, parts = session.match.places[role], tab.inputs.places[role]
    side = place.side
    if side is None:
        return parts.filled(Choosing(None, "", accepted=True))
    if not side.path.is_file():  # the page was closed for too long
        place.side = None
        said = words.message(f"{side.path.name} is no longer on the server: choose it again.")
        return parts.filled(Choosing(None, said, accepted=False))
    return parts.filled(placed(session, side)) | tab.more.masks[role].shown(side)
