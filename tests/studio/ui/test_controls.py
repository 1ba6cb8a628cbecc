"""Controls that stand in more than one tab."""

from __future__ import annotations

import gradio as gr
import pytest

from reswd_torch import InputError
from reswd_torch.settings import METHODS, MatchSettings
from studio.ui.controls import (
    KINDS,
    PALETTE,
    PICTURE,
    SAVED,
    Aims,
    aim_choices,
    chosen_aim,
    show_aims,
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
