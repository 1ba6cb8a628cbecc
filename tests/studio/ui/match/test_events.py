"""What happens in the tab *Match colours*, without a browser."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import gradio as gr
import numpy as np
import pytest

from studio.ui import words
from studio.ui.app import build_app
from studio.ui.controls import PALETTE
from studio.ui.match import downloads, guarded, run
from studio.ui.match.choice import MatchChoice
from studio.ui.match.events import MatchEvents
from studio.ui.match.tab import lay_out_match_tab
from studio.ui.pictures import Painted
from studio.ui.session import Session
from tests.studio.ui.conftest import REFERENCE


def test_an_unforeseen_error_leaves_the_page_usable(
    session: Session, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("CUDA out of memory")

    app = build_app()
    monkeypatch.setattr(run, "match_now", fail)
    monkeypatch.setattr(guarded, "compare", fail)
    for name in ("run_match", "run_compare"):
        handler = next(each for each in app.fns.values() if each.name == name)
        values = [getattr(component, "value", None) for component in handler.inputs]
        first, last = handler.fn(session, *values[1:])  # type: ignore[misc]
        enabled = {key.elem_id: update["interactive"] for key, update in last.items() if isinstance(update, dict)}
        assert not first[next(key for key in first if key.elem_id == "match")]["interactive"]
        assert (enabled["match"], enabled["compare"]) == (True, True)
        assert words.message(words.UNEXPECTED) in last.values()
    assert caplog.text.count("Traceback") == 2
    assert caplog.text.count("RuntimeError: CUDA out of memory") == 2


def test_an_unforeseen_error_in_a_download_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device", "/srv/secret")

    with gr.Blocks():
        events = MatchEvents(lay_out_match_tab(), gr.State(Session()))
    monkeypatch.setattr(downloads, "make_download", fail)
    monkeypatch.setattr(gr, "Warning", lambda text, **_: said.append(text))
    values = [part.value for part in events.tab.result.trims.components]
    assert events.make_download(Session(), 33, 1.0, *values, kind=".cube") is None
    assert said == [words.UNEXPECTED]


@pytest.fixture
def events() -> MatchEvents:
    with gr.Blocks():
        return MatchEvents(lay_out_match_tab(), gr.State(Session()))


def test_a_refused_picture_leaves_the_mask_on_the_page_and_another_one_clears_it(
    session: Session, events: MatchEvents, tmp_path: Path
) -> None:
    side, place, mask = session.match.source, events.tab.inputs.places["source"], events.tab.more.masks["source"]
    assert side is not None
    side.painted = Painted(np.eye(9, dtype=np.uint8))
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no picture")
    assert set(events.choose_picture(session, str(bad), "source")) == {place.preview, place.about}
    updates = events.choose_picture(session, str(REFERENCE), "source")
    assert (updates[mask.file], updates[mask.painted]) == (None, "")
    chosen = session.match.source
    assert chosen is not None and updates[place.preview] == [str(REFERENCE), str(chosen.placed)]


def test_words_of_a_match_stay_until_something_else_is_chosen(session: Session, events: MatchEvents) -> None:
    status = events.tab.run.status
    assert events.settle(session, *_values(MatchChoice()))[status] == ""
    places = {"source": session.match.source, "reference": session.match.reference}
    sent = MatchChoice(seed=0.5, **{role: str(side.path) for role, side in places.items() if side is not None})
    *_, last = events.run_match(session, *_values(sent))
    assert "whole number" in str(last[status])
    assert status not in events.settle(session, *_values(sent))
    assert events.settle(session, *_values(MatchChoice(kind=PALETTE, palette="#123456")))[status] == ""


def _values(choice: MatchChoice) -> list[object]:
    return [getattr(choice, field.name) for field in fields(choice)]
