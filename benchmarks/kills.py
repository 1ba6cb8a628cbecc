"""Whether a ``reswd batch`` that was killed at a random moment and resumed leaves the same files as an undisturbed one.

    python -m benchmarks.kills [--times 20] [--files 60]

Every file has to have the same bytes, and no temporary file may be left. ``kill -9`` ends the whole process group at once, as
happens when a machine's memory runs out or a job's time is over.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.batch import REFERENCE, ROOT, make

Contents = dict[str, bytes]
"""The bytes of each file of a folder, by its path in the folder."""


def undisturbed(folder: Path, reference: Path, output: Path) -> tuple[Contents, float]:
    """What a run writes when nothing disturbs it, and how many seconds it takes."""
    start = time.perf_counter()
    subprocess.run(_command(folder, reference, output), cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return contents(output), time.perf_counter() - start


def kill_and_resume(folder: Path, reference: Path, output: Path, after: float) -> Contents:
    """Start a run, kill it after ``after`` seconds, resume it, and return what the folder holds in the end."""
    command = _command(folder, reference, output)
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True)
    time.sleep(after)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    subprocess.run([*command, "--resume"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return contents(output)


def contents(folder: Path) -> Contents:
    """Every file of a folder, hidden ones included. The report's column ``seconds`` is left out."""
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    rows = list(csv.DictReader(io.StringIO(found["report.csv"].decode(), newline="")))
    found["report.csv"] = repr([{**row, "seconds": None} for row in rows]).encode()
    return found


def _command(folder: Path, reference: Path, output: Path) -> list[str]:
    parts = [
        "batch",
        str(folder),
        "--target",
        str(reference),
        "-o",
        str(output),
        "--series",
        "--jobs",
        "2",
        "--aim",
        "colours",
    ]
    return [sys.executable, "-m", "studio", *parts]


def main() -> None:
    """Kill and resume runs, and print which files differ from those of an undisturbed run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--times", type=int, default=20, help="how many runs are killed")
    parser.add_argument("--files", type=int, default=60, help="pictures that each run grades")
    asked = parser.parse_args()
    moments, wrong = random.Random(1), 0
    with tempfile.TemporaryDirectory(prefix="reswd-kills-") as name:
        folder = Path(name) / "in"
        folder.mkdir()
        make(folder, 0, asked.files)
        whole, seconds = undisturbed(folder, REFERENCE, Path(name) / "whole")
        for number in range(asked.times):
            output = Path(name) / f"killed {number}"
            after = moments.uniform(0.0, 1.0) * seconds
            done = kill_and_resume(folder, REFERENCE, output, after)
            different = sorted(name for name in whole.keys() | done.keys() if whole.get(name) != done.get(name))
            wrong += bool(different)
            print(
                f"killed after {after:5.2f} of {seconds:.2f} s: {', '.join(different) or 'the same bytes'}", flush=True
            )
    print(f"{asked.times - wrong} of {asked.times} resumed runs equal the undisturbed one")
    raise SystemExit(bool(wrong))


if __name__ == "__main__":
    main()
