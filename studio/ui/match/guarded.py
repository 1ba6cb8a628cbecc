"""The two runs of the tab *Match colours*, as the guard runs them: a match, and *Compare methods*."""

from __future__ import annotations

from collections.abc import Generator

import gradio as gr

from studio.ui.controls import SAVED
from studio.ui.guard import Run, RunButtons
from studio.ui.match import choose, run
from studio.ui.match.choice import MatchChoice
from studio.ui.match.parts import MatchTab
from studio.ui.match.show import show
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
        session.match.stop = session.new_stop()

    def begin(self) -> Updates:
        both = (self.tab.run.start, self.tab.comparison.run.start)
        return {start: gr.update(interactive=False) for start in both}

    def end(self) -> Updates:
        self.session.match.judged = choose.chosen(self.session, self.choice.kind, self.choice.palette)
        return {
            self.tab.run.start: gr.update(interactive=True),
            self.tab.comparison.run.start: gr.update(interactive=self.choice.kind != SAVED),
        }

    def when_stopped(self) -> str:
        return "Stopped. The last result is still here." if self.session.match.shown else "Stopped."


class MatchRun(_RunOfTab):
    """A match, or a saved grade that is applied."""

    def __init__(self, tab: MatchTab, session: Session, choice: MatchChoice) -> None:
        super().__init__(tab, session, choice, tab.run)

    def work(self) -> Generator[Updates, None, str]:
        choice = choose.catch_up(self.session, self.choice)
        shown = run.match_and_show(self.session, choice, gr.Progress())
        yield show(self.tab, self.session, shown, choice.cube_size)
        return ""


class CompareRun(_RunOfTab):
    """All methods, one after the other."""

    def __init__(self, tab: MatchTab, session: Session, choice: MatchChoice) -> None:
        super().__init__(tab, session, choice, tab.comparison.run)

    def work(self) -> Generator[Updates, None, str]:
        choice = choose.catch_up(self.session, self.choice)
        compared = self.tab.comparison.compared
        for tiles in run.compare(self.session, choice, gr.Progress()):
            # Made visible once: Gradio 6.31 loses the later ones of quick updates that also say so.
            yield {compared: gr.update(value=tiles, visible=True) if len(tiles) == 1 else tiles}
        return ""
