"""What the probe alone reads, on prompts of its benchmark: bounds below the figures that the benchmark prints."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.probe import Set, System, by_nearness, by_probe, measure, sets
from guidance.understood import Reader, load_reader
from training.sentences import things_without_art


@pytest.fixture(scope="module")
def reader() -> Reader:
    made = load_reader()
    assert made is not None
    return made


@pytest.fixture(scope="module")
def every() -> dict[str, Set]:
    return {each.name: each for each in sets(things_without_art(), np.random.default_rng(11))}


@pytest.mark.parametrize(
    ("name", "what", "least"),
    [
        ("captions of held-out combinations", "all", 0.95),
        ("two objects, in words trained on", "all", 0.9),
        ("paraphrases never trained on", "fillers", 0.65),
        ("unknown nouns", "all", 0.85),
        ("other scripts", "all", 1.0),
        ("empty, and 10,000 letters", "all", 1.0),
    ],
)
def test_the_probe_alone_reads(reader: Reader, every: dict[str, Set], name: str, what: str, least: float) -> None:
    system: System = by_probe(reader)
    assert measure(system, every[name].sentences[:60])[what] >= least


def test_the_meaning_of_a_word_alone_finds_its_object(reader: Reader, every: dict[str, Set]) -> None:
    synonyms = every["the 40 never-seen synonyms, alone"].sentences
    assert measure(by_nearness(reader), synonyms)["objects"] >= 0.4
