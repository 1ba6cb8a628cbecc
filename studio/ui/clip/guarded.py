"""The two runs of the tab *Grade a clip*, as the guard runs them: the match, and the whole clip."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import gradio as gr

from studio.ui.clip import choose, run, words
from studio.ui.clip.choice import ClipChoice
from studio.ui.clip.grade import Finished, grade_clip
from studio.ui.clip.parts import ClipTab
from studio.ui.clip.show import show
from studio.ui.guard import Run, RunButtons
from studio.ui.session import Session
from studio.ui.settings import Sent
from studio.ui.visits import caller_left
from studio.ui.wiring import Updates


class _RunOfTab(Run):
    """What both runs have in common: while one of them goes on, neither can be started.

    Args:
        tab: the components.
        session: of the page.
        buttons: those of the run.
    """

    def __init__(self, tab: ClipTab, session: Session, buttons: RunButtons) -> None:
        super().__init__(buttons)
        self.tab, self.session = tab, session
        self.stop = session.clip.stop = session.new_stop()

    def begin(self) -> Updates:
        return {start: gr.update(interactive=False) for start in (self.tab.run.start, self.tab.graded.run.start)}

    def end(self) -> Updates:
        return {start: gr.update(interactive=True) for start in (self.tab.run.start, self.tab.graded.run.start)}


class MatchRun(_RunOfTab):
    """A match of the clip, or a saved grade that is taken for it.

    Args:
        tab: the components.
        session: of the page.
        choice: what the controls said when the button was pressed.
        trims: what those of the trims said. They count until the session was told of a move: that may be a later one, since
            the run may have waited for its turn.
    """

    def __init__(self, tab: ClipTab, session: Session, choice: ClipChoice, trims: Sequence[Sent] = ()) -> None:
        super().__init__(tab, session, tab.run)
        self.choice, self.trims = choice, trims

    def work(self) -> Generator[Updates, None, str]:
        state = self.session.clip
        choose.catch_up(self.session, self.choice)
        state.told = self.choice
        if self.trims:
            told = self.tab.view.trims.read(self.trims)
            with state.lock:
                state.trims = told if state.strength is None else state.trims
        if state.source.clip is not None:
            state.number = run.frame_number(self.choice.frame, state.source.clip)
        run.match(self.session, self.choice, gr.Progress())
        yield show(self.tab, self.session, self.choice.cube_size)
        return ""

    def when_stopped(self) -> str:
        return "Stopped. The last match is still here." if self.session.clip.shown else "Stopped."


class GradeRun(_RunOfTab):
    """The whole clip, through the grade on the screen."""

    def __init__(self, tab: ClipTab, session: Session, container: str) -> None:
        super().__init__(tab, session, tab.graded.run)
        self.container = container
        clip = session.clip.source.clip
        self.name = "" if clip is None else clip.path.name
        self.finished = False

    def begin(self) -> Updates:
        return {**super().begin(), self.tab.graded.bar: words.getting_ready(self.name)}

    def work(self) -> Generator[Updates, None, str]:
        graded, left = self.tab.graded, caller_left()
        for step in grade_clip(self.session, self.container, lambda: self.stop() or left()):
            if isinstance(step, Finished):
                yield self._taken_away(step)
            else:
                yield {graded.bar: words.progress(step.done, step.of, step.left, self.name)}
        return ""

    def _taken_away(self, step: Finished) -> Updates:
        """The graded clip on the page."""
        graded, file = self.tab.graded, str(step.delivered.written["output"])
        said = words.written(step.delivered, step.seconds)
        return {
            graded.about: said if step.plays else said + words.not_played(step.delivered.written["output"].name),
            graded.player: file if step.plays else None,
            graded.download: gr.update(value=file, interactive=True),
        }

    def end(self) -> Updates:
        return {**super().end(), self.tab.graded.bar: ""}

    def when_stopped(self) -> str:
        last = " The clip that was graded before is still here." if self.session.clip.folder else ""
        return f"Stopped. Nothing was kept of this run.{last}"
