"""The tab *Guide a generation*: what happens when something on it is pressed or dropped."""

from __future__ import annotations

import secrets
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from guidance.catalogue import EMBEDDED_ID
from reswd_torch.errors import InputError
from studio.jobs import PaintJob
from studio.records.painted import is_matched, read_painted
from studio.service.guide.afterwards import matched_afterwards
from studio.service.guide.run import GuideEvent, GuideResult, PaintResult, default_generation
from studio.service.guide.stream import paint
from studio.ui.colors import show_colours, show_palette
from studio.ui.controls import PALETTE, PICTURE
from studio.ui.guard import Run
from studio.ui.guide import run as guide_run
from studio.ui.guide import show, words
from studio.ui.guide.choice import GuideChoice
from studio.ui.guide.examples import EXAMPLES
from studio.ui.guide.parts import GuideTab
from studio.ui.guide.run import DEVICE, KEPT, NOTHING, AnyPainting, Painted
from studio.ui.places import PLACE_JS, choose
from studio.ui.session import Session
from studio.ui.wiring import LATEST, PRIVATE, QUICK, UNSEEN, Controls, Step, Updates
from studio.ui.words import message, plain

_LOOK_JS = (
    "() => window.reswdBring("
    "[...document.querySelectorAll('#guide-so-far, #guide-pictures')].find((each) => each.offsetHeight), 'nearest')"
)
_LOOK_AT_BEGUN_JS = f"""() => {{
  const until = Date.now() + 10000;
  const look = () => {{
    if (document.querySelector('#guide-so-far')?.offsetHeight) ({_LOOK_JS})();
    else if (Date.now() < until) setTimeout(look, 100);
  }};
  look();
}}"""
"""The same as soon as something is loaded or painted."""
_LOOK_AT_RESULT_JS = f"() => document.querySelector('#guide-status .message') || ({_LOOK_JS})()"
"""The same where a picture was painted; where there is a message instead, that stays in sight."""
_AT_ONCE = 6  # pages that may wait for the pipeline, which serves one; the others see their place in Gradio's queue
_WORK: dict[str, Any] = {
    "concurrency_id": "generate",
    "concurrency_limit": _AT_ONCE,
    **UNSEEN,
    **PRIVATE,
}


def wire_guide_tab(tab: GuideTab, session: gr.State) -> None:
    """Connect every control of the tab."""
    events = GuideEvents(tab, session)
    events.wire_wishes()
    events.wire_model()
    events.wire_run()
    events.wire_examples()
    events.wire_restore()


class GuideEvents:
    """What happens on the tab: the methods ``wire_...`` connect components with the others, which are the handlers.

    Args:
        tab: the components.
        session: of the page.
    """

    def __init__(self, tab: GuideTab, session: gr.State) -> None:
        self.tab, self.session = tab, session
        self.controls = Controls(GuideChoice, tab.wishes, tab.model, tab.more, reference=tab.wishes.place.picture)
        outputs = [
            tab.run.start,
            tab.run.stop,
            tab.run.status,
            tab.model.seed,
            *show.picture_outputs(tab),
            tab.outcome.visit_group,
            tab.outcome.visit,
        ]
        self._paint = Step(self.run_guide, [session, *self.controls.components], outputs)

    def wire_wishes(self) -> None:
        """What to paint, and in whose colours."""
        wishes, place = self.tab.wishes, self.tab.wishes.place
        gr.on(
            [place.picture.upload, place.picture.clear],
            self.choose_picture,
            [self.session, place.picture],
            [place.preview, place.about],
            concurrency_limit=4,
            **LATEST,
        ).then(None, [place.picture, place.preview], place.picture, js=PLACE_JS, **PRIVATE).then(
            self.show_hint, self._asked, wishes.hint, **LATEST
        )
        wishes.palette.change(show_palette, wishes.palette, wishes.swatches, queue=False, **LATEST)
        wishes.avoid.change(show_colours, wishes.avoid, wishes.avoided, queue=False, **LATEST)
        wishes.kind.change(
            self.show_kind,
            wishes.kind,
            [wishes.picture_group, wishes.palette_group, wishes.kept_group, wishes.guided_group],
            queue=False,
            **LATEST,
        )
        asks = [wishes.prompt.change, wishes.palette.change, wishes.kind.change]
        gr.on(asks, self.show_hint, self._asked, wishes.hint, queue=False, **LATEST)

    def choose_picture(self, session: Session, path: str | None) -> Updates:
        """A picture was dropped or taken out."""
        return self.tab.wishes.place.dropped(path, choose(session, session.guide.reference, path))

    def show_kind(self, kind: str) -> Updates:
        """Show the controls of a kind of reference."""
        wishes = self.tab.wishes
        return {
            wishes.picture_group: gr.update(visible=kind == PICTURE),
            wishes.palette_group: gr.update(visible=kind == PALETTE),
            wishes.kept_group: gr.update(visible=kind == KEPT),
            wishes.guided_group: gr.update(visible=kind != NOTHING),
        }

    @property
    def _asked(self) -> list[Any]:
        """What :meth:`show_hint` takes."""
        wishes = self.tab.wishes
        return [self.session, self.tab.model.model, wishes.prompt, wishes.kind, wishes.palette]

    def show_hint(
        self, session: Session, model: str | None, prompt: str | None, kind: str | None, palette: str | None
    ) -> Updates:
        """Say what the embedded model understood of the prompt, and which of its colours the reference lacks."""
        state = session.guide
        side = state.reference.side
        wanted = guide_run.reference_so_far(kind or "", palette or "", side.path if side else None, state.kept)
        return {self.tab.wishes.hint: show.hint(self.tab, model or "", prompt or "", wanted)}

    def wire_model(self) -> None:
        """What paints, and from which noise."""
        model, prompt = self.tab.model, self.tab.wishes.prompt
        # input, not change: a model that is restored comes with settings of its own
        model.model.input(
            self.take_model,
            [model.model, prompt],
            list(show.own_settings(self.tab, EMBEDDED_ID, "")),
            queue=False,
            **LATEST,
        )
        model.another.click(self.new_seed, None, model.seed, queue=False, **QUICK)

    def take_model(self, model: str | None, prompt: str | None) -> Updates:
        """A model was chosen: it gets the settings that it likes best."""
        return show.own_settings(self.tab, model or "", prompt or "")

    def new_seed(self) -> Updates:
        """*New seed* was pressed."""
        return {self.tab.model.seed: secrets.randbelow(2**32)}

    def wire_run(self) -> None:
        """The buttons *Paint* and *Stop*."""
        pressed = [self.tab.run.start.click, self.tab.wishes.prompt.submit]
        gr.on(pressed, None, None, None, js=_LOOK_AT_BEGUN_JS, **PRIVATE)
        gr.on(pressed, *self._paint, **_WORK).then(None, None, None, js=_LOOK_AT_RESULT_JS, **PRIVATE)
        self.tab.run.stop.click(_stop, self.session, None, queue=False, **QUICK)

    def run_guide(self, session: Session, *values: Any) -> Iterator[Updates]:
        """*Paint* was pressed."""
        yield from GuideRun(self.tab, session, self.controls.read(values)).updates()

    def wire_examples(self) -> None:
        """The examples: one that is pressed is painted at once."""
        place, kept = self.tab.wishes.place, self.tab.wishes.kept
        outputs = [block for block in show.settings_outputs(self.tab) if block is not kept]
        self.tab.examples.select(self.take_example, self.session, [place.picture, place.about, *outputs], **QUICK).then(
            None, None, None, js=_LOOK_JS, **PRIVATE
        ).then(*self._paint, **_WORK)

    def take_example(self, session: Session, event: gr.SelectData) -> Updates:
        """An example was pressed: set every control for it."""
        example, wishes = EXAMPLES[event.index], self.tab.wishes
        job = PaintJob(default_generation(EMBEDDED_ID, example.prompt, seed=example.seed))
        updates = show.settings(self.tab, job) | {
            wishes.hint: "",
            wishes.kind: PICTURE if example.reference else PALETTE,
            wishes.avoid: "",
            wishes.strength: 1.0,
            wishes.plain: True,
        }
        if example.palette:
            updates[wishes.palette] = example.palette
        if example.reference is not None:
            updates |= wishes.place.filled(choose(session, session.guide.reference, str(example.reference)))
        return updates

    def wire_restore(self) -> None:
        """Pictures that were made here: one that is dropped or pressed sets every control as it was."""
        tab = self.tab
        outputs = [tab.run.status, *show.settings_outputs(tab), *show.picture_outputs(tab)]
        gr.on([tab.drop.upload, tab.drop.clear], self.take_file, [self.session, tab.drop], outputs, **LATEST)
        tab.outcome.visit.select(self.pick, self.session, outputs, **QUICK).then(
            None, None, None, js=_LOOK_JS, **PRIVATE
        )

    def take_file(self, session: Session, path: str | None) -> Updates:
        """A PNG that was made here was dropped, or taken out."""
        status = self.tab.run.status
        if path is None:
            return {status: ""}
        try:
            job = read_painted(Path(path))
            guide_run.model_from(job.model)
            matched = is_matched(Path(path))
        except InputError as error:
            return {status: message(plain(error))}
        name = Path(path).name
        said = f"Every control is set as for {name}. Press Paint to paint it again."
        return self._restored(session, Painted(job, Path(path), is_matched=matched)) | {status: message(said)}

    def pick(self, session: Session, event: gr.SelectData) -> Updates:
        """A picture of this visit was pressed."""
        if event.index >= len(session.guide.painted):
            return {self.tab.run.status: message("This picture is no longer here.")}
        return self._restored(session, session.guide.painted[event.index]) | {self.tab.run.status: ""}

    def _restored(self, session: Session, painted: Painted) -> Updates:
        """Show a picture, with every control as it was for it."""
        session.guide.shown = painted
        settings = show.restored(self.tab, session.guide, painted.job, painted.picture.name)
        return settings | show.picture(self.tab, painted)


class GuideRun(Run):
    """A picture that is painted, as the guard runs it. It ends the page's last run, should that still go on.

    Args:
        tab: the components.
        session: of the page.
        choice: the controls as they stood when the button was pressed.
    """

    def __init__(self, tab: GuideTab, session: Session, choice: GuideChoice) -> None:
        super().__init__(tab.run)
        self.tab, self.session, self.state, self.choice = tab, session, session.guide, choice
        self.state.press_stop()
        self.stop = self.state.stop = session.new_stop()
        self.shown: Updates = {}
        self.loads = False
        self.done, self.of = 0, 1

    def begin(self) -> Updates:
        return {self.tab.run.status: words.progress(GuideEvent(0.0, "getting ready"))}

    def work(self) -> Generator[Updates, None, str]:
        self.shown = show.back(self.tab, self.state)
        choice, chosen = self.choice, self.state.reference
        if choice.kind == PICTURE:
            chosen.catch_up(choice.reference)
        jobs = guide_run.painting_jobs(choice, chosen.side.path if chosen.side else None, self.state.kept)
        self.of = len(jobs)
        for job in jobs:
            yield from self._paint(job)
            if not self._has_the_page:
                return ""
            if job is not jobs[-1]:
                yield self.shown  # the last one is shown as the run ends
        if self.of == 1 and choice.seed in (None, ""):  # of several, each tells its own; the next press draws others
            self.shown[self.tab.model.seed] = jobs[0].generation.seed
        return ""

    def _paint(self, job: AnyPainting) -> Iterator[Updates]:
        """Paint one of the pictures and keep it."""
        self.loads = False
        for event in paint(job, DEVICE, self.stop.path):
            if not self._has_the_page:
                return
            if isinstance(event, GuideEvent):
                told = self._among_all(event)
                yield {self.tab.run.status: words.progress(told), **self._in_place(told, job.model)}
                continue
            assert isinstance(event, GuideResult | PaintResult), "the last thing that a job tells is its result"
            matched = matched_afterwards(event) if isinstance(event, GuideResult) else None
            painted = guide_run.save(event, self.session.new_place, self.of, matched)
            self.state.keep(painted)
            self.done += 1
            self.shown = show.picture(self.tab, painted) | show.visit(self.tab, self.state)

    def _among_all(self, event: GuideEvent) -> GuideEvent:
        """An event of one picture, told of all that the press gives."""
        if self.of == 1:
            return event
        which = f"picture {self.done + 1} of {self.of}: {event.text}"
        return replace(event, share=(self.done + event.share) / self.of, text=which)

    def _in_place(self, event: GuideEvent, model: str) -> Updates:
        """What the place of the picture shows: a model that is loaded, until there is a picture to be seen."""
        self.loads = event.preview is None and (self.loads or event.loaded is not None)
        return show.waiting(self.tab, event, model) if self.loads else show.so_far(self.tab, event)

    @property
    def _has_the_page(self) -> bool:
        """Whether no other run has begun, to which the page belongs then."""
        return self.state.stop is self.stop

    def end(self) -> Updates | None:
        return self.shown if self._has_the_page else None

    def when_stopped(self) -> str:
        if self.done:
            return f"Stopped. {self.done} of {self.of} pictures {'is' if self.done == 1 else 'are'} done and kept."
        return "Stopped. Nothing was saved."


def _stop(session: Session) -> None:
    """Says nothing itself: the run that it stopped does, as it ends."""
    session.guide.press_stop()
