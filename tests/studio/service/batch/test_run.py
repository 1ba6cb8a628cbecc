"""Runs: what is written, what is reported, what a second run does."""

from __future__ import annotations

import csv
import errno
import json
import os
import shutil
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from PIL import Image, ImageCms

from reswd_torch import load_grade
from reswd_torch.errors import InputError
from reswd_torch.settings import MatchSettings
from studio.jobs import EACH, OVERWRITE, RESUME, SERIES, BatchJob
from studio.media.images import read_picture
from studio.service.apply import apply_to_file
from studio.service.batch import work
from studio.service.batch.prepare import prepare_batch
from studio.service.batch.run import Step, Summary, run_batch
from studio.service.batch.workers import threads
from studio.service.match import run_match
from tests.conftest import digest
from tests.studio.conftest import write
from tests.studio.jobs_for_tests import batch_job, match_job

BytesOf = Callable[[Path], dict[str, bytes]]


class Usage(NamedTuple):
    """As of shutil.disk_usage()."""

    total: int
    used: int
    free: int


def run(request: BatchJob, workers: Executor, **options: Any) -> Summary:
    """Prepare and run."""
    plan, record = prepare_batch(request)
    return run_batch(plan, record, workers, window=4, **options)


def rows(output: Path) -> list[dict[str, str]]:
    """The report."""
    with (output / "report.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def reports_equal(one: Path, other: Path) -> bool:
    """Whether two reports say the same but for the seconds."""
    plain = [[{**row, "seconds": ""} for row in rows(output)] for output in (one, other)]
    return plain[0] == plain[1]


def test_each_picture_is_as_the_single_command_makes_it(shots: Path, warm: Path, tmp_path: Path, two: Executor) -> None:
    summary = run(batch_job(shots, tmp_path / "out", warm, recursive=True), two)
    assert (summary.done, summary.failed, summary.left) == (6, 0, 0)
    for name in ("a.jpg", "b.png", "day 2/f.png"):
        result = run_match(match_job(shots / name, warm))
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


def test_a_series_has_one_grade_that_can_be_applied_alone(
    shots: Path, warm: Path, tmp_path: Path, two: Executor
) -> None:
    output = tmp_path / "out"
    run(batch_job(shots, output, warm, mode=SERIES), two)
    assert len({row["grade"] for row in rows(output)}) == 1
    grade = load_grade(output / "series.cc")
    for name in ("b.png", "c.jpg"):
        apply_to_file(grade, shots / name, tmp_path / name)
        found, expected = (read_picture(folder / name).pixels for folder in (output, tmp_path))
        assert np.abs(found.astype(int) - expected.astype(int)).max() <= 1
    np.testing.assert_allclose(
        load_grade(output / "series.cube").apply(np.full((1, 1, 3), 0.5)),
        grade.apply(np.full((1, 1, 3), 0.5)),
        atol=5e-3,
    )


def test_equal_frames_stay_equal_in_a_series_and_the_look_is_reached(warm: Path, tmp_path: Path, two: Executor) -> None:
    """The flicker test: frames of one scene in which something passes by keep the colours of what stands still."""
    frames = tmp_path / "frames"
    for number in range(5):
        pixels = np.asarray(Image.open(write(tmp_path / "scene.png", 5, height=90, width=120))).copy()
        pixels[30:60, 20 * number : 20 * number + 30] = (250, 40, 30)
        frames.mkdir(exist_ok=True)
        Image.fromarray(pixels).save(frames / f"{number}.png")
    still = (slice(0, 25), slice(0, 120))
    spread = {}
    for mode in (EACH, SERIES):
        run(batch_job(frames, tmp_path / mode, warm, mode=mode), two)
        graded = np.stack([read_picture(tmp_path / mode / f"{n}.png").pixels[still].astype(int) for n in range(5)])
        spread[mode] = int(np.ptp(graded, axis=0).max())
    assert spread[SERIES] == 0 < spread[EACH]
    after = [float(row["distance_after"]) for row in rows(tmp_path / SERIES)]
    before = [float(row["distance_before"]) for row in rows(tmp_path / SERIES)]
    assert max(after) < 0.6 * min(before)


def test_the_grade_of_a_series_does_not_depend_on_jobs_or_order(
    shots: Path, warm: Path, tmp_path: Path, two: Executor, bytes_of: BytesOf
) -> None:
    request = batch_job(shots, tmp_path / "two", warm, mode=SERIES, recursive=True)
    run(request, two)
    with threads(1) as one:
        run(replace(request, output=tmp_path / "one"), one)
    with threads(5) as five:
        run(replace(request, output=tmp_path / "five"), five)
    assert bytes_of(tmp_path / "two") == bytes_of(tmp_path / "one") == bytes_of(tmp_path / "five")
    assert reports_equal(tmp_path / "two", tmp_path / "one")


def test_a_series_of_two_encodings_looks_like_one(warm: Path, tmp_path: Path, two: Executor) -> None:
    """The same scene once in sRGB and once tagged with another profile: graded, they still show the same colours."""
    shots = tmp_path / "mixed"
    scene = np.asarray(Image.open(write(tmp_path / "scene.png", 5)))
    shots.mkdir()
    Image.fromarray(scene).save(shots / "a.png")
    lab = ImageCms.createProfile("sRGB")
    profile = bytearray(ImageCms.ImageCmsProfile(lab).tobytes())
    wide = swapped(bytes(profile))
    converted = scene[..., [2, 1, 0]]  # in a profile whose red and blue are exchanged
    Image.fromarray(converted).save(shots / "b.png", icc_profile=wide)
    run(batch_job(shots, tmp_path / "out", warm, mode=SERIES), two)
    one, other = (read_picture(tmp_path / "out" / name) for name in ("a.png", "b.png"))
    assert other.icc == wide
    difference = np.abs(one.pixels.astype(int) - other.pixels[..., [2, 1, 0]].astype(int))
    assert difference.mean() < 1.5 and np.percentile(difference, 99) <= 5
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert len(record["series"]) == 2 and (tmp_path / "out" / "series.cc").exists()


def swapped(icc: bytes) -> bytes:
    """An sRGB profile with the primaries of red and blue exchanged: valid, and plainly another encoding."""
    tags = {icc[132 + 12 * n : 136 + 12 * n]: 132 + 12 * n for n in range(int.from_bytes(icc[128:132], "big"))}
    out = bytearray(icc)
    red, blue = tags[b"rXYZ"], tags[b"bXYZ"]
    out[red + 4 : red + 12], out[blue + 4 : blue + 12] = icc[blue + 4 : blue + 12], icc[red + 4 : red + 12]
    at = int.from_bytes(icc[tags[b"desc"] + 4 : tags[b"desc"] + 8], "big")
    size = int.from_bytes(icc[tags[b"desc"] + 8 : tags[b"desc"] + 12], "big")
    text = bytes(out[at : at + size])
    out[at : at + size] = text.replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be")).replace(b"sRGB", b"swap")
    return bytes(out)


def test_several_references_make_the_look_of_a_series(tmp_path: Path, shots: Path, two: Executor) -> None:
    looks = tmp_path / "looks"
    write(looks / "1.png", 1, tint=(1.0, 0.6, 0.3))
    write(looks / "2.png", 2, tint=(1.0, 0.6, 0.3))
    run(batch_job(shots, tmp_path / "out", looks, mode=SERIES), two)
    for row in rows(tmp_path / "out"):
        assert float(row["distance_after"]) < 0.6 * float(row["distance_before"])


def test_each_by_its_own_reference(shots: Path, tmp_path: Path, two: Executor) -> None:
    looks = tmp_path / "looks"
    for number, name in enumerate("abcd"):
        write(looks / f"{name}.png", number, tint=(1.0, 0.9 - 0.2 * number, 0.3 + 0.2 * number))
    run(batch_job(shots, tmp_path / "out", looks), two)
    for name in ("a.jpg", "d.jpg"):
        result = run_match(match_job(shots / name, looks / f"{name[0]}.png"))
        assert digest(tmp_path / "out" / name) == digest(result.save_picture(tmp_path / name))


def test_a_saved_grade_and_a_palette(shots: Path, warm: Path, tmp_path: Path, two: Executor) -> None:
    look = run_match(match_job(shots / "a.jpg", warm)).save_grade(tmp_path / "look.cc")
    run(batch_job(shots, tmp_path / "graded", grade=look), two)
    apply_to_file(load_grade(look), shots / "b.png", tmp_path / "b.png")
    assert digest(tmp_path / "graded" / "b.png") == digest(tmp_path / "b.png")
    assert {row["distance_before"] for row in rows(tmp_path / "graded")} == {""}
    run(batch_job(shots, tmp_path / "toned", palette="#c08040, #203040"), two)
    assert all(float(row["distance_after"]) < float(row["distance_before"]) for row in rows(tmp_path / "toned"))


def test_grades_beside_the_results(shots: Path, warm: Path, tmp_path: Path, two: Executor) -> None:
    run(batch_job(shots, tmp_path / "out", warm, grade_files=".cc"), two)
    single = run_match(match_job(shots / "b.png", warm)).save_grade(tmp_path / "b.cc")
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
    import zlib

    header += (
        zlib.crc32(bytes(header[12:])).to_bytes(4, "big") + b"\0\0\0\0IDAT" + zlib.crc32(b"IDAT").to_bytes(4, "big")
    )
    (folder / "x huge.png").write_bytes(header)
    (folder / "x dangling.jpg").symlink_to(tmp_path / "nothing.jpg")
    (folder / "x outside.jpg").symlink_to(write(tmp_path / "outside.jpg", 1))
    return folder


@pytest.mark.parametrize("mode", [EACH, SERIES])
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


def test_existing_results_are_not_replaced_unasked(shots: Path, warm: Path, tmp_path: Path, two: Executor) -> None:
    output = tmp_path / "out"
    kept = write(output / "c.jpg", 55)
    before = kept.read_bytes()
    with pytest.raises(InputError, match=r"1 result is there already \(c\.jpg\)"):
        run(batch_job(shots, output, warm), two)
    with pytest.raises(InputError, match=r"1 result is there already"):
        run(batch_job(shots, output, warm), two, existing=RESUME)
    assert [path.name for path in output.iterdir()] == ["c.jpg"] and kept.read_bytes() == before
    assert run(batch_job(shots, output, warm), two, existing=OVERWRITE).done == 4
    assert kept.read_bytes() != before
    with pytest.raises(InputError, match="go on with it .--resume. or replace it .--overwrite."):
        run(batch_job(shots, output, warm), two)


def test_a_grade_does_not_outlive_its_series(shots: Path, warm: Path, tmp_path: Path, two: Executor) -> None:
    output = tmp_path / "out"
    run(batch_job(shots, output, warm, mode=SERIES), two)
    assert (output / "series.cc").exists()
    run(batch_job(shots, output, warm), two, existing=OVERWRITE)
    assert not (output / "series.cc").exists() and not (output / "series.cube").exists()


def test_resume_does_what_is_missing_or_changed(shots: Path, warm: Path, tmp_path: Path, two: Executor) -> None:
    output = tmp_path / "out"
    request = batch_job(shots, output, warm)
    run(request, two)
    (output / "a.jpg").unlink()
    write(shots / "c.jpg", 77)
    write(shots / "new.jpg", 78)
    stays = (output / "b.png").stat().st_mtime_ns, (output / "d.jpg").stat().st_mtime_ns
    old = (output / "c.jpg").read_bytes()
    summary = run(request, two, existing=RESUME)
    assert (summary.done, summary.kept) == (5, 2)
    assert ((output / "b.png").stat().st_mtime_ns, (output / "d.jpg").stat().st_mtime_ns) == stays
    assert (output / "c.jpg").read_bytes() != old
    assert [row["file"] for row in rows(output)] == ["a.jpg", "b.png", "c.jpg", "d.jpg", "new.jpg"]


def test_resume_does_again_what_failed(shots: Path, warm: Path, tmp_path: Path, two: Executor) -> None:
    (shots / "c.jpg").write_bytes(b"")
    request = batch_job(shots, tmp_path / "out", warm)
    assert run(request, two).failed == 1
    write(shots / "c.jpg", 2)
    summary = run(request, two, existing=RESUME)
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
            run(other, two, existing=RESUME)
    write(warm, 98)
    with pytest.raises(InputError, match="reference was"):
        run(request, two, existing=RESUME)


def test_a_run_from_before_scenes_were_looked_for_goes_on(
    shots: Path, warm: Path, tmp_path: Path, two: Executor
) -> None:
    request = batch_job(shots, tmp_path / "out", warm)
    run(request, two)
    whole = rows(tmp_path / "out")
    assert {row["scene"] for row in whole} == {"different"}
    columns = ["file", "status", "seconds", "grade", "distance_before", "distance_after", "message", "state"]
    with (tmp_path / "out" / "report.csv").open("w", newline="", encoding="utf-8") as file:
        old = csv.DictWriter(file, columns, extrasaction="ignore")
        old.writeheader()
        old.writerows(whole[:-1])
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    del record["settings"]["scene"]
    (tmp_path / "out" / "run.json").write_text(json.dumps(record))
    summary = run(request, two, existing=RESUME)
    assert (summary.done, summary.kept) == (len(whole), len(whole) - 1)
    now = rows(tmp_path / "out")
    assert [row["scene"] for row in now] == [""] * (len(whole) - 1) + ["different"]
    scenes = ("scene", "points", "trust")
    plain = [[{k: v for k, v in row.items() if k not in scenes} for row in each[:-1]] for each in (now, whole)]
    assert plain[0] == plain[1]


def test_a_row_half_written_is_done_again(shots: Path, warm: Path, tmp_path: Path, two: Executor) -> None:
    output = tmp_path / "out"
    request = batch_job(shots, output, warm)
    run(request, two)
    whole = (output / "report.csv").read_bytes()
    cut = whole.rfind(b"\r\n", 0, len(whole) - 2) + 10
    (output / "report.csv").write_bytes(whole[:cut])
    summary = run(request, two, existing=RESUME)
    assert (summary.done, summary.kept) == (4, 3)
    found = (output / "report.csv").read_bytes()
    assert found.count(b"\r\n") == whole.count(b"\r\n")


def test_stop_keeps_what_is_done_and_says_what_is_not(
    shots: Path, warm: Path, tmp_path: Path, bytes_of: BytesOf
) -> None:
    request = batch_job(shots, tmp_path / "out", warm, mode=SERIES, recursive=True)
    steps: list[Step] = []
    with threads(1) as one:
        plan, record = prepare_batch(request)
        graded = lambda: sum(step.row is not None for step in steps) >= 2  # noqa: E731
        summary = run_batch(plan, record, one, window=1, stop=graded, on_step=steps.append)
        assert (summary.done, summary.left) == (2, 4)
        assert [row["status"] for row in rows(tmp_path / "out")] == ["done"] * 2 + ["not done"] * 4
        assert run(request, one, existing=RESUME).kept == 2
        run(replace(request, output=tmp_path / "whole"), one)
    assert bytes_of(tmp_path / "out") == bytes_of(tmp_path / "whole")
    assert reports_equal(tmp_path / "out", tmp_path / "whole")


def test_stop_while_the_series_is_looked_at(shots: Path, warm: Path, tmp_path: Path) -> None:
    steps: list[Step] = []
    with threads(1) as one:
        plan, record = prepare_batch(batch_job(shots, tmp_path / "out", warm, mode=SERIES))
        summary = run_batch(plan, record, one, window=1, stop=lambda: len(steps) > 2, on_step=steps.append)
    assert (summary.done, summary.left) == (0, 4) and {step.phase for step in steps} == {"looking"}
    assert os.listdir(tmp_path / "out") == []


@pytest.mark.parametrize("encoder_says_so", [True, False])
def test_a_full_disk_stops_the_run_and_it_can_go_on(
    encoder_says_so: bool, shots: Path, warm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = batch_job(shots, tmp_path / "out", warm)
    save, saved = work.MatchResult.save_picture, []

    def until_full(self: Any, path: Path, **options: Any) -> Path:
        if len(saved) == 2:
            monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**6, 10**6 - 4096, 4096))
            reason = (
                OSError(errno.ENOSPC, "No space left")
                if encoder_says_so
                else OSError("9000 requested and 4096 written")
            )
            raise InputError(f"{path}: it could not be written") from reason
        saved.append(path)
        return save(self, path, **options)

    with threads(1) as one:
        monkeypatch.setattr(work.MatchResult, "save_picture", until_full)
        summary = run(request, one)
        assert summary.full and (summary.done, summary.failed, summary.left) == (2, 0, 2)
        monkeypatch.undo()
        summary = run(request, one, existing=RESUME)
    assert not summary.full and (summary.done, summary.kept) == (4, 2)


def test_one_run_at_a_time(shots: Path, warm: Path, tmp_path: Path, two: Executor) -> None:
    request = batch_job(shots, tmp_path / "out", warm)
    plan, record = prepare_batch(request)
    refused: list[str] = []

    def meanwhile(step: Step) -> None:
        if step.row is not None and not refused:
            with pytest.raises(InputError, match="another run is at work") as error:
                run_batch(plan, record, two, window=2, existing=RESUME)
            refused.append(str(error.value))

    assert run_batch(plan, record, two, window=2, on_step=meanwhile).done == 4
    assert refused and not any(path.name.startswith(".") for path in (tmp_path / "out").iterdir())


@pytest.mark.parametrize("mode", [EACH, SERIES])
def test_leftovers_of_a_killed_run_are_removed_and_other_hidden_files_stay(
    mode: str, shots: Path, warm: Path, tmp_path: Path, two: Executor
) -> None:
    files = ".cc" if mode == EACH else None
    request = batch_job(shots, tmp_path / "out", warm, mode=mode, recursive=True, grade_files=files)
    run(request, two)
    left = [".a.0123abcd.jpg", ".run.json.0123abcd.part", ".report.0123abcd.csv", "day 2/.f.89abcdef.png"]
    left += [".a.jpg.cc.0123abcd.part"] if mode == EACH else [".series.cube.0123abcd.part", ".series.cc.0123abcd.part"]
    theirs = [".a.0123abcd.png", ".mine.0123abcd.jpg", ".a.jpg", ".DS_Store"]
    for name in left + theirs:
        (tmp_path / "out" / name).write_bytes(b"half")
    run(request, two, existing=RESUME)
    there = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob(".*")}
    assert there == set(theirs)


def test_nothing_that_can_be_read(warm: Path, tmp_path: Path, two: Executor) -> None:
    folder = tmp_path / "bad"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(b"")
    for mode in (EACH, SERIES):
        summary = run(batch_job(folder, tmp_path / mode, warm, mode=mode), two)
        assert (summary.done, summary.failed) == (0, 1)
        assert "empty" in rows(tmp_path / mode)[0]["message"]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({}, "no reference"),
        ({"target": "warm.png", "palette": "#fff"}, "more than one reference"),
        ({"target": "nothing.png"}, "no such picture or folder"),
        ({"palette": "#12"}, "#12"),
        ({"palette": "#fff", "target_mask": "warm.png"}, "needs one target picture"),
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


def test_report_survives_odd_names(warm: Path, tmp_path: Path, two: Executor) -> None:
    folder = tmp_path / "odd"
    names = ["a, b.jpg", 'say "x".jpg', "new\nline.jpg", "ü 日本.jpg"]
    for number, name in enumerate(names):
        write(folder / name, number)
    (folder / os.fsdecode(b"latin \xe9.jpg")).write_bytes((folder / names[0]).read_bytes())
    request = batch_job(folder, tmp_path / "out", warm)
    assert run(request, two).done == 5
    assert run(request, two, existing=RESUME).kept == 5


def test_a_link_in_the_output_does_not_lead_to_the_sources(
    shots: Path, warm: Path, tmp_path: Path, two: Executor, bytes_of: BytesOf
) -> None:
    before = bytes_of(shots)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "day 2").symlink_to(shots / "day 2", target_is_directory=True)
    summary = run(batch_job(shots, tmp_path / "out", warm, recursive=True), two, existing=OVERWRITE)
    assert (summary.done, summary.failed) == (4, 2) and bytes_of(shots) == before


def test_a_grade_of_the_output_can_be_applied_there(shots: Path, warm: Path, tmp_path: Path, two: Executor) -> None:
    output = tmp_path / "out"
    run(batch_job(shots, output, warm, mode=SERIES), two)
    assert run(batch_job(shots, output, grade=output / "series.cc"), two, existing=OVERWRITE).done == 4


def test_a_stopped_overwrite_does_not_go_on_with_the_old_look(
    shots: Path, warm: Path, tmp_path: Path, two: Executor
) -> None:
    request = batch_job(shots, tmp_path / "out", warm, mode=SERIES)
    run(request, two)
    run(replace(request, palette="#203040", target=None), two, existing=OVERWRITE, stop=lambda: True)
    with pytest.raises(InputError, match="there already"):
        run(request, two, existing=RESUME)


def test_reports_and_grades_that_are_no_runs_stay(shots: Path, warm: Path, tmp_path: Path, two: Executor) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "report.csv").write_text("mine")
    with pytest.raises(InputError, match=r"report\.csv"):
        run(batch_job(shots, tmp_path / "out", warm), two)
    assert (tmp_path / "out" / "report.csv").read_text() == "mine"
