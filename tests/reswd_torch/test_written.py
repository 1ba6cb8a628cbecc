"""Files that are whole or not at all, sets of files that are of one run, and programs that want one name."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from reswd_torch.errors import InputError
from reswd_torch.grade.files import write_text_atomically
from reswd_torch.written import remove_leftovers, temporary_beside, written_beside, written_together
from tests.conftest import ROOT

ROUNDS = 150
SET = ("picture.png", "look.cube", "run.json")


def _write_set(folder: Path, mine: str, overwrite: bool) -> bool:
    """Whether the set became this program's."""
    try:
        with written_together(overwrite=overwrite):
            for name in SET:
                with written_beside(folder / name) as temporary:
                    temporary.write_text(mine)
    except FileExistsError:
        return False
    return True


def _race(folder: Path, mine: str, overwrite: bool, barrier: threading.Barrier, won: object) -> None:
    for number in range(ROUNDS):
        barrier.wait(60)
        place = folder / str(number)
        if _write_set(place, mine, overwrite):
            (folder / f"{number} {mine}").touch()


@pytest.mark.parametrize("overwrite", [False, True])
def test_of_programs_that_race_for_one_set_it_is_of_one(overwrite: bool, tmp_path: Path) -> None:
    """Three processes start on each of 150 sets at the same moment."""
    for number in range(ROUNDS):
        (tmp_path / str(number)).mkdir()
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(3)
    racers = [spawn.Process(target=_race, args=(tmp_path, mine, overwrite, barrier, None)) for mine in "abc"]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(120)
    assert [racer.exitcode for racer in racers] == [0, 0, 0]
    for number in range(ROUNDS):
        there = {path.name: path.read_text() for path in (tmp_path / str(number)).iterdir()}
        assert sorted(there) == sorted(SET) and len(set(there.values())) == 1, (number, there)
        winners = [path.name.split()[1] for path in tmp_path.glob(f"{number} *")]
        assert len(winners) == (3 if overwrite else 1) and set(there.values()) <= set(winners)


@pytest.mark.parametrize("links", [True, False])
def test_of_threads_that_race_for_one_name_one_has_it(
    links: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the file system has no hard links."""
    if not links:
        monkeypatch.setattr("os.link", _no_links)
    for number in range(100):
        place, won = tmp_path / f"{number}.png", []
        start = threading.Barrier(4)

        def write(mine: str, place: Path = place, won: list[str] = won, start: threading.Barrier = start) -> None:
            start.wait(30)
            try:
                with written_beside(place, overwrite=False) as temporary:
                    temporary.write_text(mine)
            except FileExistsError as error:
                assert error.filename == str(place)
            else:
                won.append(mine)

        threads = [threading.Thread(target=write, args=(mine,)) for mine in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert won == [place.read_text()]
    assert len(list(tmp_path.iterdir())) == 100


def _no_links(*_: object, **__: object) -> None:
    raise OSError(errno.EPERM, os.strerror(errno.EPERM))


def test_sets_that_overlap_leave_no_half_of_one(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("theirs")
    with pytest.raises(FileExistsError), written_together(overwrite=False):
        for name in "acb":
            write_text_atomically(tmp_path / name, "mine")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"b": "theirs"}


def test_a_set_that_fails_or_is_stopped_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    for error in (KeyboardInterrupt, InputError("no")):
        with pytest.raises((KeyboardInterrupt, InputError)), written_together():
            write_text_atomically(tmp_path / "a", "new")
            assert (tmp_path / "a").read_text() == "old"
            raise error
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "old"}
    with written_together():
        write_text_atomically(tmp_path / "b", "new")
        with pytest.raises(OSError, match="half"), written_beside(tmp_path / "c") as temporary:
            temporary.write_text("half")
            raise OSError("half")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


_STOPPED = """
import signal, sys, time
from pathlib import Path
import reswd_torch.written as written
folder = Path(sys.argv[1])
replace = written.os.replace
def slowly(one, other):
    replace(one, other)
    (folder / "named").touch()
    time.sleep(0.5)
written.os.replace = slowly
with written.written_together():
    for name in "abc":
        with written.written_beside(folder / name) as temporary:
            temporary.write_text("new")
"""


def test_ctrl_c_comes_before_the_names_or_after_them(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).write_text("old")
    program = subprocess.Popen([sys.executable, "-c", _STOPPED, str(tmp_path)], cwd=ROOT, stderr=subprocess.DEVNULL)
    while not (tmp_path / "named").exists():
        assert program.poll() is None
        time.sleep(0.01)
    program.send_signal(signal.SIGINT)
    assert program.wait(30) != 0
    (tmp_path / "named").unlink()
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == dict.fromkeys("abc", "new")


def test_a_lock_that_somebody_keeps_holds_nobody_up_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fcntl = pytest.importorskip("fcntl", reason="Windows has no such locks")
    monkeypatch.setattr("reswd_torch.written._LONGEST_WAIT", 0.1)
    handle = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        assert _write_set(tmp_path, "mine", True)
    finally:
        os.close(handle)


@pytest.mark.parametrize("stem", ["x", "日本" * 60, "é" * 124, "🎨" * 60, "\udce9" * 200])
def test_a_name_as_long_as_a_name_may_be_has_a_temporary_one(stem: str, tmp_path: Path) -> None:
    while len(os.fsencode(stem)) > 251:
        stem = stem[:-1]
    place = tmp_path / f"{stem}.png"
    assert len(os.fsencode(temporary_beside(place).name)) <= 1 + 80 + 9 + 4  # fits where names end at 143 bytes, too
    for overwrite in (False, True):
        with written_beside(place, overwrite=overwrite) as temporary:
            temporary.write_text("1")
    assert list(tmp_path.iterdir()) == [place]


def test_leftovers_of_a_killed_program_are_removed_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = [tmp_path / name for name in ("a.png", f"{'long' * 50}.tif", "look.cube")]
    kept = {"a.png", ".hidden", ".b.0123abcd.png", ".a.0123abc.png", "a.0123abcd.png"}
    for name in kept:
        (tmp_path / name).write_text("kept")
    monkeypatch.setattr(Path, "unlink", lambda *_, **__: None)  # a killed program removes nothing
    for place in mine[:2]:
        with pytest.raises(OSError, match="killed"), written_beside(place) as temporary:
            temporary.write_text("half")
            raise OSError("killed")
    with monkeypatch.context() as patch, pytest.raises(InputError):
        patch.setattr("os.replace", _killed)
        write_text_atomically(mine[2], "half")
    monkeypatch.undo()
    assert len(list(tmp_path.iterdir())) == len(kept) + 3
    remove_leftovers([*mine, tmp_path / "none" / "a.png"])
    assert {path.name for path in tmp_path.iterdir()} == kept


def _killed(*_: object) -> None:
    raise OSError("killed")


def _held_for(times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the next renames fail as on Windows, where a scanner or a viewer has the file open."""
    replace, left = os.replace, [times]

    def refused(source: Path, place: Path) -> None:
        left[0] -= 1
        if left[0] >= 0:
            raise PermissionError(errno.EACCES, "used by another process", str(source), 32, str(place))
        replace(source, place)

    monkeypatch.setattr(os, "replace", refused)


@pytest.mark.parametrize(("system", "written"), [("win32", "new"), ("linux", "old")])
def test_on_windows_a_file_that_is_held_for_a_moment_is_replaced(
    system: str, written: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "a.txt"
    place.write_text("old")
    monkeypatch.setattr("reswd_torch.written.sys.platform", system)
    _held_for(2, monkeypatch)
    try:
        with written_beside(place) as temporary:
            temporary.write_text("new")
    except PermissionError:
        assert system == "linux"
    assert place.read_text() == written
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_on_windows_a_file_that_stays_held_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reswd_torch.written.sys.platform", "win32")
    monkeypatch.setattr("reswd_torch.written._LONGEST_HELD", 0.1)
    _held_for(1000, monkeypatch)
    with pytest.raises(PermissionError), written_beside(tmp_path / "a.txt") as temporary:
        temporary.write_text("new")
    assert list(tmp_path.iterdir()) == []
