"""The tab *Guide a generation*: what happens when something on it is pressed or dropped."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from guidance.catalogue import EMBEDDED_ID, MODELS
from guidance.known import Known
from reswd_torch.errors import InputError
from studio.jobs import GuideJob, PaintJob
from studio.records.painted import read_painted
from studio.service.guide.run import GuideEvent, GuideResult, PaintResult, default_generation
from studio.service.guide.stream import paint
from studio.ui import words
from studio.ui.controls import PRIVATE, QUICK
from studio.ui.guide import run as guide_run
from studio.ui.guide import words as guide_words
from studio.ui.guide.examples import EXAMPLES
from studio.ui.guide.run import DEVICE, KEPT, KINDS, NOTHING, Choice, Job, Painted
from studio.ui.match import choose
from studio.ui.match.run import PALETTE, PICTURE
from studio.ui.session import Session
from studio.watch import Cancelled

_LOG = logging.getLogger(__name__)
Components = dict[str, Any]
"""The components of the tab by name."""
Updates = dict[str, Any]
_CHOICE = (
    "prompt", "negative", "kind", "palette", "model", "strength", "plain", "seed", "steps", "scale", "width", "height",
    "from", "until", "decode_scale", "grain", "method",
)  # fmt: skip
"""The controls in the order of :class:`Choice`."""
_RESULT = (
    "empty", "so_far", "pictures", "picture", "plain_group", "plain_picture", "figures", "get", "get_plain", "notes",
)  # fmt: skip
_RESTORED = (*_CHOICE, "kept", "swatches", "model_line", "hint")
_ROLE = "guide_reference"
_LOOK_JS = (
    "() => [...document.querySelectorAll('#guide-so-far, #guide-pictures')].find((each) => each.offsetHeight)"
    "?.scrollIntoView({behavior: 'smooth', block: 'nearest'})"
)
_AT_ONCE = 6  # pages that may wait for the pipeline, which serves one; the others see their place in Gradio's queue


def wire(session: gr.State, parts: Components, known: Known | None) -> None:
    """Connect every control of the tab."""
    _wire_choices(session, parts, known)
    _wire_run(session, parts, known)
    _wire_restore(session, parts, known)


def _wire_choices(session: gr.State, parts: Components, known: Known | None) -> None:
    gr.on(
        [parts["reference"].upload, parts["reference"].clear], _choose, [session, parts["reference"]],
        [parts["reference_preview"], parts["reference_about"]], trigger_mode="always_last", concurrency_limit=4, **QUICK,
    ).then(
        None, [parts["reference"], parts["reference_preview"]], parts["reference"], js=choose.PLACE_JS, **PRIVATE
    )  # fmt: skip
    parts["palette"].change(
        choose.show_palette, parts["palette"], parts["swatches"], trigger_mode="always_last", queue=False, **QUICK
    )
    groups = ("picture_group", "palette_group", "kept_group", "guided_group")
    parts["kind"].change(
        lambda kind: (*(gr.update(visible=kind == one) for one in (PICTURE, PALETTE, KEPT)),
                      gr.update(visible=kind != NOTHING)),
        parts["kind"], [parts[name] for name in groups], trigger_mode="always_last", queue=False, **QUICK,
    )  # fmt: skip
    # input, not change: a model that is restored comes with settings of its own
    parts["model"].input(
        lambda model, prompt: tuple(_own_settings(known, model, prompt).values()), [parts["model"], parts["prompt"]],
        [parts[name] for name in _own_settings(known, EMBEDDED_ID, "")], trigger_mode="always_last", queue=False, **QUICK,
    )  # fmt: skip
    parts["prompt"].change(
        partial(_hint, known), [parts["model"], parts["prompt"]], parts["hint"], trigger_mode="always_last", queue=False,
        **QUICK,
    )  # fmt: skip
    parts["another"].click(lambda: secrets.randbelow(2**32), None, parts["seed"], queue=False, **QUICK)


def _choose(session: Session, path: str | None) -> tuple[Any, ...]:
    return choose.choose_dropped(session, path, _ROLE)[:2]


def _hint(known: Known | None, model: str, prompt: str) -> str:
    return words.message((known and model == EMBEDDED_ID and known.hint(prompt or "")) or "")


def _own_settings(known: Known | None, model: str, prompt: str) -> Updates:
    """What a model likes best, and what there is to say about it."""
    entry = MODELS.get(model or "")
    wanted = default_generation(model or "", "-")
    return {
        "steps": wanted.steps, "scale": wanted.guidance_scale, "width": entry.width if entry else None,
        "height": entry.height if entry else None, "model_line": guide_words.model_line(model or ""),
        "hint": _hint(known, model, prompt),
    }  # fmt: skip


def _wire_run(session: gr.State, parts: Components, known: Known | None) -> None:
    outputs = ("start", "stop", "status", "seed", *_RESULT, "visit_group", "visit")

    def work(session: Session, reference: str | None, *values: Any) -> Iterator[dict[Any, Any]]:
        for update in _run(session, reference, Choice(*values)):
            yield {parts[name]: value for name, value in update.items()}

    run: dict[str, Any] = {
        "fn": work,
        "inputs": [session, parts["reference"], *(parts[name] for name in _CHOICE)],
        "outputs": [parts[name] for name in outputs],
        "show_progress": "hidden",
        "concurrency_id": "generate",
        "concurrency_limit": _AT_ONCE,
        **PRIVATE,
    }
    gr.on([parts["start"].click, parts["prompt"].submit], **run)
    parts["stop"].click(_stop, session, None, queue=False, **QUICK)

    def example(session: Session, event: gr.SelectData) -> list[Any]:
        chosen = EXAMPLES[event.index]
        shown = [gr.skip(), gr.skip()]
        if chosen.reference is not None:
            shown = list(choose.choose(session, str(chosen.reference), _ROLE)[:2])
        job = _plain_example(chosen.prompt, chosen.seed)
        values = _values(job) | {"kind": PICTURE if chosen.reference else PALETTE, "plain": True}
        values |= {"palette": chosen.palette} if chosen.palette else {"palette": gr.skip()}
        values |= {"strength": 1.0, "model_line": guide_words.model_line(EMBEDDED_ID), "hint": ""}
        names = [name for name in _RESTORED if name not in ("kept", "swatches")]
        return [*shown, *(values[name] for name in names)]

    parts["examples"].select(
        example, session,
        [parts["reference"], parts["reference_about"],
         *(parts[name] for name in _RESTORED if name not in ("kept", "swatches"))],
        **QUICK,
    ).then(None, None, None, js=_LOOK_JS, **PRIVATE).then(**run)  # fmt: skip


def _plain_example(prompt: str, seed: int) -> Job:
    return PaintJob(default_generation(EMBEDDED_ID, prompt, seed=seed))


def _run(session: Session, reference: str | None, choice: Choice) -> Iterator[Updates]:
    """A run: updates of the page by the names of its components. Ends the page's last one, should it still go on."""
    _stop(session)
    stop = session.new_stop_file()
    yield {
        "start": gr.update(interactive=False), "stop": gr.update(interactive=True),
        "status": guide_words.progress(GuideEvent(0.0, "getting ready")),
    }  # fmt: skip
    said, shown = "", _back(session)
    try:
        if choice.kind == PICTURE:
            choose.catch_up(session, reference, _ROLE)
        side = session.guide_reference
        job = guide_run.make_job(choice, side.path if side else None, session.guide_kept)
        for event in paint(job, DEVICE, stop):
            if session.stop_file is not stop:  # another run has begun, and the page is its
                return
            if isinstance(event, GuideEvent):
                yield {"status": guide_words.progress(event), **_so_far(event)}
            elif isinstance(event, GuideResult | PaintResult):
                painted = guide_run.save(event, session.new_place)
                guide_run.keep(session, painted)
                shown = _shown(painted) | {
                    "seed": gr.skip() if choice.seed not in (None, "") else job.generation.seed,
                    "visit_group": gr.update(visible=True),
                    "visit": [(str(each.picture), each.job.generation.prompt) for each in session.painted],
                }
    except Cancelled:
        said = "Stopped. Nothing was saved."
    except (InputError, gr.Error) as error:
        said = words.plain(error) if isinstance(error, InputError) else str(error.message)
    except Exception:  # the page must stay usable
        _LOG.exception("painting failed")
        said = words.UNEXPECTED
    if session.stop_file is not stop:
        return
    yield {
        "start": gr.update(interactive=True), "stop": gr.update(interactive=False), "status": words.message(said), **shown,
    }  # fmt: skip


def _stop(session: Session) -> None:
    if session.stop_file is not None:
        session.stop_file.touch()


def _so_far(event: GuideEvent) -> Updates:
    if event.preview is None:
        return {}
    return {
        "so_far": guide_words.preview(event.preview), "empty": gr.update(visible=False), "pictures": gr.update(visible=False),
        "figures": "", "notes": "",
    }  # fmt: skip


def _back(session: Session) -> Updates:
    """What is shown after a run that came to nothing: what was there before."""
    if session.shown_painted is not None:
        return _shown(session.shown_painted)
    return {"so_far": "", "empty": gr.update(visible=True)}


def _shown(painted: Painted) -> Updates:
    """A picture on the page."""
    has_plain = painted.plain is not None
    label = "Guided" if isinstance(painted.job, GuideJob) else "Plain"
    return {
        "empty": gr.update(visible=False),
        "so_far": "",
        "pictures": gr.update(visible=True),
        "picture": gr.update(value=str(painted.picture), label=label),
        "plain_group": gr.update(visible=has_plain),
        "plain_picture": str(painted.plain) if has_plain else None,
        "figures": guide_words.figures(painted),
        "get": gr.update(value=str(painted.picture), interactive=True),
        "get_plain": gr.update(value=str(painted.plain) if has_plain else None, visible=has_plain),
        "notes": guide_words.notes(painted),
    }


def _wire_restore(session: gr.State, parts: Components, known: Known | None) -> None:
    names = ("status", *_RESTORED, *_RESULT)
    outputs = [parts[name] for name in names]

    def dropped(session: Session, path: str | None) -> dict[Any, Any]:
        if path is None:
            return {parts["status"]: ""}
        try:
            job = read_painted(Path(path))
            guide_run.model_from(job.model)
        except InputError as error:
            return {parts["status"]: words.message(words.plain(error))}
        name = Path(path).name
        session.shown_painted = Painted(job, Path(path))
        updates = _restored(session, job, name, known) | _shown(session.shown_painted)
        said = f"Every control is set as for {name}. Press Paint to paint it again."
        return {parts[key]: value for key, value in (updates | {"status": words.message(said)}).items()}

    def pick(session: Session, event: gr.SelectData) -> dict[Any, Any]:
        if event.index >= len(session.painted):
            return {parts["status"]: words.message("This picture is no longer here.")}
        painted = session.painted[event.index]
        session.shown_painted = painted
        updates = _restored(session, painted.job, painted.picture.name, known) | _shown(painted) | {"status": ""}
        return {parts[key]: value for key, value in updates.items()}

    gr.on(
        [parts["drop"].upload, parts["drop"].clear], dropped, [session, parts["drop"]], outputs,
        trigger_mode="always_last", **QUICK,
    )  # fmt: skip
    parts["visit"].select(pick, session, outputs, **QUICK).then(None, None, None, js=_LOOK_JS, **PRIVATE)


def _restored(session: Session, job: Job, name: str, known: Known | None) -> Updates:
    """Every control as it was for a picture."""
    updates = _values(job)
    updates |= {
        "model_line": guide_words.model_line(job.model), "hint": _hint(known, job.model, job.generation.prompt)
    }  # fmt: skip
    if isinstance(job, GuideJob):
        session.guide_kept = job
        updates |= {"kind": gr.update(choices=[*KINDS, KEPT], value=KEPT), "kept": guide_words.kept(job, name)}
    return updates


def _values(job: Job) -> Updates:
    """Bare values: an update would make a new component of those that hand over what was sent."""
    wanted, entry = job.generation, MODELS.get(job.model)
    updates: Updates = {
        "prompt": wanted.prompt, "negative": wanted.negative_prompt, "seed": wanted.seed, "steps": wanted.steps,
        "scale": wanted.guidance_scale, "width": wanted.width or (entry.width if entry else None),
        "height": wanted.height or (entry.height if entry else None), "model": job.model,
    }  # fmt: skip
    guidance = job.guidance if isinstance(job, GuideJob) else guide_run.GuidanceSettings()
    updates |= {
        "from": guidance.start, "until": guidance.stop, "decode_scale": guidance.decode_scale, "grain": guidance.grain,
        "method": guidance.method,
    }  # fmt: skip
    if isinstance(job, GuideJob):
        return updates | {"strength": guidance.strength, "plain": job.plain}
    return updates | {"kind": NOTHING}
