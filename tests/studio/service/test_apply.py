"""A saved grade on other files: where it comes from, where results go, and what is written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from reswd_torch import Cdl, Grade, Lut3D, MatchSettings
from reswd_torch.errors import InputError
from studio.media.images import read_picture
from studio.remedies import JobRemedy
from studio.service.apply import apply_to_file, load_any_grade, planned_outputs
from studio.service.match import run_match
from studio.service.render import render
from studio.watch import Cancelled, Watch
from tests.studio.command_line import snapshot
from tests.studio.conftest import write
from tests.studio.jobs_for_tests import match_job
from tests.studio.media.clips.made import difference, make_clip, scene, shown
from tests.studio.pictures import make_deep, make_gif
from tests.studio.records import version_1

GRADE = Grade(Cdl((0.5, 0.8, 1.0)))


@pytest.mark.parametrize("suffix", [".cc", ".ccc", ".cdl"])
def test_a_grade_comes_from_every_kind_of_file(suffix: str, tmp_path: Path) -> None:
    assert load_any_grade(GRADE.save(tmp_path / f"look{suffix}")).transform == GRADE.transform


def test_a_grade_comes_from_a_lut(tmp_path: Path) -> None:
    colours = np.linspace(0, 1, 30).reshape(1, 10, 3)
    loaded = load_any_grade(GRADE.save(tmp_path / "look.cube"))
    np.testing.assert_allclose(loaded.apply(colours), GRADE.apply(colours), atol=5e-3)


def test_a_grade_comes_from_settings_and_a_mask_of_theirs_is_noted(tmp_path: Path, warm: Path) -> None:
    source, mask = write(tmp_path / "source.png", 1), tmp_path / "mask.png"
    result = run_match(match_job(source, warm, settings=MatchSettings(strength=0.7, transform="cdl")))
    (tmp_path / "run.json").write_text(result.settings_text())
    loaded = load_any_grade(tmp_path / "run.json")
    assert (loaded.transform, loaded.strength, loaded.notes) == (result.grade.transform, 0.7, ())
    Image.fromarray(np.full((60, 80), 255, np.uint8)).save(mask)
    (tmp_path / "masked.json").write_text(run_match(replace(result.job, mask=mask)).settings_text())
    assert load_any_grade(tmp_path / "masked.json").notes == ("the match had a mask; the grade is applied everywhere",)


def test_a_lut_comes_from_settings_to_the_last_bit(tmp_path: Path, warm: Path) -> None:
    """What a mood is without a word about the kind of grade."""
    result = run_match(match_job(write(tmp_path / "source.png", 1), warm, settings=MatchSettings(strength=0.7)))
    (tmp_path / "run.json").write_text(result.settings_text())
    loaded, fitted = load_any_grade(tmp_path / "run.json"), result.grade
    assert isinstance(loaded.transform, Lut3D) and isinstance(fitted.transform, Lut3D)
    assert torch.equal(loaded.transform.values, fitted.transform.values) and loaded.strength == 0.7


def test_a_grade_comes_from_settings_of_version_1(tmp_path: Path) -> None:
    loaded = load_any_grade(version_1.write_settings(tmp_path))
    assert isinstance(loaded.transform, Cdl) and loaded.strength == 0.8
    assert loaded.transform.slope == pytest.approx((1.107378193124296, 0.905778062278143, 0.9815728244939793))
    assert loaded.notes == ("the match had a mask; the grade is applied everywhere",)


def test_names_are_kept_and_formats_that_are_not_written_become_png(tmp_path: Path) -> None:
    images = [tmp_path / name for name in ("a.jpg", "b.gif", "c.mp4")]
    folder = tmp_path / "new"
    places = [folder / name for name in ("a.jpg", "b.png", "c.mp4")]
    assert planned_outputs(images, folder, overwrite=False) == list(zip(images, places, strict=True))
    assert not folder.exists()


def test_places_that_are_refused(tmp_path: Path) -> None:
    source = write(tmp_path / "a.png", 1)
    there = write(tmp_path / "there" / "a.png", 2)
    for images, folder, said in (
        ([source], source, "is a file"),
        ([source, there], tmp_path / "new", "would both become"),
        ([source], tmp_path, "replace an input"),
        ([source], there.parent, "the file exists"),
    ):
        with pytest.raises(InputError, match=said):
            planned_outputs(images, folder, overwrite=False)
    assert planned_outputs([source], there.parent, overwrite=True) == [(source, there)]
    planned = planned_outputs([there.parent, source, Path()], there.parent, overwrite=True)
    assert planned[0] == (source, there) and [image for image, _ in planned[1:]] == [there.parent, Path()]
    with pytest.raises(InputError) as caught:
        planned_outputs([source], source, overwrite=False)
    assert caught.value.remedy is JobRemedy.GIVE_OUTPUT_FOLDER


def test_a_picture_is_graded_into_a_folder_that_is_made(tmp_path: Path) -> None:
    source, place = write(tmp_path / "a.png", 1), tmp_path / "new" / "deep" / "a.png"
    applied = apply_to_file(GRADE, source, place)
    assert applied.whole and applied.notes == ()
    assert np.array_equal(read_picture(place).pixels, render(read_picture(source).pixels, GRADE))


def test_what_was_assumed_and_lost_is_noted(tmp_path: Path) -> None:
    assert "first frame" in " ".join(apply_to_file(GRADE, make_gif(tmp_path), tmp_path / "out.png").notes)
    assert "JPEG holds 8 bits" in " ".join(apply_to_file(GRADE, make_deep(tmp_path), tmp_path / "out.jpg").notes)


def test_a_clip_is_graded(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", pictures=[scene(number) for number in range(6)])
    applied = apply_to_file(GRADE, clip, tmp_path / "new" / "clip.mp4")
    assert applied.whole and applied.notes == ()
    wanted = [render(frame, GRADE) for frame in shown(clip)]
    assert difference(wanted, shown(tmp_path / "new" / "clip.mp4"))[0] < 1.5


@pytest.mark.parametrize("name", ["bad.png", "bad.mp4", "none.png", "none.mp4"])
def test_no_folder_is_made_for_what_cannot_be_read(name: str, tmp_path: Path) -> None:
    if name.startswith("bad"):
        (tmp_path / name).write_text("neither a picture nor a clip")
    before = snapshot(tmp_path)
    with pytest.raises(InputError, match=name):
        apply_to_file(GRADE, tmp_path / name, tmp_path / "new" / name)
    assert snapshot(tmp_path) == before and not (tmp_path / "new").exists()


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    source, place = write(tmp_path / "a.png", 1), write(tmp_path / "b.png", 2)
    before = snapshot(tmp_path)
    with pytest.raises(InputError, match="the file exists"):
        apply_to_file(GRADE, source, place)
    with pytest.raises(InputError, match="cannot be made"):
        apply_to_file(GRADE, source, place / "below" / "a.png")
    assert snapshot(tmp_path) == before
    assert apply_to_file(GRADE, source, place, overwrite=True).whole


def test_a_clip_that_is_stopped_leaves_nothing(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", audio=False)
    told: list[object] = []
    with pytest.raises(Cancelled):
        apply_to_file(GRADE, clip, tmp_path / "new" / "clip.mp4", watch=Watch(told.append, lambda: len(told) > 3))
    assert list((tmp_path / "new").iterdir()) == []
