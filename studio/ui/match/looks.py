"""The looks of the viewer that a match makes, and those of pictures that were only chosen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from studio.references import reference_files
from studio.service.match import MatchResult
from studio.ui.desk.component import told
from studio.ui.desk.state import Look, next_telling
from studio.ui.match.history import Entry
from studio.ui.match.history_words import in_short
from studio.ui.match.spaces import seen_in_place
from studio.ui.match.state import ROLES, Seen
from studio.ui.pictures import Side
from studio.ui.session import Session
from studio.views.pyramid import Pyramid
from studio.views.seen import Seen as SeenAs
from studio.views.seen import source_seen, target_seen


def looks_of(session: Session, result: MatchResult, pyramid: Pyramid | None = None) -> Seen:
    """Give the picture of a result and its reference their looks; the graded one follows in :func:`seen_as_json`.

    Args:
        session: of the page.
        result: at preview size.
        pyramid: the sizes of its picture, where they were made already.
    """
    job = result.job
    pyramid = pyramid or _of_result(session, result)
    before = session.desk.add(Look(pyramid, None, job.source.name, seen=source_seen(job.spaces)))
    target = reference_files(job.reference).get("target")
    side, seen = session.match.reference, target_seen(job.spaces)
    reference = None if side is None or side.path != target else session.desk.add(_chosen(session, side, seen))
    return Seen(before, None, reference)


def seen_as_json(session: Session, result: MatchResult, move: int | None = None) -> str:
    """The result on the screen at its strength, as the viewer is told of it; ``move`` is the last one of the sliders."""
    at, state = next_telling(), session.match
    before = None if state.seen.before is None else session.desk.look(state.seen.before)
    if before is None:  # a page left open long enough loses its looks
        current = state.history.current
        state.seen = looks_of(session, result, None if current is None else current.pyramid)
        assert state.seen.before is not None
        before = session.desk.look(state.seen.before)
        assert before is not None
    pair, current = state.history.pair, state.history.current
    name = "Result" if pair is None or current is None else f"B: {in_short(current)}"
    after = session.desk.add(
        Look(before.pyramid, result.grade, name, result.source_sample.fit, spaces=result.job.spaces)
    )
    state.seen = replace(state.seen, after=after)
    return _told(session, at, move)


def chosen_as_json(session: Session) -> str:
    """The pictures in the places, as the viewer is told of them; while a result is on the screen, that one stays."""
    at, state = next_telling(), session.match
    if state.shown is None:
        numbers = _in_places(session)
        state.seen = Seen(before=numbers["source"], reference=numbers["reference"])
    return _told(session, at)


def _told(session: Session, at: int, move: int | None = None) -> str:
    seen, pair = session.match.seen, session.match.history.pair
    paired = pair is not None and seen.after is not None
    before = _compared(session, pair) if pair is not None and paired else seen.before
    chosen = _in_places(session)
    looks = {"before": before, "after": seen.after, "reference": seen.reference}
    return told(session, chosen, at=at, move=move, paired=paired, **looks)


def _in_places(session: Session) -> dict[str, int | None]:
    """The looks of the pictures in the places, by role, seen as the controls say."""
    found: dict[str, int | None] = {}
    for role in ROLES:
        side = session.match.places[role].side
        seen = seen_in_place(session.match.told, role)
        found[role] = None if side is None else session.desk.add(_chosen(session, side, seen))
    return found


def _compared(session: Session, pair: Entry) -> int:
    """The match left of the divider, graded."""
    result = pair.result
    pyramid = pair.pyramid or _of_result(session, result)
    return session.desk.add(Look(pyramid, result.grade, f"A: {in_short(pair)}", spaces=result.job.spaces))


def _chosen(session: Session, side: Side, seen: SeenAs | None) -> Look:
    if side.pyramid is None:
        side.pyramid = _known(session, side.path) or Pyramid(side.path, side.preview, session.new_subfolder("sizes"))
    return Look(side.pyramid, None, side.path.name, seen=seen)


def _of_result(session: Session, result: MatchResult) -> Pyramid:
    """The sizes of the picture of a result; those of a chosen one, where it is the same without a mask, are not made twice."""
    job = result.job
    known = _known(session, job.source) if result.weights is None else None
    return known or Pyramid(job.source, result.picture, session.new_subfolder("sizes"), job.mask, result.weights)


def _known(session: Session, path: Path) -> Pyramid | None:
    sides = (session.match.places[role].side for role in ROLES)
    return next((side.pyramid for side in sides if side is not None and side.path == path and side.pyramid), None)
