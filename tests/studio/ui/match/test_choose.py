"""What a person chooses, and whether a result belongs to it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from reswd_torch import Grade, Lut3D
from studio.ui.match import words as match_words
from studio.ui.match.choice import MatchChoice
from studio.ui.match.choose import catch_up, choose, choose_grade
from studio.ui.pictures import Painted
from studio.ui.session import Session
from tests.studio.ui.conftest import REFERENCE, SOURCE


def test_a_refused_picture_leaves_the_mask_and_another_one_clears_it(session: Session, tmp_path: Path) -> None:
    side = session.match.source
    assert side is not None
    side.painted = Painted(np.eye(9, dtype=np.uint8))
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no picture")
    refused = choose(session, str(bad), "source")
    assert "bad.jpg" in refused.about
    assert session.match.source is side
    assert not refused.accepted, "the mask still counts, so it stays to be seen"
    assert choose(session, str(REFERENCE), "source").accepted
    assert session.match.source is not None
    assert session.match.source.painted is None


def test_masks_of_pictures_that_the_session_did_not_know_are_not_taken(session: Session) -> None:
    given = MatchChoice(source=str(SOURCE), reference=str(SOURCE), source_mask="a.png", reference_mask="b.png")
    taken = catch_up(session, given)
    assert (taken.source_mask, taken.reference_mask) == ("a.png", None)
    assert session.match.reference is not None and session.match.reference.path == SOURCE


def test_a_saved_grade_is_named_and_gets_no_advice_for_a_fit(session: Session, tmp_path: Path) -> None:
    place = Grade(Lut3D.sample(lambda rgb: rgb**2, 17)).save(tmp_path / "v_rt.cube", cube_size=17)
    line, _ = choose_grade(session, str(place), 1)
    assert "v_rt.cube" in line
    assert session.match.grade is not None
    said = match_words.grade_files(session.match.grade.cube_error(17), cdl=False, saved=True)
    assert "choose the kind" not in said
