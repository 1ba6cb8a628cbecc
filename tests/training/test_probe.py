"""The sentences that the probe is trained on, and its training on tiny sizes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from guidance.colour_names import BACKGROUNDS
from guidance.loading import load_embedded
from guidance.understood.probe import Map, read_probe
from guidance.understood.roles import FOREIGN, NOTHING, OBJECTS, SCENES, Role, fillers
from tests.training.things_for_tests import THINGS
from training import probe, text
from training.compose import held_out
from training.config import Config, read_config
from training.places import PLACES
from training.sentences import Words, draw, kept_back, things_without_art

CPU = torch.device("cpu")
FOREIGN_WORDS = ("stapler", "freedom", "running")


@pytest.fixture
def words() -> Words:
    return Words(things_without_art(), {"dog": ("doge",)}, FOREIGN_WORDS, 0.2, 0.1)


def test_the_same_seed_draws_the_same_sentences(words: Words) -> None:
    first, again = ([draw(words, np.random.default_rng(3)) for _ in range(20)] for _ in range(2))
    assert first == again


def test_sentences_hold_what_they_say(words: Words) -> None:
    random, known = np.random.default_rng(4), fillers([thing.name for thing in words.things])
    drawn = [draw(words, random) for _ in range(2000)]
    for sentence in drawn:
        assert set(sentence.said) == set(Role)
        for role, filler in sentence.said.items():
            assert filler in known[role] or (filler == FOREIGN and role in OBJECTS)
        scene = sentence.said[Role.SCENE]
        assert scene == NOTHING or scene in sentence.text
    for role in Role:
        assert 20 < sum(sentence.said[role] != NOTHING for sentence in drawn) < 2000
    assert 100 < sum(sentence.said[Role.OBJECT] == FOREIGN for sentence in drawn) < 500


def test_what_is_held_out_is_in_no_sentence(words: Words) -> None:
    random, by_name = np.random.default_rng(5), {thing.name: thing for thing in words.things}
    never = {word: thing.name for thing in words.things for word in thing.keywords_held_out}
    for _ in range(4000):
        sentence = draw(words, random)
        for word in never.keys() & set(sentence.text.split()):
            assert never[word] not in sentence.said.values(), "at most by chance, as a slip of another word"
        thing = by_name.get(sentence.said[Role.OBJECT])
        colour, ground = sentence.said[Role.OBJECT_COLOUR], sentence.said[Role.TOP]
        if thing is not None and colour in BACKGROUNDS:
            assert not held_out("colour", thing, colour, 0.2)
        if thing is not None and ground in BACKGROUNDS:
            assert not held_out("background", thing, ground, 0.1)


def test_a_fifth_of_the_foreign_words_is_kept_back() -> None:
    kept = [kept_back(f"word {number}") for number in range(2000)]
    assert abs(np.mean(kept) - 0.2) < 0.03 and kept_back("stapler") == kept_back("stapler")


@pytest.fixture
def config(tmp_path: Path) -> Config:
    base = read_config(work=tmp_path / "work")
    base.work.mkdir()
    small = replace(
        base.probe,
        dimensions=512,
        notes=8,
        hidden=64,
        sentences=200,
        steps=150,
        batch=32,
        learning_rate=5e-3,
        average=0.9,
    )
    return replace(base, probe=small)


def test_a_tiny_probe_learns_and_can_be_read_again(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its text encoder is the embedded model's, because tests do not download the packages."""
    shipped = load_embedded("cpu")
    monkeypatch.setattr(text, "load", lambda *_: (shipped.tokenizer, shipped.text_encoder))
    monkeypatch.setattr(probe, "words_of", lambda *_: (Words(THINGS, {}, FOREIGN_WORDS, 0.0, 0.0), ("kept",)))
    model = config.work / "model"
    made = probe.run(config, THINGS, model, CPU)
    read = read_probe(model)
    assert read is not None and read.settings == made.settings
    assert np.array_equal(read.objects, made.objects) and np.array_equal(read.centre, made.centre)
    untrained, sentences, _ = probe.prepare(config, THINGS, CPU)
    role, index = Role.OBJECT, list(Role).index(Role.OBJECT)
    wanted = [made.settings.fillers[role][each] for each in sentences.fillers[:, index].tolist()]

    def right(mapped: Map) -> float:
        found = [each[role].filler for each in replace(read, map=mapped).read(sentences.states, sentences.mask)]
        return float(np.mean([one == other for one, other in zip(found, wanted, strict=True)]))

    assert right(read.map) > 0.9, "always the commonest is right in a third at most"
    assert right(untrained.map) < 0.4


def test_the_probe_is_asked_for_the_places_of_the_captions(words: Words) -> None:
    assert tuple(PLACES) == SCENES
    random = np.random.default_rng(6)
    drawn = [draw(words, random) for _ in range(3000)]
    for name, place in PLACES.items():
        said = [sentence.text for sentence in drawn if sentence.said[Role.SCENE] == name]
        assert any(place.words in text for text in said), "as in the captions"
        assert not all(place.words in text for text in said), "and otherwise"


def test_foreign_words_are_handed_on(words: Words) -> None:
    random = np.random.default_rng(7)
    drawn = [draw(words, random) for _ in range(1000)]
    for sentence in drawn:
        assert {role for role, filler in sentence.said.items() if filler == FOREIGN} == set(sentence.strange)
        assert all(word in FOREIGN_WORDS and word in sentence.text for word in sentence.strange.values())
