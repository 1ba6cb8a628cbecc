"""What happens in the tab *Guide a generation*, without a browser."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from PIL import Image

from guidance.settings import GuidanceSettings
from studio.jobs import GuideJob
from studio.service.guide.run import GuideEvent, GuideResult, PaintResult
from studio.ui.guide import events as guide_events
from studio.ui.guide.choice import GuideChoice
from studio.ui.guide.events import GuideEvents, GuideRun
from studio.ui.guide.parts import GuideTab
from studio.ui.guide.run import KEPT, NOTHING
from studio.ui.guide.tab import lay_out_guide_tab
from studio.ui.session import Session
from studio.watch import Cancelled
from tests.studio.ui.guide.conftest import kept_job


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


def quick(job: Any, device: str, stop: Path) -> Any:
    """Paint one colour, as :func:`studio.service.guide.stream.paint` does; Stop ends it."""
    yield GuideEvent(0.5, "step 1 of 2")
    if stop.exists():
        raise Cancelled
    image = Image.new("RGB", (8, 8), "grey")
    if isinstance(job, GuideJob):
        yield GuideResult(job, image, image if job.plain else None, 1.0, 2.0 if job.plain else None, 0.1, ())
    else:
        yield PaintResult(job, image, 0.1)


def test_several_pictures_appear_one_after_the_other(
    session: Session, tab: GuideTab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guide_events, "paint", quick)
    told = list(GuideRun(tab, session, GuideChoice(prompt="a cat", kind=NOTHING, seed=5, count=3)).updates())
    lengths = [len(each[tab.outcome.visit]) for each in told if tab.outcome.visit in each]  # type: ignore[arg-type]
    assert lengths == [1, 2, 3]
    assert [each.job.generation.seed for each in session.guide.painted] == [7, 6, 5]
    captions = [caption for _, caption in told[-1][tab.outcome.visit]]  # type: ignore[attr-defined]
    assert captions == [f"a cat · 8 × 8 · seed {seed}" for seed in (7, 6, 5)]
    said = "".join(str(each.get(tab.run.status)) for each in told)
    assert "Picture 1 of 3: step 1 of 2" in said and "Picture 3 of 3: step 1 of 2" in said
    assert 'aria-valuenow="50"' in said, "half of the second is half of all"


def test_stop_keeps_the_pictures_that_are_done(
    session: Session, tab: GuideTab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guide_events, "paint", quick)
    run = GuideRun(tab, session, GuideChoice(prompt="a cat", kind=NOTHING, seed=5, count=4)).updates()
    while len(session.guide.painted) < 2:
        next(run)
    session.guide.press_stop()
    *_, told = run
    assert "Stopped. 2 of 4 pictures are done and kept." in str(told[tab.run.status])
    assert [each.job.generation.seed for each in session.guide.painted] == [6, 5]
    assert "seed 6" in str(told[tab.outcome.figures]), "the last one that was done is seen"
    assert all(each.picture.is_file() for each in session.guide.painted)


def test_a_drawn_seed_is_written_into_its_field_for_one_picture_only(
    session: Session, tab: GuideTab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guide_events, "paint", quick)
    choice = GuideChoice(prompt="a cat", kind=NOTHING, seed=None)
    *_, one = GuideRun(tab, session, choice).updates()
    assert one[tab.model.seed] == session.guide.painted[0].job.generation.seed
    *_, several = GuideRun(tab, session, replace(choice, count=2)).updates()
    assert tab.model.seed not in several, "so that the next press draws others"


def test_a_plain_picture_comes_with_its_match_and_a_dropped_one_says_what_it_is(
    session: Session, tab: GuideTab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guide_events, "paint", quick)
    session.guide.kept = kept_job(guidance=GuidanceSettings(avoid="#ff0000"))
    choice = GuideChoice(prompt="a cat", kind=KEPT, plain=True, avoid="#ff0000")
    *_, last = GuideRun(tab, session, choice).updates()
    (painted,) = session.guide.painted
    assert painted.matched is not None and painted.matched.name == "a cat matched.png"
    assert last[tab.outcome.get_matched] == gr.update(value=str(painted.matched), visible=True)
    assert last[tab.outcome.matched_group] == gr.update(visible=True)
    assert "matched afterwards" in str(last[tab.outcome.figures])
    with gr.Blocks():
        dropped = GuideEvents(tab, gr.State()).take_file(session, str(painted.matched))
    assert dropped[tab.outcome.picture]["label"] == "Plain, matched afterwards"  # type: ignore[index]
    assert (dropped[tab.wishes.avoid], dropped[tab.wishes.plain], dropped[tab.model.count]) == ("#ff0000", True, 1)
    *_, without = GuideRun(tab, session, replace(choice, plain=False)).updates()
    assert session.guide.painted[0].matched is None
    assert without[tab.outcome.get_matched] == gr.update(value=None, visible=False)
    assert "matched" not in str(without[tab.outcome.figures])


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
