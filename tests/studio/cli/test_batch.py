"""reswd batch, and reswd match with numbered frames, as a person types them."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from reswd_torch import load_grade
from studio.media.images import read_picture
from studio.service.batch.uploads import UploadedBatch, UploadedRun
from tests.conftest import ROOT, digest
from tests.studio.batches_for_tests import BytesOf, rows
from tests.studio.command_line import Reswd, command
from tests.studio.conftest import write
from tests.studio.media.clips.made import make_clip, scene
from tests.studio.records import version_1


@pytest.fixture
def reswd(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Reswd:
    """``reswd`` with these arguments; what its worker processes say is listened to as well."""
    return command(capfd, monkeypatch)


def test_all_done_is_zero(reswd: Reswd, shots: Path, warm: Path, tmp_path: Path) -> None:
    (shots / "notes.txt").write_text("x")
    code, out, err = reswd("batch", shots, "--target", warm, "-o", tmp_path / "out", "--jobs", 1)
    assert code == 0 and "4 of 4 pictures done" in out
    assert "1 sub-folder not entered; --recursive does" in err and "1 .txt" in err


def test_some_failed_is_one_and_none_done_is_two(reswd: Reswd, shots: Path, warm: Path, tmp_path: Path) -> None:
    (shots / "c.jpg").write_bytes(b"")
    code, out, err = reswd("batch", shots, "--target", warm, "-o", tmp_path / "out", "--jobs", 1, "--series")
    assert code == 1 and "3 of 4 pictures done, 1 failed" in out and "c.jpg: the file is empty" in err
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "a.jpg").write_text("text")
    code, out, err = reswd("batch", bad, "--target", warm, "-o", tmp_path / "none", "--jobs", 1)
    assert code == 2 and "0 of 1 pictures done, 1 failed" in out


def test_resume_needs_no_other_flag(reswd: Reswd, shots: Path, warm: Path, tmp_path: Path) -> None:
    options = ["--recursive", "--series", "--method", "reinhard", "--strength", "0.5", "--jobs", 1]
    assert reswd("batch", shots, "--target", warm, "-o", tmp_path / "out", *options)[0] == 0
    (tmp_path / "out" / "day 2" / "e.jpg").unlink()
    code, out, _ = reswd("batch", shots, "-o", tmp_path / "out", "--resume", "--jobs", 1)
    assert code == 0 and "6 of 6 pictures done, 5 of them before" in out
    code, _, err = reswd("batch", shots, "-o", tmp_path / "out", "--resume", "--strength", "0.6")
    assert code == 2 and "strength was 0.5, now it is 0.6" in err


def test_a_format_a_quality_and_files_beside_every_result(
    reswd: Reswd, shots: Path, warm: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    options = ["--format", "jpeg", "--quality", 70, "--grade-files", ".cube", "--settings-files", "--jobs", 1]
    code, said, err = reswd("batch", shots, "--target", warm, "-o", out, *options)
    assert code == 0 and "note: b.png becomes" not in err
    names = {path.name for path in out.iterdir()}
    beside = {f"{stem}.jpg{suffix}" for stem in "abcd" for suffix in ("", ".cube", ".settings.json")}
    assert names == beside | {"report.csv", "run.json"}
    sent = UploadedBatch(
        tuple((path, path.name) for path in sorted(shots.glob("*.*"))), references=((warm, warm.name),),
        output_format="jpeg", quality=70, grade_files=".cube", settings_files=True,
    )  # fmt: skip
    (tmp_path / "page").mkdir()
    UploadedRun(sent, tmp_path / "page").match()
    for name in beside:
        assert (tmp_path / "page" / "results" / name).read_bytes() == (out / name).read_bytes(), f"the page's {name}"
    assert reswd("apply", out / "b.jpg.settings.json", shots / "a.jpg", "-o", tmp_path / "applied")[0] == 0
    (out / "c.jpg").unlink()
    code, said, _ = reswd("batch", shots, "-o", out, "--resume", "--jobs", 1)
    assert code == 0 and "4 of 4 pictures done, 3 of them before" in said
    code, _, err = reswd("batch", shots, "-o", out, "--resume", "--quality", 90)
    assert code == 2 and "quality was 70, now it is 90" in err


def test_resume_takes_another_mask_only_where_one_belongs(
    reswd: Reswd, shots: Path, warm: Path, tmp_path: Path
) -> None:
    mask = write(tmp_path / "mask.png", 5)
    again = ("batch", shots, "--resume", "--jobs", 1, "-o")
    assert reswd("batch", shots, "--target", warm, "--target-mask", mask, "-o", tmp_path / "out", "--jobs", 1).code == 0
    assert reswd(*again, tmp_path / "out", "--target", warm).code == 0, "the mask is that of the run"
    other = write(tmp_path / "other.png", 6)
    ran = reswd(*again, tmp_path / "out", "--target-mask", other)
    assert ran.code == 2 and "target mask was" in ran.err and "give the same, or replace it (--overwrite)" in ran.err
    assert reswd("batch", shots, "--palette", "#c08040", "-o", tmp_path / "toned", "--jobs", 1).code == 0
    ran = reswd(*again, tmp_path / "toned", "--target-mask", mask)
    assert ran.code == 2 and "a target mask needs one target picture" in ran.err


@pytest.mark.parametrize("kind", ["each", "graded"])
def test_resume_goes_on_with_a_run_of_version_1(kind: str, reswd: Reswd, tmp_path: Path, bytes_of: BytesOf) -> None:
    shots, whole, output = version_1.write_pictures(tmp_path), tmp_path / "whole", tmp_path / "out"
    flags, run, report = ("--target", tmp_path / "warm.png"), version_1.RUN, version_1.REPORT
    if kind == "graded":
        flags, run, report = ("--grade", tmp_path / "look.cc"), version_1.GRADED_RUN, version_1.GRADED_REPORT
    as_then = () if kind == "graded" else ("--aim", "colours", "--transform", "cdl")
    assert reswd("batch", shots, *flags, *as_then, "-o", whole, "--jobs", 1).code == 0
    version_1.write_killed_run(tmp_path, output, results=whole, run=run, report=report)
    code, _, err = reswd("batch", shots, *flags, "-o", output)
    assert code == 2 and "holds a run already: go on with it (--resume) or replace it (--overwrite)" in err
    code, out, _ = reswd("batch", shots, "-o", output, "--resume", "--jobs", 1)
    assert code == 0 and "4 of 4 pictures done, 2 of them before" in out
    found, wanted = bytes_of(output), bytes_of(whole)
    assert json.loads(found["run.json"]) == json.loads(wanted["run.json"])
    del found["run.json"], wanted["run.json"]
    assert found == wanted
    code, _, err = reswd("batch", shots, "-o", output, "--resume", "--strength", 0.6)
    assert code == 2 and "strength was 1.0, now it is 0.6" in err


def test_a_clip_as_reference(reswd: Reswd, shots: Path, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "look.mp4", pictures=[scene(number) for number in range(6)], audio=False)
    assert reswd("batch", shots, "--target", clip, "-o", tmp_path / "out", "--jobs", 1, "--series").code == 0
    (tmp_path / "out" / "c.jpg").unlink()
    code, out, _ = reswd("batch", shots, "-o", tmp_path / "out", "--resume", "--jobs", 1)
    assert code == 0 and "4 of 4 pictures done, 3 of them before" in out


def test_a_saved_grade_keeps_its_own_strength(reswd: Reswd, shots: Path, warm: Path, tmp_path: Path) -> None:
    settings = tmp_path / "look.json"
    half = ["--strength", "0.5", "--save-settings", settings]
    assert reswd("match", shots / "a.jpg", warm, "-o", tmp_path / "a.jpg", *half)[0] == 0
    assert reswd("batch", shots, "--grade", settings, "-o", tmp_path / "out", "--jobs", 1)[0] == 0
    assert digest(tmp_path / "out" / "a.jpg") == digest(tmp_path / "a.jpg")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["batch", "{shots}", "-o", "{out}"], "no reference: give a TARGET picture or --palette (a folder: --target"),
        (["batch", "{shots}", "--target", "{warm}", "-o", "{out}", "--jobs", "0"], "--jobs 0 is out of range"),
        (["batch", "{shots}", "--target", "{warm}", "-o", "{out}", "--resume", "--overwrite"], "give one of them"),
        (["batch", "{shots}", "--target", "{warm}", "-o", "{shots}"], "must not go into the folder of the sources"),
        (["batch", "{shots}", "--target", "{warm}", "-o", "{shots}/below"], "inside the source folder"),
        (
            ["batch", "{shots}", "--target", "{shots}/none.jpg", "-o", "{out}"],
            "no such picture or folder: check --target",
        ),
        (
            ["batch", "{shots}", "--target", "{warm}", "-o", "{out}", "--format", "gif"],
            "unknown format 'gif': choose source, jpeg, png, png16, tiff",
        ),
        (
            ["batch", "{shots}", "--target", "{warm}", "-o", "{out}", "--quality", "101"],
            "quality 101 is out of range: give a whole number from 1 to 100",
        ),
        (
            ["batch", "{shots}", "--target", "{warm}", "-o", "{out}", "--grade-files", ".txt"],
            "'.txt' is not a kind of grade file: give --grade-files .cc, .ccc, .cdl, .cube",
        ),
        (
            ["batch", "{shots}", "--target", "{warm}", "-o", "{out}", "--grade-files", ".cc", "--series"],
            "leave --grade-files out: a series has one grade, saved as series.cube",
        ),
        (
            ["batch", "{shots}", "--target", "{warm}", "-o", "{out}", "--grade-files", ".cc", "--transform", "lut"],
            "give --grade-files .cube, .clf",
        ),
        (["batch", "{shots}/none", "--target", "{warm}", "-o", "{out}"], "no such folder"),
        (["batch", "{shots}", "--target", "{warm}", "-o", "{warm}/out"], "cannot be written to"),
        (["batch", "{shots}", "--target", "{looks}", "-o", "{out}"], "4 pictures have no reference"),
        (
            ["batch", "{shots}", "--target", "{warm}", "-o", "{out}", "--cluster", "127.0.0.1:9"],
            "no Ray cluster at",
        ),
        (["match", "{shots}/%04d.jpg", "{warm}", "-o", "{out}.%04d.png"], "no frames of this name"),
        (["match", "{shots}/%04d-##.jpg", "{warm}", "-o", "{out}.%04d.png"], "one place for the frame's number"),
    ],
)
def test_what_is_refused_is_one_line(
    arguments: list[str], words: str, reswd: Reswd, shots: Path, warm: Path, tmp_path: Path
) -> None:
    looks = tmp_path / "looks"
    write(looks / "zzz.png", 1)
    names = {"shots": shots, "warm": warm, "out": tmp_path / "out", "looks": looks}
    code, out, err = reswd(*[argument.format(**names) for argument in arguments])
    said = [line for line in err.splitlines() if not line.startswith("note:")]
    assert code == 2 and out == "" and len(said) == 1 and words in said[0]
    assert not (tmp_path / "out" / "run.json").exists()


@pytest.mark.slow
def test_ctrl_c_finishes_what_is_at_work_and_resume_goes_on(warm: Path, tmp_path: Path) -> None:
    folder, output = tmp_path / "many", tmp_path / "out"
    for number in range(120):  # so many that a busy machine does not finish before the signal comes
        write(folder / f"{number:02d}.jpg", number, height=300, width=400)
    command = [sys.executable, "-m", "studio", "batch", str(folder), "--target", str(warm), "-o", str(output)]
    command += ["--aim", "colours"]  # quickly done
    process = subprocess.Popen([*command, "--jobs", "2"], stderr=subprocess.PIPE, text=True, cwd=ROOT)
    while not output.is_dir() or len(list(output.glob("*.jpg"))) < 3:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "--resume goes on" in err
    status = [row["status"] for row in rows(output)]
    assert 3 <= status.count("done") < 120 and status.count("done") + status.count("not done") == 120
    assert len(list(output.glob("*.jpg"))) == status.count("done")
    assert not list(output.glob(".*"))
    assert subprocess.run([*command, "--jobs", "1", "--resume"], cwd=ROOT, check=False).returncode == 0
    assert [row["status"] for row in rows(output)] == ["done"] * 120


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL on Windows")
def test_killed_at_any_moment_and_resumed_gives_the_same_bytes(warm: Path, tmp_path: Path) -> None:
    """Three of the twenty times that ``python -m benchmarks.kills`` does."""
    from benchmarks.kills import kill_and_resume, undisturbed

    folder = tmp_path / "many"
    for number in range(30):
        write(folder / f"{number:02d}.jpg", number, height=200, width=300)
    whole, seconds = undisturbed(folder, warm, tmp_path / "whole")
    moments = random.Random(0)
    for number in range(3):
        done = kill_and_resume(folder, warm, tmp_path / f"killed {number}", moments.uniform(0.4, 0.98) * seconds)
        assert done == whole


def frames(folder: Path, count: int = 6) -> Path:
    for number in range(count):
        write(folder / f"shot.{number + 998:04d}.png", 5, height=40 + number, width=60)
    return folder / "shot.%04d.png"


def test_numbered_frames_get_one_grade(reswd: Reswd, warm: Path, tmp_path: Path) -> None:
    pattern, look = frames(tmp_path / "in"), tmp_path / "look.cc"
    (tmp_path / "out").mkdir()
    result = tmp_path / "out" / "g.####.png"
    code, out, _ = reswd("match", pattern, warm, "-o", result, "--cdl", look, "--json")
    assert code == 0 and json.loads(out)["frames"] == 6
    names = [f"g.{number:04d}.png" for number in range(998, 1004)]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == names
    from studio.service.apply import apply_to_file

    apply_to_file(load_grade(look), tmp_path / "in" / "shot.1001.png", tmp_path / "one.png")
    found, expected = (read_picture(tmp_path / name).pixels.astype(int) for name in ("out/g.1001.png", "one.png"))
    assert np.abs(found - expected).max() <= 1
    code, _, err = reswd("match", pattern, warm, "-o", result)
    assert code == 2 and "the file exists" in err
    assert reswd("match", pattern, warm, "-o", result, "--overwrite")[0] == 0


def test_numbered_frames_are_matched_to_one_frame_of_a_clip(
    reswd: Reswd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)  # processes take seconds to start
    pattern = frames(tmp_path / "in", 2)
    clip = make_clip(tmp_path / "look.mp4", pictures=[scene(0) // 4] * 12 + [255 - scene(0) // 4] * 12, audio=False)
    levels = []
    for at in (0.1, 0.8):
        result = tmp_path / f"at {at} %d.png"
        assert reswd("match", pattern, clip, "--at", at, "--aim", "colours", "-o", result).code == 0
        levels.append(read_picture(tmp_path / f"at {at} 998.png").pixels.mean())
    assert levels[0] + 60 < levels[1]


def test_a_bad_frame_is_named_and_the_others_are_done(reswd: Reswd, warm: Path, tmp_path: Path) -> None:
    pattern = frames(tmp_path / "in")
    (tmp_path / "in" / "shot.1000.png").write_bytes(b"")
    code, out, err = reswd("match", pattern, warm, "-o", tmp_path / "in" / "graded.%d.png")
    assert code == 1 and "5 of 6 frames" in out and "shot.1000.png: the file is empty" in err
    assert not (tmp_path / "in" / "graded.1000.png").exists() and (tmp_path / "in" / "graded.998.png").exists()


def test_results_never_replace_frames(reswd: Reswd, warm: Path, tmp_path: Path) -> None:
    pattern = frames(tmp_path / "in")
    before = {path.name: path.read_bytes() for path in (tmp_path / "in").iterdir()}
    code, _, err = reswd("match", pattern, warm, "-o", tmp_path / "in" / "shot.####.png", "--overwrite")
    assert code == 2 and "would replace the frames" in err
    assert {path.name: path.read_bytes() for path in (tmp_path / "in").iterdir()} == before
