"""What happens in the tab *Match colours*, without a browser."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest

from reswd_torch.grade.trims import Trims
from studio.ui import words
from studio.ui.app import build_app
from studio.ui.controls import PALETTE
from studio.ui.match import downloads, guarded, run
from studio.ui.match import show as match_show
from studio.ui.match.choice import MatchChoice
from studio.ui.match.events import MatchEvents
from studio.ui.match.tab import lay_out_match_tab
from studio.ui.pictures import Painted
from studio.ui.session import Session
from studio.ui.wiring import Updates
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


@pytest.mark.parametrize("part", ["chart", "buttons"])
def test_an_answer_tells_of_what_is_on_the_screen_as_it_is_sent(
    session: Session, events: MatchEvents, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    """The trims are set back while the answer of a move before it is being made, or that of a match: neither tells of them."""
    tab = events.tab
    sides = {"source": session.match.source, "reference": session.match.reference}
    sent = {role: str(side.path) for role, side in sides.items() if side is not None}
    choice = MatchChoice(aim="colours", transform="cdl", **sent)
    warm, neutral = (list(tab.result.trims.set_to(trims).values()) for trims in (Trims(neutralise=0.5), Trims()))
    list(events.run_match(session, *_values(choice)))
    place, name = (run, "distributions") if part == "chart" else (match_show, "cube_line")
    made, pressed = getattr(place, name), [False]

    def meanwhile(*given: Any) -> Any:
        if pressed[0]:
            pressed[0] = False
            events.rest(session, 33, 1.0, *neutral)
        return made(*given)

    monkeypatch.setattr(place, name, meanwhile)
    for act in (lambda: events.rest(session, 33, 1.0, *warm), lambda: _last_shown(events, session, choice)):
        events.rest(session, 33, 1.0, *warm)
        pressed[0] = True
        answer = act()
        assert not pressed[0] and answer[tab.result.trims.said] == ""
        assert answer[tab.downloads.grades[".cdl"]]["interactive"] is True  # type: ignore[index]
        shown = session.match.shown
        assert shown is not None and answer[tab.details.numbers] == run.show(session, shown).numbers


def _last_shown(events: MatchEvents, session: Session, choice: MatchChoice) -> Updates:
    """The last answer of a match that tells of its grade."""
    said = events.tab.result.trims.said
    return [updates for updates in events.run_match(session, *_values(choice)) if said in updates][-1]


def _values(choice: MatchChoice) -> list[object]:
    return [getattr(choice, field.name) for field in fields(choice)]
