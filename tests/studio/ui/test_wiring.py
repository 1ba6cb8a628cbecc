"""How components and values find each other."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr
import pytest

from studio.ui.batch.choice import BatchChoice
from studio.ui.batch.tab import lay_out_batch_tab
from studio.ui.wiring import Controls


@dataclass(frozen=True)
class Choice:
    prompt: str
    seed: int


@dataclass(frozen=True, eq=False)
class Left:
    start: gr.Button
    prompt: gr.Textbox


@dataclass(frozen=True, eq=False)
class Right:
    seed: gr.Number
    group: gr.Column


@pytest.fixture
def left() -> Left:
    return Left(gr.Button(), gr.Textbox())


@pytest.fixture
def right() -> Right:
    return Right(gr.Number(), gr.Column())


def test_values_arrive_by_name_wherever_their_components_stand(left: Left, right: Right) -> None:
    for records in ((left, right), (right, left)):
        controls = Controls(Choice, *records)
        sent = {left.prompt: "a cat", right.seed: 3}
        assert controls.read([sent[component] for component in controls.components]) == Choice("a cat", 3)


def test_a_component_can_be_named(left: Left, right: Right) -> None:
    other = gr.Textbox()
    assert other in Controls(Choice, right, prompt=other).components
    assert other in Controls(Choice, left, right, prompt=other).components


def test_what_cannot_be_wired_is_an_error_before_the_app_starts(left: Left, right: Right) -> None:
    with pytest.raises(ValueError, match="Choice: no component is called seed"):
        Controls(Choice, left)
    with pytest.raises(ValueError, match="Right: two components are called seed"):
        Controls(Choice, left, right, Right(gr.Number(), gr.Column()))
    with pytest.raises(ValueError, match="Choice: no field is called steps"):
        Controls(Choice, left, right, steps=gr.Number())


def test_one_value_too_many_is_an_error(left: Left, right: Right) -> None:
    with pytest.raises(ValueError, match="longer"):
        Controls(Choice, left, right).read(["a cat", 3, "?"])


def test_controls_left_alone_are_the_defaults_of_the_choice() -> None:
    with gr.Blocks():
        tab = lay_out_batch_tab()
    records = (tab.pictures, tab.colours, tab.colours.aims, tab.written, tab.more, tab.spaces)
    controls = Controls(BatchChoice, *records)
    shown = controls.read([component.value for component in controls.components])  # type: ignore[attr-defined]
    assert shown == BatchChoice(here=None, results=None)  # type: ignore[arg-type]
