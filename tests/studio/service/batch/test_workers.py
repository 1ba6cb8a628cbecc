"""The loop that hands tasks out, and workers that die over them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from pathlib import Path

import pytest

from studio.service.batch.workers import MAX_TRIES, Finished, local, run_all, threads


def double(number: int) -> int:
    return 2 * number


def die_once(mark: str) -> str:
    """Kill the own process the first time that it is called with a name."""
    path = Path(mark)
    if path.name.startswith("bad") and not path.exists():
        path.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return path.name


def die_always(mark: str) -> str:
    if Path(mark).name.startswith("bad"):
        os.kill(os.getpid(), signal.SIGKILL)
    return Path(mark).name


def hold(mark: str) -> str:
    """Not end by SIGTERM, and be at work when another one dies; the first time only."""
    path = Path(mark)
    if path.name == "deaf" and not path.exists():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        path.touch()
        time.sleep(600)
    if path.name == "bad":
        while not path.with_name("deaf").exists():
            time.sleep(0.01)
    return die_once(mark)


def refuse(number: int) -> int:
    if number == 3:
        raise KeyError("three")
    return number


def test_an_error_nobody_foresaw_stops_nothing() -> None:
    with threads(1) as workers:
        done = {one.task: one for one in run_all(workers, refuse, range(6), window=2)}
    assert [done[n].value for n in range(6)] == [0, 1, 2, None, 4, 5] and "KeyError: 'three'" in done[3].problem


@pytest.fixture(scope="module")
def processes() -> Iterator[Executor]:
    with local(2) as workers:
        yield workers


def test_every_task_is_done_once_and_few_are_out_at_a_time() -> None:
    taken: list[int] = []

    def tasks() -> Iterator[int]:
        for number in range(50):
            taken.append(number)
            yield number

    most = 0
    with threads(2) as workers:
        values = []
        for over, one in enumerate(run_all(workers, double, tasks(), window=4)):
            values.append(one.value)
            most = max(most, len(taken) - over)
    assert sorted(values) == [2 * number for number in range(50)] and most <= 5


def test_stop_finishes_what_is_out() -> None:
    seen: list[Finished[int]] = []
    with threads(1) as workers:
        for one in run_all(workers, double, range(50), window=3, stop=lambda: len(seen) >= 5):
            seen.append(one)
    assert 5 <= len(seen) <= 8


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL on Windows")
def test_a_worker_that_dies_costs_nothing_but_a_second_try(processes: Executor, tmp_path: Path) -> None:
    names = [str(tmp_path / name) for name in ("a", "b", "bad 1", "c", "d", "bad 2", "e")]
    done = {one.value: one.tries for one in run_all(processes, die_once, names, window=4)}
    assert set(done) == {"a", "b", "bad 1", "c", "d", "bad 2", "e"}
    assert done["bad 1"] > 1 and done["e"] <= MAX_TRIES


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL on Windows")
def test_a_task_that_always_kills_is_given_up_and_only_that(processes: Executor, tmp_path: Path) -> None:
    names = [str(tmp_path / name) for name in ("a", "bad", "b", "c")]
    done = {Path(one.task).name: (one.value, one.tries) for one in run_all(processes, die_always, names, window=4)}
    assert done["bad"] == (None, MAX_TRIES)
    assert [done[name][0] for name in "abc"] == ["a", "b", "c"]


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL on Windows")
@pytest.mark.timeout(60)
def test_a_worker_that_does_not_end_by_itself_holds_no_run(processes: Executor, tmp_path: Path) -> None:
    names = [str(tmp_path / name) for name in ("deaf", "bad", "a")]
    assert {one.value for one in run_all(processes, hold, names, window=2)} == {"deaf", "bad", "a"}


_PARENT = """
import sys, time
from studio.service.batch.workers import local
from tests.studio.service.batch.test_workers import own_number
if __name__ == "__main__":
    workers = local(2)
    print(workers.submit(own_number, 0).result(), flush=True)
    time.sleep(60)
"""


def own_number(_: int) -> int:
    return os.getpid()


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks at /proc")
def test_processes_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(_PARENT)
    root = Path(__file__).resolve().parents[4]
    parent = subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(root)}
    )
    assert parent.stdout is not None
    child = Path("/proc") / parent.stdout.readline().strip()
    assert child.is_dir()
    parent.kill()
    parent.wait()
    for _ in range(100):
        if not child.is_dir() or "Z" in (child / "stat").read_text().split(")")[1]:
            return
        time.sleep(0.05)
    raise AssertionError("a worker outlived its parent")
