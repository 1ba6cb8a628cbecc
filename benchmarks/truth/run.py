"""Many cases scored side by side.

A module of its own, and not part of ``__main__``: processes that are started afresh have to find its functions by name.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from benchmarks.truth.make import Case, make_case
from benchmarks.truth.score import Judged, methods_named, score_case
from reswd_torch import InputError
from reswd_torch.threads import work_on_one_core

Scores = dict[str, dict[str, dict[str, float]]]
"""CIEDE2000 by method, family and case."""


@dataclass(frozen=True)
class Scored:
    """A case and what each method scored on it; no scores, but the reason, where it was left out."""

    name: str
    family: str
    scores: dict[str, float]
    left_out: str = ""


def score_made(make: Callable[[], Case], methods: tuple[str, ...]) -> Scored:
    """Make or read one case and score it, in whichever process."""
    case = make()
    try:
        judged = Judged.of(case)
    except InputError as error:
        return Scored(case.name, case.family, {}, str(error))
    return Scored(case.name, case.family, score_case(judged, methods_named(methods)[0]))


def run(makers: Iterable[Callable[[], Case]], methods: Iterable[str], jobs: int = 1) -> Scores:
    """Score cases, one at a time in each of ``jobs`` processes; cases that are left out are told on stderr.

    Args:
        makers: each makes or reads a case; of functions and arguments that can be sent to another process.
        methods: as :func:`~benchmarks.truth.score.methods_named` takes them.
        jobs: processes.
    """
    found: Scores = {}
    score = partial(score_made, methods=tuple(methods))
    for number, scored in enumerate(_mapped(score, makers, jobs), 1):
        if scored.left_out:
            print(f"left out: {scored.left_out}", file=sys.stderr)
        for method, value in scored.scores.items():
            found.setdefault(method, {}).setdefault(scored.family, {})[scored.name] = value
        if number % 12 == 0:
            print(f"{number} cases", file=sys.stderr)
    return found


def _mapped(
    score: Callable[[Callable[[], Case]], Scored], makers: Iterable[Callable[[], Case]], jobs: int
) -> Iterator[Scored]:
    if jobs == 1:
        yield from map(score, makers)
        return
    with ProcessPoolExecutor(jobs, get_context("spawn"), work_on_one_core) as pool:
        yield from pool.map(score, makers)


def makers_of(
    photographs: list[Path], families: Iterable[str], cases: int, seeds: Iterable[int], edge: int
) -> list[Callable[[], Case]]:
    """One function for each case that is to be made."""
    return [
        partial(make_case, photographs, family, number, seed, edge=edge)
        for seed in seeds
        for family in families
        for number in range(cases)
    ]
