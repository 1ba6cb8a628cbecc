"""What the embedded model knows, and what is said to someone who asks for something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from guidance.known import Known, read_known
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


def test_a_folder_that_does_not_say(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"known\.json"):
        read_known(tmp_path)
    (tmp_path / "known.json").write_text("[]")
    with pytest.raises(InputError, match=r"known\.json"):
        read_known(tmp_path)
