"""The fuzzer itself: the same inputs each time, faults of every kind are seen, and a little of each family holds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from reswd_torch.errors import InputError
from tests.conftest import ROOT
from tests.fuzz.child import fault
from tests.fuzz.families import FAMILIES, Family
from tests.fuzz.mutate import mutated


def _family(target) -> Family:  # type: ignore[no-untyped-def]
    return Family("made", list, target)


def test_a_seed_gives_the_same_bytes_and_another_one_others() -> None:
    for family in FAMILIES:
        seeds = family.seeds()
        others = [odd.content for odd in seeds]
        first = [mutated(seeds[0].content, others, str(number)) for number in range(20)]
        assert first == [mutated(seeds[0].content, others, str(number)) for number in range(20)]
        assert len(set(first)) > 10


def test_one_line_is_no_fault_and_everything_else_is(tmp_path: Path) -> None:
    def refuse(path: Path) -> None:
        raise InputError("no")

    def ramble(path: Path) -> None:
        raise InputError("no\nand no")

    def fail(path: Path) -> None:
        raise KeyError("x")

    assert fault(_family(refuse), tmp_path) == "" and fault(_family(lambda path: None), tmp_path) == ""
    assert "more than one line" in fault(_family(ramble), tmp_path)
    assert "KeyError" in fault(_family(fail), tmp_path)


@pytest.mark.parametrize("family", FAMILIES, ids=[family.name for family in FAMILIES])
def test_a_little_of_each_family(family: Family, tmp_path: Path) -> None:
    seeds = family.seeds()
    everything = [odd.content for odd in seeds]
    for number in range(40):
        odd = seeds[number % len(seeds)]
        place = tmp_path / f"odd{Path(odd.name).suffix}"
        place.write_bytes(mutated(odd.content, everything, f"test/{family.name}/{number}"))
        assert fault(family, place) == ""


def test_the_command_runs_a_family_and_says_how_many_inputs(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.fuzz", "cdl", "--seconds", "1", "--engine", "structured"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split()[0] == "cdl" and int(ran.stdout.split()[1]) > 0


def test_an_unknown_family_is_one_line() -> None:
    ran = subprocess.run([sys.executable, "-m", "tests.fuzz", "wav"], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 2 and "no family wav" in ran.stderr
