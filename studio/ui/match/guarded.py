"""The two runs of the tab *Match colours*, as the guard runs them: a match, and *Compare methods*."""

from __future__ import annotations

from collections.abc import Generator

import gradio as gr

from studio.ui.controls import SAVED
from studio.ui.guard import Run, RunButtons
from studio.ui.match import choose, run
from studio.ui.match.choice import MatchChoice
from studio.ui.match.compare import compare
from studio.ui.match.history_view import compared_as_json
from studio.ui.match.looks import seen_as_json
from studio.ui.match.parts import MatchTab
from studio.ui.match.show import show_latest
from studio.ui.session import Session
from studio.ui.wiring import Updates


class _RunOfTab(Run):
    """What both runs have in common: while one of them goes on, neither can be started.

    Args:
        tab: the components.
        session: of the page.
        choice: the controls as they stood when the button was pressed.
        buttons: those of the run.
    """

    def __init__(self, tab: MatchTab, session: Session, choice: MatchChoice, buttons: RunButtons) -> None:
        super().__init__(buttons)
        self.tab, self.session, self.choice = tab, session, choice
        self._cut = False  # whether it stopped because its page was closed
        session.match.stop = self._stop = session.new_stop()
        session.match.working, session.match.told = self, choice

    def begin(self) -> Updates:
        both = (self.tab.run.start, self.tab.comparison.run.start)
        return {start: gr.update(interactive=False) for start in both}

    def end(self) -> Updates:
        if self.session.match.working is self and not self._cut:
            self.session.match.working = None
        self.session.match.judged = choose.chosen(self.session, self.choice.kind, self.choice.palette)
        return {
            self.tab.run.start: gr.update(interactive=True),
            self.tab.comparison.run.start: gr.update(interactive=self.choice.kind != SAVED),
        }

    def when_stopped(self) -> str:
        self._cut = not self._stop()
        return "Stopped. The last result is still here." if self.session.match.shown else "Stopped."


class MatchRun(_RunOfTab):
    """A match, or a saved grade that is applied."""

    def __init__(self, tab: MatchTab, session: Session, choice: MatchChoice) -> None:
        super().__init__(tab, session, choice, tab.run)

    def work(self) -> Generator[Updates, None, str]:
        choice = choose.catch_up(self.session, self.choice)
        result = run.match_now(self.session, choice, gr.Progress())
        yield {
            self.tab.result.desk.state: seen_as_json(self.session, result)
        }  # figures and chart take longer than the fit
        yield show_latest(self.tab, self.session, choice.cube_size)
        return ""


class CompareRun(_RunOfTab):
    """All methods, one after the other."""

    def __init__(self, tab: MatchTab, session: Session, choice: MatchChoice) -> None:
        super().__init__(tab, session, choice, tab.comparison.run)

    def work(self) -> Generator[Updates, None, str]:
        choice = choose.catch_up(self.session, self.choice)
        state = self.tab.comparison.strip.state
        for comparison in compare(self.session, choice, gr.Progress()):
            yield {state: compared_as_json(self.session, comparison)}
        return ""

    def end(self) -> Updates:
        """Also when it failed: the strip shows what there is."""
        told = compared_as_json(self.session, self.session.match.comparison)
        return {**super().end(), self.tab.comparison.strip.state: told}
