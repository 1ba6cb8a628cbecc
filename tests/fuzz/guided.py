"""Fuzzing guided by coverage, with atheris (Google, Apache-2.0), where it is installed: Linux and macOS."""

from __future__ import annotations

import argparse
import random
from pathlib import Path

from tests.fuzz.__main__ import FOUND, STATE
from tests.fuzz.child import fault
from tests.fuzz.families import Family
from tests.fuzz.mutate import mutated


def run_guided(family: Family, asked: argparse.Namespace) -> int:
    """Fuzz one family until the time is over. The first error ends it.

    Inputs carry the suffix of a file of the corpus, which the first byte chooses.
    """
    import atheris

    seeds = family.seeds()
    suffixes = sorted({Path(odd.name).suffix for odd in seeds})
    everything = [odd.content for odd in seeds]
    corpus = asked.folder / "guided"
    corpus.mkdir(parents=True, exist_ok=True)
    # What readers import when they first need it is instrumented, since every file is read once in here.
    with atheris.instrument_imports(include=["studio", "reswd_torch.grade"]):
        for number, odd in enumerate(seeds):
            suffix = Path(odd.name).suffix
            (corpus / str(number)).write_bytes(bytes([suffixes.index(suffix)]) + odd.content)
            place = asked.folder / f"current{suffix}"
            place.write_bytes(odd.content)
            fault(family, place)
    counted = 0

    def one(data: bytes) -> None:
        nonlocal counted
        counted += 1
        place = asked.folder / f"current{suffixes[data[0] % len(suffixes)] if data else suffixes[0]}"
        place.write_bytes(data[1:])
        (asked.folder / STATE).write_text(f"{counted} 0")
        if told := fault(family, place):
            FOUND.mkdir(parents=True, exist_ok=True)
            (FOUND / f"{family.name}-guided{place.suffix}").write_bytes(data[1:])
            (FOUND / f"{family.name}-guided.txt").write_text(told)
            raise RuntimeError(told)

    def change(data: bytes, longest: int, seed: int) -> bytes:
        chance = random.Random(seed)
        if chance.random() < 0.3:
            return atheris.Mutate(data, longest)
        return (data[:1] + mutated(data[1:], everything, str(seed)))[:longest]

    options = [
        f"-seed={asked.seed + 1}",
        f"-max_total_time={max(1, int(asked.seconds))}",
        "-max_len=200000",
        "-rss_limit_mb=0",
    ]
    options += [f"-artifact_prefix={asked.folder}/", "-timeout=30", str(corpus)]
    atheris.Setup(["fuzz", *options], one, custom_mutator=change)
    atheris.Fuzz()
    return 0
