"""The tab *Grade a clip*: what happens when something on it is pressed, dropped or moved."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import gradio as gr
from gradio.blocks import Block

from reswd_torch.errors import InputError
from studio.ui import places, words
from studio.ui.clip import choose, run
from studio.ui.clip import words as clip_words
from studio.ui.clip.choice import CLIP, ONE_FRAME, ClipChoice
from studio.ui.clip.grade import make_download
from studio.ui.clip.guarded import GradeRun, MatchRun
from studio.ui.clip.parts import ClipTab
from studio.ui.clip.reference import chosen_reference, reference_frame, reference_outputs
from studio.ui.clip.show import cube_line, frame_outputs, frame_updates, match_outputs, match_updates
from studio.ui.colors import show_palette
from studio.ui.controls import PALETTE, PICTURE, SAVED, wire_aims
from studio.ui.places import PLACE_JS
from studio.ui.saving import made_or_said, wire_downloads
from studio.ui.session import FITS_AT_ONCE, Session
from studio.ui.settings import Sent
from studio.ui.wiring import LATEST, PRIVATE, QUICK, Controls, Step, Updates, nothing_new

_LOOKS_AT_ONCE = 4
_CLIPS_AT_ONCE = 1
"""How many clips are graded at once, for all open pages together: encoders take all cores."""


def wire_clip_tab(tab: ClipTab, session: gr.State) -> None:
    """Connect every control of the tab."""
    events = ClipEvents(tab, session)
    events.wire_source()
    events.wire_reference()
    events.wire_looks()
    events.wire_runs()
    events.wire_downloads()


class ClipEvents:
    """What happens on the tab: the methods ``wire_...`` connect components with the others, which are the handlers.

    Args:
        tab: the components.
        session: of the page.
    """

    def __init__(self, tab: ClipTab, session: gr.State) -> None:
        self.tab, self.session = tab, session
        inputs, view = tab.inputs, tab.view
        self.controls = Controls(
            ClipChoice,
            inputs,
            inputs.clip,
            inputs.aims,
            tab.more,
            view,
            tab.downloads,
            reference=inputs.place.picture,
        )
        self._settle = Step(self.settle, [session, *self.controls.components], [view.stale])
        self._rest = Step(
            self.rest,
            [session, view.frame, view.strength, tab.downloads.cube_size],
            [*frame_outputs(tab), *match_outputs(tab), tab.run.status],
        )

    def wire_source(self) -> None:
        """The clip."""
        inputs, view = self.tab.inputs, self.tab.view
        outputs = [inputs.source, inputs.about, view.scrubber, view.frame, self.tab.run.status]
        gr.on(
            [inputs.source.upload, inputs.source.clear],
            self.choose_source,
            [self.session, inputs.source, self.tab.downloads.cube_size],
            [*outputs, *frame_outputs(self.tab), *match_outputs(self.tab)],
            show_progress_on=inputs.about,
            trigger_mode="always_last",
            concurrency_limit=_LOOKS_AT_ONCE,
            **PRIVATE,
        )

    def choose_source(self, session: Session, path: str | None, cube_size: int) -> Updates:
        """A clip was dropped or taken out: say what it is, and show its first frame."""
        refused = choose.choose_source(session, path)
        inputs, clip = self.tab.inputs, session.clip.source.clip
        said = words.message(refused) + (clip_words.hint() if clip is None else clip_words.about(clip))
        if refused:
            return {inputs.source: None if clip is None else str(clip.path), inputs.about: said}
        updates: Updates = {
            inputs.about: said,
            self.tab.view.scrubber: gr.update(visible=clip is not None and clip.frames > 1),
            self.tab.run.status: "",
            **match_updates(self.tab, session, cube_size),
        }
        if clip is not None:
            updates[self.tab.view.frame] = gr.update(value=1, maximum=max(2, clip.frames))
        try:
            pair = run.look(session, 0)
        except InputError as error:
            return {**updates, self.tab.run.status: words.message(words.plain(error))}
        return {**updates, **frame_updates(self.tab, session, 0, pair, resting=True)}

    def wire_reference(self) -> None:
        """Where the colours come from, and all else that a match depends on."""
        self._wire_places()
        inputs, more, settle = self.tab.inputs, self.tab.more, self._settle
        groups: list[Block] = [inputs.picture_group, inputs.clip.group, inputs.palette_group, inputs.saved_group]
        inputs.kind.change(self.show_kind, inputs.kind, [*groups, self.tab.run.start], queue=False, **QUICK)
        wire_aims(inputs.aims, more.protect, inputs.kind, more.method)
        inputs.palette.change(show_palette, inputs.palette, inputs.swatches, queue=False, **LATEST)
        part = inputs.clip.part
        part.change(self.show_part, part, inputs.clip.frame_group, queue=False, **QUICK)
        aims = (inputs.aims.aim, inputs.aims.palette_aim)
        others = (more.protect, more.method, more.transform, more.scene, more.seed, more.device)
        changes = [each.change for each in (inputs.kind, inputs.palette, part, *aims, *others)]
        gr.on(changes, *settle, queue=False, **LATEST)

    def _wire_places(self) -> None:
        """What is dropped to take colours from."""
        inputs, settle, strength = self.tab.inputs, self._settle, self.tab.view.strength
        place, clip = inputs.place, inputs.clip
        gr.on(
            [place.picture.upload, place.picture.clear],
            self.choose_picture,
            [self.session, place.picture],
            [place.preview, place.about],
            concurrency_limit=_LOOKS_AT_ONCE,
            **LATEST,
        ).then(None, [place.picture, place.preview], place.picture, js=PLACE_JS, **PRIVATE).then(*settle, **LATEST)
        file, frame = clip.reference_clip, clip.reference_frame
        gr.on(
            [file.upload, file.clear],
            partial(chosen_reference, clip),
            [self.session, file],
            reference_outputs(clip),
            show_progress_on=clip.about,
            trigger_mode="always_last",
            concurrency_limit=_LOOKS_AT_ONCE,
            **PRIVATE,
        ).then(*settle, **LATEST)
        looks: dict[str, Any] = {"concurrency_limit": _LOOKS_AT_ONCE, **LATEST}
        outputs = [clip.picture, clip.about]
        frame.input(partial(reference_frame, clip, hurried=True), [self.session, frame], outputs, **looks)
        frame.release(partial(reference_frame, clip), [self.session, frame], outputs, **looks).then(*settle, **LATEST)
        gr.on(
            [inputs.grade.upload, inputs.grade.clear],
            choose.choose_grade,
            [self.session, inputs.grade, strength],
            [inputs.grade_about, strength],
            **LATEST,
        ).then(*settle, **LATEST)

    def choose_picture(self, session: Session, path: str | None) -> Updates:
        """A reference picture was dropped or taken out."""
        return self.tab.inputs.place.dropped(path, places.choose(session, session.clip.reference, path))

    def show_kind(self, kind: str) -> Updates:
        """Show the controls of a kind of reference, and what the button does with it."""
        inputs = self.tab.inputs
        return {
            inputs.picture_group: gr.update(visible=kind == PICTURE),
            inputs.clip.group: gr.update(visible=kind == CLIP),
            inputs.palette_group: gr.update(visible=kind == PALETTE),
            inputs.saved_group: gr.update(visible=kind == SAVED),
            self.tab.run.start: "Take the grade" if kind == SAVED else "Match",
        }

    def show_part(self, part: str) -> Updates:
        """Ask for a frame of the reference only where one is wanted."""
        return {self.tab.inputs.clip.frame_group: gr.update(visible=part == ONE_FRAME)}

    def settle(self, session: Session, *values: Any) -> Updates:
        """Follow a choice: say so when the grade on the screen belongs to an earlier one."""
        shown = session.clip.shown
        stale = shown is not None and run.is_stale(session, self.controls.read(values))
        return {self.tab.view.stale: clip_words.stale(shown) if stale and shown is not None else ""}

    def wire_looks(self) -> None:
        """The slider of the frames and that of the strength: while one moves a quick picture, an exact one when it rests."""
        view = self.tab.view
        looks: dict[str, Any] = {"concurrency_limit": _LOOKS_AT_ONCE, **LATEST}
        frames = [*frame_outputs(self.tab), self.tab.run.status]
        view.frame.input(self.look, [self.session, view.frame], frames, **looks)
        seek = view.frame.release(self.seek, [self.session, view.frame], frames, **looks)
        seek.then(*self._rest, **looks)  # without loss, which takes longer
        outputs = [*frames, view.metrics]
        view.strength.input(self.preview_strength, [self.session, view.frame, view.strength], outputs, **looks)
        view.strength.release(*self._rest, **looks)

    def seek(self, session: Session, frame: Sent) -> Updates:
        """The slider of the frames was let go: show that very frame."""
        return self.look(session, frame, hurried=False)

    def look(self, session: Session, frame: Sent, *, hurried: bool = True, resting: bool = False) -> Updates:
        """Show a frame.

        Args:
            session: of the page.
            frame: number of the frame, from 1.
            hurried: whether one near it will do, if that one takes long.
            resting: whether it is shown without loss.
        """
        status, clip = self.tab.run.status, session.clip.source.clip
        if clip is None:
            return nothing_new(status)
        try:
            number = run.frame_number(frame, clip)
            pair = run.look(session, number, hurried=hurried)
        except InputError as error:
            return {status: words.message(words.plain(error))}
        return frame_updates(self.tab, session, number, pair, resting=resting)

    def preview_strength(self, session: Session, frame: Sent, strength: Sent) -> Updates:
        """While the strength moves: the frame, and the distance."""
        result = run.set_strength(session, strength)
        if result is None:
            return nothing_new(self.tab.run.status)
        return {**self.look(session, frame), self.tab.view.metrics: clip_words.metrics(result)}

    def rest(self, session: Session, frame: Sent, strength: Sent, cube_size: int) -> Updates:
        """When a slider rests: the frame without loss, and all that is said of the grade."""
        updates = self.look(session, frame, hurried=False, resting=True)
        if session.clip.shown is not None and session.clip.shown.job.settings.strength != strength:
            run.set_strength(session, strength)
            updates = self.look(session, frame, hurried=False, resting=True)
        if session.clip.shown is None:
            return updates
        said = match_updates(self.tab, session, cube_size)
        return {
            **updates,
            **{component: value for component, value in said.items() if component != self.tab.view.stale},
        }

    def wire_runs(self) -> None:
        """The buttons *Match* and *Grade the clip*, and *Stop* beside each."""
        tab, graded = self.tab, self.tab.graded
        starts = [tab.run.start, graded.run.start]
        viewer = tab.view.viewer
        tab.run.start.click(
            self.run_match,
            [self.session, *self.controls.components],
            [*starts, tab.run.stop, tab.run.status, *frame_outputs(tab), *match_outputs(tab)],
            show_progress_on=viewer.place,
            concurrency_id="fit",
            concurrency_limit=FITS_AT_ONCE,
            **PRIVATE,
        )
        away = [graded.bar, graded.about, graded.player, graded.download]
        graded.run.start.click(
            self.run_grade,
            [self.session, graded.container],
            [*starts, graded.run.stop, graded.run.status, *away],
            show_progress="hidden",
            concurrency_id="clip",
            concurrency_limit=_CLIPS_AT_ONCE,
            **PRIVATE,
        )
        for stop in (tab.run.stop, graded.run.stop):
            stop.click(_stop, self.session, None, queue=False, **QUICK)

    def run_match(self, session: Session, *values: Any) -> Iterator[Updates]:
        """*Match* was pressed."""
        yield from MatchRun(self.tab, session, self.controls.read(values)).updates()

    def run_grade(self, session: Session, container: str) -> Iterator[Updates]:
        """*Grade the clip* was pressed."""
        yield from GradeRun(self.tab, session, container).updates()

    def wire_downloads(self) -> None:
        """The buttons of the grade. Each has its file made first; the browser then saves it."""
        away = self.tab.downloads
        wire_downloads(away.buttons, _make_download, [self.session, away.cube_size], away.file)
        away.cube_size.change(self.say_how_exact, [self.session, away.cube_size], away.cube_line, **QUICK)

    def say_how_exact(self, session: Session, cube_size: int) -> Updates:
        """Another size of the .cube was chosen: say how exact it is."""
        line, shown = self.tab.downloads.cube_line, session.clip.shown
        return nothing_new(line) if shown is None else {line: cube_line(shown, cube_size)}


def _stop(session: Session) -> None:
    """Says nothing itself: its words could arrive after those of the run that it stopped."""
    session.clip.press_stop()


def _make_download(session: Session, cube_size: int, kind: str) -> str | None:
    """Make a file to take away."""
    return made_or_said(lambda: make_download(session, kind, cube_size))
