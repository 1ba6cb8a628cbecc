"""A match of a clip without a page: the frame that is looked at, the strength, what makes a grade stale."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reswd_torch import InputError
from reswd_torch.grade.trims import NEUTRAL, Trims
from studio.media.clips.read import read_facts
from studio.references import ClipReference, SavedGrade
from studio.service.clip_colours import frame_at
from studio.service.render import render
from studio.ui.clip import choose, run
from studio.ui.clip.choice import ALL_FRAMES, CLIP, ClipChoice
from studio.ui.clip.looks import seen
from studio.ui.controls import PALETTE, SAVED
from studio.ui.pictures import open_side
from studio.ui.session import Session
from studio.watch import Cancelled
from tests.conftest import ASSETS
from tests.studio.media.clips.made import make_clip, scene, shown
from tests.studio.ui.conftest import silent


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kind": PALETTE}, "palette"),
        ({"kind": SAVED}, "saved grade"),
        ({"kind": CLIP}, "a clip whose colours you want"),
        ({"seed": 1.5}, "whole number"),
        ({"strength": 5}, "strength"),
    ],
)
def test_what_is_missing_is_said(page: Session, given: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        run.matching_job(page, ClipChoice(**given))


def test_without_a_clip_that_is_said(empty_session: Session) -> None:
    with pytest.raises(InputError, match="Drop a clip first"):
        run.matching_job(empty_session, ClipChoice())


def test_a_frame_is_seen_at_its_full_size(page: Session, clip: Path) -> None:
    frames = shown(clip)
    found = seen(page, 17)
    assert found is not None and np.array_equal(found.pixels, frames[17])
    result = run.match(page, ClipChoice(), silent)  # type: ignore[arg-type]
    assert np.array_equal(result.graded(frames[23]), render(frames[23], result.grade))


def test_strength_and_trims_are_live_and_move_while_a_match_runs(page: Session, clip: Path) -> None:
    frame, warm = shown(clip)[5], Trims(temperature=40)
    full = run.match(page, ClipChoice(), silent)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="strength"):
        run.set_live(page, None, NEUTRAL)
    weak = run.set_live(page, 0.25, NEUTRAL)
    assert weak is not None and weak.report is not None and weak.distance_before is not None
    assert weak.report.distance_after < weak.distance_before
    gap, whole = (np.abs(each.graded(frame).astype(int) - frame).mean() for each in (weak, full))
    assert 0.1 * whole < gap < 0.5 * whole
    warmed = run.set_live(page, 0.25, warm)
    assert warmed is not None and warmed.job.settings.trims == warmed.grade.trims == warm
    assert warmed.graded(frame)[..., 2].mean() < weak.graded(frame)[..., 2].mean() - 2, "less blue"
    assert warmed.report is not None and warmed.report.distance_after != weak.report.distance_after

    def move(*_: object, **__: object) -> None:
        run.set_live(page, 0.5, NEUTRAL)

    again = run.match(page, ClipChoice(strength=1.0), move)  # type: ignore[arg-type]
    assert again.job.settings.strength == again.grade.strength == 0.5
    assert again.grade.trims.is_neutral


def test_trims_before_a_match_are_part_of_it(page: Session) -> None:
    page.clip.trims = Trims(only="lightness", neutralise=0.5)
    result = run.match(page, ClipChoice(), silent)  # type: ignore[arg-type]
    assert result.job.settings.trims == result.grade.trims == page.clip.trims
    assert result.grade.gains is not None
    page.clip.trims = NEUTRAL
    assert not run.is_stale(page, ClipChoice()), "they are live"


def test_stop_keeps_the_last_match(matched: Session) -> None:
    kept = matched.clip.shown
    stop = matched.clip.stop = matched.new_stop()

    def press(*_: object, **__: object) -> None:
        stop.press()

    with pytest.raises(Cancelled):
        run.match(matched, ClipChoice(method="mkl"), press)  # type: ignore[arg-type]
    assert matched.clip.shown is kept


def test_a_grade_of_earlier_choices_is_stale(matched: Session) -> None:
    assert not run.is_stale(matched, ClipChoice())
    assert not run.is_stale(matched, ClipChoice(strength=0.3, frame=9)), "the strength and the frame are live"
    for other in (ClipChoice(method="mkl"), ClipChoice(transform="cdl"), ClipChoice(seed=3), ClipChoice(kind=PALETTE)):
        assert run.is_stale(matched, other), other
    matched.clip.reference.side = open_side(ASSETS / "mountain-sunset.jpg")
    assert run.is_stale(matched, ClipChoice())


def test_one_frame_of_a_clip_or_all_of_it_is_the_reference(page: Session, clip: Path, tmp_path: Path) -> None:
    other = make_clip(tmp_path / "other.mp4", pictures=[255 - scene(9 * number) for number in range(20)])
    choice = ClipChoice(source=str(clip), kind=CLIP, reference_clip=str(other), reference_frame=13)
    choose.catch_up(page, choice)
    reference = run.matching_job(page, choice).reference
    assert isinstance(reference, ClipReference) and reference.at == pytest.approx(12.5 / 25)
    assert np.array_equal(frame_at(read_facts(other), reference.at), shown(other)[12])
    whole = run.matching_job(page, ClipChoice(kind=CLIP, reference_clip=str(other), part=ALL_FRAMES)).reference
    assert isinstance(whole, ClipReference) and whole.at is None


def test_a_saved_grade_is_taken_at_its_strength_and_a_damaged_one_leaves_it(matched: Session, tmp_path: Path) -> None:
    result = run.set_live(matched, 0.5, NEUTRAL)
    assert result is not None
    place = result.save_grade(tmp_path / "look.cube")
    said, grade = choose.choose_grade(matched, str(place))
    assert "look.cube" in said and grade is not None and grade.strength == 1.0, (
        "a .cube holds its strength in its points"
    )
    (tmp_path / "bad.cube").write_text("nothing")
    said, _ = choose.choose_grade(matched, str(tmp_path / "bad.cube"))
    assert "bad.cube" in said and "look.cube" in said
    taken = run.match(matched, ClipChoice(kind=SAVED), silent)  # type: ignore[arg-type]
    assert isinstance(taken.job.reference, SavedGrade) and taken.report is None
