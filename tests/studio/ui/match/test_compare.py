"""*Compare methods* without a page: what is compared, in which order, and what is left when it fails."""

from __future__ import annotations

import json

import pytest

from reswd_torch import InputError
from reswd_torch.grade import Lut3D
from reswd_torch.settings import METHODS
from studio.ui.controls import PALETTE, SAVED
from studio.ui.match.choice import MatchChoice
from studio.ui.match.compare import compare, pressed
from studio.ui.match.comparison import Way
from studio.ui.match.history_view import compared_as_json
from studio.ui.match.run import match_now
from studio.ui.session import Session
from tests.studio.ui.conftest import silent

COLOURS = MatchChoice(aim="colours", kind=PALETTE, palette="#20304f:2, #e0b070, #f4ead5")


def test_it_fills_up_method_by_method_and_fast_comes_as_a_lut_where_that_differs(session: Session) -> None:
    seen = []
    for comparison in compare(session, COLOURS, silent):  # type: ignore[arg-type]
        told = json.loads(compared_as_json(session, comparison))
        seen.append([tile["state"] for tile in told["tiles"]])
    assert seen[0] == ["working", *["waiting"] * (len(METHODS) - 1)]
    assert seen[1] == ["done", "working", *["waiting"] * (len(METHODS) - 1)], "a LUT of the first one came in"
    assert seen[-1] == ["done"] * (len(METHODS) + 1)
    assert [tile["name"] for tile in told["tiles"]][:3] == ["Fast sliced", "Fast sliced, LUT", "ReSWD"]
    as_lut = comparison.results[Way("fast", "lut")]
    assert isinstance(as_lut.grade.transform, Lut3D)
    assert as_lut.job.settings.transform == "lut"


def test_a_lut_is_not_compared_with_itself(session: Session) -> None:
    *_, comparison = compare(session, MatchChoice(), silent)  # type: ignore[arg-type]
    assert [way.method for way in comparison.ways] == list(METHODS), "a mood is a LUT already"


def test_one_that_fails_keeps_the_last_comparison(session: Session) -> None:
    list(compare(session, COLOURS, silent))  # type: ignore[arg-type]
    kept = session.match.comparison
    for wrong in (MatchChoice(kind=PALETTE, palette="#zzz"), MatchChoice(kind=SAVED)):
        with pytest.raises(InputError):
            list(compare(session, wrong, silent))  # type: ignore[arg-type]
    assert session.match.comparison is kept


def test_the_way_in_the_viewer_is_marked(session: Session) -> None:
    match_now(session, MatchChoice(**{**vars(COLOURS), "method": "mkl"}), silent)  # type: ignore[arg-type]
    *_, comparison = compare(session, COLOURS, silent)  # type: ignore[arg-type]
    told = json.loads(compared_as_json(session, comparison))
    assert [tile["name"] for tile in told["tiles"] if tile["shown"]] == ["MKL"]


def test_a_result_that_is_not_there_is_refused(session: Session) -> None:
    for index in (-1, 0, 99):
        with pytest.raises(InputError, match="compare again"):
            pressed(session, index)
