"""Fuzz readers: ``python -m tests.fuzz [FAMILY ...] --seconds 60 --seed 0``. Exit code 1 where something was found.

Each family runs in a process of its own. What is found lies in build/fuzz/found, with the error beside it; the number in its name
makes the same bytes again (``--only``). A new one is mended, and put into ``tests/corpus`` as one line.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.fuzz.families import FAMILIES, Family

ROOT = Path(__file__).resolve().parents[2]
FOUND = ROOT / "build" / "fuzz" / "found"
HANG = 120.0
"""Seconds after which a file that is still being read hangs. Long, since a busy machine takes half a minute to import PyTorch."""
MOST_MEMORY = 2 << 30
"""Bytes that reading one of these small files may take."""
STATE = "state"
"""The file in which a process says which input it works on."""


def main() -> int:
    """Run the families and say what was found."""
    names = [family.name for family in FAMILIES]
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.partition("\n")[0])
    parser.add_argument("families", nargs="*", metavar="FAMILY", help=f"of {', '.join(names)}; all if left out")
    parser.add_argument("--seconds", type=float, default=60, help="for each family")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="families that run side by side")
    parser.add_argument("--engine", choices=("auto", "structured", "atheris"), default="auto")
    parser.add_argument("--only", type=int, help="one input of one family again, by its number")
    parser.add_argument("--start", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if unknown := sorted(set(asked.families) - set(names)):
        parser.error(f"no family {', '.join(unknown)}: give some of {', '.join(names)}")
    chosen = [family for family in FAMILIES if family.name in (asked.families or names)]
    if asked.folder is not None:
        from tests.fuzz.child import run

        return run(chosen[0], asked)
    if asked.only is not None:
        from tests.fuzz.child import once

        return once(chosen[0], asked.seed, asked.only)
    with ThreadPoolExecutor(max(1, asked.jobs)) as pool:
        return max(pool.map(lambda family: _watched(family, asked), chosen))


def _watched(family: Family, asked: argparse.Namespace) -> int:
    """Run a family in a process, end it where it hangs, and go on behind the input that made it."""
    folder = ROOT / "build" / "fuzz" / family.name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / STATE).write_text("0 0")
    began, start, found = time.monotonic(), 0, 0
    while (left := asked.seconds - (time.monotonic() - began)) > 0:
        command = [sys.executable, "-m", "tests.fuzz", family.name, "--folder", str(folder), "--start", str(start)]
        command += ["--seconds", str(left), "--seed", str(asked.seed), "--engine", asked.engine]
        with (folder / "log").open("ab") as log:
            process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
            ended = _ended(process, folder / STATE)
        number, seen = map(int, (folder / STATE).read_text().split())
        found += seen
        if ended == 0:
            break
        found += 1  # the process died of it, or had to be killed
        _keep(family, folder, number, "it hangs" if ended is None else f"the process ended with {ended}")
        start = number + 1
    print(f"{family.name:10} {number + 1:8} inputs in {time.monotonic() - began:4.0f} s, {found} found", flush=True)
    return min(found, 1)


def _ended(process: subprocess.Popen[bytes], state: Path) -> int | None:
    """The exit code; None for a process that had to be killed, since one input took too long."""
    while True:
        try:
            return process.wait(1.0)
        except subprocess.TimeoutExpired:
            if time.time() - state.stat().st_mtime > HANG:
                process.kill()
                process.wait()
                return None


def _keep(family: Family, folder: Path, number: int, why: str) -> None:
    FOUND.mkdir(parents=True, exist_ok=True)
    (FOUND / f"{family.name}-{number}.txt").write_text(why + "\n")
    for current in folder.glob("current*"):
        (FOUND / f"{family.name}-{number}{current.suffix}").write_bytes(current.read_bytes())


if __name__ == "__main__":
    sys.exit(main())
