"""The process that fuzzes one family."""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
from pathlib import Path

from tests.fuzz.__main__ import FOUND, MOST_MEMORY, STATE
from tests.fuzz.families import Family
from tests.fuzz.mutate import mutated


def run(family: Family, asked: argparse.Namespace) -> int:
    """Mutate and read until the time is over. Exit code 0, whatever was found: it is counted in the state file."""
    _bound_memory()
    if asked.engine == "atheris" or (asked.engine == "auto" and _has_atheris()):
        from tests.fuzz.guided import run_guided

        return run_guided(family, asked)
    seeds = family.seeds()
    everything = [odd.content for odd in seeds]
    kinds: set[str] = set()
    until, number = time.monotonic() + asked.seconds, asked.start
    while time.monotonic() < until:
        odd = seeds[number % len(seeds)]
        content = mutated(odd.content, everything, f"{asked.seed}/{family.name}/{number}")
        place = asked.folder / f"current{Path(odd.name).suffix}"
        place.write_bytes(content)
        (asked.folder / STATE).write_text(f"{number} {len(kinds)}")
        if told := fault(family, place):
            kind = _kind(told)
            if kind not in kinds:
                kinds.add(kind)
                FOUND.mkdir(parents=True, exist_ok=True)
                (FOUND / f"{family.name}-{number}{place.suffix}").write_bytes(content)
                (FOUND / f"{family.name}-{number}.txt").write_text(told)
        place.unlink()
        number += 1
    (asked.folder / STATE).write_text(f"{number - 1} {len(kinds)}")
    return 0


def once(family: Family, seed: int, number: int) -> int:
    """One input again, with its error on the terminal."""
    seeds = family.seeds()
    odd = seeds[number % len(seeds)]
    place = Path("build/fuzz") / f"once{Path(odd.name).suffix}"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(mutated(odd.content, [each.content for each in seeds], f"{seed}/{family.name}/{number}"))
    told = fault(family, place)
    print(f"{place} from {odd.name}: {told or 'nothing found'}")
    return int(bool(told))


def fault(family: Family, place: Path) -> str:
    """What is wrong with how a file was read; empty where it was read or refused in one line."""
    from reswd_torch.errors import InputError

    before = _memory()
    try:
        family.target(place)
    except InputError as error:
        if "\n" in str(error):
            return f"the refusal has more than one line: {error!r}"
    except Exception:
        return traceback.format_exc()
    taken = _memory() - before
    return f"it took {taken >> 20} MiB" if taken > MOST_MEMORY else ""


def _kind(told: str) -> str:
    """The type of an error and the last line of our own code that it came through: one fault is kept once."""
    ours = [
        line
        for line in told.splitlines()
        if line.startswith("  File ") and "/site-packages/" not in line and "/lib/" not in line
    ]
    return told.strip().rpartition("\n")[2].partition(":")[0] + (ours[-1] if ours else "")


def _has_atheris() -> bool:
    try:
        import atheris  # type: ignore[import-not-found,unused-ignore]  # noqa: F401
    except ImportError:
        return False
    return True


def _memory() -> int:
    """The most memory that this process has had, bytes. 0 where the system does not say."""
    try:
        import resource
    except ImportError:
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _bound_memory() -> None:
    """Let allocations fail before the machine suffers. Exit codes tell that from an error."""
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (12 << 30, 12 << 30))
    os.environ.setdefault("OMP_NUM_THREADS", "1")
