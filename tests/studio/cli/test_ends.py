"""How commands end that are told to end, whose reader has gone, or that want one output at the same time."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reswd_torch import Cdl, Grade
from studio.media.images import read_picture
from studio.records.report import DONE
from tests.conftest import ROOT
from tests.studio.batches_for_tests import rows
from tests.studio.command_line import Reswd, snapshot
from tests.studio.conftest import write
from tests.studio.media.clips.made import make_clip

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
RESWD = (sys.executable, "-m", "studio")
STOPPED = "reswd: stopped; nothing half-written was left behind\n"
SIGNALS = {"SIGINT": 130, "SIGTERM": 143, "SIGHUP": 129}
PALETTE = ("--palette", "#c08040, #203040")

_TOLD_WHILE_IT_WRITES = """
import os, signal, sys, time
from reswd_torch import written
from studio import cli

number = int(sys.argv.pop(1))

def told(files, overwrite):
    assert all(path.stat().st_size for path in files.values())
    os.kill(os.getpid(), number)
    time.sleep(0.3)

written._name = told
signal.signal(signal.SIGINT, signal.default_int_handler)
cli.main()
"""
COMMANDS = {
    "match": ["match", "a.png", *PALETTE, "-o", "o.png", "--cdl", "o.cc", "--save-settings", "o.json"],
    "match a clip": ["match", "clip.mp4", *PALETTE, "-o", "o.mkv", "--cube", "o.cube"],
    "apply": ["apply", "look.cc", "a.png", "-o", "."],
    "generate": ["generate", "an owl", "-o", "o.png", "--steps", "1"],
    "guide": ["guide", "an owl", *PALETTE, "-o", "o.png", "--plain", "--steps", "1"],
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a.png, clip.mp4 and look.cc, in which commands of this process run as well."""
    write(tmp_path / "a.png", 1)
    make_clip(tmp_path / "clip.mp4", audio=False)
    Grade(Cdl((1.1, 1.0, 0.9))).save(tmp_path / "look.cc")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("name", SIGNALS)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_signal_while_files_are_written_leaves_none(command: str, name: str, place: Path) -> None:
    before = snapshot(place)
    number = getattr(signal, name)
    words = [word if word != "." else "out" for word in COMMANDS[command]]
    program = [sys.executable, "-c", _TOLD_WHILE_IT_WRITES, str(int(number)), *words]
    ran = subprocess.run(
        program, cwd=place, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert (ran.returncode, ran.stderr.splitlines()[-1:]) == (SIGNALS[name], STOPPED.splitlines()), ran.stderr
    assert "Traceback" not in ran.stderr and snapshot(place) == before


def batch(shots: Path, output: Path, *more: str) -> list[str]:
    return [*RESWD, "batch", str(shots), *PALETTE, "-o", str(output), "--method", "reinhard", *more]


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """A folder of 80 pictures, which two workers are busy with for some seconds."""
    one = write(tmp_path / "many" / "00.jpg", 1, height=700, width=900)
    for number in range(1, 80):
        shutil.copy(one, one.with_name(f"{number:02d}.jpg"))
    return one.parent


def begun(shots: Path, output: Path, *more: str) -> subprocess.Popen[str]:
    """A batch in a group of processes of its own, as a terminal starts it, that has written a few results."""
    process = subprocess.Popen(
        batch(shots, output, "--jobs", "2", *more), stderr=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True
    )
    while not output.is_dir() or len(list(output.glob("*.jpg"))) < 3:
        assert process.poll() is None
        time.sleep(0.01)
    return process


@pytest.mark.parametrize("name", SIGNALS)
def test_a_signal_to_all_processes_of_a_batch_ends_it_in_order(name: str, many: Path, tmp_path: Path) -> None:
    """As a terminal sends them that is closed. What is done is whole, the report says so, and the run can go on."""
    process = begun(many, tmp_path / "out")
    os.killpg(process.pid, getattr(signal, name))
    _, err = process.communicate(timeout=60)
    assert process.returncode == SIGNALS[name], err
    assert "--resume goes on" in err and "Traceback" not in err
    done = {row["file"] for row in rows(tmp_path / "out") if row["status"] == DONE}
    there = {path.name for path in (tmp_path / "out").glob("*.jpg")}
    # SIGTERM ends the workers themselves, between a result and the news of it as well: it is done again when the run goes on.
    assert done <= there if name == "SIGTERM" else done == there
    assert len(done) < 80 and all(read_picture(tmp_path / "out" / one).full_size == (700, 900) for one in there)
    assert [path.name for path in (tmp_path / "out").glob(".*")] == []
    assert processes_of(process.pid) == []


def test_the_second_signal_ends_a_batch_at_once(many: Path, tmp_path: Path) -> None:
    process = begun(many, tmp_path / "out")
    process.send_signal(signal.SIGTERM)
    time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 143 and "Traceback" not in err, err
    assert [path.name for path in (tmp_path / "out").glob(".*")] == [] and processes_of(process.pid) == []


def processes_of(group: int) -> list[str]:
    """The processes of a group that are alive, given two seconds to end."""
    for _ in range(40):
        found = subprocess.run(["ps", "-o", "stat=,args=", "-s", str(group)], capture_output=True, text=True).stdout
        alive = [line for line in found.splitlines() if not line.startswith("Z")]
        if not alive:
            return []
        time.sleep(0.05)
    return alive


def test_a_killed_batch_leaves_no_process(many: Path, tmp_path: Path) -> None:
    process = begun(many, tmp_path / "out")
    process.kill()
    process.communicate(timeout=60)
    assert processes_of(process.pid) == []


def test_nohup_is_heeded(many: Path, tmp_path: Path) -> None:
    """A signal that is ignored when the program starts stays ignored."""
    few = tmp_path / "few"
    few.mkdir()
    for path in sorted(many.iterdir())[:12]:
        path.rename(few / path.name)
    ignoring = (
        "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"
    )
    command = [sys.executable, "-c", ignoring, *batch(few, tmp_path / "out", "--jobs", "2")]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True)
    while not list((tmp_path / "out").glob("*.jpg")):
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGHUP)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "") and len(rows(tmp_path / "out")) == 12


def run_both(one: list[str], other: list[str], place: Path) -> tuple[list[int], str]:
    """Two programs at the same time: their exit codes, and what both said on stderr."""
    programs = [subprocess.Popen(words, cwd=place, stderr=subprocess.PIPE, text=True) for words in (one, other)]
    said = [program.communicate(timeout=120)[1] for program in programs]
    return [program.returncode for program in programs], "".join(said)


def test_of_two_matches_to_one_new_output_one_wins(place: Path, reswd: Reswd) -> None:
    """Picture, grade and settings are all of the one; the other says what it says where the file was there before."""
    write(place / "b.png", 2)
    expected = {}
    for source, colours in (("a", "#c08040, #203040"), ("b", "#20c0f0, #90f010")):
        folder = place / source
        folder.mkdir()
        assert reswd(*matching(source, colours, folder)[len(RESWD) :]).code == 0
        expected[source] = [(folder / name).read_bytes() for name in ("o.png", "o.cc")]
    folder = place / "both"
    folder.mkdir()
    codes, said = run_both(matching("a", "#c08040, #203040", folder), matching("b", "#20c0f0, #90f010", folder), place)
    assert sorted(codes) == [0, 2], said
    assert said.count("\n") == 1 and ": the file exists: choose another name or allow overwriting" in said
    winner = "ab"[codes.index(0)]
    assert [(folder / name).read_bytes() for name in ("o.png", "o.cc")] == expected[winner]
    assert f"{winner}.png" in (folder / "o.json").read_text()
    assert sorted(path.name for path in folder.iterdir()) == ["o.cc", "o.json", "o.png"]


def matching(source: str, colours: str, folder: Path) -> list[str]:
    outputs = ["-o", folder / "o.png", "--cdl", folder / "o.cc", "--save-settings", folder / "o.json"]
    return [*RESWD, "match", f"{source}.png", "--palette", colours, *map(str, outputs)]


@pytest.mark.slow
def test_of_two_batches_to_one_new_folder_one_wins(tmp_path: Path) -> None:
    """Also where the other waits for it and finds it done."""
    shots, out = frames_for(tmp_path), tmp_path / "out"
    command = [*batch(shots, out), "--jobs", "1"]
    codes, said = run_both(command, command, tmp_path)
    assert sorted(codes) == [0, 2] and said.count("reswd: ") == 1, said
    assert "another run is at work" in said or "holds a run already" in said


def test_of_two_runs_of_frames_to_one_folder_one_wins(tmp_path: Path) -> None:
    """Numbered frames have no record of their run."""
    shots, frames = frames_for(tmp_path), tmp_path / "frames"
    frames.mkdir()
    command = [*RESWD, "match", str(shots / "a.%d.png"), *PALETTE, "-o", str(frames / "b.%d.png")]
    codes, said = run_both(command, command, tmp_path)
    assert sorted(codes) == [0, 2] and said.count("reswd: ") == 1, said
    assert "another run is at work" in said or "there already" in said or "the file exists" in said
    assert sorted(path.name for path in frames.iterdir()) == ["b.1.png", "b.2.png", "b.3.png"]


def frames_for(folder: Path) -> Path:
    """A folder of three numbered frames."""
    for number in (1, 2, 3):
        write(folder / "shots" / f"a.{number}.png", number)
    return folder / "shots"


@pytest.mark.parametrize("words", [["--help"], ["match", "--help"], ["guide", "--help"]])
def test_a_reader_that_has_gone_is_no_error_of_ours(words: list[str]) -> None:
    """128 and SIGPIPE, as other programs end in `reswd … | head`."""
    reading, writing = os.pipe()
    os.close(reading)
    ran = subprocess.run([*RESWD, *words], stdout=writing, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (141, "")


@pytest.mark.parametrize("streams", [">&-", pytest.param("<&- >&- 2>&-", marks=pytest.mark.slow)])
def test_closed_streams_take_no_file_for_theirs(streams: str, place: Path, reswd: Reswd) -> None:
    """A file that is opened gets the number of a stream that is closed; a library that prints would print into it."""
    assert reswd(*COMMANDS["match"]).code == 0
    first = snapshot(place)
    words = " ".join(f"'{word}'" for word in (*RESWD, *COMMANDS["match"], "--overwrite"))
    assert subprocess.run(f"{words} {streams}", shell=True, cwd=place, capture_output=True).returncode == 0
    assert snapshot(place) == first
    assert subprocess.run(f"{words.replace('a.png', 'none.png')} {streams}", shell=True, cwd=place).returncode == 2
