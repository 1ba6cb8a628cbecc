"""From a job to its plan and record, and back: what is refused before anything is written."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reswd_torch import Cdl, Grade
from reswd_torch.errors import InputError
from reswd_torch.settings import MatchSettings
from studio.jobs import EACH, RESUME, SERIES, BatchJob, FramesJob
from studio.records.batch import KeptFile, RunRecord
from studio.references import ClipReference, PaletteReference, PictureReference, SavedGrade
from studio.service.batch.prepare import prepare_batch, prepare_frames, resumed
from tests.conftest import digest
from tests.studio.conftest import write
from tests.studio.jobs_for_tests import batch_job
from tests.studio.media.clips.made import make_clip


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({}, "no reference"),
        ({"target": "warm.png", "palette": "#fff"}, "more than one reference"),
        ({"target": "nothing.png"}, "no such picture or folder"),
        ({"palette": "#12"}, "#12"),
        ({"palette": "#fff", "target_mask": "warm.png"}, "needs a target picture"),
        ({"target": "warm.png", "mask": "nothing.png"}, "no such mask"),
        ({"target": "warm.png", "grade_files": ".txt"}, "not a kind of grade file"),
        ({"target": "warm.png", "grade_files": ".cc", "mode": SERIES}, "a series has one"),
        (
            {"target": "warm.png", "grade_files": ".cc", "settings": MatchSettings(method="mkl")},
            "cannot hold this grade",
        ),
        ({"target": "warm.png", "mode": "both"}, "unknown mode 'both'"),
        ({"grade": "nothing.cube"}, "nothing.cube"),
    ],
)
def test_requests_that_are_refused(parts: dict[str, Any], words: str, shots: Path, warm: Path, tmp_path: Path) -> None:
    paths = {
        name: tmp_path / value for name, value in parts.items() if name in ("target", "mask", "target_mask", "grade")
    }
    with pytest.raises(InputError, match=words):
        prepare_batch(batch_job(shots, tmp_path / "out", **{**parts, **paths}))
    assert not (tmp_path / "out").exists()


def kept(path: Path) -> KeptFile:
    return KeptFile(str(path), digest(path))


def test_the_record_of_a_picture_for_all(shots: Path, warm: Path, tmp_path: Path) -> None:
    mask = write(tmp_path / "mask.png", 3)
    job = batch_job(shots, tmp_path / "out", warm, mask=mask, target_mask=mask, recursive=True, grade_files=".cc")
    plan, record = prepare_batch(job)
    assert [item.name for item in plan.items][-1] == "day 2/f.png"
    assert {item.mask for item in plan.items} == {mask} and {item.reference for item in plan.items} == {None}
    assert record == RunRecord(
        source=str(shots),
        mode=EACH,
        settings=MatchSettings(transform="cdl"),  # which a .cc holds
        reference=kept(warm),
        target_mask=kept(mask),
        recursive=True,
        masks=str(mask),
        grade_files=".cc",
    )
    assert resumed(record, shots, tmp_path / "out") == BatchJob(
        shots,
        tmp_path / "out",
        PictureReference(warm, mask),
        mask=mask,
        recursive=True,
        grade_files=".cc",
        existing=RESUME,
    )
    assert not (tmp_path / "out").exists()


def test_the_record_of_a_folder_of_references(shots: Path, tmp_path: Path) -> None:
    looks = tmp_path / "looks"
    for number, name in enumerate("abcd"):
        write(looks / f"{name}.png", number)
    plan, record = prepare_batch(batch_job(shots, tmp_path / "out", looks))
    assert [item.reference for item in plan.items] == [looks / f"{name}.png" for name in "abcd"]
    assert record.reference == KeptFile(str(looks))  # each of them is watched in the report
    plan, record = prepare_batch(batch_job(shots, tmp_path / "out", looks, mode=SERIES))
    assert {item.reference for item in plan.items} == {None}
    both = "".join(f"{name}.png\0{digest(looks / f'{name}.png')}\0" for name in "abcd")
    assert record.reference == KeptFile(str(looks), hashlib.sha256(both.encode()).hexdigest())


@pytest.mark.parametrize("at", [None, 0.4])
def test_the_record_of_a_clip_or_of_one_frame_of_it(at: float | None, shots: Path, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", audio=False)
    job = BatchJob(shots, tmp_path / "out", ClipReference(clip, at=at), mode=SERIES)
    record = prepare_batch(job)[1]
    assert (record.reference, record.at) == (kept(clip), at)
    assert resumed(record, shots, tmp_path / "out").reference == job.reference


def test_a_clip_is_looked_at_before_the_run_starts(shots: Path, tmp_path: Path) -> None:
    clip, broken = make_clip(tmp_path / "clip.mp4", audio=False), tmp_path / "broken.mp4"
    broken.write_bytes(b"no clip")
    for reference, said in (
        (ClipReference(clip, at=60.0), "the clip ends before 60 s"),
        (ClipReference(broken), "broken.mp4"),
        (ClipReference(tmp_path / "none.mp4"), "none.mp4"),
    ):
        with pytest.raises(InputError, match=said):
            prepare_batch(BatchJob(shots, tmp_path / "out", reference))


def test_the_record_of_a_saved_grade(shots: Path, tmp_path: Path) -> None:
    grade = Grade(Cdl((0.5, 1.0, 1.0)))
    look = grade.save(tmp_path / "look.cc")
    job = batch_job(shots, tmp_path / "out", grade=look, settings=MatchSettings(strength=0.5))
    record = prepare_batch(job)[1]
    assert (record.mode, record.grade, record.reference) == (SERIES, kept(look), None)
    assert [(one.key, one.grade.strength, one.target) for one in record.series] == [("any", 0.5, None)]
    again = resumed(record, shots, tmp_path / "out")
    assert isinstance(again.reference, SavedGrade) and again.reference.grade.transform == grade.transform
    assert prepare_batch(again)[1].difference(record) is None
    unsaved = BatchJob(shots, tmp_path / "out", SavedGrade(grade))  # a grade that was never a file
    assert prepare_batch(unsaved)[1].grade is None


def test_the_record_of_a_palette(shots: Path, tmp_path: Path) -> None:
    palette = PaletteReference("#c08040, #203040")
    record = prepare_batch(BatchJob(shots, tmp_path / "out", palette))[1]
    assert (record.palette, record.reference, record.grade) == (palette.text, None, None)
    assert resumed(record, shots, tmp_path / "out").reference == palette


def test_a_reference_that_is_gone_keeps_a_run_from_going_on(shots: Path, warm: Path, tmp_path: Path) -> None:
    record = prepare_batch(batch_job(shots, tmp_path / "out", warm))[1]
    warm.unlink()
    with pytest.raises(InputError, match=r"warm\.png: there is no such picture or folder"):
        resumed(record, shots, tmp_path / "out")


@pytest.mark.parametrize("at", [None, 0.4])
def test_the_plan_and_the_record_of_numbered_frames(at: float | None, tmp_path: Path) -> None:
    for number in (1, 2, 5):
        write(tmp_path / "in" / f"shot.{number:04d}.png", number)
    mask = write(tmp_path / "mask.png", 3)
    clip = make_clip(tmp_path / "clip.mp4", audio=False)
    (tmp_path / "out").mkdir()
    job = FramesJob(tmp_path / "in" / "shot.%04d.png", ClipReference(clip, at=at), MatchSettings(seed=3), mask)
    plan, record = prepare_frames(job, tmp_path / "out" / "graded.###.png", tmp_path)
    assert [(item.name, item.place, item.mask) for item in plan.items] == [
        (f"shot.000{number}.png", f"graded.00{number}.png", mask) for number in (1, 2, 5)
    ]
    assert plan.state == tmp_path
    assert (record.mode, record.settings, record.reference, record.at) == (SERIES, job.settings, kept(clip), at)


def test_frames_are_refused_before_anything_is_written(warm: Path, tmp_path: Path) -> None:
    write(tmp_path / "in" / "shot.1.png", 1)
    pattern, output = tmp_path / "in" / "shot.%d.png", tmp_path / "in" / "graded.%d.png"
    job = FramesJob(pattern, PictureReference(warm))
    write(tmp_path / "in" / "graded.1.png", 2)
    for wanted, place, said in (
        (job, output, "the file exists"),
        (job, pattern, "would replace the frames"),
        (job, tmp_path / "in" / "graded.png", "stands for many frames"),
        (job, tmp_path / "none" / "graded.%d.png", "does not exist"),
        (FramesJob(tmp_path / "in" / "none.%d.png", job.reference), output, "no frames of this name"),
        (FramesJob(pattern, job.reference, mask=tmp_path / "none.png"), output, "no such mask"),
        (FramesJob(pattern, PictureReference(tmp_path / "none.png")), tmp_path / "in" / "new.%d.png", "no such file"),
        (FramesJob(pattern, ClipReference(tmp_path / "none.mp4")), tmp_path / "in" / "new.%d.png", "none.mp4"),
    ):
        with pytest.raises(InputError, match=said):
            prepare_frames(wanted, place, tmp_path)


def test_a_grade_that_is_no_file_cannot_go_on_with_a_run(shots: Path, tmp_path: Path) -> None:
    job = BatchJob(shots, tmp_path / "out", SavedGrade(Grade(Cdl((1.1, 1.0, 0.9)))))
    prepare_batch(job)
    with pytest.raises(InputError, match="cannot be compared"):
        prepare_batch(replace(job, existing=RESUME))


@pytest.mark.parametrize(
    ("suffix", "method", "fitted"),
    [(None, "fast", "auto"), (".cube", "fast", "auto"), (".ccc", "fast", "cdl"), (".cc", "reswd", "cdl")],
)
def test_grade_files_that_hold_ten_numbers_choose_them(
    suffix: str | None, method: str, fitted: str, shots: Path, warm: Path, tmp_path: Path
) -> None:
    """Where the transform is left to the evidence, which may choose a LUT."""
    job = batch_job(shots, tmp_path / "out", warm, grade_files=suffix, settings=MatchSettings(method=method))
    assert job.settings.resolved_transform == fitted
    again = resumed(prepare_batch(job)[1], shots, tmp_path / "out")
    assert again.settings == job.settings


def test_the_look_of_a_palette_is_refused(shots: Path, tmp_path: Path) -> None:
    for mode in (EACH, SERIES):
        with pytest.raises(InputError, match="aim 'look' needs a reference picture, not a palette"):
            batch_job(shots, tmp_path / "out", palette="#c08040", mode=mode, settings=MatchSettings(aim="look"))
