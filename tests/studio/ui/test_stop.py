"""How Stop reaches a run."""

from __future__ import annotations

import pickle
from pathlib import Path

from studio.ui.session import Session, forget
from studio.ui.stop import StopFile, TabState


def test_a_stop_that_was_pressed_is_seen_by_another_process(tmp_path: Path) -> None:
    stop = StopFile(tmp_path / "stop")
    there = pickle.loads(pickle.dumps(stop))
    assert not stop() and not there()
    stop.press()
    assert stop() and there()


def test_a_page_that_is_closed_stops_its_runs(empty_session: Session) -> None:
    stop = empty_session.new_stop()
    assert not stop()
    forget(empty_session)
    assert stop()
    stop.press()  # nothing is left to write to, and nothing is raised


def test_every_run_has_a_stop_of_its_own(empty_session: Session) -> None:
    state = TabState()
    state.press_stop()  # nothing runs yet
    first = state.stop = empty_session.new_stop()
    state.press_stop()
    assert first() and not empty_session.new_stop()()
