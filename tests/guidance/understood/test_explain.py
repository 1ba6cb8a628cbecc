"""What is understood of a prompt, by the probe that ships with the embedded model."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from guidance.known import EMBEDDED, Known, read_known
from guidance.loading import load_embedded
from guidance.text_to_image import LONGEST_PROMPT
from guidance.understood import Reader, explain, load_reader, reader_of
from guidance.understood.probe import FOLDER, SETTINGS_FILE, WEIGHTS_FILE, read_probe
from guidance.understood.roles import NOTHING, OBJECTS, Role, fillers
from guidance.understood.vectors import similarities
from guidance.understood.words import caption, hint, not_understood, rows
from reswd_torch import InputError


@pytest.fixture(scope="module")
def known() -> Known:
    return read_known()


@pytest.fixture(scope="module")
def reader() -> Reader:
    made = load_reader()
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("a dog", {Role.OBJECT: "dog"}),
        ("A Dog!", {Role.OBJECT: "dog"}),
        (
            "a blue dog on a pink to orange gradient background",
            {Role.OBJECT: "dog", Role.OBJECT_COLOUR: "blue", Role.TOP: "pink", Role.BOTTOM: "orange"},
        ),
        ("a hot dog on a red background", {Role.OBJECT: "hot dog", Role.TOP: "red", Role.BOTTOM: "red"}),
        ("a white background with a green frog", {Role.OBJECT: "frog", Role.OBJECT_COLOUR: "green", Role.TOP: "white",
            Role.BOTTOM: "white"}),
        ("a cat in the snow", {Role.OBJECT: "cat", Role.SCENE: "snow"}),
        ("a rocket in a night sky", {Role.OBJECT: "rocket", Role.SCENE: "night sky"}),
        (
            "a blue dog and a red car on a white background",
            {Role.OBJECT: "dog", Role.OBJECT_COLOUR: "blue", Role.SECOND: "car", Role.SECOND_COLOUR: "red",
                Role.TOP: "white", Role.BOTTOM: "white"},
        ),
    ],
)  # fmt: skip
def test_every_part_of_a_prompt_is_understood(reader: Reader, known: Known, prompt: str, said: dict[Role, str]) -> None:
    understood = explain(prompt, reader, known)
    assert {part.role: part.value for part in understood.parts} == said
    assert all(0.5 <= part.confidence <= 1 for part in understood.parts)
    assert understood.unknown == () and not_understood(understood) is None


@pytest.mark.parametrize("prompt", ["", "   ", "\n"])
def test_an_empty_prompt_says_nothing(reader: Reader, known: Known, prompt: str) -> None:
    understood = explain(prompt, reader, known)
    assert understood.parts == () and hint(understood, known) is None
    assert not_understood(understood) == "not understood: the prompt is empty"


@pytest.mark.parametrize(
    "prompt",
    [
        "собака на красном фоне",
        "一只狗在红色背景上",
        "كلب",
        "🐶",
        "x" * LONGEST_PROMPT,
        "qx zrt " * 1400,
        "a stapler",
        "freedom",
        "portrait of a woman",
        "12345",
    ],
)
def test_what_is_not_known_is_not_understood(reader: Reader, known: Known, prompt: str) -> None:
    understood = explain(prompt, reader, known)
    assert understood.objects == ()
    said = not_understood(understood)
    assert said is not None and said.startswith("not understood: ") and len(said) < 700
    assert "names none of them" in str(hint(understood, known))


def test_words_that_are_not_understood_are_named_beside_those_that_are(reader: Reader, known: Known) -> None:
    understood = explain("a blue dog with a stapler on a red background", reader, known)
    assert understood.of(Role.OBJECT) == "dog" and understood.of(Role.OBJECT_COLOUR) == "blue"
    assert understood.unknown == ("stapler",)
    said = hint(understood, known)
    assert said is not None and "knows dog, not stapler" in said
    assert '"a blue dog on a red background" suits it best' in said


def test_a_slip_of_the_pen_is_taken_for_its_object_or_offered(reader: Reader, known: Known) -> None:
    understood = explain("an elefant on a red background", reader, known)
    assert understood.of(Role.TOP) == "red"
    assert "elephant" in str(hint(understood, known))


def test_what_the_encoder_does_not_read_is_said(reader: Reader, known: Known) -> None:
    understood = explain(f"a dog {'and a very happy cat ' * 8}", reader, known)
    assert understood.tokens > understood.read == 20
    assert "which is not read" in str(not_understood(understood))


def test_more_than_two_objects_are_told(reader: Reader, known: Known) -> None:
    understood = explain("a dog, a car and a house", reader, known)
    assert len(understood.objects) + len(understood.further) == 3
    assert "two objects are understood at most" in str(not_understood(understood))


def test_what_is_offered_is_understood_whole(reader: Reader, known: Known) -> None:
    long = "a photograph of an astronaut riding a blue horse on the moon"
    offered = caption(explain(long, reader, known), known)
    assert offered is not None and "horse" in offered
    assert hint(explain(offered, reader, known), known) is None


def test_a_background_of_one_colour_is_one_row(reader: Reader, known: Known) -> None:
    one = rows(explain("a dog on a red background", reader, known))
    two = rows(explain("a dog on a red to blue gradient background", reader, known))
    assert [(role, value) for role, value, _ in one] == [("object", "dog"), ("background", "red")]
    assert [(role, value) for role, value, _ in two] == [("object", "dog"), ("background", "red to blue")]


def test_the_same_prompt_is_understood_the_same(reader: Reader, known: Known) -> None:
    prompt = "a green cat on a beige background"
    assert explain(prompt, reader, known) == explain(prompt, reader, known)
    pipe = load_embedded("cpu")
    again = explain(prompt, reader_of(pipe, reader.probe), known)
    assert [(part.role, part.value) for part in again.parts] == [
        (part.role, part.value) for part in explain(prompt, reader, known).parts
    ]


def test_without_a_probe_the_list_says_what_it_can(known: Known) -> None:
    understood = explain("a dog and an elefant", None, known)
    assert understood.objects == ("dog",) and understood.unknown == ("elefant",)


def test_the_map_comes_near_the_bundle_of_what_is_said(reader: Reader) -> None:
    said = dict.fromkeys(Role, NOTHING) | {Role.OBJECT: "dog", Role.OBJECT_COLOUR: "blue"}
    states, mask = reader.states(["a blue dog"])
    made = reader.probe.map(states, mask).numpy()
    right = float(similarities(made, reader.probe.target(said)[None])[0, 0])
    wrong = float(similarities(made, reader.probe.target(said | {Role.OBJECT: "cat"})[None])[0, 0])
    assert right > 0.8 and right > wrong + 0.05


def test_the_probe_is_small_and_knows_what_the_model_knows(reader: Reader, known: Known) -> None:
    assert (EMBEDDED / FOLDER / WEIGHTS_FILE).stat().st_size <= 3_000_000
    assert reader.probe.settings.fillers == {str(role): names for role, names in fillers(known.names).items()}
    assert all(len(reader.probe.codebooks[role]) == len(known.names) + 1 for role in OBJECTS)


@pytest.mark.parametrize("word", ["donut", "bunny", "plane", "yacht", "taxicab", "maize", "loaf"])
def test_a_word_that_nobody_taught_is_taken_for_the_object_that_means_the_same(
    reader: Reader, known: Known, word: str
) -> None:
    """The list of known words holds these for the painter; the probe has never seen them."""
    without = replace(known, synonyms={each: name for each, name in known.synonyms.items() if each != word})
    understood = explain(f"a {word} on a red background", reader, without)
    assert understood.taken_for == {word: known.synonyms[word]}
    assert understood.objects == (known.synonyms[word],) and understood.of(Role.TOP) == "red"
    assert not_understood(understood) is None


def test_a_scene_that_the_model_does_not_paint_is_told(reader: Reader, known: Known) -> None:
    without = replace(known, places=())
    understood = explain("a cat in the snow", reader, without)
    assert understood.unpainted == ("snow",)
    assert ("scene", "snow (which this model does not paint)") in [row[:2] for row in rows(understood)]
    assert "It paints no snow." in str(hint(understood, without))
    assert explain("a cat", reader, without).unpainted == ()


def test_a_scene_that_the_model_paints_is_a_part_like_any_other(reader: Reader, known: Known) -> None:
    painter = replace(known, places=("in the snow", "in the night sky"))
    understood = explain("a cat in the snow", reader, painter)
    assert understood.unpainted == () and hint(understood, painter) is None
    assert caption(understood, painter) == "a cat in the snow"
    assert explain("a cat on a road", reader, painter).unpainted == ("road",)
    assert explain("a rocket in the sky", reader, painter).unpainted == ("sky",)  # the night sky is another one


def test_two_objects_are_a_caption_where_captions_of_two_were_trained_on(reader: Reader, known: Known) -> None:
    one = replace(known, captions=("a dog", "a blue dog", "a dog on a red background"))
    two = replace(one, captions=(*one.captions, "a blue dog and an apple"))
    understood = explain("a blue dog and a red car on a white background", reader, known)
    assert caption(understood, one) == "a blue dog on a white background"
    assert caption(understood, two) == "a blue dog and a red car on a white background"
    assert "captions of one object" in str(hint(understood, one)) and hint(understood, two) is None


def test_a_damaged_probe_is_refused(tmp_path: Path) -> None:
    assert read_probe(tmp_path) is None
    folder = tmp_path / FOLDER
    shutil.copytree(EMBEDDED / FOLDER, folder)
    (folder / WEIGHTS_FILE).write_bytes(b"12345678")
    with pytest.raises(InputError, match="no probe that can be read"):
        read_probe(tmp_path)
    (folder / SETTINGS_FILE).write_text("{}")
    with pytest.raises(InputError, match="no probe that can be read"):
        read_probe(tmp_path)
