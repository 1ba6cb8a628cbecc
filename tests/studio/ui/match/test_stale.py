"""Whether the result on the screen is of what is chosen, and what is said where it is not."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from reswd_torch import Cdl, Grade
from reswd_torch.settings import MatchSettings
from studio.ui.controls import PALETTE, SAVED
from studio.ui.match.choice import MatchChoice
from studio.ui.match.choose import choose
from studio.ui.match.compare import compare
from studio.ui.match.run import match_now, set_strength
from studio.ui.match.stale import LIVE, differences, line
from studio.ui.pictures import Painted
from studio.ui.session import Session
from tests.studio.ui.conftest import SOURCE, silent

PLAIN = MatchChoice(method="reinhard")
"""Quick to match."""


@pytest.fixture
def matched(session: Session) -> Session:
    match_now(session, PLAIN, silent)  # type: ignore[arg-type]
    return session


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (replace(PLAIN, method="fast"), "method Reinhard, chosen now: Fast sliced"),
        (replace(PLAIN, transform="lut"), "kind of grade Automatic, chosen now: 3-D LUT"),
        (replace(PLAIN, seed=3), "seed 0, chosen now: 3"),
        (replace(PLAIN, device="cpu"), "device auto, chosen now: cpu"),
        (
            replace(PLAIN, kind=PALETTE, palette="#123456"),
            "reference mountain-sunset.jpg, chosen now: palette of 1 colour",
        ),
        (replace(PLAIN, source_mask="m.png"), "source mask none, chosen now: m.png"),
        (replace(PLAIN, kind=SAVED), "Now: No saved grade is loaded"),
        (replace(PLAIN, seed=None), "Now: The seed is empty"),
    ],
)
def test_what_differs_is_said_and_goes_when_it_is_changed_back(
    matched: Session, changed: MatchChoice, said: str
) -> None:
    assert line(matched, PLAIN) == ""
    assert said in line(matched, changed)
    assert line(matched, PLAIN) == ""


@pytest.mark.parametrize(
    ("made", "changed", "said"),
    [
        (MatchChoice(), MatchChoice(aim="look"), "take The mood, chosen now: The look"),
        (MatchChoice(), MatchChoice(protect=["skin"]), "chosen now: Skin"),
        (MatchChoice(), MatchChoice(scene="different"), "both pictures show Find out, chosen now: Different scenes"),
    ],
)
def test_what_a_fast_match_asks_for_counts(
    session: Session, made: MatchChoice, changed: MatchChoice, said: str
) -> None:
    match_now(session, made, silent)  # type: ignore[arg-type]
    assert said in line(session, changed)
    assert line(session, made) == ""


def test_what_means_nothing_for_a_job_makes_no_difference(matched: Session) -> None:
    assert line(matched, replace(PLAIN, aim="look", protect=[])) == "", "Reinhard knows all colours alone"
    assert line(matched, replace(PLAIN, palette="#123456", palette_aim="mood")) == ""


def test_every_setting_is_compared(matched: Session) -> None:
    """A new setting cannot be forgotten: whatever a job's settings hold is looked at, the live ones apart."""
    other = {
        "method": "mkl",
        "transform": "lut",
        "seed": 1,
        "device": "cpu",
        "aim": "look",
        "scene": "different",
        "pairs": "#808080=#908070",
    }
    named = {field.name for field in fields(MatchSettings)} - LIVE - {"protect", "samples"}
    assert named == set(other), "say here what another value of the new setting is"
    for name, value in other.items():
        choice = replace(MatchChoice(), **{name: value})  # type: ignore[arg-type]
        assert line(matched, choice) != "", name


EYE = 255 * np.eye(9, dtype=np.uint8)


def test_strength_is_live(matched: Session) -> None:
    set_strength(matched, 0.4)
    assert line(matched, replace(PLAIN, strength=2.0)) == ""


def test_pictures_and_what_is_painted_on_them(matched: Session) -> None:
    source = matched.match.source
    assert source is not None
    source.painted = Painted(EYE)
    assert "source mask none, chosen now: painted" in line(matched, PLAIN)
    match_now(matched, PLAIN, silent)  # type: ignore[arg-type]
    source.painted = Painted(EYE)
    assert line(matched, PLAIN) == "", "the same area"
    source.painted = Painted(EYE, feather=4.0)
    assert "source mask painted" in line(matched, PLAIN), "a softer edge is another mask"
    source.painted = Painted(255 - EYE)
    assert "source mask painted anew since." in line(matched, PLAIN)
    source.painted = None
    choose(matched, str(SOURCE), "reference")
    assert "reference mountain-sunset.jpg, chosen now: lagoon-jetty.jpg" in line(matched, PLAIN)


def test_a_palette_is_compared_by_its_colours_and_a_grade_by_itself(session: Session) -> None:
    palette = replace(PLAIN, kind=PALETTE, palette="#123456, #ffffff")
    match_now(session, palette, silent)  # type: ignore[arg-type]
    assert line(session, replace(palette, palette=" #123456,#FFFFFF ")) == ""
    assert "palette of 2 colours, chosen now: palette of 1 colour." in line(
        session, replace(palette, palette="#123456")
    )
    another = line(session, replace(palette, palette="#123456, #000000"))
    assert "reference palette of 2 colours, chosen now: another one." in another and "#" not in another
    session.match.grade = Grade(Cdl((1.1, 1.0, 1.0)))
    match_now(session, MatchChoice(kind=SAVED), silent)  # type: ignore[arg-type]
    assert line(session, MatchChoice(kind=SAVED, seed=9)) == ""
    session.match.grade = Grade(Cdl((1.2, 1.0, 1.0)))
    assert "reference a saved grade" in line(session, MatchChoice(kind=SAVED))


def test_every_way_that_is_compared_is_told_as_it_was_made(session: Session) -> None:
    chosen = MatchChoice(aim="colours", protect=["skin"], seed=1)
    *_, comparison = compare(session, chosen, silent)  # type: ignore[arg-type]
    from studio.ui.match.run import take_new

    for way, result in comparison.results.items():
        take_new(session, result, way.chosen(chosen, result))
        assert differences(session, way.chosen(chosen, result)) == [], way.name


def test_no_result_is_of_no_choice(session: Session, tmp_path: Path) -> None:
    assert line(session, MatchChoice(seed=5)) == ""
