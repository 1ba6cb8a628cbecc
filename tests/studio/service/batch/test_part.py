"""Parts of a batch: some pictures now, the others later; strengths of their own; pictures that are left out; a quick stop."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reswd_torch import Cdl, MatchSettings
from reswd_torch.errors import InputError
from reswd_torch.grade import load_grade
from studio.jobs import RESUME, SERIES, BatchJob
from studio.media.images import read_picture
from studio.service.batch.here import PreparedBatch
from studio.service.batch.part import Part
from studio.service.batch.run import Summary
from studio.service.batch.uploads import UploadedBatch, UploadedRun
from studio.watch import Event, Watch
from tests.studio.batches_for_tests import batch_event, rows
from tests.studio.conftest import write
from tests.studio.jobs_for_tests import batch_job


def graded(job: BatchJob, part: Part, *, existing: str | None = None) -> Summary:
    return PreparedBatch(job).run(jobs=2, in_process=True, part=part, existing=existing)


def statuses(output: Path) -> dict[str, str]:
    return {row["file"]: row["status"] for row in rows(output)}


@pytest.mark.parametrize("in_process", [True, False], ids=["threads", "processes"])
def test_a_stop_waits_for_pictures_at_work_only(tmp_path: Path, warm: Path, in_process: bool) -> None:
    for number in range(16):
        write(tmp_path / "many" / f"{number:02d}.png", number, height=300, width=400)
    done_then: list[int] = []

    def third(event: Event) -> None:
        if batch_event(event).done >= 3 and not done_then:
            done_then.append(batch_event(event).done)

    job = batch_job(tmp_path / "many", tmp_path / "out", warm)
    summary = PreparedBatch(job).run(Watch(third, lambda: bool(done_then)), jobs=2, in_process=in_process)
    assert done_then[0] <= summary.done <= done_then[0] + 2, "two workers: at most two were at work"
    assert summary.left == 16 - summary.done


def test_a_trial_and_the_rest_are_the_bytes_of_one_run(shots: Path, warm: Path, tmp_path: Path) -> None:
    for mode in ("each", SERIES):
        whole = batch_job(shots, tmp_path / f"{mode} whole", warm, mode=mode)
        graded(whole, Part())
        job = replace(whole, output=tmp_path / mode)
        trial = graded(job, Part(only=frozenset({"a.jpg", "d.jpg"})))
        assert (trial.done, trial.left) == (2, 0)
        assert statuses(job.output) == {
            "a.jpg": "done", "b.png": "not done", "c.jpg": "not done", "d.jpg": "done",
        }  # fmt: skip
        rest = graded(job, Part(), existing=RESUME)
        assert (rest.done, rest.kept) == (4, 2)
        for name in ("a.jpg", "b.png", "c.jpg", "d.jpg"):
            assert (job.output / name).read_bytes() == (whole.output / name).read_bytes(), f"{mode} {name}"


def test_one_picture_at_its_own_strength_is_done_again_and_stays(shots: Path, warm: Path, tmp_path: Path) -> None:
    job = batch_job(shots, tmp_path / "out", warm)
    half = batch_job(shots, tmp_path / "half", warm, settings=MatchSettings(strength=0.5))
    graded(job, Part())
    graded(half, Part())
    others = {name: (job.output / name).read_bytes() for name in ("a.jpg", "c.jpg", "d.jpg")}
    own = Part(only=frozenset({"b.png"}), strengths={"b.png": 0.5})
    summary = graded(job, own, existing=RESUME)
    assert (summary.done, summary.kept) == (4, 3)
    assert (job.output / "b.png").read_bytes() == (half.output / "b.png").read_bytes()
    assert {name: (job.output / name).read_bytes() for name in others} == others
    assert [row["strength"] for row in rows(job.output)] == ["", "0.5", "", ""]
    assert graded(job, Part(), existing=RESUME).kept == 4, "the command line knows nothing of it, and keeps it"
    back = Part(only=frozenset({"b.png"}), strengths={"b.png": 1.0})
    assert graded(job, back, existing=RESUME).kept == 3


def test_a_series_at_another_strength_for_one(shots: Path, warm: Path, tmp_path: Path) -> None:
    job = batch_job(shots, tmp_path / "out", warm, mode=SERIES, settings=MatchSettings(transform="cdl"))
    graded(job, Part(strengths={"b.png": 0.0}))
    assert np.array_equal(read_picture(job.output / "b.png").pixels, read_picture(shots / "b.png").pixels)
    grades = [row["grade"] for row in rows(job.output)]
    assert grades[1] != grades[0] == grades[2] == grades[3]


def test_what_is_left_out_is_not_graded_and_does_not_count(shots: Path, warm: Path, tmp_path: Path) -> None:
    without = batch_job(shots, tmp_path / "out", warm, mode=SERIES)
    summary = graded(without, Part(left_out=frozenset({"b.png"})))
    assert (summary.done, summary.left, statuses(without.output)["b.png"]) == (3, 0, "not done")
    (shots / "b.png").unlink()
    fewer = batch_job(shots, tmp_path / "fewer", warm, mode=SERIES)
    graded(fewer, Part())
    assert (without.output / "a.jpg").read_bytes() == (fewer.output / "a.jpg").read_bytes()


def test_the_zip_leaves_out_and_takes_back(tmp_path: Path) -> None:
    files = tuple((write(tmp_path / "up" / f"{n}.png", n), f"{n}.png") for n in range(3))
    wanted = UploadedBatch(
        files, palette="#c08040, #203040", settings=MatchSettings(transform="cdl"), grade_files=".cc",
        settings_files=True, output_format="jpeg", quality=80,
    )  # fmt: skip
    (tmp_path / "work").mkdir()
    run = UploadedRun(wanted, tmp_path / "work")
    summary = run.match()
    beside = ("", ".cc", ".settings.json")
    for left_out in (frozenset({"1.png"}), frozenset[str]()):
        archive = run.pack(summary, left_out)
        assert archive is not None
        with zipfile.ZipFile(archive) as opened:
            kept = [f"{n}.jpg{suffix}" for n in range(3) if f"{n}.png" not in left_out for suffix in beside]
            assert set(opened.namelist()) == {*kept, "report.csv", "run.json"}
            report = list(csv.DictReader(io.StringIO(opened.read("report.csv").decode())))
            assert report[1]["status"] == ("left out" if left_out else "done")
            assert str(tmp_path) not in opened.read("0.jpg.settings.json").decode()
            assert json.loads(opened.read("run.json"))["output_format"] == "jpeg"
            (tmp_path / "0.cc").write_bytes(opened.read("0.jpg.cc"))
    assert isinstance(load_grade(tmp_path / "0.cc").transform, Cdl)


def test_formats_and_quality(tmp_path: Path, warm: Path) -> None:
    folder = tmp_path / "in"
    write(folder / "a.jpg", 1)
    write(folder / "b.tif", 2)
    sizes = {}
    for name, suffix, quality in (("png", ".png", None), ("png16", ".png", None), ("tiff", ".tif", None),
                                  ("jpeg", ".jpg", 95), ("jpeg", ".jpg", 40)):  # fmt: skip
        job = batch_job(folder, tmp_path / f"{name}{quality}", warm, output_format=name, quality=quality)
        assert graded(job, Part()).done == 2
        a, b = (read_picture(job.output / f"{stem}{suffix}") for stem in "ab")
        assert a.bits == b.bits == (16 if name == "png16" else 8)
        sizes[name, quality] = (job.output / f"b{suffix}").stat().st_size
    assert sizes["jpeg", 40] < sizes["jpeg", 95] / 2
    deep = read_picture(tmp_path / "png16None" / "a.png").pixels
    assert np.count_nonzero(deep % 257) > deep.size / 2, "graded in 16 bits, and not filled up from 8"
    with Image.open(tmp_path / "jpeg40" / "a.jpg") as one, Image.open(tmp_path / "jpeg40" / "b.jpg") as other:
        assert one.quantization == other.quantization, "the person's quality, not that of the source"  # type: ignore[attr-defined]


def test_two_names_that_become_one_are_kept_apart(tmp_path: Path, warm: Path) -> None:
    for name in ("a.jpg", "a.png"):
        write(tmp_path / "in" / name, 1)
    job = batch_job(tmp_path / "in", tmp_path / "out", warm, output_format="png")
    assert {item.name: item.place for item in PreparedBatch(job).plan.items} == {"a.jpg": "a.jpg.png", "a.png": "a.png"}


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"output_format": "gif"}, "unknown format 'gif': choose source, jpeg, png, png16, tiff"),
        ({"quality": 0}, "quality 0 is out of range"),
        ({"output_format": "png", "quality": 80}, "quality 80: png loses nothing"),
    ],
)
def test_what_cannot_be_asked(parts: dict[str, object], said: str, shots: Path, warm: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        batch_job(shots, tmp_path / "out", warm, **parts)
