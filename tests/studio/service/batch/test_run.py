"""Runs: what is written, what is reported, how they stop."""

from __future__ import annotations

import errno
import os
import shutil
import zlib
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from PIL import Image

from reswd_torch import MatchSettings, load_grade
from reswd_torch.errors import InputError
from studio.jobs import EACH, OVERWRITE, RESUME, SERIES
from studio.media.images import read_picture
from studio.service.apply import apply_to_file
from studio.service.batch import work
from studio.service.batch.prepare import prepare_batch
from studio.service.batch.run import GRADING, LOOKING, BatchEvent, run_batch
from studio.service.batch.workers import threads
from studio.service.match import MatchResult, run_match
from studio.watch import Event, Watch
from tests.conftest import digest
from tests.studio.batches_for_tests import BytesOf, batch_event, reports_equal, rows, run
from tests.studio.conftest import write
from tests.studio.jobs_for_tests import batch_job, match_job


class Usage(NamedTuple):
    """What shutil.disk_usage() returns."""

    total: int
    used: int
    free: int


def test_each_picture_is_as_the_single_command_makes_it(shots: Path, warm: Path, tmp_path: Path, two: Executor) -> None:
    settings = MatchSettings(aim="colours")
    summary = run(batch_job(shots, tmp_path / "out", warm, recursive=True, settings=settings), two)
    assert (summary.done, summary.failed, summary.left) == (6, 0, 0)
    for name in ("a.jpg", "b.png", "day 2/f.png"):
        result = run_match(match_job(shots / name, warm, settings=settings))
        alone = result.save_picture(tmp_path / Path(name).name)
        assert digest(tmp_path / "out" / name) == digest(alone)
    report = rows(tmp_path / "out")
    assert [row["file"] for row in report] == ["a.jpg", "b.png", "c.jpg", "d.jpg", "day 2/e.jpg", "day 2/f.png"]
    for row in report:
        assert row["status"] == "done" and float(row["seconds"]) > 0 and row["grade"].startswith("slope ")
        assert float(row["distance_after"]) < 0.6 * float(row["distance_before"])


def test_sources_are_not_touched(shots: Path, warm: Path, tmp_path: Path, two: Executor, bytes_of: BytesOf) -> None:
    before = bytes_of(shots)
    run(batch_job(shots, tmp_path / "out", warm, mode=SERIES, recursive=True), two)
    assert bytes_of(shots) == before


def test_each_by_its_own_reference(shots: Path, tmp_path: Path, two: Executor) -> None:
    looks = tmp_path / "looks"
    for number, name in enumerate("abcd"):
        write(looks / f"{name}.png", number, tint=(1.0, 0.9 - 0.2 * number, 0.3 + 0.2 * number))
    run(batch_job(shots, tmp_path / "out", looks), two)
    for name in ("a.jpg", "d.jpg"):
        result = run_match(match_job(shots / name, looks / f"{name[0]}.png"))
        assert digest(tmp_path / "out" / name) == digest(result.save_picture(tmp_path / name))


def test_a_saved_grade_and_a_palette(shots: Path, warm: Path, tmp_path: Path, two: Executor) -> None:
    look = run_match(match_job(shots / "a.jpg", warm, settings=MatchSettings(aim="colours"))).save_grade(
        tmp_path / "look.cc"
    )
    run(batch_job(shots, tmp_path / "graded", grade=look), two)
    apply_to_file(load_grade(look), shots / "b.png", tmp_path / "b.png")
    assert digest(tmp_path / "graded" / "b.png") == digest(tmp_path / "b.png")
    assert {row["distance_before"] for row in rows(tmp_path / "graded")} == {""}
    run(batch_job(shots, tmp_path / "toned", palette="#c08040, #203040"), two)
    assert all(float(row["distance_after"]) < float(row["distance_before"]) for row in rows(tmp_path / "toned"))


def test_grades_beside_the_results(shots: Path, warm: Path, tmp_path: Path, two: Executor) -> None:
    run(batch_job(shots, tmp_path / "out", warm, grade_files=".cc"), two)
    settings = MatchSettings(transform="cdl")  # which a .cc holds
    single = run_match(match_job(shots / "b.png", warm, settings=settings)).save_grade(tmp_path / "b.cc")
    assert digest(tmp_path / "out" / "b.png.cc") == digest(single)


def test_masks_by_name(shots: Path, warm: Path, tmp_path: Path, two: Executor) -> None:
    mask = np.zeros((60, 80), np.uint8)
    mask[:, :40] = 255
    for name in "abcd":
        (tmp_path / "masks").mkdir(exist_ok=True)
        Image.fromarray(mask).save(tmp_path / "masks" / f"{name}.png")
    for mode in (EACH, SERIES):
        run(batch_job(shots, tmp_path / mode, warm, mask=tmp_path / "masks", mode=mode), two)
        before, after = (read_picture(folder / "b.png").pixels for folder in (shots, tmp_path / mode))
        assert (after[:, 40:] == before[:, 40:]).all() and (after[:, :40] != before[:, :40]).mean() > 0.5


def difficult(tmp_path: Path) -> Path:
    """Fifty files: 40 good, 4 odd ones that can be done, 6 that cannot."""
    folder = tmp_path / "fifty"
    for number in range(40):
        write(folder / f"good {number:02d}.jpg", number)
    Image.new("RGB", (1, 1), (90, 120, 200)).save(folder / "one pixel.png")
    Image.new("CMYK", (40, 30), (10, 120, 60, 20)).save(folder / "cmyk.jpg")
    import cv2

    cv2.imwrite(str(folder / "deep.png"), (np.random.default_rng(0).random((30, 40, 3)) * 65535).astype(np.uint16))
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (30, 40, 4), np.uint8)).save(folder / "alpha.png")
    whole = (folder / "good 00.jpg").read_bytes()
    (folder / "x truncated.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "x empty.jpg").write_bytes(b"")
    (folder / "x text.jpg").write_text("not a picture")
    header = bytearray(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR") + (40000).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0"
    header += (
        zlib.crc32(bytes(header[12:])).to_bytes(4, "big") + b"\0\0\0\0IDAT" + zlib.crc32(b"IDAT").to_bytes(4, "big")
    )
    (folder / "x huge.png").write_bytes(header)
    (folder / "x dangling.jpg").symlink_to(tmp_path / "nothing.jpg")
    (folder / "x outside.jpg").symlink_to(write(tmp_path / "outside.jpg", 1))
    return folder


@pytest.mark.parametrize("mode", [pytest.param(EACH, marks=pytest.mark.slow), SERIES])
def test_fifty_files_give_forty_four_results(mode: str, warm: Path, tmp_path: Path, two: Executor) -> None:
    folder = difficult(tmp_path)
    assert len(os.listdir(folder)) == 50
    summary = run(batch_job(folder, tmp_path / "out", warm, mode=mode), two)
    assert (summary.done, summary.failed, summary.left) == (44, 6, 0)
    results = [path.name for path in (tmp_path / "out").iterdir() if path.suffix in (".jpg", ".png")]
    assert len(results) == 44 and not any(name.startswith("x ") for name in results)
    reasons = {row["file"]: row["message"] for row in rows(tmp_path / "out") if row["status"] == "failed"}
    for name, words in (
        ("x truncated.jpg", "cut short or damaged"),
        ("x empty.jpg", "empty"),
        ("x text.jpg", "not a picture"),
        ("x huge.png", "1600 megapixels and the limit is 250"),
        ("x dangling.jpg", "which is not there"),
        ("x outside.jpg", "out of the folder"),
    ):
        assert words in reasons[name]
    assert read_picture(tmp_path / "out" / "deep.png").bits == 16
    assert read_picture(tmp_path / "out" / "alpha.png").alpha is not None


def test_stop_keeps_what_is_done_and_says_what_is_not(
    shots: Path, warm: Path, tmp_path: Path, bytes_of: BytesOf
) -> None:
    request = batch_job(shots, tmp_path / "out", warm, mode=SERIES, recursive=True)
    told: list[BatchEvent] = []
    watch = Watch(
        lambda event: told.append(batch_event(event)), lambda: sum(event.row is not None for event in told) >= 2
    )
    with threads(1) as one:
        plan, record = prepare_batch(request)
        summary = run_batch(plan, record, one, window=1, watch=watch)
        assert (summary.done, summary.left) == (2, 4)
        assert [row["status"] for row in rows(tmp_path / "out")] == ["done"] * 2 + ["not done"] * 4
        assert run(replace(request, existing=RESUME), one).kept == 2
        run(replace(request, output=tmp_path / "whole"), one)
    assert bytes_of(tmp_path / "out") == bytes_of(tmp_path / "whole")
    assert reports_equal(tmp_path / "out", tmp_path / "whole")


def test_every_picture_is_told(shots: Path, warm: Path, tmp_path: Path, two: Executor) -> None:
    (shots / "c.jpg").write_bytes(b"")
    (shots / "gone.jpg").symlink_to(tmp_path / "nothing.jpg")
    told: list[BatchEvent] = []
    run(batch_job(shots, tmp_path / "out", warm, mode=SERIES), two, watch=Watch(lambda e: told.append(batch_event(e))))
    looking = [event for event in told if event.phase == LOOKING]
    assert [(event.done, event.of) for event in looking] == [(number, 4) for number in range(5)]
    assert looking[0].name == "" and {event.name for event in looking[1:]} == {"a.jpg", "b.png", "c.jpg", "d.jpg"}
    assert looking[-1].failed == 1 and all(event.row is None for event in looking)
    grading = told[len(looking) :]
    assert {event.phase for event in grading} == {GRADING}
    assert [(event.done, event.of) for event in grading] == [(number, 5) for number in range(6)]
    shares = [event.share for event in told]
    assert shares == sorted(shares) and (shares[0], shares[-1]) == (0, 1)
    assert grading[0].row is None and grading[-1].failed == 2
    for event in grading[1:]:
        assert event.row is not None and event.row.file == event.name
        assert event.place == tmp_path / "out" / event.name
    assert {event.name for event in grading[1:] if event.row and event.row.status == "failed"} == {"c.jpg", "gone.jpg"}


def test_stop_while_the_series_is_looked_at(shots: Path, warm: Path, tmp_path: Path) -> None:
    told: list[BatchEvent] = []
    watch = Watch(lambda event: told.append(batch_event(event)), lambda: len(told) > 2)
    with threads(1) as one:
        plan, record = prepare_batch(batch_job(shots, tmp_path / "out", warm, mode=SERIES))
        summary = run_batch(plan, record, one, window=1, watch=watch)
    assert (summary.done, summary.left) == (0, 4) and {event.phase for event in told} == {LOOKING}
    assert os.listdir(tmp_path / "out") == []


@pytest.mark.parametrize("encoder_says_so", [True, False])
def test_a_full_disk_stops_the_run_and_it_can_go_on(
    encoder_says_so: bool, shots: Path, warm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = batch_job(shots, tmp_path / "out", warm)
    save, saved = work.save_and_release, list[Path]()

    def until_full(result: MatchResult, path: Path, **how: Any) -> MatchResult:
        if len(saved) == 2:
            monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**6, 10**6 - 4096, 4096))
            reason = (
                OSError(errno.ENOSPC, "No space left")
                if encoder_says_so
                else OSError("9000 requested and 4096 written")
            )
            raise InputError(f"{path}: it could not be written") from reason
        saved.append(path)
        return save(result, path, **how)

    with threads(1) as one:
        monkeypatch.setattr(work, "save_and_release", until_full)
        summary = run(request, one)
        assert summary.full and (summary.done, summary.failed, summary.left) == (2, 0, 2)
        monkeypatch.undo()
        summary = run(replace(request, existing=RESUME), one)
    assert not summary.full and (summary.done, summary.kept) == (4, 2)


def test_one_run_at_a_time(shots: Path, warm: Path, tmp_path: Path, two: Executor) -> None:
    request = batch_job(shots, tmp_path / "out", warm)
    plan, record = prepare_batch(request)
    refused: list[str] = []

    def meanwhile(event: Event) -> None:
        if batch_event(event).row is not None and not refused:
            with pytest.raises(InputError, match="another run is at work") as error:
                run_batch(plan, record, two, window=2, existing=RESUME)
            refused.append(str(error.value))

    assert run_batch(plan, record, two, window=2, watch=Watch(meanwhile)).done == 4
    assert refused and not any(path.name.startswith(".") for path in (tmp_path / "out").iterdir())


def test_nothing_that_can_be_read(warm: Path, tmp_path: Path, two: Executor) -> None:
    folder = tmp_path / "bad"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(b"")
    for mode in (EACH, SERIES):
        summary = run(batch_job(folder, tmp_path / mode, warm, mode=mode), two)
        assert (summary.done, summary.failed) == (0, 1)
        assert "empty" in rows(tmp_path / mode)[0]["message"]


def test_report_survives_odd_names(warm: Path, tmp_path: Path, two: Executor) -> None:
    folder = tmp_path / "odd"
    names = ["a, b.jpg", 'say "x".jpg', "new\nline.jpg", "ü 日本.jpg"]
    for number, name in enumerate(names):
        write(folder / name, number)
    (folder / os.fsdecode(b"latin \xe9.jpg")).write_bytes((folder / names[0]).read_bytes())
    request = batch_job(folder, tmp_path / "out", warm)
    assert run(request, two).done == 5
    assert run(replace(request, existing=RESUME), two).kept == 5


def test_a_link_in_the_output_does_not_lead_to_the_sources(
    shots: Path, warm: Path, tmp_path: Path, two: Executor, bytes_of: BytesOf
) -> None:
    before = bytes_of(shots)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "day 2").symlink_to(shots / "day 2", target_is_directory=True)
    summary = run(batch_job(shots, tmp_path / "out", warm, recursive=True, existing=OVERWRITE), two)
    assert (summary.done, summary.failed) == (4, 2) and bytes_of(shots) == before


def test_a_grade_of_the_output_can_be_applied_there(shots: Path, warm: Path, tmp_path: Path, two: Executor) -> None:
    output = tmp_path / "out"
    run(batch_job(shots, output, warm, mode=SERIES, settings=MatchSettings(aim="colours")), two)
    assert run(batch_job(shots, output, grade=output / "series.cc", existing=OVERWRITE), two).done == 4
