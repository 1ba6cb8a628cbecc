"""Sentences about a result."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reswd_torch import Cdl, Grade, Lut3D, MatchSettings
from reswd_torch.matching import MatchReport
from studio.views.sentences import taken_line, taken_of_many

REPORT = MatchReport(31.24, 12.26, 0.1, MatchSettings(), "cpu", took="mood")
TEN = Grade(Cdl((1.2, 1.0, 0.8)), report=REPORT)
LUT = replace(TEN, transform=Lut3D.sample(lambda rgb: rgb**2, 9))
CHOSEN = MatchSettings(transform="lut")


def with_report(grade: Grade, **facts: object) -> Grade:
    """The grade, with some figures of its report replaced."""
    return replace(grade, report=replace(REPORT, **facts))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "looked", "said"),
    [
        ({"took": "mood"}, True, "The reference shows something else: took its mood."),
        (
            {"took": "mood", "kept": ("blacks", "skin")},
            True,
            "The reference shows something else: took its mood; blacks and skin kept.",
        ),
        ({"took": "mood", "kept": ("blacks", "greys", "skin")}, False, "Took its mood; blacks, greys and skin kept."),
        ({"took": "look", "kept": ("highlights",)}, False, "Took the look alone; highlights kept."),
        ({"took": "colours"}, False, "Took all its colours: distance 31.2 to 12.3."),
        (
            {"took": "colours"},
            True,
            "The reference shows something else: took all its colours; distance 31.2 to 12.3.",
        ),
    ],
)
def test_of_a_reference_that_shows_something_else(facts: dict[str, object], looked: bool, said: str) -> None:
    assert taken_line(with_report(TEN, **facts), looked=looked) == f"{said} Kind: CDL, ten numbers."
    assert taken_line(with_report(LUT, **facts, settings=CHOSEN), looked=looked) == f"{said} Kind: LUT."


def test_of_one_scene() -> None:
    lines = [
        taken_line(with_report(TEN, took="scene", points=80, trust=trust), looked=True) for trust in (0.0, 0.4, 1.0)
    ]
    assert lines == [
        "The same scene: 80 points are seen in both, but only some of the tones; matched by statistics. "
        "Kind: CDL, ten numbers.",
        "The same scene: 80 points are seen in both; matched 40% by them and what both show, the rest by statistics. "
        "Kind: CDL, ten numbers.",
        "The same scene: 80 points are seen in both; matched by them and what both show. Kind: CDL, ten numbers.",
    ]


def test_why_it_is_a_lut_is_said_where_the_evidence_chose_it() -> None:
    scene = {"took": "scene", "points": 80, "trust": 1.0}
    chosen = with_report(LUT, **scene, settings=CHOSEN)
    said = [taken_line(grade, looked=True) or "" for grade in (with_report(LUT, **scene), chosen)]
    assert said[0].endswith(". Kind: LUT, because both show one scene.")
    assert said[1].endswith("what both show. Kind: LUT.")


@pytest.mark.parametrize(
    ("took", "protect", "said"),
    [
        ("mood", "all", "LUT, so that greys and skin keep their places"),
        ("mood", "greys,highlights", "LUT, so that greys keep their places"),
        ("mood", "skin", "LUT, so that skin keeps its place"),
        ("mood", "blacks", "LUT"),
        ("mood", "none", "LUT"),
        ("look", "all", "LUT"),
    ],
)
def test_why_a_mood_is_a_lut_is_said_by_what_it_holds(took: str, protect: str, said: str) -> None:
    made = MatchSettings(protect=protect)  # type: ignore[arg-type]
    assert (taken_line(with_report(LUT, took=took, settings=made), looked=False) or "").endswith(f". Kind: {said}.")
    asked = replace(made, transform="cdl")
    line = taken_line(with_report(TEN, took=took, settings=asked, kept=("greys",)), looked=False) or ""
    assert line.endswith("; greys kept. Kind: CDL, ten numbers.")


@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_only_a_grade_that_moves_nothing_found_little_to_take(strength: float) -> None:
    """At whatever strength it is looked at."""
    still = replace(with_report(TEN, took="look"), transform=Cdl((1.001, 1.0, 1.0)), strength=strength)
    moved = replace(with_report(TEN, took="look"), strength=strength)
    assert taken_line(still, looked=False) == "Took the look alone: little was there to take. Kind: CDL, ten numbers."
    assert taken_line(moved, looked=False) == "Took the look alone. Kind: CDL, ten numbers."
    elsewhere = taken_line(still, looked=True) or ""
    assert elsewhere.startswith("The reference shows something else: took the look alone; little was there to take.")


def test_a_saved_grade_took_nothing() -> None:
    assert taken_line(replace(TEN, report=None), looked=False) is None


def test_of_many_pictures() -> None:
    assert taken_of_many({"scene": 3, "mood": 7}, 10) == "7 of 10 took its mood"
    assert taken_of_many({"look": 1, "colours": 2}, 3) == "1 of 3 took the look alone, 2 of 3 took all its colours"
    assert taken_of_many({"scene": 3}, 3) is None
    assert taken_of_many({}, 3) is None
