"""What the tab *Guide a generation* says below a prompt, without a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from studio.ui.controls import PALETTE, PICTURE
from studio.ui.guide.events import GuideEvents
from studio.ui.guide.run import KEPT, NOTHING
from studio.ui.guide.tab import lay_out_guide_tab
from studio.ui.session import Session
from tests.studio.ui.guide.conftest import kept_job

WARNING = "The prompt asks for blue; the palette has none."


@pytest.fixture
def events() -> GuideEvents:
    with gr.Blocks():
        return GuideEvents(lay_out_guide_tab(), gr.State())


def said(events: GuideEvents, session: Session, prompt: str | None, **given: Any) -> str:
    asked = {"model": "pocket-64", "kind": NOTHING, "palette": ""} | given
    (text,) = events.show_hint(session, prompt=prompt, **asked).values()
    assert isinstance(text, str)
    return text


def test_what_is_understood_stands_below_the_prompt(events: GuideEvents, session: Session) -> None:
    text = said(events, session, "a blue dog on a red background")
    assert text == '<p class="about">Understood: object dog · object&#x27;s colour blue · background red</p>'
    assert said(events, session, "") == said(events, session, None) == ""


def test_what_is_not_understood_is_a_message(events: GuideEvents, session: Session) -> None:
    text = said(events, session, "a stapler")
    assert 'class="message"' in text and "names none of them" in text and "Understood" not in text
    assert "<b>" not in said(events, session, "<b>собака</b>")


def test_colours_that_the_palette_lacks_are_told(events: GuideEvents, session: Session) -> None:
    prompt = "a blue dog on a white background"
    assert WARNING in said(events, session, prompt, kind=PALETTE, palette="#d4281f,#ffffff")
    assert WARNING not in said(events, session, prompt, kind=PALETTE, palette="#2a66d8,#ffffff")
    for half_written in ("#zz", "", "#"):
        assert 'class="message"' not in said(events, session, prompt, kind=PALETTE, palette=half_written)


def test_so_are_those_of_a_picture_and_of_kept_colours(events: GuideEvents, session: Session, tmp_path: Path) -> None:
    prompt = "a blue dog"
    assert "message" not in said(events, session, prompt, kind=PICTURE), "none is chosen yet"
    session.guide.kept = kept_job()
    kept = said(events, session, "a red dog", kind=KEPT)
    assert "The prompt asks for red; the reference has none." in kept


def test_of_other_models_nothing_is_said(events: GuideEvents, session: Session) -> None:
    assert said(events, session, "a blue dog", model="nobody/nothing") == ""
    assert said(events, session, "a blue dog", model=None) == ""
