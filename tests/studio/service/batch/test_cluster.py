"""The same run on Ray: two workers on this machine, one of which is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path

import pytest

from benchmarks.kills import contents
from studio.jobs import SERIES
from studio.service.batch.prepare import prepare_batch
from studio.service.batch.run import run_batch
from tests.conftest import ROOT
from tests.studio.batches_for_tests import rows
from tests.studio.conftest import write
from tests.studio.jobs_for_tests import batch_job

pytest.importorskip("ray", reason="Ray has no wheel for this system")
pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds Ray's workers in /proc")

BytesOf = Callable[[Path], dict[str, bytes]]


def at_work() -> list[int]:
    """Ray's workers that have a task just now."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            name = (place / "cmdline").read_bytes()
        except OSError:
            continue
        if name.startswith(b"ray::_call"):
            found.append(int(place.name))
    return found


@pytest.mark.slow
def test_ray_gives_the_same_bytes_and_outlives_its_workers(warm: Path, tmp_path: Path, two: Executor) -> None:
    folder = tmp_path / "many"
    for number in range(30):
        write(folder / f"{number:02d}.jpg", number, height=1200, width=1600)
    plan, record = prepare_batch(batch_job(folder, tmp_path / "here", warm, mode=SERIES))
    run_batch(plan, record, two, window=4)
    output = tmp_path / "ray"
    command = [
        sys.executable,
        "-m",
        "studio",
        "batch",
        str(folder),
        "--target",
        str(warm),
        "-o",
        str(output),
        "--series",
    ]
    process = subprocess.Popen([*command, "--cluster", "local", "--jobs", "2"], cwd=ROOT)
    killed = False
    while process.poll() is None and not killed:
        if len(list(output.glob("*.jpg"))) >= 3 and (pids := at_work()):
            os.kill(pids[0], signal.SIGKILL)
            killed = True
        time.sleep(0.005)
    assert process.wait(timeout=120) == 0 and killed
    retried = [row for row in rows(output) if "a worker process died" in row["message"]]
    assert 1 <= len(retried) <= 2 and all(row["status"] == "done" for row in retried)
    found, expected = contents(output), contents(tmp_path / "here")
    assert found.keys() == expected.keys()
    assert {name for name in found if found[name] != expected[name]} == {"report.csv"}  # which tells of the second try
