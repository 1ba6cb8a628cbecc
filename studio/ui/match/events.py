"""The tab *Match colours*: what happens when something on it is pressed, dropped or moved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.blocks import Block

from reswd_torch.errors import InputError
from studio.service.apply import not_between
from studio.ui import words as app_words
from studio.ui.colors import KeptPalette, palette_from_file, show_pairs, show_palette
from studio.ui.controls import PALETTE, PICTURE, SAVED, wire_aims
from studio.ui.desk.component import move_number
from studio.ui.match import choose, downloads, run, stale, words
from studio.ui.match import spaces as between
from studio.ui.match.choice import MatchChoice
from studio.ui.match.guarded import CompareRun, MatchRun
from studio.ui.match.history_events import HistoryEvents
from studio.ui.match.history_view import history_as_json
from studio.ui.match.looks import chosen_as_json
from studio.ui.match.parts import MatchTab
from studio.ui.match.show import cube_line, show_latest, shown_outputs
from studio.ui.match.state import ROLES, Role
from studio.ui.places import PLACE_JS
from studio.ui.saving import made_or_said, wire_downloads
from studio.ui.session import FITS_AT_ONCE, Session
from studio.ui.settings import Sent
from studio.ui.spaces import shown_through, usable, with_names
from studio.ui.wiring import IN_ORDER, LATEST, PRIVATE, QUICK, UNSEEN, Controls, Step, Updates, nothing_new

_LOOK_JS = (
    "() => { setTimeout(() => document.querySelector('#status .message')"
    " || window.reswdBring(document.querySelector('#desk'), 'nearest'), 100); }"
)
"""Bring the result into sight; where there is a message instead, which the page may draw a moment later, that stays."""
_COMPARE_JS = "() => { window.reswdStrips.compared.begin(); }"
LIVE = ("strength", "cube_size")
"""Fields of a choice that a result follows at once, or that are no part of a match."""
_WORK: dict[str, Any] = {"concurrency_id": "fit", "concurrency_limit": FITS_AT_ONCE, **PRIVATE}


def wire_match_tab(tab: MatchTab, session: gr.State, app: gr.Blocks) -> None:
    """Connect every control of the tab, and the loading of the page."""
    events = MatchEvents(tab, session)
    events.wire_choices()
    events.wire_spaces()
    events.wire_masks()
    events.wire_runs()
    events.wire_examples()
    events.wire_strength()
    events.wire_points()
    events.wire_downloads()
    history = HistoryEvents(tab, session, events.controls, events.settled)
    history.wire_history()
    history.wire_compared()
    history.wire_swap()
    history.wire_return(app)


class MatchEvents:
    """What happens on the tab: the methods ``wire_...`` connect components with the others, which are the handlers.

    Args:
        tab: the components.
        session: of the page.
    """

    def __init__(self, tab: MatchTab, session: gr.State) -> None:
        self.tab, self.session = tab, session
        places = tab.inputs.places
        self.controls = Controls(
            MatchChoice,
            tab.inputs,
            tab.inputs.aims,
            tab.more,
            tab.spaces,
            tab.result,
            tab.downloads,
            source=places["source"].picture,
            reference=places["reference"].picture,
            source_mask=tab.more.masks["source"].file,
            reference_mask=tab.more.masks["reference"].file,
        )
        result, size = tab.result, tab.downloads.cube_size
        self._sliders: list[Any] = [result.strength, *result.trims.components]
        self.settled = Step(
            self.settle,
            [session, *self.controls.components],
            [result.stale, tab.run.status, result.desk.state, tab.history.state, *_of_spaces(tab)],
        )
        self._follow = Step(self.follow, [session, size, *self._sliders], shown_outputs(tab))
        run_outputs = [tab.run.start, tab.run.stop, tab.comparison.run.start, tab.run.status, *shown_outputs(tab)]
        self._match = Step(self.run_match, [session, *self.controls.components], run_outputs)

    def wire_choices(self) -> None:
        """Pictures, palette and saved grade."""
        inputs, settle = self.tab.inputs, self.settled
        for role, place in inputs.places.items():
            mask = self.tab.more.masks[role]
            # upload and clear, not change: the preview put in by the server must not count as a new choice
            gr.on(
                [place.picture.upload, place.picture.clear],
                partial(self.choose_picture, role=role),
                [self.session, place.picture],
                [place.preview, place.about, mask.file, mask.painted],
                concurrency_limit=4,
                **LATEST,
            ).then(None, [place.picture, place.preview], place.picture, js=PLACE_JS, **PRIVATE).then(
                *settle, **IN_ORDER
            )
        followed = self.controls.others(LIVE)
        gr.on([control.change for control in followed], settle.handler, settle.inputs, settle.outputs, **IN_ORDER)  # type: ignore[attr-defined]
        reference_mask = self.tab.more.masks["reference"].group
        groups = [inputs.picture_group, inputs.palette_group, inputs.saved_group, inputs.swap, reference_mask]
        labels = [self.tab.run.start, self.tab.comparison.run.start]
        inputs.kind.change(self.show_kind, inputs.kind, [*groups, *labels], queue=False, **QUICK)
        wire_aims(inputs.aims, self.tab.more.protect, inputs.kind, self.tab.more.method)
        self.wire_colors()
        inputs.palette.change(show_palette, inputs.palette, inputs.swatches, queue=False, **LATEST)
        strength, spaces = self.tab.result.strength, self.tab.spaces
        gr.on(
            [inputs.grade.upload, inputs.grade.clear],
            self.choose_grade,
            [self.session, inputs.grade, strength],
            [inputs.grade_about, strength, spaces.room, *spaces.dropdowns.values()],
            **LATEST,
        ).then(*self._follow, **LATEST).then(*settle, **IN_ORDER)

    def wire_spaces(self) -> None:
        """The section *Colour spaces*: its names are read when it is opened."""
        spaces = self.tab.spaces
        spaces.room.expand(
            partial(with_names, spaces), None, [*spaces.dropdowns.values(), spaces.said], queue=False, **LATEST
        )

    def choose_grade(self, session: Session, path: str | None, slider: float | None) -> Updates:
        """A saved grade was dropped or taken out. The colour spaces of a settings file come with it."""
        said, strength = choose.choose_grade(session, path, slider)
        inputs, spaces = self.tab.inputs, self.tab.spaces
        updates: Updates = {inputs.grade_about: said, self.tab.result.strength: strength}
        if session.match.grade is None:
            return updates
        try:
            kept = between.kept_spaces(path)
        except InputError as error:
            return updates | {inputs.grade_about: said + app_words.message(app_words.plain(error))}
        if kept is None:
            return updates
        grade = session.match.grade  # which is told where it belongs, and needs no word on that
        grade = replace(grade, notes=tuple(note for note in grade.notes if note != not_between(kept)))
        session.match.grade = grade
        updates[inputs.grade_about] = words.grade_line(grade, Path(str(path)).name)
        return updates | between.brought_back(spaces, between.as_choice(kept))

    def wire_colors(self) -> None:
        """Palettes out of files and pictures, pairs of colours, and the eyedropper of both."""
        inputs, pairs = self.tab.inputs, self.tab.more.pairs_parts
        undo = [inputs.palette, inputs.palette_before, inputs.palette_undo]
        inputs.palette_file.upload(
            self.take_palette,
            [inputs.palette, inputs.palette_before, inputs.palette_file],
            [*undo, inputs.palette_file],
            **LATEST,
        )
        inputs.palette_undo.click(self.undo_palette, undo[:2], undo, queue=False, **QUICK)
        pairs.text.change(show_pairs, pairs.text, pairs.pickers, queue=False, **LATEST)
        for button, room, is_pair in ((inputs.palette_pick, "#palette", "false"), (pairs.pick, "#pairs", "true")):
            pick = f"window.reswdDesk.pick('source', '{room}', '{words.PICK}', {is_pair})"
            button.click(None, None, None, js=f"() => {{ {pick}; }}", **PRIVATE)

    def take_palette(self, text: str, before: KeptPalette, path: str | None) -> Updates:
        """A palette file or a picture was dropped: its colours are the palette. One that a person made is kept beside."""
        inputs = self.tab.inputs
        try:
            found = text if path is None else palette_from_file(path)
        except InputError as error:
            gr.Warning(error.problem, title="No palette")
            found = text
        if found == text:
            return {inputs.palette_file: None}
        return self._palette(found, before.replaced(text, found)) | {inputs.palette_file: None}

    def undo_palette(self, text: str, before: KeptPalette) -> Updates:
        """The palette that a dropped one replaced comes back, or goes again."""
        return self._palette(before.kept, before.swapped(text))

    def _palette(self, text: str, before: KeptPalette) -> Updates:
        inputs = self.tab.inputs
        label = words.UNDO_PALETTE if before.dropped else words.REDO_PALETTE
        undo = gr.update(value=label, visible=bool(before.kept.strip()))
        return {inputs.palette: text, inputs.palette_before: before, inputs.palette_undo: undo}

    def choose_picture(self, session: Session, path: str | None, role: Role) -> Updates:
        """A picture was dropped or taken out. With another picture the last one's mask goes."""
        choosing = choose.choose(session, path, role)
        updates = self.tab.inputs.places[role].dropped(path, choosing)
        return updates | self.tab.more.masks[role].cleared() if choosing.accepted else updates

    def settle(self, session: Session, *values: Any) -> Updates:
        """Follow a choice: say so when the result was made otherwise; words about an earlier choice go."""
        choice = self.controls.read(values)
        session.match.told = choice
        run.read_ahead(session, choice)
        updates: Updates = {
            self.tab.result.stale: stale.line(session, choice),
            self.tab.history.state: history_as_json(session),
            self.tab.result.desk.state: chosen_as_json(session),
            **self._follow_spaces(session, choice),
        }
        if choose.chosen(session, choice.kind, choice.palette) != session.match.judged:  # else a match was quicker
            updates[self.tab.run.status] = ""
        return updates

    def _follow_spaces(self, session: Session, choice: MatchChoice) -> Updates:
        """What the choice of colour spaces means, and what goes with it: codes of a display have no place between spaces."""
        tab, state = self.tab, session.match
        spaces = between.spaces_or_none(choice)
        is_chosen = bool(choice.source_space)
        shown, off = state.shown, between.off_line() if is_chosen else ""
        seen = shown_through(spaces, of_floats=state.source is not None and state.source.preview.of_floats)
        return {
            tab.spaces.said: between.said(choice, [state.source, state.reference if choice.kind == PICTURE else None]),
            **usable(tab.spaces, choice, of_picture=choice.kind == PICTURE),
            tab.result.trims.room: gr.update(visible="hidden" if is_chosen else True),
            tab.result.trims_off: off,
            tab.more.pairs_parts.group: gr.update(visible="hidden" if is_chosen else True),
            tab.result.seen: gr.skip() if shown is not None else seen,
        }

    def show_kind(self, kind: str) -> Updates:
        """Show the controls of a kind of reference, and what the buttons do with it."""
        inputs, is_saved = self.tab.inputs, kind == SAVED
        return {
            # Hidden, not taken out: Gradio 6.31 tells of a cleared picture too early once it was put in again.
            inputs.picture_group: gr.update(visible=True if kind == PICTURE else "hidden"),
            inputs.palette_group: gr.update(visible=kind == PALETTE),
            inputs.saved_group: gr.update(visible=is_saved),
            self.tab.more.masks["reference"].group: gr.update(visible=kind == PICTURE),
            inputs.swap: gr.update(visible=kind == PICTURE),
            self.tab.run.start: "Apply grade" if is_saved else "Match colours",
            self.tab.comparison.run.start: gr.update(interactive=not is_saved),
        }

    def wire_masks(self) -> None:
        """The painting of masks: the viewer does it, and says when a stroke has reached the session."""
        more = self.tab.more
        for role, mask in more.masks.items():
            mask.paint.click(None, None, None, js=f"() => {{ window.reswdDesk.paint('{role}'); }}", **PRIVATE)
        said = [mask.painted for mask in more.masks.values()]
        more.painted.click(self.say_painted, self.session, said, **LATEST).then(*self.settled, **IN_ORDER)

    def say_painted(self, session: Session) -> Updates:
        """A mask has changed."""
        updates: Updates = {}
        for mask in self.tab.more.masks.values():
            updates |= mask.said(session)
        return updates

    def wire_runs(self) -> None:
        """The buttons *Match colours* and *Compare methods*, and *Stop* beside each."""
        tab, comparison = self.tab, self.tab.comparison
        shown_at = [tab.result.desk.place]
        tab.run.start.click(*self._match, show_progress_on=shown_at, **_WORK).then(
            None, None, None, js=_LOOK_JS, **PRIVATE
        )
        comparison.run.start.click(
            self.run_compare,
            self._match.inputs,
            [tab.run.start, comparison.run.start, comparison.run.stop, comparison.run.status, comparison.strip.state],
            **UNSEEN,
            **_WORK,
        )
        comparison.run.start.click(None, None, None, js=_COMPARE_JS, **PRIVATE)
        for stop in (tab.run.stop, comparison.run.stop):
            stop.click(_stop, self.session, None, queue=False, **QUICK)

    def run_match(self, session: Session, *values: Any) -> Iterator[Updates]:
        """*Match colours* was pressed."""
        yield from MatchRun(self.tab, session, self.controls.read(values)).updates()

    def run_compare(self, session: Session, *values: Any) -> Iterator[Updates]:
        """*Compare methods* was pressed."""
        yield from CompareRun(self.tab, session, self.controls.read(values)).updates()

    def wire_examples(self) -> None:
        """The examples: one that is pressed is matched at once."""
        tab, places = self.tab, self.tab.inputs.places
        outputs: list[Block] = [tab.inputs.kind, tab.result.strength, *tab.spaces.dropdowns.values()]
        for role in ROLES:
            mask = tab.more.masks[role]
            outputs += [places[role].picture, places[role].about, mask.file, mask.painted]
        tab.examples.gallery.select(self.take_example, self.session, outputs, **QUICK).then(
            *self._follow, **QUICK
        ).then(*self._match, show_progress_on=[tab.result.desk.place], **_WORK).then(
            None, None, None, js=_LOOK_JS, **PRIVATE
        )

    def take_example(self, session: Session, event: gr.SelectData) -> Updates:
        """An example was pressed: put its pictures into their places."""
        pair = self.tab.examples.pairs[event.index]
        paths: dict[Role, str] = {"source": str(pair.source), "reference": str(pair.reference)}
        updates: Updates = {self.tab.inputs.kind: PICTURE, self.tab.result.strength: 1.0}
        updates |= between.brought_back(self.tab.spaces, MatchChoice())  # which are those of other pictures
        for role, path in paths.items():
            choosing = choose.choose(session, path, role)
            updates |= self.tab.inputs.places[role].filled(choosing)
            if choosing.accepted:
                updates |= self.tab.more.masks[role].cleared()
        return updates

    def wire_strength(self) -> None:
        """The sliders of the strength and of the trims. The viewer follows them by itself, and says when they rest."""
        result, size = self.tab.result, self.tab.downloads.cube_size
        result.trims.wire_live({"strength": result.strength})
        inputs = [self.session, size, *self._sliders]
        result.desk.on_rest(self.rested, inputs, shown_outputs(self.tab), concurrency_limit=4)

    def rested(self, session: Session, cube_size: int, strength: float | None, *trims_and_move: Sent) -> Updates:
        """The sliders rest after a move, whose number comes last."""
        *trims, move = trims_and_move
        return self.rest(session, cube_size, strength, *trims, move=move_number(move))

    def rest(
        self, session: Session, cube_size: int, strength: float | None, *trims: Sent, move: int | None = None
    ) -> Updates:
        """When the sliders rest: the picture without loss, the numbers and the chart."""
        try:
            result = run.set_live(session, strength, self.tab.result.trims.read(trims))
        except InputError:  # a field that is being typed in
            return nothing_new(self.tab.result.stale)
        if result is None:
            return nothing_new(self.tab.result.stale)
        session.match.history.rested(result)
        return show_latest(self.tab, session, cube_size, move)

    def follow(self, session: Session, cube_size: int, strength: float | None, *trims: Sent) -> Updates:
        """After the app itself moved the slider: the result on the screen moves with it."""
        shown = session.match.shown
        if shown is not None and shown.job.settings.strength == strength:
            session.match.strength = strength
            return nothing_new(self.tab.result.stale)
        return self.rest(session, cube_size, strength, *trims)

    def wire_points(self) -> None:
        """The button that shows points seen in both pictures."""
        result = self.tab.result
        result.show_points.click(
            self.show_points,
            self.session,
            result.points,
            show_progress_on=result.show_points,
            concurrency_limit=FITS_AT_ONCE,
            **PRIVATE,
        )

    def show_points(self, session: Session) -> Updates:
        """Draw the points."""
        picture = run.draw_points(session)
        return {self.tab.result.points: gr.skip() if picture is None else gr.update(value=picture, visible=True)}

    def wire_downloads(self) -> None:
        """The buttons of the downloads. Each has its file made first; the browser then saves it."""
        away = self.tab.downloads
        inputs = [self.session, away.cube_size, *self._sliders]
        wire_downloads(away.buttons, self.make_download, inputs, away.file)
        away.cube_size.change(self.say_how_exact, [self.session, away.cube_size], away.cube_line, **QUICK)

    def make_download(
        self, session: Session, cube_size: int, strength: float | None, *trims: Sent, kind: str
    ) -> str | None:
        """Make a file to take away, as the sliders stand; what goes wrong is said in a corner of the page."""
        with suppress(InputError):  # a field that is being typed in: the last value counts
            run.set_live(session, strength, self.tab.result.trims.read(trims))
        return made_or_said(lambda: downloads.make_download(session, kind, cube_size))

    def say_how_exact(self, session: Session, cube_size: int) -> Updates:
        """Another size of the .cube was chosen: say how exact it is."""
        line = self.tab.downloads.cube_line
        return nothing_new(line) if session.match.shown is None else {line: cube_line(session, cube_size)}


def _of_spaces(tab: MatchTab) -> list[Block]:
    """Everything that a choice of colour spaces changes beside itself."""
    spaces, result = tab.spaces, tab.result
    return [
        spaces.said,
        spaces.target_space,
        spaces.output_space,
        spaces.working_space,
        result.trims.room,
        result.trims_off,
        tab.more.pairs_parts.group,
        result.seen,
    ]


def _stop(session: Session) -> None:
    """Says nothing itself: its words could arrive after those of the run that it stopped."""
    session.match.press_stop()
