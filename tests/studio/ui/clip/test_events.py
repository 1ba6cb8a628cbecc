"""The handlers of the tab *Grade a clip*: what of the page changes, and what stays as it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest

from reswd_torch.grade.trims import Trims
from studio.ui.clip import choose, run
from studio.ui.clip import show as clip_show
from studio.ui.clip.choice import ClipChoice
from studio.ui.clip.events import ClipEvents
from studio.ui.clip.guarded import GradeRun, MatchRun
from studio.ui.clip.parts import ClipTab
from studio.ui.controls import SAVED
from studio.ui.session import Session
from studio.ui.wiring import Updates
from studio.views.pyramid import TILE
from studio.views.shown import shown_pixels
from tests.studio.media.clips.made import shown


@pytest.fixture(scope="module")
def events(tab: ClipTab) -> ClipEvents:
    return ClipEvents(tab, gr.State())


def viewed(updates: Updates, session: Session, state: Any) -> tuple[Any, Any]:
    """The frames in the viewer at their full size, before and after; None for none."""
    told = json.loads(str(updates[state]))
    before, after = (None if told[name] is None else whole(session, told[name]["look"]) for name in ("before", "after"))
    return before, after


def whole(session: Session, number: int) -> np.ndarray:
    """All of a look, put together of its tiles as a browser would."""
    look = session.desk.look(number)
    assert look is not None
    height, width = look.pyramid.size
    columns, rows = -(-width // TILE), -(-height // TILE)
    return np.vstack(
        [
            np.hstack([shown_pixels(look.pyramid.tile(0, column, row), look.grade) for column in range(columns)])
            for row in range(rows)
        ]
    )


def seen(updates: Updates, group: Any) -> bool:
    """Whether a part of the page is shown after the updates."""
    return bool(updates[group]["visible"])  # type: ignore[index]


def test_a_clip_that_is_dropped_is_described_and_its_first_frame_is_seen(
    events: ClipEvents, empty_session: Session, clip: Path
) -> None:
    view = events.tab.view
    updates = events.choose_source(empty_session, str(clip), 33)
    assert "40 frames, 1.6 s" in str(updates[events.tab.inputs.about])
    before, after = viewed(updates, empty_session, view.desk.state)
    assert after is None and np.array_equal(before, shown(clip)[0])
    assert seen(updates, view.scrubber) and updates[view.frame]["maximum"] == 40  # type: ignore[index]
    gone = events.choose_source(empty_session, None, 33)
    assert viewed(gone, empty_session, view.desk.state) == (None, None) and not seen(gone, view.scrubber)
    empty_session.clip.close()


def test_a_file_that_is_refused_leaves_page_and_place(events: ClipEvents, matched: Session, tmp_path: Path) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"nothing")
    updates = events.choose_source(matched, str(bad), 33)
    inputs = events.tab.inputs
    assert updates[inputs.source] == str(tmp_path / "shot.mp4"), "the place holds the last one again"
    assert "bad.mp4: this is not a video file" in str(updates[inputs.about])
    assert set(updates) == {inputs.source, inputs.about}


def rest(events: ClipEvents, session: Session, frame: object, strength: object = 1.0, **trims: float) -> Updates:
    """The sliders rest there."""
    values = events.tab.view.trims.set_to(Trims(**trims)).values()
    return events.rest(session, 33, frame, strength, *values, move=4)


def test_where_the_sliders_rest_that_is_shown_and_a_lost_file_is_said(
    events: ClipEvents, matched: Session, clip: Path
) -> None:
    frames, view = shown(clip), events.tab.view
    updates = rest(events, matched, 26, 0.5, exposure=0.3)
    before, after = viewed(updates, matched, view.desk.state)
    result = matched.clip.shown
    assert result is not None and (result.grade.strength, result.grade.trims) == (0.5, Trims(exposure=0.3))
    assert np.array_equal(before, frames[25])
    assert np.array_equal(after, result.graded(frames[25]))
    told = json.loads(str(updates[view.desk.state]))
    assert (told["frame"], told["move"], told["reference"]["name"]) == (26, 4, "look.png")
    assert "LUT" in str(updates[view.trims.said])
    assert json.loads(str(rest(events, matched, 4000)[view.desk.state]))["frame"] == 40
    assert "Frame 3 of 40" in str(events.say_place(matched, 3)[view.place])
    assert set(rest(events, matched, None)) == {events.tab.run.status}, "a field is being typed in"
    matched.clip.close()
    clip.unlink()
    lost = rest(events, matched, 3)
    assert "shot.mp4: there is no such file" in str(lost[events.tab.run.status]) and len(lost) == 1


def test_what_is_told_later_has_a_larger_number_whatever_it_took(events: ClipEvents, matched: Session) -> None:
    state = events.tab.view.desk.state
    numbers = [json.loads(str(rest(events, matched, frame)[state]))["at"] for frame in (1, 9, 1)]
    assert numbers == sorted(set(numbers))


def test_a_match_shows_the_frame_where_the_slider_went_meanwhile(
    events: ClipEvents, matched: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab, match, side = events.tab, run.match, matched.clip.reference.side
    assert side is not None
    choice = ClipChoice(source=_source(matched), reference=str(side.path), frame=5)

    def slow(*given: Any) -> Any:
        rest(events, matched, 21, 0.7)
        return match(*given)

    monkeypatch.setattr(run, "match", slow)
    told = [updates for updates in MatchRun(tab, matched, choice).updates() if tab.view.desk.state in updates]
    assert json.loads(str(told[-1][tab.view.desk.state]))["frame"] == 21


def test_sliders_that_move_while_a_match_waits_for_its_turn_win(
    events: ClipEvents, matched: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The button sent what they said as it was pressed; what they say since then was told later."""
    rest(events, matched, 1, 0.5, temperature=30.0)
    sent, catch_up = list(events.tab.view.trims.set_to(Trims(temperature=30)).values()), choose.catch_up

    def waits(*given: Any) -> None:
        rest(events, matched, 1, 0.8)
        catch_up(*given)

    monkeypatch.setattr(choose, "catch_up", waits)
    list(MatchRun(events.tab, matched, _choice(matched, strength=0.5), sent).updates())
    taken = matched.clip.shown
    assert taken is not None and taken.grade.trims.is_neutral and taken.grade.strength == 0.8
    assert taken.job.settings.transform == "cdl"


def test_trims_that_the_session_was_never_told_of_come_with_the_button(events: ClipEvents, page: Session) -> None:
    sent = list(events.tab.view.trims.set_to(Trims(temperature=30)).values())
    list(MatchRun(events.tab, page, _choice(page, strength=0.5), sent).updates())
    taken = page.clip.shown
    assert taken is not None and (taken.grade.trims, taken.grade.strength) == (Trims(temperature=30), 0.5)


def test_a_saved_grade_that_is_dropped_while_a_match_runs_sets_that_as_well(
    events: ClipEvents, matched: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warm = run.set_live(matched, 0.5, Trims(temperature=30))
    assert warm is not None
    settings = tmp_path / "shot matched.json"
    settings.write_text(warm.settings_text())
    rest(events, matched, 1, 1.0)
    begun = run.run

    def runs(*given: Any) -> Any:
        events.choose_grade(matched, str(settings))
        return begun(*given)

    monkeypatch.setattr(run, "run", runs)
    list(MatchRun(events.tab, matched, _choice(matched)).updates())
    taken = matched.clip.shown
    assert taken is not None and (taken.grade.trims, taken.grade.strength) == (Trims(temperature=30), 0.5), (
        "as the sliders say since then"
    )


def test_an_answer_tells_of_what_is_on_the_screen_as_it_is_sent(
    events: ClipEvents, matched: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The trims are set back while the answer of a match is being made: it must not tell of the trims that were."""
    rest(events, matched, 1, 1.0, neutralise=0.5)
    view, buttons, numbers = events.tab.view, events.tab.downloads.grades, clip_show.numbers
    answers: list[Updates] = []

    def meanwhile(*given: Any) -> str:
        if not answers:
            answers.append({})
            answers[0] = rest(events, matched, 1, 1.0)
        return numbers(*given)

    monkeypatch.setattr(clip_show, "numbers", meanwhile)
    told = [each for each in MatchRun(events.tab, matched, _choice(matched)).updates() if view.trims.said in each]
    for answer in (answers[0], told[-1]):
        assert answer[view.trims.said] == "" and answer[buttons[".cc"]]["interactive"] is True  # type: ignore[index]
    telling = [json.loads(str(answer[view.desk.state])) for answer in (answers[0], told[-1])]
    assert telling[0]["at"] < telling[1]["at"], "the viewer keeps the last one"


def test_a_saved_grade_sets_the_sliders_to_its_strength_and_trims(
    events: ClipEvents, matched: Session, tmp_path: Path
) -> None:
    rest(events, matched, 1, 0.5, exposure=0.3, neutralise=0.5)
    result = matched.clip.shown
    assert result is not None
    settings = tmp_path / "shot matched.json"
    settings.write_text(result.settings_text())
    updates, view = events.choose_grade(matched, str(settings)), events.tab.view
    assert updates[view.strength] == 0.5
    assert (updates[view.trims.parts["exposure"]], updates[view.trims.parts["neutralise"]]) == (0.3, 0.5)
    list(MatchRun(events.tab, matched, ClipChoice(source=_source(matched), kind=SAVED, strength=0.5)).updates())
    taken = matched.clip.shown
    assert taken is not None and taken.job.saved_grade is not None
    frame = shown(Path(_source(matched)))[7]
    assert np.array_equal(taken.graded(frame), result.graded(frame))
    rest(events, matched, 1, 0.5)
    bare = matched.clip.shown
    assert bare is not None and bare.grade.trims.is_neutral, "its trims can be taken away"
    rest(events, matched, 1, 0.5, neutralise=1.0)
    pure = matched.clip.shown
    assert pure is not None and pure.grade.gains is not None, "the cast of this clip is looked for"


def test_a_match_that_fails_says_so_and_keeps_what_was_there(events: ClipEvents, matched: Session) -> None:
    kept, tab = matched.clip.shown, events.tab
    told = list(MatchRun(tab, matched, ClipChoice(source=_source(matched), seed=0.5)).updates())
    assert "whole number" in str(told[-1][tab.run.status])
    assert matched.clip.shown is kept and tab.view.desk.state not in told[-1]
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


def _choice(session: Session, *, strength: float = 1.0) -> ClipChoice:
    """A match to ten numbers of what is in the places."""
    side = session.clip.reference.side
    assert side is not None
    return ClipChoice(source=_source(session), reference=str(side.path), transform="cdl", strength=strength)


def _source(session: Session) -> str:
    clip = session.clip.source.clip
    assert clip is not None
    return str(clip.path)
