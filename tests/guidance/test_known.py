"""What the embedded models know, and what is said to someone who asks for something else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from guidance.catalogue import EMBEDDED_IDS
from guidance.known import Known, known_of, read_known
from guidance.shipped import embedded_model
from guidance.text_to_image import Generation
from reswd_torch import InputError


@pytest.fixture(scope="module")
def known() -> Known:
    return read_known()


def test_what_is_painted_by_default_is_what_was_evaluated(known: Known) -> None:
    wanted = Generation("a dog")
    assert (wanted.steps, wanted.guidance_scale) == (known.steps, known.guidance_scale)


def test_the_list_is_long_and_without_doubles(known: Known) -> None:
    assert len(known.names) >= 300
    assert len(set(known.names)) == len(known.names)
    assert not set(known.synonyms) & set(known.names)
    assert set(known.synonyms.values()) <= set(known.names)
    assert set(known.colourable) <= set(known.names)
    assert len(known.object_colours) >= 8
    assert len(known.background_colours) >= 13


@pytest.mark.parametrize(
    ("prompt", "named"),
    [
        ("a dog", ("dog",)),
        ("A Dog!", ("dog",)),
        ("a hot dog on a red background", ("hot dog",)),
        ("hot dogs and a dog", ("hot dog", "dog")),
        ("two cherries", ("cherries",)),
        ("butterflies", ("butterfly",)),
        ("a bunny", ("rabbit",)),
        ("a cup of coffee", ("cup of coffee",)),
        ("a catalogue", ()),
        ("an xylophone", ()),
        ("", ()),
    ],
)
def test_objects_are_found_in_a_prompt(known: Known, prompt: str, named: tuple[str, ...]) -> None:
    assert known.named(prompt) == named


@pytest.mark.parametrize(
    ("prompt", "unknown", "named"),
    [
        (
            "a photograph of an astronaut riding a horse on the moon, cinematic",
            ("photograph", "astronaut", "riding", "cinematic"),
            ("horse", "moon"),
        ),
        ("a purple cat with green eyes wearing a hat", ("eyes", "wearing"), ("cat", "hat")),
        ("a tiny owl on a red to pink gradient background", ("tiny",), ("owl",)),
        ("a dog on a lilac background", ("lilac",), ("dog",)),
        ("many cherries", ("many",), ("cherries",)),
    ],
)
def test_the_words_that_name_nothing(
    known: Known, prompt: str, unknown: tuple[str, ...], named: tuple[str, ...]
) -> None:
    assert known.unknown(prompt) == unknown
    assert known.named(prompt) == named


def test_words_that_are_spelt_nearly_like_known_ones(known: Known) -> None:
    assert known.spelt_like(("an", "elefant")) == ("elephant",)
    assert known.spelt_like(("portrait", "woman", "wiese", "freedom")) == ()


def test_the_description_names_everything(known: Known) -> None:
    text = known.describe()
    for name in (*known.names, *known.object_colours, *known.background_colours):
        assert name in text


@pytest.mark.parametrize("name", EMBEDDED_IDS)
def test_each_embedded_model_knows_what_its_own_file_says(name: str) -> None:
    found = known_of(f" {name} ")
    assert found == read_known(embedded_model(name)) and found.size == int(name.removeprefix("pocket-"))
    assert known_of("stabilityai/sdxl-turbo") is None and known_of(str(embedded_model(name))) is None


def test_places_are_known_words(known: Known) -> None:
    with_places = replace(known, places=("on a beach", "on a beach at night", "in front of a sunset"))
    for prompt in ("a dog on a beach", "a dog On A Beach", "a blue dog in front of a sunset"):
        assert with_places.unknown(prompt) == () and len(with_places.named(prompt)) == 1
    assert with_places.unknown("a dog on a beach at midnight") == ("midnight",)
    assert with_places.unknown("a dog on a beaches") != (), "only the phrase as it stands"
    assert "places: on a beach, " in with_places.describe() and "places" not in replace(known, places=()).describe()


def test_a_file_may_list_places_or_not(tmp_path: Path) -> None:
    values = json.loads((embedded_model("pocket-64") / "known.json").read_text(encoding="utf-8"))
    assert "places" not in values and read_known(embedded_model("pocket-64")).places == ()
    (tmp_path / "known.json").write_text(json.dumps(values | {"places": ["on a beach"]}), encoding="utf-8")
    assert read_known(tmp_path).places == ("on a beach",)


def test_a_folder_that_does_not_say(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"known\.json"):
        read_known(tmp_path)
    (tmp_path / "known.json").write_text("[]")
    with pytest.raises(InputError, match=r"known\.json"):
        read_known(tmp_path)
