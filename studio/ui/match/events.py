"""The tab *Match colours*: what happens when something on it is pressed, dropped or moved."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import gradio as gr

from reswd_torch.errors import InputError
from studio.ui import words
from studio.ui.controls import PRIVATE, QUICK
from studio.ui.examples import Example
from studio.ui.match import choose, downloads, run
from studio.ui.match.parts import MaskParts, Parts
from studio.ui.match.run import PALETTE, PICTURE, SAVED, Choice
from studio.ui.session import FITS_AT_ONCE, Session
from studio.watch import Cancelled

Updates = dict[Any, Any]
_LOG = logging.getLogger(__name__)

_SAVE_JS = """(file) => {
  if (!file) return;
  const link = document.createElement('a');
  link.href = file.url; link.download = file.orig_name;
  document.body.appendChild(link); link.click(); link.remove();
}"""
_LOOK_JS = "() => document.querySelector('#slider')?.scrollIntoView({behavior: 'smooth', block: 'nearest'})"
_WORK: dict[str, Any] = {"concurrency_id": "fit", "concurrency_limit": FITS_AT_ONCE, **PRIVATE}
# As all that follows a choice: Gradio would drop the second of two quick ones, and the page show the state before it.
_SETTLE: dict[str, Any] = {"trigger_mode": "always_last", **QUICK}


def wire(parts: Parts, examples: list[Example]) -> None:
    """Connect every control of the tab."""
    _wire_choices(parts)
    _wire_mask(parts.source_mask, parts, "source")
    _wire_mask(parts.reference_mask, parts, "reference")
    _wire_runs(parts, examples)
    _wire_strength(parts)
    _wire_points(parts)
    _wire_downloads(parts)


def _wire_choices(parts: Parts) -> None:
    settle = _compare_with_choices(parts)
    for picture, preview, about, mask, role in (
        (parts.source, parts.source_preview, parts.source_about, parts.source_mask, "source"),
        (parts.reference, parts.reference_preview, parts.reference_about, parts.reference_mask, "reference"),
    ):
        # input, not change: the preview put in by the server must not count as a new choice
        gr.on(
            [picture.upload, picture.clear], partial(choose.choose_dropped, role=role), [parts.session, picture],
            [preview, about, *_mask_outputs(mask)], trigger_mode="always_last", concurrency_limit=4, **QUICK,
        ).then(None, [picture, preview], picture, js=choose.PLACE_JS, **PRIVATE).then(*settle, **_SETTLE)  # fmt: skip
    groups = [parts.picture_group, parts.palette_group, parts.saved_group]
    labels = [parts.start, parts.compare]
    parts.kind.change(_show_kind, parts.kind, [*groups, *labels], queue=False, **QUICK).then(*settle, **_SETTLE)
    parts.palette.change(
        choose.show_palette, parts.palette, parts.swatches, trigger_mode="always_last", queue=False, **QUICK
    ).then(*settle, **_SETTLE)
    gr.on(
        [parts.grade.upload, parts.grade.clear], choose.choose_grade, [parts.session, parts.grade, parts.strength],
        [parts.grade_about, parts.strength], trigger_mode="always_last", **QUICK,
    ).then(*_follow(parts), trigger_mode="always_last", **QUICK).then(*settle, **_SETTLE)  # fmt: skip


def _compare_with_choices(parts: Parts) -> tuple[Any, ...]:
    """What to run after a choice: a line when the result belongs to an earlier one; words about that one go."""

    def settle(session: Session, kind: str, palette: str) -> tuple[str, Any]:
        stale = choose.is_stale(session, kind, palette)
        same = choose.chosen(session, kind, palette) == session.judged  # a match was quicker than this
        return (words.stale(session.shown) if stale and session.shown is not None else ""), gr.skip() if same else ""

    return settle, [parts.session, parts.kind, parts.palette], [parts.stale, parts.status]


def _mask_outputs(mask: MaskParts) -> list[Any]:
    """What choose.choose() says about the mask, in its order."""
    return [mask.file, mask.editor_group, mask.painted, mask.paint]


def _show_kind(kind: str) -> list[Any]:
    shown = [gr.update(visible=kind == each) for each in (PICTURE, PALETTE, SAVED)]
    return [*shown, "Apply grade" if kind == SAVED else "Match colours", gr.update(interactive=kind != SAVED)]


def _wire_mask(mask: MaskParts, parts: Parts, role: str) -> None:
    mask.paint.click(
        partial(choose.start_painting, role=role),
        [parts.session, mask.editor],
        [mask.editor_group, mask.editor, mask.painted, mask.paint],
        **QUICK,
    )
    # Only when asked: a listener on the editor itself makes Gradio 6.31 upload the painting again and again.
    mask.done.click(
        partial(choose.keep_painting, role=role),
        [parts.session, mask.editor],
        [mask.editor_group, mask.painted, mask.paint],
        **QUICK,
    )


def _controls(parts: Parts) -> list[Any]:
    """The components of :class:`Choice`, in its order."""
    return [
        parts.kind, parts.palette, parts.method, parts.transform, parts.strength, parts.seed, parts.device,
        parts.source_mask.file, parts.reference_mask.file, parts.scene,
    ]  # fmt: skip


def _take_paintings(parts: Parts) -> tuple[Any, ...]:
    """What to run before a match: close the editors that are open, as if *Use the painted area* had been pressed."""
    masks = {"source": parts.source_mask, "reference": parts.reference_mask}

    def take(session: Session, *editors: Any) -> Updates:
        updates: Updates = {}
        for (role, mask), editor in zip(masks.items(), editors, strict=True):
            if role in session.painting:
                outputs = (mask.editor_group, mask.painted, mask.paint)
                updates |= dict(zip(outputs, choose.keep_painting(session, editor, role), strict=True))
        return updates or {parts.source_mask.painted: gr.skip()}

    outputs = [part for mask in masks.values() for part in (mask.editor_group, mask.painted, mask.paint)]
    return take, [parts.session, *(mask.editor for mask in masks.values())], outputs


def _shown_parts(parts: Parts) -> list[Any]:
    """Everything that a new result changes."""
    return [
        parts.stale, parts.slider, parts.empty, parts.metrics, parts.numbers, parts.notes, parts.no_chart, parts.chart,
        parts.scene_found, parts.show_points, parts.points,
        parts.get_picture, parts.get_cube, parts.get_cc, parts.get_ccc, parts.get_cdl, parts.get_settings, parts.cube_line,
    ]  # fmt: skip


def _show(parts: Parts, session: Session, shown: run.Shown, cube_size: int) -> Updates:
    assert session.shown is not None
    cdl = downloads.is_cdl(session)
    picture = session.shown.picture
    return {
        parts.stale: "",
        parts.slider: gr.update(value=shown.pair, visible=True),
        parts.empty: gr.update(visible=False),
        parts.metrics: shown.metrics,
        parts.numbers: shown.numbers,
        parts.notes: shown.notes,
        parts.scene_found: words.scene(session.shown),
        parts.show_points: gr.update(visible=run.has_points(session.shown)),
        parts.points: gr.update(value=None, visible=False),
        parts.no_chart: gr.update(visible=False),
        parts.chart: gr.update(value=shown.chart, visible=True),
        parts.get_picture: gr.update(interactive=True, value=words.picture_label(picture.container, picture.bits)),
        parts.get_cube: gr.update(interactive=True),
        **{button: gr.update(interactive=cdl) for button in (parts.get_cc, parts.get_ccc, parts.get_cdl)},
        parts.get_settings: gr.update(interactive=True),
        parts.cube_line: _cube_line(session, cube_size),
    }


def _cube_line(session: Session, cube_size: int) -> str:
    error, cdl = downloads.cube_error(session, cube_size), downloads.is_cdl(session)
    saved = session.shown is not None and session.shown.job.saved_grade is not None
    return words.grade_files(error, cdl=cdl, saved=saved)


def _wire_runs(parts: Parts, examples: list[Example]) -> None:
    controls = _controls(parts)
    buttons = [parts.start, parts.stop, parts.compare]
    outputs = [*buttons, parts.status, *_shown_parts(parts)]

    def caught_up(session: Session, source: str | None, reference: str | None, choice: Choice) -> Choice:
        """Let the session know the pictures in the places; one that it did not know has no mask yet."""
        if choose.catch_up(session, source, "source"):
            choice = replace(choice, source_mask=None)
        if choice.kind == PICTURE and choose.catch_up(session, reference, "reference"):
            choice = replace(choice, reference_mask=None)
        return choice

    def work(
        session: Session,
        cube_size: int,
        source: str | None,
        reference: str | None,
        *values: Any,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> Iterator[Updates]:
        choice = Choice(*values)

        def job() -> Iterator[Updates]:
            chosen = caught_up(session, source, reference, choice)
            yield _show(parts, session, run.match(session, chosen, progress), cube_size)

        yield from _guarded(parts, session, job, choice, parts.stop, parts.status)

    inputs = [parts.session, parts.cube_size, parts.source, parts.reference, *controls]
    take = _take_paintings(parts)
    parts.start.click(*take, **QUICK).then(work, inputs, outputs, show_progress_on=[parts.slider, parts.empty], **_WORK)

    def compare(
        session: Session,
        source: str | None,
        reference: str | None,
        *values: Any,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> Iterator[Updates]:
        choice = Choice(*values)

        def job() -> Iterator[Updates]:
            chosen = caught_up(session, source, reference, choice)
            for tiles in run.compare(session, chosen, progress):
                # Made visible once: Gradio 6.31 loses the later ones of quick updates that also say so.
                yield {parts.compared: gr.update(value=tiles, visible=True) if len(tiles) == 1 else tiles}

        yield from _guarded(parts, session, job, choice, parts.compare_stop, parts.compare_status)

    parts.compare.click(*take, **QUICK).then(
        compare, [parts.session, parts.source, parts.reference, *controls],
        [parts.start, parts.compare, parts.compare_stop, parts.compare_status, parts.compared],
        show_progress_on=parts.compared, **_WORK,
    )  # fmt: skip
    parts.stop.click(_stop, parts.session, None, queue=False, **QUICK)
    parts.compare_stop.click(_stop, parts.session, None, queue=False, **QUICK)

    def pick(session: Session, cube_size: int, strength: float | None, event: gr.SelectData) -> Updates:
        if event.index >= len(session.compared):
            return {parts.compare_status: words.message("Compare again: this result is no longer here.")}
        run.set_strength(session, strength)
        result = session.compared[event.index]
        return {
            **_show(parts, session, run.show_new(session, result), cube_size),
            parts.method: result.job.settings.method,
            parts.compare_status: "",
        }

    parts.compared.select(
        pick, [parts.session, parts.cube_size, parts.strength],
        [*_shown_parts(parts), parts.method, parts.compare_status], **QUICK,
    ).then(None, None, None, js=_LOOK_JS, **PRIVATE)  # fmt: skip

    def example(session: Session, event: gr.SelectData) -> list[Any]:
        chosen = examples[event.index]
        return [
            PICTURE,
            1.0,
            *choose.choose(session, str(chosen.source), "source"),
            *choose.choose(session, str(chosen.reference), "reference"),
        ]

    parts.examples.select(
        example, parts.session,
        [parts.kind, parts.strength, parts.source, parts.source_about, *_mask_outputs(parts.source_mask),
         parts.reference, parts.reference_about, *_mask_outputs(parts.reference_mask)],
        **QUICK,
    ).then(*_follow(parts), **QUICK).then(
        work, inputs, outputs, show_progress_on=[parts.slider, parts.empty], **_WORK
    ).then(None, None, None, js=_LOOK_JS, **PRIVATE)  # fmt: skip


def _guarded(
    parts: Parts,
    session: Session,
    job: Callable[[], Iterator[Updates]],
    choice: Choice,
    stop: gr.Button,
    status: gr.HTML,
) -> Iterator[Updates]:
    """Run a job with the buttons set for it; one line for what went wrong, and everything else as it was."""
    session.stop = False
    yield {
        parts.start: gr.update(interactive=False),
        parts.compare: gr.update(interactive=False),
        stop: gr.update(interactive=True),
        status: "",
    }
    said = ""
    try:
        yield from job()
    except Cancelled:
        said = words.message("Stopped. The last result is still here." if session.shown else "Stopped.")
    except InputError as error:
        said = words.message(words.plain(error))
    except Exception:  # a full disk, no memory left on the card, a mistake of ours: the page must stay usable
        _LOG.exception("a run of the page failed")
        said = words.message(words.UNEXPECTED)
    session.judged = choose.chosen(session, choice.kind, choice.palette)
    yield {
        parts.start: gr.update(interactive=True),
        parts.compare: gr.update(interactive=choice.kind != SAVED),
        stop: gr.update(interactive=False),
        status: said,
    }


def _stop(session: Session) -> None:
    """Says nothing itself: its words could arrive after those of the run that it stopped."""
    session.stop = True


def _wire_strength(parts: Parts) -> None:
    def live(session: Session, strength: float | None) -> Updates:
        """While the slider moves: a quick preview and the distance."""
        result = run.set_strength(session, strength)
        if result is None:
            return {parts.metrics: gr.skip()}
        return {parts.slider: run.graded_pair(session, result, ".jpg"), parts.metrics: words.metrics(result)}

    parts.strength.input(
        live, [parts.session, parts.strength], [parts.slider, parts.metrics],
        trigger_mode="always_last", concurrency_limit=4, **QUICK,
    )  # fmt: skip
    parts.strength.release(
        partial(_rest, parts), [parts.session, parts.strength, parts.cube_size], _shown_parts(parts),
        trigger_mode="always_last", concurrency_limit=4, **QUICK,
    )  # fmt: skip


def _rest(parts: Parts, session: Session, strength: float | None, cube_size: int) -> Updates:
    """When the slider rests: the lossless preview, the numbers and the chart."""
    result = run.set_strength(session, strength)
    if result is None:
        return {parts.metrics: gr.skip()}
    return _show(parts, session, run.show(session, result), cube_size)


def _follow(parts: Parts) -> tuple[Any, ...]:
    """What to run after the app itself moved the slider, so that the result on the screen moves with it."""

    def follow(session: Session, strength: float | None, cube_size: int) -> Updates:
        shown = session.shown
        if shown is not None and shown.job.settings.strength == strength:
            session.strength = strength
            return {parts.metrics: gr.skip()}
        return _rest(parts, session, strength, cube_size)

    return follow, [parts.session, parts.strength, parts.cube_size], _shown_parts(parts)


def _wire_points(parts: Parts) -> None:
    def points(session: Session) -> Updates:
        picture = run.draw_points(session)
        return {parts.points: gr.skip() if picture is None else gr.update(value=picture, visible=True)}

    parts.show_points.click(
        points,
        parts.session,
        parts.points,
        show_progress_on=parts.show_points,
        concurrency_limit=FITS_AT_ONCE,
        **PRIVATE,
    )


def _wire_downloads(parts: Parts) -> None:
    def make(session: Session, cube_size: int, kind: str) -> Any:
        try:
            return downloads.make_download(session, kind, cube_size)
        except InputError as error:
            gr.Warning(words.plain(error), title="No download")
        except Exception:
            _LOG.exception("a download failed")
            gr.Warning(words.UNEXPECTED, title="No download")
        return None

    for button, kind in (
        (parts.get_picture, downloads.PICTURE_KIND),
        (parts.get_cube, ".cube"),
        (parts.get_cc, ".cc"),
        (parts.get_ccc, ".ccc"),
        (parts.get_cdl, ".cdl"),
        (parts.get_settings, downloads.SETTINGS_KIND),
    ):
        button.click(
            partial(make, kind=kind), [parts.session, parts.cube_size], parts.download,
            show_progress_on=button, concurrency_id="download", concurrency_limit=2, **PRIVATE,
        ).success(None, parts.download, None, js=_SAVE_JS, **PRIVATE)  # fmt: skip

    def size(session: Session, cube_size: int) -> Any:
        if session.shown is None:
            return gr.skip()
        return _cube_line(session, cube_size)

    parts.cube_size.change(size, [parts.session, parts.cube_size], parts.cube_line, **QUICK)
