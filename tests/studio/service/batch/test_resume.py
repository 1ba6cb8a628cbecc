"""What a run does with results that are there: it refuses, replaces them, or goes on with their run."""

from __future__ import annotations

import csv
import json
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path

import pytest

from reswd_torch.errors import InputError
from reswd_torch.settings import MatchSettings
from studio.jobs import EACH, OVERWRITE, RESUME, SERIES, BatchJob
from studio.records.batch import read_run
from studio.records.format import VERSION
from studio.references import ClipReference, PaletteReference
from studio.remedies import JobRemedy
from studio.service.batch.prepare import resumed
from studio.watch import Watch
from tests.studio.batches_for_tests import BytesOf, rows, run
from tests.studio.conftest import write
from tests.studio.jobs_for_tests import batch_job
from tests.studio.media.clips.made import make_clip
from tests.studio.records import version_1


def test_existing_results_are_not_replaced_unasked(shots: Path, warm: Path, tmp_path: Path, two: Executor) -> None:
    output = tmp_path / "out"
    kept = write(output / "c.jpg", 55)
    before = kept.read_bytes()
    with pytest.raises(InputError, match=r"1 result is there already \(c\.jpg\)"):
        run(batch_job(shots, output, warm), two)
    with pytest.raises(InputError, match=r"1 result is there already"):
        run(batch_job(shots, output, warm, existing=RESUME), two)
    assert [path.name for path in output.iterdir()] == ["c.jpg"] and kept.read_bytes() == before
    assert run(batch_job(shots, output, warm, existing=OVERWRITE), two).done == 4
    assert kept.read_bytes() != before
    with pytest.raises(InputError, match="holds a run already: go on with it, or allow replacing it") as caught:
        run(batch_job(shots, output, warm), two)
    assert caught.value.remedy is JobRemedy.RESUME_OR_REPLACE


def test_resume_does_what_is_missing_or_changed(shots: Path, warm: Path, tmp_path: Path, two: Executor) -> None:
    output = tmp_path / "out"
    request = batch_job(shots, output, warm)
    run(request, two)
    (output / "a.jpg").unlink()
    write(shots / "c.jpg", 77)
    write(shots / "new.jpg", 78)
    stays = (output / "b.png").stat().st_mtime_ns, (output / "d.jpg").stat().st_mtime_ns
    old = (output / "c.jpg").read_bytes()
    summary = run(replace(request, existing=RESUME), two)
    assert (summary.done, summary.kept) == (5, 2)
    assert ((output / "b.png").stat().st_mtime_ns, (output / "d.jpg").stat().st_mtime_ns) == stays
    assert (output / "c.jpg").read_bytes() != old
    assert [row["file"] for row in rows(output)] == ["a.jpg", "b.png", "c.jpg", "d.jpg", "new.jpg"]


def test_resume_does_again_what_failed(shots: Path, warm: Path, tmp_path: Path, two: Executor) -> None:
    (shots / "c.jpg").write_bytes(b"")
    request = batch_job(shots, tmp_path / "out", warm)
    assert run(request, two).failed == 1
    write(shots / "c.jpg", 2)
    summary = run(replace(request, existing=RESUME), two)
    assert (summary.done, summary.kept, summary.failed) == (4, 3, 0)


def test_resume_with_other_settings_or_another_reference_is_refused(
    shots: Path, warm: Path, tmp_path: Path, two: Executor
) -> None:
    request = batch_job(shots, tmp_path / "out", warm)
    run(request, two)
    for other, words in (
        (replace(request, settings=MatchSettings(strength=0.5)), "strength was 1.0, now it is 0.5"),
        (replace(request, mode=SERIES), "mode was each, now it is series"),
        (replace(request, recursive=True), "recursive was False"),
    ):
        with pytest.raises(InputError, match=words):
            run(replace(other, existing=RESUME), two)
    write(warm, 98)
    with pytest.raises(InputError, match="reference was"):
        run(replace(request, existing=RESUME), two)


NEW_COLUMNS = {"took": "", "transform": "", "strength": ""}
"""What the report of a version that knew no aims, and no strengths of single pictures, lacks."""
AS_THEN = MatchSettings(aim="colours", transform="cdl")
"""What settings without an aim meant."""


def test_a_run_from_before_scenes_were_looked_for_goes_on(
    shots: Path, warm: Path, tmp_path: Path, two: Executor
) -> None:
    request = batch_job(shots, tmp_path / "out", warm, settings=AS_THEN)
    run(request, two)
    whole = rows(tmp_path / "out")
    assert {row["scene"] for row in whole} == {"different"}
    columns = ["file", "status", "seconds", "grade", "distance_before", "distance_after", "message", "state"]
    with (tmp_path / "out" / "report.csv").open("w", newline="", encoding="utf-8") as file:
        old = csv.DictWriter(file, columns, extrasaction="ignore")
        old.writeheader()
        old.writerows(whole[:-1])
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    record["settings"]["transform"] = None
    del record["settings"]["scene"], record["settings"]["aim"]
    (tmp_path / "out" / "run.json").write_text(json.dumps(record))
    summary = run(replace(request, existing=RESUME), two)
    assert (summary.done, summary.kept) == (len(whole), len(whole) - 1)
    now = rows(tmp_path / "out")
    assert [row["scene"] for row in now] == [""] * (len(whole) - 1) + ["different"]
    assert [(row["took"], row["transform"]) for row in now] == [("", "")] * (len(whole) - 1) + [("colours", "cdl")]
    scenes = ("scene", "points", "trust", *NEW_COLUMNS)
    plain = [[{k: v for k, v in row.items() if k not in scenes} for row in each[:-1]] for each in (now, whole)]
    assert plain[0] == plain[1]


def test_a_run_of_another_aim_is_another_run(shots: Path, warm: Path, tmp_path: Path, two: Executor) -> None:
    request = batch_job(shots, tmp_path / "out", warm)
    assert run(request, two).took == {"mood": 4}
    assert {(row["took"], row["transform"]) for row in rows(tmp_path / "out")} == {("mood", "lut")}
    (tmp_path / "out" / "c.jpg").unlink()
    with pytest.raises(InputError, match="aim was mood, now it is look"):
        run(replace(request, settings=MatchSettings(aim="look"), existing=RESUME), two)
    same = replace(request, settings=MatchSettings(aim="mood"), existing=RESUME)  # which it was without being told
    assert run(same, two).kept == 3


def test_a_row_half_written_is_done_again(shots: Path, warm: Path, tmp_path: Path, two: Executor) -> None:
    output = tmp_path / "out"
    request = batch_job(shots, output, warm)
    run(request, two)
    whole = (output / "report.csv").read_bytes()
    cut = whole.rfind(b"\r\n", 0, len(whole) - 2) + 10
    (output / "report.csv").write_bytes(whole[:cut])
    summary = run(replace(request, existing=RESUME), two)
    assert (summary.done, summary.kept) == (4, 3)
    found = (output / "report.csv").read_bytes()
    assert found.count(b"\r\n") == whole.count(b"\r\n")


@pytest.mark.parametrize("mode", [EACH, SERIES])
def test_leftovers_of_a_killed_run_are_removed_and_other_hidden_files_stay(
    mode: str, shots: Path, warm: Path, tmp_path: Path, two: Executor
) -> None:
    files, settings = ".cc" if mode == EACH else None, MatchSettings(aim="colours")  # whose series has a .cc
    request = batch_job(shots, tmp_path / "out", warm, mode=mode, recursive=True, grade_files=files, settings=settings)
    run(request, two)
    left = [
        ".a.0123abcd.jpg",
        ".run.json.0123abcd.part",
        ".run.0123abcd.json",
        ".report.0123abcd.csv",
        "day 2/.f.89abcdef.png",
    ]
    left += [".a.jpg.cc.0123abcd.part"] if mode == EACH else [".series.cube.0123abcd.part", ".series.cc.0123abcd.part"]
    theirs = [".a.0123abcd.png", ".mine.0123abcd.jpg", ".a.jpg", ".DS_Store"]
    for name in left + theirs:
        (tmp_path / "out" / name).write_bytes(b"half")
    run(replace(request, existing=RESUME), two)
    there = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob(".*")}
    assert there == set(theirs)


def test_reports_and_grades_that_are_no_runs_stay(shots: Path, warm: Path, tmp_path: Path, two: Executor) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "report.csv").write_text("mine")
    with pytest.raises(InputError, match=r"report\.csv"):
        run(batch_job(shots, tmp_path / "out", warm), two)
    assert (tmp_path / "out" / "report.csv").read_text() == "mine"


def test_a_stopped_overwrite_does_not_go_on_with_the_old_look(
    shots: Path, warm: Path, tmp_path: Path, two: Executor
) -> None:
    request = batch_job(shots, tmp_path / "out", warm, mode=SERIES)
    run(request, two)
    other = replace(request, reference=PaletteReference("#203040"), existing=OVERWRITE)
    run(other, two, watch=Watch(stopped=lambda: True))
    with pytest.raises(InputError, match="there already"):
        run(replace(request, existing=RESUME), two)


@pytest.mark.parametrize("kind", ["each", "graded"])
def test_a_run_that_version_1_began_goes_on(kind: str, tmp_path: Path, two: Executor, bytes_of: BytesOf) -> None:
    shots, whole, output = version_1.write_pictures(tmp_path), tmp_path / "whole", tmp_path / "out"
    if kind == "each":
        run(batch_job(shots, whole, tmp_path / "warm.png", settings=AS_THEN), two)
        version_1.write_killed_run(tmp_path, output, results=whole)
    else:
        run(batch_job(shots, whole, grade=tmp_path / "look.cc"), two)
        text, report = version_1.GRADED_RUN, version_1.GRADED_REPORT
        version_1.write_killed_run(tmp_path, output, results=whole, run=text, report=report)
    before = rows(output)[:2]
    job = resumed(read_run(output / "run.json"), shots, output)
    assert job.existing == RESUME
    summary = run(job, two)
    assert (summary.done, summary.kept, summary.failed, summary.left) == (4, 2, 0, 0)
    after = rows(output)
    assert [(row["file"], row["status"]) for row in after] == [(f"{name}.png", "done") for name in "abcd"]
    assert after[:2] == [row | NEW_COLUMNS for row in before[::-1]]  # the kept rows stay as they are
    found, wanted = bytes_of(output), bytes_of(whole)
    assert json.loads(found.pop("run.json"))["format_version"] == VERSION
    del wanted["run.json"]
    assert found == wanted
    assert run(job, two).kept == 4  # and once more, now with a record of this version


def test_a_run_goes_on_with_one_frame_of_a_clip(shots: Path, tmp_path: Path, two: Executor) -> None:
    clip = ClipReference(make_clip(tmp_path / "clip.mp4", audio=False), at=0.4)
    request = BatchJob(shots, tmp_path / "out", clip)
    run(request, two)
    (tmp_path / "out" / "c.jpg").unlink()
    again = resumed(read_run(tmp_path / "out" / "run.json"), shots, tmp_path / "out")
    assert again == replace(request, existing=RESUME)
    assert run(again, two).kept == 3
    with pytest.raises(InputError, match=r"at was 0\.4, now it is 0\.8"):
        run(replace(again, reference=replace(clip, at=0.8)), two)
