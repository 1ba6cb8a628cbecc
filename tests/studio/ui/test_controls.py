"""Controls that stand in more than one tab."""

from __future__ import annotations

import gradio as gr
import pytest

from reswd_torch import InputError
from reswd_torch.settings import METHODS, PROTECTIONS, MatchSettings
from studio.ui.controls import (
    KINDS,
    PALETTE,
    PICTURE,
    SAVED,
    Aims,
    aim_choices,
    chosen_aim,
    chosen_protections,
    protection_choice,
    show_aims,
    show_protections,
    transform_choice,
)


@pytest.fixture
def aims() -> Aims:
    with gr.Blocks():
        return aim_choices("aim")


def test_a_picture_is_asked_for_three_things_and_a_palette_for_two(aims: Aims) -> None:
    assert aims.aim.choices == [("The look", "look"), ("The mood", "mood"), ("The colours", "colours")]
    assert aims.palette_aim.choices == aims.aim.choices[1:], "a palette has no look"
    assert (aims.aim.value, aims.palette_aim.value) == ("mood", "colours")
    for aim, of_palette in ((aims.aim.value, False), (aims.palette_aim.value, True)):
        assert aim == MatchSettings().aim_for(picture=not of_palette), "as without a word"


def test_the_kind_of_grade_is_automatic() -> None:
    with gr.Blocks():
        radio = transform_choice()
    assert radio.choices[0] == ("Automatic", "auto") and radio.value == "auto"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", METHODS)
def test_what_is_asked_follows_reference_and_method(aims: Aims, kind: str, method: str) -> None:
    updates, able = show_aims(aims, kind, method), method == "fast"
    assert set(updates) == set(aims.components)
    assert updates[aims.aim_group] == gr.update(visible=kind == PICTURE)
    assert updates[aims.palette_aim_group] == gr.update(visible=kind == PALETTE)
    assert updates[aims.aim] == updates[aims.palette_aim] == gr.update(interactive=able)
    said = str(updates[aims.aim_help])
    assert (said == "") == (kind == SAVED)
    if kind != SAVED:
        assert ("takes all colours. To choose, take the method Fast sliced." in said) == (not able)
        assert not able or ("no look" in said) == (kind == PALETTE)


def test_the_aim_of_the_radio_in_sight_counts() -> None:
    assert chosen_aim(PICTURE, "fast", "look", "mood") == "look"
    assert chosen_aim(PALETTE, "fast", "look", "mood") == "mood"
    assert chosen_aim(SAVED, "fast", "look", "mood") == "auto"
    assert chosen_aim(PICTURE, "mkl", "look", "mood") == "auto"
    with pytest.raises(InputError, match="unknown method"):
        chosen_aim(PICTURE, "best", "look", "mood")


def test_a_mood_keeps_everything_at_first() -> None:
    with gr.Blocks():
        keep = protection_choice("keep")
    assert keep.choices == [("Blacks", "blacks"), ("Greys", "greys"), ("Skin", "skin"), ("Highlights", "highlights")]
    assert tuple(keep.value) == MatchSettings().protect == PROTECTIONS
    assert keep.visible, "the mood is what the page begins with"


@pytest.mark.parametrize(
    ("kind", "method", "aim", "palette_aim", "mood"),
    [
        (PICTURE, "fast", "mood", "colours", True),
        (PICTURE, "fast", "look", "mood", False),
        (PICTURE, "fast", "colours", "mood", False),
        (PALETTE, "fast", "look", "mood", True),
        (PALETTE, "fast", "mood", "colours", False),
        (SAVED, "fast", "mood", "mood", False),
        (PICTURE, "mkl", "mood", "mood", False),
    ],
)
def test_what_to_keep_is_asked_of_a_mood_alone(kind: str, method: str, aim: str, palette_aim: str, mood: bool) -> None:
    with gr.Blocks():
        keep = protection_choice("keep")
    assert show_protections(keep, kind, method, aim, palette_aim) == {keep: gr.update(visible=mood)}
    taken = chosen_aim(kind, method, aim, palette_aim)
    assert chosen_protections(taken, ["skin"]) == (["skin"] if mood else PROTECTIONS), "boxes out of sight do not count"
