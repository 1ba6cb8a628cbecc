"""The tab *Batch*: its runs, and the ZIP of what they made."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from reswd_torch.errors import InputError
from studio.service.batch.part import Part
from studio.service.batch.uploads import UploadedBatch
from studio.ui import words as page_words
from studio.ui.batch import run, words
from studio.ui.batch.choice import BatchChoice
from studio.ui.batch.desk import ASK_AGAIN, Desk
from studio.ui.batch.parts import BatchTab
from studio.ui.batch.run import View
from studio.ui.batch.sheet_events import after_run
from studio.ui.batch.state import SINGLE, TRIAL, WHOLE
from studio.ui.guard import Run, words_for
from studio.ui.session import Session
from studio.ui.settings import strength_from
from studio.ui.spaces import shown_through
from studio.ui.visits import caller_left
from studio.ui.wiring import PRIVATE, QUICK, UNSEEN, Controls, Updates

_LOOK_JS = """() => {
  const place = document.querySelector('#batch-outcome'), {top} = place.getBoundingClientRect();
  if (top < 0 || top > innerHeight / 2) window.reswdBring(place, 'start');
}"""
"""Results are looked at where they come: beside the buttons, or below them on a narrow screen."""
_DOWNLOAD_JS = """(file) => {
  if (!file?.url) return;
  const link = Object.assign(document.createElement('a'), {href: file.url, download: 'matched.zip'});
  document.body.append(link);
  link.click();
  link.remove();
}"""


def wire_runs(tab: BatchTab, session: gr.State, allowed: Sequence[Path]) -> None:
    """Connect every button that starts or ends a run, and the one that takes the results away.

    Args:
        tab: the components.
        session: of the page.
        allowed: folders of this machine below which a person may name some.
    """
    RunEvents(tab, session, allowed).wire()


class RunEvents:
    """What happens when a run is asked for. For the arguments see :func:`wire_runs`."""

    def __init__(self, tab: BatchTab, session: gr.State, allowed: Sequence[Path]) -> None:
        self.tab, self.session, self.allowed = tab, session, allowed
        self.controls = Controls(
            BatchChoice, tab.pictures, tab.colours, tab.colours.aims, tab.written, tab.more, tab.spaces
        )

    def wire(self) -> None:
        """The buttons."""
        buttons, outcome = self.tab.run, self.tab.outcome
        shared: dict[str, Any] = {
            "outputs": run_outputs(self.tab),
            "concurrency_id": "batch",
            "concurrency_limit": 1,
            **UNSEEN,
            **PRIVATE,
        }
        values = [self.session, *self.controls.components]
        buttons.start.click(self.run_batch, values, **shared)
        self.tab.further.trial.click(self.run_trial, values, **shared)
        self.tab.further.go_on.click(self.go_on, self.session, **shared)
        for button in (buttons.start, self.tab.further.trial, self.tab.further.go_on):
            button.click(None, None, None, js=_LOOK_JS, **PRIVATE)
        outcome.sheet.submit(self.redo, self.session, **shared)
        buttons.stop.click(_stop, self.session, None, queue=False, **QUICK)
        outcome.download.click(
            self.pack,
            self.session,
            [outcome.packed, buttons.status],
            concurrency_id="batch-pack",
            concurrency_limit=1,
            **PRIVATE,
        ).then(None, outcome.packed, None, js=_DOWNLOAD_JS, **PRIVATE)

    def run_batch(self, session: Session, *values: Any) -> Iterator[Updates]:
        """*Process files*, or *Process folder*, was pressed."""
        yield from BatchRun(self.tab, session, self._wanted(values)).updates()

    def run_trial(self, session: Session, *values: Any) -> Iterator[Updates]:
        """*Try on three* was pressed."""
        yield from BatchRun(self.tab, session, self._wanted(values), Desk.trial, kind=TRIAL).updates()

    def go_on(self, session: Session) -> Iterator[Updates]:
        """*Go on* was pressed: what is not done yet is done, as it was asked for."""
        yield from BatchRun(self.tab, session, lambda: _again(session)).updates()

    def redo(self, session: Session, event: gr.EventData) -> Iterator[Updates]:
        """A single picture was given another strength."""
        yield from BatchRun(self.tab, session, lambda: _again(session), _One(event._data), kind=SINGLE).updates()

    def _wanted(self, values: tuple[Any, ...]) -> Callable[[], UploadedBatch]:
        return lambda: self.controls.read(values).wanted(self.allowed)

    def pack(self, session: Session) -> Updates:
        """The results were asked for. The page takes the file by itself as soon as it is there."""
        outcome, status = self.tab.outcome, self.tab.run.status
        desk = session.batch.desk
        try:
            if desk is None:
                raise InputError(ASK_AGAIN)
            return {outcome.packed: str(desk.pack()), status: ""}
        except Exception as error:
            return {outcome.packed: None, status: page_words.message(words_for(error, "packing a batch"))}


class _One:
    """Chooses one picture, with a strength of its own, as the page named them: anything may have been sent."""

    def __init__(self, sent: Any) -> None:
        self._sent = sent if isinstance(sent, dict) else {}

    def __call__(self, desk: Desk) -> Part:
        name = desk.name_at(self._sent.get("index"))
        desk.strengths[name] = strength_from(self._sent.get("strength"))
        return desk.part(frozenset([name]))


def _again(session: Session) -> UploadedBatch:
    """What was asked for last. Raises InputError where that can no longer be done."""
    desk = session.batch.desk
    if desk is None or desk.run is None or desk.wanted is None or not desk.folder.is_dir():
        raise InputError(ASK_AGAIN)
    return desk.wanted


def run_outputs(tab: BatchTab) -> list[Any]:
    """All that a run changes on the page."""
    buttons, outcome, further = tab.run, tab.outcome, tab.further
    return [
        buttons.start, buttons.stop, buttons.status, further.trial, further.go_on, outcome.bar, outcome.failures,
        outcome.download, outcome.empty, outcome.seen, outcome.sheet,
    ]  # fmt: skip


class BatchRun(Run):
    """A run over many pictures, as the guard runs it.

    Args:
        tab: the components.
        session: of the page.
        wanted: says what to do, or raises InputError.
        choose: which of the pictures.
        kind: of run, as for :meth:`studio.ui.batch.state.BatchState.begin`.
    """

    def __init__(
        self,
        tab: BatchTab,
        session: Session,
        wanted: Callable[[], UploadedBatch],
        choose: Callable[[Desk], Part] = Desk.part,
        *,
        kind: str = WHOLE,
    ) -> None:
        super().__init__(tab.run)
        self.tab, self.session, self.wanted, self.choose, self.kind = tab, session, wanted, choose, kind
        self.stop = session.batch.stop = session.new_stop()
        self.last = View()

    def begin(self) -> Updates:
        self.session.batch.begin(self.kind)
        outcome, further = self.tab.outcome, self.tab.further
        return {
            outcome.bar: words.progress_html(View()),
            outcome.failures: "",
            outcome.download: gr.update(interactive=False),
            further.trial: gr.update(interactive=False),
            further.go_on: gr.update(interactive=False),
        }

    def work(self) -> Generator[Updates, None, str]:
        outcome, state = self.tab.outcome, self.session.batch
        wanted = self.wanted()
        run.check_chosen(wanted)
        desk = state.desk_for(wanted, lambda: self.session.new_subfolder("batch"))
        left = caller_left()
        for view in run.process(desk, wanted, lambda: self.stop() or left(), self.choose):
            self.last = view
            updates: Updates = {outcome.bar: words.progress_html(view), outcome.failures: words.failures_html(view)}
            if desk.sheet is not None:
                updates |= {outcome.empty: gr.update(visible=False), outcome.sheet: state.sheet_value()}
                updates[outcome.seen] = shown_through(desk.spaces, of_floats=desk.of_floats)
            yield updates
        return words.verdict(self.last)

    def end(self) -> Updates:
        state, outcome = self.session.batch, self.tab.outcome
        state.running = False
        updates = after_run(self.tab, state.desk, tried=state.tried)
        updates[self.tab.further.trial] = gr.update(interactive=True)
        if self.last.summary is None:
            updates[outcome.bar] = ""
        if (value := state.sheet_value()) is not None:
            updates[outcome.sheet] = value
        return updates


def _stop(session: Session) -> None:
    """Says nothing itself: the run that it stopped does, as it ends."""
    session.batch.press_stop()
