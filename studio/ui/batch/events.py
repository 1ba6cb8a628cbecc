"""The tab *Batch*: what happens when something on it is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import gradio as gr

from reswd_torch.errors import InputError
from reswd_torch.spaces import SpaceChoice
from studio.ui import words as page_words
from studio.ui.batch import words
from studio.ui.batch.choice import (
    FILES,
    FOLDER,
    HERE,
    BatchChoice,
    has_quality,
    may_have_grades,
    may_have_spaces,
    may_share_a_scene,
)
from studio.ui.batch.choosers import wire_choosers
from studio.ui.batch.looks import MOST, looks_of
from studio.ui.batch.order import chosen
from studio.ui.batch.parts import BatchTab
from studio.ui.batch.run import uploads_of
from studio.ui.batch.runs import wire_runs
from studio.ui.batch.sheet_events import wire_sheet
from studio.ui.controls import PALETTE, PICTURE, SAVED, wire_aims
from studio.ui.grades import sent_grade
from studio.ui.limits import limits
from studio.ui.session import Session
from studio.ui.settings import Sent
from studio.ui.spaces import line, usable, what_happens, with_names
from studio.ui.wiring import LATEST, Updates
from studio.views.seen import target_seen


def wire_batch_tab(tab: BatchTab, session: gr.State, allowed: Sequence[Path] = ()) -> None:
    """Connect every control of the tab.

    Args:
        tab: the components.
        session: of the page.
        allowed: folders of this machine below which a person may name some.
    """
    events = BatchEvents(tab, session)
    events.wire_choices()
    events.wire_uploads()
    events.wire_written()
    events.wire_spaces()
    wire_runs(tab, session, allowed)
    if tab.choosers is not None:
        wire_choosers(tab.choosers, tab.pictures)
    wire_sheet(tab, session)


class BatchEvents:
    """What happens when something is chosen: the methods ``wire_...`` connect components with the others, the handlers.

    For the arguments see :func:`wire_batch_tab`.
    """

    def __init__(self, tab: BatchTab, session: gr.State) -> None:
        self.tab, self.session = tab, session

    def wire_choices(self) -> None:
        """Where pictures and colours come from: what is asked for, and what the button says, follow what was chosen."""
        pictures, colours, scene = self.tab.pictures, self.tab.colours, self.tab.more.scene
        pictures.kind.change(
            self.show_kind,
            pictures.kind,
            [pictures.files_group, pictures.folder_group, pictures.here_group, pictures.hint, self.tab.run.start],
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
            self.tab.run.start: words.process(kind),
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

    def wire_uploads(self) -> None:
        """What was uploaded is listed, and references are seen."""
        pictures, colours = self.tab.pictures, self.tab.colours
        gr.on(
            [pictures.files.change, pictures.folder.change, pictures.kind.change],
            self.list_pictures,
            [pictures.kind, pictures.files, pictures.folder],
            pictures.listed,
            queue=False,
            **LATEST,
        )
        spaces = self.tab.spaces
        gr.on(
            [colours.references.change, spaces.source_space.change, spaces.target_space.change],
            self.show_looks,
            [self.session, colours.references, spaces.source_space, spaces.target_space],
            colours.looks,
            **LATEST,
        )

    def list_pictures(self, kind: str, files: Sent, folder: Sent) -> str:
        """How many pictures were chosen, and which."""
        if kind == HERE:
            return ""
        return words.chosen_html(chosen(uploads_of(files if kind == FILES else folder), most=limits().batch.files))

    def show_looks(self, session: Session, references: Sent, source_space: Sent = "", target_space: Sent = "") -> str:
        """The references as small pictures, seen in their colour space, in place of those of the ones before."""
        uploads, state = uploads_of(references), session.batch
        seen = target_seen(_or_none(BatchChoice(source_space=source_space, target_space=target_space)))
        state.replace_looks(session.new_subfolder("looks") if uploads else None)
        if state.looks is None:
            return ""
        return words.looks_html(looks_of(uploads, state.looks, seen), max(0, len(uploads) - MOST))

    def wire_written(self) -> None:
        """What is written: what does not go with the rest is not asked for."""
        colours, written = self.tab.colours, self.tab.written
        written.output_format.change(self.show_quality, written.output_format, written.quality, queue=False, **LATEST)
        gr.on(
            [colours.colours.change, colours.mode.change],
            self.show_grades,
            [colours.colours, colours.mode],
            written.grade_files,
            queue=False,
            **LATEST,
        )

    def show_quality(self, output_format: str) -> Updates:
        """Ask for a quality only where a format has one."""
        return {self.tab.written.quality: gr.update(visible=has_quality(output_format))}

    def show_grades(self, kind: str, mode: str) -> Updates:
        """Offer the grades of single pictures only where they have some."""
        return {self.tab.written.grade_files: gr.update(visible=may_have_grades(kind, mode))}

    def wire_spaces(self) -> None:
        """The section *Colour spaces*: its names are read when it is opened."""
        spaces, colours = self.tab.spaces, self.tab.colours.colours
        boxes = spaces.dropdowns
        spaces.room.expand(partial(with_names, spaces), None, [*boxes.values(), spaces.said], queue=False, **LATEST)
        gr.on(
            [colours.change, *(box.change for box in boxes.values())],
            self.follow_spaces,
            [colours, *boxes.values()],
            [*boxes.values(), spaces.said],
            queue=False,
            **LATEST,
        )

    def follow_spaces(self, colours: str, *names: Sent) -> Updates:
        """What the choice of colour spaces means, and which of them count."""
        spaces, may = self.tab.spaces, may_have_spaces(colours)
        choice = BatchChoice(colours=colours, **dict(zip(spaces.dropdowns, names, strict=True)))
        counts = choice if may else BatchChoice(colours=colours)
        try:
            said = what_happens(counts, of_picture=colours == PICTURE) if may else line(words.NO_SPACES)
        except InputError as error:
            said = page_words.message(page_words.plain(error))
        updates = usable(spaces, counts, of_picture=colours == PICTURE)
        return {**updates, spaces.source_space: gr.update(interactive=may), spaces.said: said}


def _or_none(choice: BatchChoice) -> SpaceChoice | None:
    """The colour spaces for what is shown meanwhile: None also for what cannot be, which the section says."""
    try:
        return choice.spaces()
    except InputError:
        return None
