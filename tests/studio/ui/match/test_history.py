"""The history of a visit: what is kept, what is undone, what two matches share, and what goes."""

from __future__ import annotations

import json

import numpy as np
import pytest

from studio.ui import limits
from studio.ui.match import history as history_module
from studio.ui.match.choice import MatchChoice
from studio.ui.match.history import History
from studio.ui.match.history_view import history_as_json
from studio.ui.match.looks import seen_as_json
from studio.ui.match.run import match_now, set_strength
from studio.ui.pictures import Painted
from studio.ui.session import Session
from tests.studio.ui.conftest import silent


def match(session: Session, method: str = "reinhard", **given: object) -> None:
    match_now(session, MatchChoice(method=method, **given), silent)  # type: ignore[arg-type]


def rest(session: Session, strength: float) -> None:
    result = set_strength(session, strength)
    assert result is not None
    session.match.history.rested(result)


def told(session: Session) -> dict:  # type: ignore[type-arg]
    said: dict = json.loads(history_as_json(session))  # type: ignore[type-arg]
    return said


def test_matches_stand_newest_first_with_their_settings_in_words(session: Session) -> None:
    match(session)
    match(session, "mkl", seed=4, transform="lut")
    entries = told(session)["entries"]
    assert [entry["how"] for entry in entries] == ["MKL, LUT, strength 1, seed 4", "Reinhard, strength 1"]
    assert entries[0]["title"] == "lagoon-jetty.jpg matched to mountain-sunset.jpg"
    assert told(session)["current"] == entries[0]["number"]


def test_undo_walks_through_matches_and_rests_of_the_slider(session: Session) -> None:
    history = session.match.history
    match(session)
    rest(session, 0.5)
    match(session, "mkl")
    steps = []
    while (step := history.undo()) is not None:
        steps.append((step.result.job.settings.method, step.result.job.settings.strength))
    assert steps == [("reinhard", 0.5), ("reinhard", 1.0)]
    assert not history.can_undo and history.can_redo
    while (step := history.redo()) is not None:
        steps.append((step.result.job.settings.method, step.result.job.settings.strength))
    assert steps[2:] == [("reinhard", 0.5), ("mkl", 0.5)], "the slider stayed where it was for the next match"
    history.undo()
    match(session, "reinhard", seed=1)
    assert not history.can_redo, "what was undone is gone once something else is done"


def test_the_thumbnail_follows_the_strength(session: Session) -> None:
    match(session)
    full = session.match.history.entries[0]
    rest(session, 0.0)
    weak = session.match.history.entries[0]
    assert weak.number == full.number and weak.version != full.version
    assert weak.thumbnail != full.thumbnail
    assert len(weak.thumbnail) < 60_000


def test_matches_of_one_source_share_its_picture(session: Session) -> None:
    match(session)
    one = session.match.history.held
    match(session, "mkl")
    first, second = session.match.history.entries
    assert first.result.picture.pixels is second.result.picture.pixels
    assert first.pyramid is second.pyramid
    picture = first.result.picture.pixels.nbytes
    assert session.match.history.held - one < picture / 2, "its samples and its grade"


def test_the_oldest_go(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_module, "MOST", 2)
    for seed in range(3):
        match(session, seed=seed)
    assert [entry["how"][-6:] for entry in told(session)["entries"]] == ["seed 2", "seed 1"]
    monkeypatch.setattr(limits, "_chosen", limits.Limits(history=1))
    match(session, seed=7)
    assert len(session.match.history.entries) == 1, "the newest stays, however large it is"
    assert not session.match.history.can_undo


def test_one_that_is_removed_cannot_be_gone_back_to(session: Session) -> None:
    history = session.match.history
    match(session)
    match(session, "mkl")
    match(session, "reinhard", seed=2)
    middle = history.entries[1].number
    history.compare_with(middle)
    history.remove(middle)
    assert history.pair is None
    step = history.undo()
    assert step is not None and step.result.job.settings.seed == 0
    assert history.went_to(middle) is None
    current = history.current
    assert current is not None
    history.remove(current.number)
    assert history.current is current and session.match.shown is not None, "what is on the screen stays there"
    rest(session, 0.3)
    assert len(history.entries) == 1


def test_the_viewer_shows_two_matches(session: Session) -> None:
    match(session)
    match(session, "mkl")
    session.match.history.compare_with(session.match.history.entries[1].number)
    assert session.match.shown is not None
    seen = json.loads(seen_as_json(session, session.match.shown))
    assert seen["before"]["name"] == "A: match 1, mountain-sunset.jpg, Reinhard"
    assert seen["after"]["name"] == "B: match 2, mountain-sunset.jpg, MKL"
    one, other = (session.desk.look(seen[name]["look"]) for name in ("before", "after"))
    assert one is not None and other is not None and one.grade is not None and one.grade != other.grade
    session.match.history.compare_with(session.match.history.entries[1].number)
    seen = json.loads(seen_as_json(session, session.match.shown))
    assert (seen["before"]["name"], seen["after"]["name"]) == ("lagoon-jetty.jpg", "Result")


def test_a_painted_mask_is_kept_with_its_match(session: Session) -> None:
    source = session.match.source
    assert source is not None
    mask = np.zeros((60, 90), np.uint8)
    mask[:30] = 255
    source.painted = Painted(mask, 3.0)
    match(session)
    entry = session.match.history.entries[0]
    assert entry.painted["source"] is source.painted
    assert told(session)["entries"][0]["how"].endswith("source masked")


def test_an_empty_history_has_nothing_to_undo() -> None:
    history = History()
    assert history.undo() is None and history.redo() is None and history.held == 0
    history.compare_with(3)
    assert history.pair is None
