"""The tab *Batch*: what happens when something on it is pressed or chosen."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from reswd_torch.errors import InputError
from studio.ui.batch import run, words
from studio.ui.batch.choice import FILES, FOLDER, HERE, BatchChoice, may_share_a_scene
from studio.ui.batch.parts import BatchTab
from studio.ui.batch.run import View
from studio.ui.controls import PALETTE, PICTURE, SAVED, wire_aims
from studio.ui.grades import sent_grade
from studio.ui.guard import Run
from studio.ui.session import Session
from studio.ui.settings import Sent
from studio.ui.visits import caller_left
from studio.ui.wiring import LATEST, PRIVATE, QUICK, Controls, Updates


def wire_batch_tab(tab: BatchTab, session: gr.State, allowed: tuple[Path, ...] = ()) -> None:
    """Connect every control of the tab.

    Args:
        tab: the components.
        session: of the page.
        allowed: folders of this machine below which a person may name some.
    """
    events = BatchEvents(tab, session, allowed)
    events.wire_choices()
    events.wire_run()


class BatchEvents:
    """What happens on the tab: the methods ``wire_...`` connect components with the others, which are the handlers.

    For the arguments see :func:`wire_batch_tab`.
    """

    def __init__(self, tab: BatchTab, session: gr.State, allowed: tuple[Path, ...]) -> None:
        self.tab, self.session, self.allowed = tab, session, allowed
        self.controls = Controls(BatchChoice, tab.pictures, tab.colours, tab.colours.aims, tab.more)

    def wire_choices(self) -> None:
        """Where pictures and colours come from: what is asked for follows what was chosen."""
        pictures, colours, scene = self.tab.pictures, self.tab.colours, self.tab.more.scene
        pictures.kind.change(
            self.show_kind,
            pictures.kind,
            [pictures.files_group, pictures.folder_group, pictures.here_group, pictures.hint],
            queue=False,
            **LATEST,
        )
        colours.colours.change(
            self.show_colours,
            colours.colours,
            [colours.picture_group, colours.palette, colours.grade],
            queue=False,
            **LATEST,
        )
        wire_aims(colours.aims, self.tab.more.protect, colours.colours, self.tab.more.method)
        colours.grade.upload(
            self.take_strength, [colours.grade, self.tab.more.strength], self.tab.more.strength, **LATEST
        )
        gr.on(
            [colours.colours.change, colours.mode.change],
            self.show_scene,
            [colours.colours, colours.mode],
            scene,
            queue=False,
            **LATEST,
        )

    def show_kind(self, kind: str) -> Updates:
        """Show the controls for one of the places that pictures can come from."""
        pictures = self.tab.pictures
        return {
            pictures.files_group: gr.update(visible=kind == FILES),
            pictures.folder_group: gr.update(visible=kind == FOLDER),
            pictures.here_group: gr.update(visible=kind == HERE),
            pictures.hint: words.hint(kind),
        }

    def show_colours(self, kind: str) -> Updates:
        """Show the controls for a kind of reference."""
        colours = self.tab.colours
        return {
            colours.picture_group: gr.update(visible=kind == PICTURE),
            colours.palette: gr.update(visible=kind == PALETTE),
            colours.grade: gr.update(visible=kind == SAVED),
        }

    def take_strength(self, path: str | None, strength: Sent) -> Sent:
        """A saved grade was dropped: its own strength is the one to begin with. What is wrong with it, the run will say."""
        try:
            return strength if path is None else sent_grade(path).strength
        except InputError:
            return strength

    def show_scene(self, kind: str, mode: str) -> Updates:
        """Ask about the scene only where that matters."""
        return {self.tab.more.scene: gr.update(visible=may_share_a_scene(kind, mode))}

    def wire_run(self) -> None:
        """The buttons *Process folder* and *Stop*."""
        buttons, outcome = self.tab.run, self.tab.outcome
        buttons.start.click(
            self.run_batch,
            [self.session, *self.controls.components],
            [
                buttons.start,
                buttons.stop,
                buttons.status,
                outcome.bar,
                outcome.failures,
                outcome.download,
                outcome.empty,
                outcome.gallery,
            ],
            show_progress="hidden",
            concurrency_id="batch",
            concurrency_limit=1,
            **PRIVATE,
        )
        buttons.stop.click(_stop, self.session, None, queue=False, **QUICK)

    def run_batch(self, session: Session, *values: Any) -> Iterator[Updates]:
        """*Process folder* was pressed."""
        yield from BatchRun(self.tab, session, self.controls.read(values), self.allowed).updates()


class BatchRun(Run):
    """A run over many pictures, as the guard runs it.

    Args:
        tab: the components.
        session: of the page.
        choice: the controls as they stood when the button was pressed.
        allowed: folders of this machine below which a person may name some.
    """

    def __init__(self, tab: BatchTab, session: Session, choice: BatchChoice, allowed: tuple[Path, ...]) -> None:
        super().__init__(tab.run)
        self.outcome, self.session, self.choice, self.allowed = tab.outcome, session, choice, allowed
        self.stop = session.batch.stop = session.new_stop()
        self.last = View()

    def begin(self) -> Updates:
        return {
            self.outcome.bar: words.progress_html(View()),
            self.outcome.failures: "",
            self.outcome.download: gr.update(interactive=False, visible=False),
        }

    def work(self) -> Generator[Updates, None, str]:
        outcome = self.outcome
        wanted = self.choice.wanted(self.allowed)
        folder = self.session.batch.replace_folder(self.session.new_subfolder("batch"))
        left = caller_left()
        for view in run.process(wanted, folder, lambda: self.stop() or left()):
            if view.tiles and not self.last.tiles:
                yield {outcome.gallery: gr.update(visible=True), outcome.empty: gr.update(visible=False)}
            updates: Updates = {
                outcome.bar: words.progress_html(view),
                outcome.failures: words.failures_html(view),
            }
            if view.tiles != self.last.tiles:  # the bare value: Gradio would lose it beside anything else
                updates[outcome.gallery] = list(view.tiles)
            self.last = view
            yield updates
        return words.verdict(self.last)

    def end(self) -> Updates:
        updates: Updates = {}
        if self.last.summary is None:
            updates[self.outcome.bar] = ""
        if self.last.archive is not None:
            updates[self.outcome.download] = gr.update(value=str(self.last.archive), interactive=True, visible=True)
        return updates


def _stop(session: Session) -> None:
    """Says nothing itself: the run that it stopped does, as it ends."""
    session.batch.press_stop()
