"""What happens in the tab *Guide a generation*, without a browser."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from PIL import Image

from studio.service.guide.run import GuideEvent, PaintResult
from studio.ui.guide import events as guide_events
from studio.ui.guide.choice import GuideChoice
from studio.ui.guide.events import GuideRun
from studio.ui.guide.parts import GuideTab
from studio.ui.guide.run import NOTHING
from studio.ui.guide.tab import lay_out_guide_tab
from studio.ui.session import Session
from studio.watch import Cancelled


@pytest.fixture
def tab() -> GuideTab:
    with gr.Blocks():
        return lay_out_guide_tab()


def test_a_stop_file_is_of_one_run(session: Session) -> None:
    first = session.guide.stop = session.new_stop()
    session.guide.press_stop()
    assert first.path.exists()
    assert not session.new_stop().path.exists()


def test_a_new_run_of_a_page_ends_the_last_one(
    session: Session, tab: GuideTab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def paint(job: Any, device: str, stop: Path) -> Any:
        for done in range(3):
            if stop.exists():
                raise Cancelled
            yield GuideEvent(done / 3, f"step {done}")
        yield PaintResult(job, Image.new("RGB", (8, 8)), 0.1)

    monkeypatch.setattr(guide_events, "paint", paint)
    choice = GuideChoice(prompt="a cat", kind=NOTHING)
    first = GuideRun(tab, session, choice).updates()
    next(first), next(first)
    second = GuideRun(tab, session, replace(choice, prompt="a dog")).updates()
    next(second)
    assert not list(first), "the page belongs to the second"
    *_, last = second
    assert [each.job.generation.prompt for each in session.guide.painted] == ["a dog"]
    assert last[tab.outcome.visit][0][1] == "a dog · 8 × 8" and last[tab.run.status] == ""  # type: ignore[index]


def test_a_failure_nobody_foresaw_leaves_a_usable_page(
    session: Session, tab: GuideTab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def paint(*_: Any) -> Any:
        raise ZeroDivisionError("secret")
        yield

    monkeypatch.setattr(guide_events, "paint", paint)
    *_, last = GuideRun(tab, session, GuideChoice(prompt="a cat", kind=NOTHING)).updates()
    said = str(last[tab.run.status])
    assert "not foreseen" in said and "secret" not in said
    assert last[tab.run.start] == gr.update(interactive=True)
    assert last[tab.run.stop] == gr.update(interactive=False)
