"""What is read while a person still looks: the match that comes of it is the same to the byte."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reswd_torch.errors import InputError
from reswd_torch.settings import MatchSettings
from reswd_torch.spaces import choose_spaces
from studio.jobs import MatchJob
from studio.references import PaletteReference, PictureReference, SavedGrade
from studio.service.ahead import Ahead
from studio.service.match import run_match
from studio.views.preview import slim
from tests.studio.media.images.film_for_tests import plain_exr
from tests.studio.spaces_for_tests import PLACE
from tests.studio.ui.conftest import REFERENCE, SOURCE


def job(**changes: object) -> MatchJob:
    return replace(MatchJob(SOURCE, PictureReference(REFERENCE)), **changes)  # type: ignore[arg-type]


def test_the_grade_is_the_same_to_the_byte() -> None:
    ahead = Ahead(slim)
    ahead.expect(job())
    found, plain = ahead.run(job()), run_match(job())
    assert found.grade.to_record() == plain.grade.to_record()
    assert found.hashes == plain.hashes
    assert found.report == replace(plain.report, seconds=found.report.seconds)  # type: ignore[union-attr,type-var]
    assert found.notes == plain.notes


@pytest.mark.parametrize(
    "other",
    [
        job(settings=MatchSettings(seed=3)),
        job(settings=MatchSettings(method="mkl")),
        job(source=REFERENCE, reference=PictureReference(SOURCE)),
        job(reference=PaletteReference("#102030, #c0a080")),
        job(reference=PictureReference(SOURCE)),
    ],
)
def test_another_job_than_was_expected_is_done_as_it_is(other: MatchJob) -> None:
    ahead = Ahead(slim)
    ahead.expect(job())
    assert ahead.run(other).grade.to_record() == run_match(other).grade.to_record()
    ahead.expect(other)
    assert ahead.run(other).grade.to_record() == run_match(other).grade.to_record()


@pytest.mark.parametrize("target", [None, "ACEScg"])
def test_colour_spaces_that_are_chosen_later_are_not_too_late(tmp_path: Path, target: str | None) -> None:
    """Between spaces what lies beyond 0 and 1 counts as well: it must not have been read without."""
    light = plain_exr(tmp_path / "light.exr")
    plain = job(source=light, reference=PictureReference(light if target else REFERENCE))
    between = replace(plain, spaces=choose_spaces("ACEScg", target=target, config=PLACE))
    for first, second in ((plain, between), (between, plain)):
        ahead = Ahead(slim)
        ahead.expect(first)
        assert ahead.run(second).grade.to_record() == run_match(second).grade.to_record()
        ahead.expect(second)
        assert ahead.run(second).grade.to_record() == run_match(second).grade.to_record()


def test_a_mask_is_not_lost(tmp_path: Path) -> None:
    mask = tmp_path / "mask.png"
    with Image.open(SOURCE) as picture:
        painted = np.zeros(picture.size[::-1], np.uint8)
    painted[:, : painted.shape[1] // 2] = 255
    Image.fromarray(painted).save(mask)
    ahead = Ahead(slim)
    ahead.expect(job())
    masked = job(mask=mask)
    assert (
        ahead.run(masked).grade.to_record() == run_match(masked).grade.to_record() != run_match(job()).grade.to_record()
    )


def test_a_saved_grade_needs_no_reference() -> None:
    saved = job(reference=SavedGrade(run_match(job()).grade))
    ahead = Ahead(slim)
    ahead.expect(saved)
    assert ahead.run(saved).grade.to_record() == run_match(saved).grade.to_record()


def test_what_cannot_be_read_is_said_when_the_match_is_asked_for(tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    for bad in (job(source=broken), job(reference=PictureReference(broken))):
        ahead = Ahead(slim)
        ahead.expect(bad)
        with pytest.raises(InputError, match=r"broken\.jpg"):
            ahead.run(bad)
