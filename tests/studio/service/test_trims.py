"""Trims and pairs of pictures, clips, frames and batches: the same bytes by every door."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from reswd_torch import Cdl, Grade, InputError, MatchSettings, load_grade, match
from reswd_torch.color import srgb_to_lab
from reswd_torch.grade.trims import NEUTRAL, Trims
from studio.jobs import SERIES, BatchJob, FramesJob, Outputs
from studio.media.images import read_picture
from studio.records.match import read_settings
from studio.references import PaletteReference, PictureReference, SavedGrade
from studio.service import deliver, job_for, run
from studio.service.apply import apply_to_file, load_any_grade
from studio.service.frames import run_frames
from studio.service.match import MatchResult, run_match
from studio.service.render import render
from tests.conftest import digest
from tests.studio.batches_for_tests import rows
from tests.studio.jobs_for_tests import clip_job, match_clip, match_job
from tests.studio.media.clips.made import make_clip
from tests.studio.pictures import eight_bits

TRIMS = Trims(exposure=0.3, temperature=-20, lift=(0.02, 0.0, 0.01), gamma=1.1, only="colour", neutralise=0.7)
TONAL = Trims(exposure=-0.4, contrast=1.2, saturation=0.8)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    Image.fromarray(eight_bits(1)).save(tmp_path / "source.png")
    Image.fromarray(eight_bits(2)).save(tmp_path / "target.png")
    return tmp_path / "source.png", tmp_path / "target.png"


@pytest.fixture
def matched(pair: tuple[Path, Path]) -> MatchResult:
    return run_match(match_job(*pair))


def test_trimming_a_result_is_matching_with_trims(pair: tuple[Path, Path], matched: MatchResult) -> None:
    trimmed = matched.trimmed(TRIMS)
    anew = run_match(match_job(*pair, settings=MatchSettings(trims=TRIMS)))
    assert np.array_equal(trimmed.graded_pixels(), anew.graded_pixels())
    assert trimmed.settings_text() == anew.settings_text()
    assert trimmed.report is not None and anew.report is not None and matched.report is not None
    assert trimmed.report.distance_after == anew.report.distance_after != matched.report.distance_after
    assert np.array_equal(trimmed.trimmed(NEUTRAL).graded_pixels(), matched.graded_pixels())


def test_strength_and_trims_keep_each_other(matched: MatchResult) -> None:
    one, other = matched.trimmed(TRIMS).at_strength(0.4), matched.at_strength(0.4).trimmed(TRIMS)
    assert one.trims == other.trims == TRIMS and one.grade.strength == other.grade.strength == 0.4
    assert one.grade.gains == other.grade.gains is not None
    assert one.grade.gains != matched.trimmed(TRIMS).grade.gains  # the cast is that of this strength
    assert np.array_equal(one.graded_pixels(), other.graded_pixels())
    assert one.settings_text() == other.settings_text()


def test_trims_without_a_match_are_still_done(matched: MatchResult) -> None:
    nothing = matched.at_strength(0.0)
    assert np.array_equal(nothing.graded_pixels(), matched.picture.pixels)
    darker = nothing.trimmed(Trims(exposure=-1.0))
    expected = np.rint(matched.picture.pixels * 2 ** (-1 / 2.2))
    assert np.abs(darker.graded_pixels() - expected).max() <= 1
    assert darker.grade.is_cdl


def test_the_library_gives_the_same_as_the_service(pair: tuple[Path, Path]) -> None:
    settings = MatchSettings(trims=TRIMS, pairs=(("#808080", "#8a7f78"),))
    result = run_match(match_job(*pair, settings=settings))
    floats = [read_picture(path).pixels.astype(np.float32) / 255 for path in pair]
    grade = match(*floats, settings=settings)
    assert grade.trims == TRIMS
    assert np.array_equal(render(result.picture.pixels, grade), result.graded_pixels())


def test_a_settings_file_gives_the_same_bytes(pair: tuple[Path, Path], matched: MatchResult, tmp_path: Path) -> None:
    result = matched.trimmed(TRIMS)
    (tmp_path / "run.json").write_text(result.settings_text())
    result.save_picture(tmp_path / "a.png")
    saved = read_settings(tmp_path / "run.json")
    assert saved.settings == result.job.settings
    run_match(match_job(*pair, settings=saved.settings)).save_picture(tmp_path / "b.png")
    apply_to_file(load_any_grade(tmp_path / "run.json"), pair[0], tmp_path / "c.png")
    by_grade = run_match(job_for(pair[0], SavedGrade(load_any_grade(tmp_path / "run.json"))))
    by_grade.save_picture(tmp_path / "d.png")
    assert len({digest(tmp_path / f"{name}.png") for name in "abcd"}) == 1
    assert by_grade.job.settings.trims == TRIMS


def test_settings_without_trims_are_read_and_damaged_ones_refused(matched: MatchResult, tmp_path: Path) -> None:
    record = json.loads(matched.trimmed(TRIMS).settings_text())
    older = json.loads(json.dumps(record))
    for part in (older["settings"], older["grade"]):
        del part["trims"]
    del older["settings"]["pairs"], older["grade"]["gains"]
    (tmp_path / "old.json").write_text(json.dumps(older))
    assert read_settings(tmp_path / "old.json").settings.trims == load_any_grade(tmp_path / "old.json").trims == NEUTRAL
    for damage, said in (
        ({"glow": 1.0}, "unknown trim 'glow'"),
        ({"exposure": "x"}, "exposure 'x' is out of range"),
        (7, "trims 7 are damaged"),
    ):
        (tmp_path / "bad.json").write_text(json.dumps(record | {"settings": record["settings"] | {"trims": damage}}))
        with pytest.raises(InputError, match=said) as error:
            read_settings(tmp_path / "bad.json")
        assert str(error.value).startswith(f"{tmp_path / 'bad.json'}: ") and "\n" not in str(error.value)


def test_a_saved_grade_is_trimmed_and_keeps_its_own_trims_without_others(pair: tuple[Path, Path]) -> None:
    grade = Grade(Cdl((0.9, 0.8, 0.7)))
    trimmed = run_match(match_job(pair[0], grade=grade, settings=MatchSettings(trims=TONAL)))
    assert np.array_equal(trimmed.graded_pixels(), render(trimmed.picture.pixels, grade.trimmed(TONAL)))
    own = run_match(match_job(pair[0], grade=grade.trimmed(TONAL), settings=MatchSettings()))
    assert np.array_equal(own.graded_pixels(), trimmed.graded_pixels())
    assert own.trimmed(NEUTRAL).grade.effective == grade.transform


def test_a_saved_grade_takes_away_the_cast_of_each_picture(tmp_path: Path) -> None:
    greys = np.random.default_rng(0).integers(40, 200, (40, 60, 1)).repeat(3, axis=2)
    for name, cast in (("amber", (1.0, 0.9, 0.75)), ("blue", (0.8, 0.9, 1.0))):
        Image.fromarray(np.rint(greys * cast).astype(np.uint8)).save(tmp_path / f"{name}.png")
        grade = Grade(Cdl()).trimmed(Trims(neutralise=1.0))
        apply_to_file(grade, tmp_path / f"{name}.png", tmp_path / "done" / f"{name}.png")
        made = torch.tensor(read_picture(tmp_path / "done" / f"{name}.png").pixels.reshape(-1, 3)) / 255
        assert float(srgb_to_lab(made).median(dim=0).values[1:].norm()) < 1.0


def test_a_cdl_file_that_cannot_be_written_is_refused_and_nothing_is_left(
    pair: tuple[Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    saved = match_job(pair[0], grade=Grade(Cdl()), settings=MatchSettings(trims=Trims(only="lightness")))
    saved = replace(saved, reference=SavedGrade(Grade(Cdl((0.9, 0.8, 0.7)))))
    fitted = match_job(*pair, settings=MatchSettings(transform="cdl", trims=Trims(only="lightness")))
    for job in (saved, fitted):
        with pytest.raises(InputError, match=r"look\.cc: trimmed in only this grade is a LUT"):
            deliver(job, Outputs(out / "a.png", cdl=out / "look.cc"))
        assert list(out.iterdir()) == []


def test_a_clip_is_trimmed_as_a_picture_is(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mkv", pixel_format="yuv444p")
    settings = MatchSettings(trims=Trims(exposure=-1.0, neutralise=1.0))
    done = match_clip(clip_job(clip, palette="#c08040, #204060", settings=settings), tmp_path / "out.mkv")
    assert done.grade.trims == settings.trims and done.grade.gains is not None
    plain = match_clip(clip_job(clip, palette="#c08040, #204060"), tmp_path / "plain.mkv")
    grey = np.full((1, 1, 3), 0.5, np.float32)
    assert float(done.grade.apply(grey).mean()) < 0.8 * float(plain.grade.apply(grey).mean())
    saved = clip_job(clip, grade=Grade(Cdl()), settings=MatchSettings(trims=Trims(neutralise=1.0)))
    assert match_clip(saved, tmp_path / "saved.mkv").grade.gains is not None


def test_frames_of_a_series_share_trims_and_cast(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    (tmp_path / "out").mkdir()
    for number in range(1, 4):
        Image.fromarray(eight_bits(number)).save(tmp_path / f"f.{number}.png")
    Image.fromarray(eight_bits(9)).save(tmp_path / "target.png")
    settings = MatchSettings(trims=TRIMS)
    job = FramesJob(tmp_path / "f.%d.png", PictureReference(tmp_path / "target.png"), settings)
    result = run_frames(job, tmp_path / "out" / "f.%d.png")
    assert result.done == 3 and result.grade.trims == TRIMS and result.grade.gains is not None
    for number in range(1, 4):
        pixels = read_picture(tmp_path / f"f.{number}.png").pixels
        made = read_picture(tmp_path / "out" / f"f.{number}.png").pixels
        assert np.array_equal(made, render(pixels, result.grade))
    with pytest.raises(InputError, match=r"neutralise 0.7: a saved grade on a series looks at no picture"):
        FramesJob(tmp_path / "f.%d.png", SavedGrade(Grade(Cdl())), settings)


def test_a_batch_is_trimmed_picture_by_picture_and_as_a_series(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    shots = tmp_path / "shots"
    shots.mkdir()
    for number in (1, 2):
        Image.fromarray(eight_bits(number)).save(shots / f"{number}.png")
    settings = MatchSettings(trims=TONAL, pairs=(("#808080", "#90807a"),))
    palette = PaletteReference("#c08040, #204060")
    run(BatchJob(shots, tmp_path / "each", palette, settings=settings, grade_files=".cube"))
    for number in (1, 2):
        alone = run_match(match_job(shots / f"{number}.png", palette=palette.text, settings=settings))
        assert np.array_equal(read_picture(tmp_path / "each" / f"{number}.png").pixels, alone.graded_pixels())
    assert {row["transform"] for row in rows(tmp_path / "each")} == {"lut"}
    run(BatchJob(shots, tmp_path / "series", palette, SERIES, settings))
    grade = load_grade(tmp_path / "series" / "series.cube")
    pixels = read_picture(shots / "1.png").pixels
    made = read_picture(tmp_path / "series" / "1.png").pixels
    assert np.abs(render(pixels, grade).astype(int) - made).max() <= 6
