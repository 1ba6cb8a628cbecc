"""reswd batch, and reswd match with numbered frames, as a person types them."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from reswd_torch import load_grade
from studio.cli import main
from studio.media.images import read_picture
from tests.conftest import digest
from tests.studio.conftest import write

Run = Callable[..., tuple[int, str, str]]
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def reswd(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command here: exit code, stdout, stderr."""

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["reswd", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        return int(ended.value.code or 0), out, err

    return run


def rows(output: Path) -> list[dict[str, str]]:
    with (output / "report.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_all_done_is_zero(reswd: Run, shots: Path, warm: Path, tmp_path: Path) -> None:
    (shots / "notes.txt").write_text("x")
    code, out, err = reswd("batch", shots, "--target", warm, "-o", tmp_path / "out", "--jobs", 1)
    assert code == 0 and "4 of 4 pictures done" in out
    assert "1 sub-folder not entered" in err and "1 .txt" in err


def test_some_failed_is_one_and_none_done_is_two(reswd: Run, shots: Path, warm: Path, tmp_path: Path) -> None:
    (shots / "c.jpg").write_bytes(b"")
    code, out, err = reswd("batch", shots, "--target", warm, "-o", tmp_path / "out", "--jobs", 1, "--series")
    assert code == 1 and "3 of 4 pictures done, 1 failed" in out and "c.jpg: the file is empty" in err
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "a.jpg").write_text("text")
    code, out, err = reswd("batch", bad, "--target", warm, "-o", tmp_path / "none", "--jobs", 1)
    assert code == 2 and "0 of 1 pictures done, 1 failed" in out


def test_resume_needs_no_other_flag(reswd: Run, shots: Path, warm: Path, tmp_path: Path) -> None:
    options = ["--recursive", "--series", "--method", "reinhard", "--strength", "0.5", "--jobs", 1]
    assert reswd("batch", shots, "--target", warm, "-o", tmp_path / "out", *options)[0] == 0
    (tmp_path / "out" / "day 2" / "e.jpg").unlink()
    code, out, _ = reswd("batch", shots, "-o", tmp_path / "out", "--resume", "--jobs", 1)
    assert code == 0 and "6 of 6 pictures done, 5 of them before" in out
    code, _, err = reswd("batch", shots, "-o", tmp_path / "out", "--resume", "--strength", "0.6")
    assert code == 2 and "strength was 0.5, now it is 0.6" in err


def test_a_saved_grade_keeps_its_own_strength(reswd: Run, shots: Path, warm: Path, tmp_path: Path) -> None:
    settings = tmp_path / "look.json"
    half = ["--strength", "0.5", "--save-settings", settings]
    assert reswd("match", shots / "a.jpg", warm, "-o", tmp_path / "a.jpg", *half)[0] == 0
    assert reswd("batch", shots, "--grade", settings, "-o", tmp_path / "out", "--jobs", 1)[0] == 0
    assert digest(tmp_path / "out" / "a.jpg") == digest(tmp_path / "a.jpg")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["batch", "{shots}", "-o", "{out}"], "no reference"),
        (["batch", "{shots}", "--target", "{warm}", "-o", "{out}", "--jobs", "0"], "--jobs 0 is out of range"),
        (["batch", "{shots}", "--target", "{warm}", "-o", "{out}", "--resume", "--overwrite"], "give one of them"),
        (["batch", "{shots}", "--target", "{warm}", "-o", "{shots}"], "must not go into the folder of the sources"),
        (["batch", "{shots}", "--target", "{warm}", "-o", "{shots}/below"], "inside the source folder"),
        (["batch", "{shots}", "--target", "{shots}/none.jpg", "-o", "{out}"], "no such picture or folder"),
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
    arguments: list[str], words: str, reswd: Run, shots: Path, warm: Path, tmp_path: Path
) -> None:
    looks = tmp_path / "looks"
    write(looks / "zzz.png", 1)
    names = {"shots": shots, "warm": warm, "out": tmp_path / "out", "looks": looks}
    code, out, err = reswd(*[argument.format(**names) for argument in arguments])
    said = [line for line in err.splitlines() if not line.startswith("note:")]
    assert code == 2 and out == "" and len(said) == 1 and words in said[0]
    assert not (tmp_path / "out" / "run.json").exists()


def test_ctrl_c_finishes_what_is_at_work_and_resume_goes_on(warm: Path, tmp_path: Path) -> None:
    folder, output = tmp_path / "many", tmp_path / "out"
    for number in range(120):  # so many that a busy machine does not finish before the signal comes
        write(folder / f"{number:02d}.jpg", number, height=300, width=400)
    command = [sys.executable, "-m", "studio", "batch", str(folder), "--target", str(warm), "-o", str(output)]
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


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL on Windows")
def test_killed_at_any_moment_and_resumed_gives_the_same_bytes(
    warm: Path, tmp_path: Path, bytes_of: Callable[[Path], dict[str, bytes]]
) -> None:
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


def test_numbered_frames_get_one_grade(reswd: Run, warm: Path, tmp_path: Path) -> None:
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


def test_a_bad_frame_is_named_and_the_others_are_done(reswd: Run, warm: Path, tmp_path: Path) -> None:
    pattern = frames(tmp_path / "in")
    (tmp_path / "in" / "shot.1000.png").write_bytes(b"")
    code, out, err = reswd("match", pattern, warm, "-o", tmp_path / "in" / "graded.%d.png")
    assert code == 1 and "5 of 6 frames" in out and "shot.1000.png: the file is empty" in err
    assert not (tmp_path / "in" / "graded.1000.png").exists() and (tmp_path / "in" / "graded.998.png").exists()


def test_results_never_replace_frames(reswd: Run, warm: Path, tmp_path: Path) -> None:
    pattern = frames(tmp_path / "in")
    before = {path.name: path.read_bytes() for path in (tmp_path / "in").iterdir()}
    code, _, err = reswd("match", pattern, warm, "-o", tmp_path / "in" / "shot.####.png", "--overwrite")
    assert code == 2 and "would replace the frames" in err
    assert {path.name: path.read_bytes() for path in (tmp_path / "in").iterdir()} == before
