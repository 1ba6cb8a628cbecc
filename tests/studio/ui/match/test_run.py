"""Matching without a page: what is missing, Stop, the slider, and all methods."""

from __future__ import annotations

from typing import Any

import pytest

from reswd_torch import InputError
from reswd_torch.settings import PROTECTIONS
from studio.ui.controls import PALETTE
from studio.ui.match import words as match_words
from studio.ui.match.choice import MatchChoice
from studio.ui.match.run import match_now, matching_job, set_strength, show
from studio.ui.session import Session
from studio.watch import Cancelled
from tests.studio.ui.conftest import silent


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kind": PALETTE}, "palette"),
        ({"kind": "Saved grade"}, "saved grade"),
        ({"seed": 1.5}, "whole number"),
        ({"seed": None}, "whole number"),
    ],
)
def test_what_is_missing_is_said(session: Session, given: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        matching_job(session, MatchChoice(**given))


def test_stop_keeps_the_last_result(session: Session) -> None:
    match_now(session, MatchChoice(), silent)  # type: ignore[arg-type]
    kept = session.match.shown

    stop = session.match.stop = session.new_stop()

    def press_stop(*_: object, **__: object) -> None:
        stop.press()

    with pytest.raises(Cancelled):
        match_now(session, MatchChoice(method="reswd"), press_stop)  # type: ignore[arg-type]
    assert session.match.shown is kept


def test_the_slider_moved_during_a_match_has_the_last_word(session: Session) -> None:
    def move_the_slider(*_: object, **__: object) -> None:
        set_strength(session, 0.3)

    match_now(session, MatchChoice(), move_the_slider)  # type: ignore[arg-type]
    assert session.match.shown is not None
    assert session.match.shown.job.settings.strength == 0.3
    assert session.match.shown.grade.strength == 0.3
    assert show(session, session.match.shown).metrics == match_words.metrics(session.match.shown)


def test_a_strength_being_typed_leaves_the_last_one(session: Session) -> None:
    match_now(session, MatchChoice(strength=0.5), silent)  # type: ignore[arg-type]
    assert set_strength(session, None) is None
    assert session.match.shown is not None
    assert session.match.shown.job.settings.strength == 0.5


@pytest.mark.parametrize(
    ("choice", "aim"),
    [
        (MatchChoice(), "mood"),
        (MatchChoice(aim="look"), "look"),
        (MatchChoice(aim="look", kind=PALETTE, palette="#c08040"), "colours"),
        (MatchChoice(aim="look", palette_aim="mood", kind=PALETTE, palette="#c08040"), "mood"),
        (MatchChoice(aim="look", method="mkl"), None),
        (MatchChoice(aim="mood", method="reswd"), None),
    ],
)
def test_the_aim_is_that_of_the_radio_in_sight(session: Session, choice: MatchChoice, aim: str | None) -> None:
    settings = matching_job(session, choice).settings
    assert (settings.aim, settings.transform) == (aim, "auto")


@pytest.mark.parametrize(
    ("choice", "protect"),
    [
        (MatchChoice(), PROTECTIONS),
        (MatchChoice(protect=["skin", "blacks"]), ("blacks", "skin")),
        (MatchChoice(protect=[], aim="colours"), PROTECTIONS),
        (MatchChoice(protect=[], palette_aim="mood", kind=PALETTE, palette="#c08040"), ()),
        (MatchChoice(protect=[], method="mkl"), PROTECTIONS),
    ],
)
def test_the_boxes_count_where_they_are_seen(session: Session, choice: MatchChoice, protect: tuple[str, ...]) -> None:
    assert matching_job(session, choice).settings.protect == protect


def test_what_was_taken_is_said_and_the_distance_is_a_figure(session: Session) -> None:
    match_now(session, MatchChoice(aim="colours"), silent)  # type: ignore[arg-type]
    result = session.match.shown
    assert result is not None
    said, figures = match_words.taken(result), match_words.metrics(result)
    assert said.startswith("<p>The reference shows something else: took all its colours; distance ")
    assert said.endswith(" Kind: CDL, ten numbers.</p>")
    assert "→" in figures and "%" not in said + figures and "closer" not in said + figures
    at_half = result.at_strength(0.5)
    assert f"to {at_half.distance_at(0.5):.1f}." in match_words.taken(at_half), "at the strength of the slider"
