"""The handlers of the tab *Grade a clip*: what of the page changes, and what stays as it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import gradio as gr
import numpy as np
import pytest

from studio.ui.clip.choice import ClipChoice
from studio.ui.clip.events import ClipEvents
from studio.ui.clip.guarded import GradeRun, MatchRun
from studio.ui.clip.parts import ClipTab
from studio.ui.session import Session
from studio.ui.wiring import Updates
from tests.studio.media.clips.made import shown


@pytest.fixture(scope="module")
def events(tab: ClipTab) -> ClipEvents:
    return ClipEvents(tab, gr.State())


def picture(place: Any) -> np.ndarray:
    return cv2.cvtColor(cv2.imread(str(place)), cv2.COLOR_BGR2RGB)


def viewed(updates: Updates, state: Any, session: Session) -> tuple[Any, Any]:
    """The frames in the viewer, before and after; None for none."""
    told = json.loads(str(updates[state]))
    files = (told["before"], told["after"])
    before, after = (None if name is None else picture(session.folder / name) for name in files)
    return before, after


def seen(updates: Updates, group: Any) -> bool:
    """Whether a part of the page is shown after the updates."""
    return bool(updates[group]["visible"])  # type: ignore[index]


def test_a_clip_that_is_dropped_is_described_and_its_first_frame_is_seen(
    events: ClipEvents, empty_session: Session, clip: Path
) -> None:
    view = events.tab.view
    updates = events.choose_source(empty_session, str(clip), 33)
    assert "40 frames, 1.6 s" in str(updates[events.tab.inputs.about])
    before, after = viewed(updates, view.viewer.state, empty_session)
    assert after is None and np.array_equal(before, shown(clip)[0])
    assert seen(updates, view.scrubber) and updates[view.frame]["maximum"] == 40  # type: ignore[index]
    gone = events.choose_source(empty_session, None, 33)
    assert viewed(gone, view.viewer.state, empty_session) == (None, None) and not seen(gone, view.scrubber)
    empty_session.clip.close()


def test_a_file_that_is_refused_leaves_page_and_place(events: ClipEvents, matched: Session, tmp_path: Path) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"nothing")
    updates = events.choose_source(matched, str(bad), 33)
    inputs = events.tab.inputs
    assert updates[inputs.source] == str(tmp_path / "shot.mp4"), "the place holds the last one again"
    assert "bad.mp4: this is not a video file" in str(updates[inputs.about])
    assert set(updates) == {inputs.source, inputs.about}


def test_looking_shows_the_frame_and_a_lost_file_is_said(events: ClipEvents, matched: Session, clip: Path) -> None:
    frames, view = shown(clip), events.tab.view
    updates = events.look(matched, 26, hurried=False, resting=True)
    before, after = viewed(updates, view.viewer.state, matched)
    assert np.array_equal(before, frames[25])
    assert np.array_equal(after, matched.clip.shown.graded(frames[25]))  # type: ignore[union-attr]
    assert "Frame 26 of 40" in str(updates[view.place])
    assert "Frame 40 of 40" in str(events.look(matched, 4000)[view.place])
    matched.clip.close()
    clip.unlink()
    lost = events.look(matched, 3)
    assert "shot.mp4: there is no such file" in str(lost[events.tab.run.status]) and len(lost) == 1


def test_a_match_that_fails_says_so_and_keeps_what_was_there(events: ClipEvents, matched: Session) -> None:
    kept, tab = matched.clip.shown, events.tab
    told = list(MatchRun(tab, matched, ClipChoice(source=_source(matched), seed=0.5)).updates())
    assert "whole number" in str(told[-1][tab.run.status])
    assert matched.clip.shown is kept and tab.view.viewer.state not in told[-1]
    assert told[0][tab.graded.run.start]["interactive"] is False  # type: ignore[index]
    assert told[-1][tab.graded.run.start]["interactive"] is True  # type: ignore[index]


def test_the_whole_clip_is_taken_away(events: ClipEvents, matched: Session) -> None:
    graded = events.tab.graded
    told = list(GradeRun(events.tab, matched, "").updates())
    file = told[-2][graded.download]["value"]  # type: ignore[index]
    assert Path(file).name == "shot matched.mp4" and told[-2][graded.player] == file
    assert "40 frames, 1.6 s" in str(told[-2][graded.about]) and told[-1][graded.bar] == ""
    stopped = GradeRun(events.tab, matched, ".mkv")
    matched.clip.press_stop()
    last = list(stopped.updates())[-1]
    assert "Stopped. Nothing was kept of this run. The clip that was graded before is still here." in str(
        last[graded.run.status]
    )
    assert Path(file).is_file()


def _source(session: Session) -> str:
    clip = session.clip.source.clip
    assert clip is not None
    return str(clip.path)
