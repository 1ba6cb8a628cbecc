"""The tab *Batch*: a folder of pictures."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, fields
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from reswd_torch.errors import InputError
from reswd_torch.settings import AUTO_SCENE, DEVICES, MatchSettings
from studio.service.apply import load_any_grade
from studio.service.batch.request import EACH
from studio.service.batch.run import FRESH, OVERWRITE, RESUME
from studio.service.batch.uploads import LIMITS, UploadedBatch
from studio.ui import words
from studio.ui.batch.run import MODES, View, below, process, uploads_of
from studio.ui.controls import METHOD_CHOICES, PRIVATE, QUICK, TRANSFORM_CHOICES, palette_box, scene_choice
from studio.ui.match.run import KINDS, PALETTE, PICTURE, SAVED
from studio.ui.session import Session
from studio.ui.settings import as_sent, settings_from

_LOG = logging.getLogger(__name__)
_DEFAULTS = MatchSettings()
FILES, FOLDER, HERE = "ZIP or files", "Folder", "Folder on this machine"
_EMPTY = (
    '<div class="empty"><b>Before and after appear here, picture by picture.</b><span>Choose pictures and a reference, '
    "then <i>Process folder</i>. Formats, depth and metadata are kept; nothing is changed in your own files.</span></div>"
)
_HINTS = {
    FILES: f"A ZIP (of up to 2 GB) keeps its folders; files chosen together come without. Unpacked at most {LIMITS.in_words()}.",
    FOLDER: f"Its sub-folders are kept. At most {LIMITS.in_words()}.",
    HERE: "Read and written where they lie; nothing is uploaded.",
}  # fmt: skip
_EXISTING = (("Stop and say so", FRESH), ("Go on with the run there", RESUME), ("Replace them", OVERWRITE))


@dataclass(frozen=True)
class _Chosen:
    """The controls as they stood when the button was pressed, in the order of :data:`_CONTROLS`."""

    kind: str
    files: Any
    folder: Any
    here: str
    results: str
    existing: str
    colours: str
    references: Any
    palette: str
    grade: str | None
    mode: str
    method: str
    transform: str
    scene: str
    strength: Any
    seed: Any
    device: str

    def wanted(self, allowed: tuple[Path, ...]) -> UploadedBatch:
        """What they ask for. Raises InputError with words for the page."""
        is_here = self.kind == HERE
        settings = settings_from(
            method=self.method, transform=self.transform, strength=self.strength, seed=self.seed, device=self.device,
            scene=self.scene if _may_share_a_scene(self.colours, self.mode) else AUTO_SCENE,
        )  # fmt: skip
        return UploadedBatch(
            files=() if is_here else uploads_of(self.files if self.kind == FILES else self.folder),
            folder=below(self.here, allowed, "the folder with the pictures") if is_here else None,
            results=below(self.results, allowed, "the folder for the results") if is_here else None,
            references=uploads_of(self.references) if self.colours == PICTURE else (),
            palette=_palette(self.palette) if self.colours == PALETTE else None,
            grade=_grade(self.grade) if self.colours == SAVED else None,
            mode=self.mode,
            settings=settings,
            existing=self.existing if is_here else FRESH,
        )


def _may_share_a_scene(colours: str, mode: str) -> bool:
    """Whether pictures are matched to a picture, one by one. A palette shows nothing, and a series is fitted by statistics."""
    return colours == PICTURE and mode == EACH


_CONTROLS = tuple(one.name for one in fields(_Chosen))
Components = dict[str, Any]
"""The components of the tab by name; those of :data:`_CONTROLS` are what a run depends on."""


def build_batch_tab(session: gr.State, allowed: tuple[Path, ...] = ()) -> None:
    """Lay the tab out and wire it.

    Args:
        session: of the page.
        allowed: folders of this machine below which a person may name some; none on a server for strangers.
    """
    with gr.Row(equal_height=False, elem_classes="halves"):
        with gr.Column(scale=4, min_width=330, elem_classes="choices"):
            parts = _pictures(allowed) | _colours() | _buttons() | _more()
        with gr.Column(scale=8, min_width=330, elem_classes="outcome"):
            parts |= _outcome()
    _wire(session, parts, allowed)


def _pictures(allowed: tuple[Path, ...]) -> Components:
    kinds = (FILES, FOLDER, HERE) if allowed else (FILES, FOLDER)
    kind = gr.Radio(kinds, value=FILES, label="Pictures", elem_id="batch-kind")
    # In columns that come and go: an update of the place itself would undo as_sent().
    with gr.Column() as files_group:
        files = as_sent(gr.File(label="ZIP or pictures", file_count="multiple", height=150, elem_id="batch-files"))
    with gr.Column(visible=False) as folder_group:
        folder = as_sent(gr.File(label="Folder", file_count="directory", height=150, elem_id="batch-folder"))
    with gr.Column(visible=False) as here_group:
        here = gr.Textbox(label="Folder with the pictures", placeholder=_below(allowed), elem_id="batch-here")
        results = gr.Textbox(label="Folder for the results", info="Made if it is not there", elem_id="batch-results")
        existing = gr.Dropdown(list(_EXISTING), value=FRESH, label="If results are there already")
    hint = gr.HTML(_hint(FILES), padding=False, elem_id="batch-hint")
    return {
        "kind": kind, "files": files, "folder": folder, "here": here, "results": results, "existing": existing,
        "files_group": files_group, "folder_group": folder_group, "here_group": here_group, "hint": hint,
    }  # fmt: skip


def _colours() -> Components:
    colours = gr.Radio(KINDS, value=PICTURE, label="Take the colours from", elem_id="batch-colours")
    with gr.Column() as picture_group:
        references = as_sent(gr.File(label="Reference", file_count="multiple", height=110, elem_id="batch-references"))
        gr.HTML(
            '<p class="about">One for all; or several: each goes with the picture of its name, and in a series '
            "they are the look together.</p>", padding=False,
        )  # fmt: skip
    return {
        "colours": colours,
        "picture_group": picture_group,
        "references": references,
        "palette": palette_box(visible=False, elem_id="batch-palette"),
        "grade": gr.File(label="Saved grade", height=110, visible=False, elem_id="batch-grade"),
        "mode": gr.Radio(
            list(MODES), value=EACH, label="Match", info="One grade for a film or a series: nothing flickers",
            elem_id="batch-mode",
        ),
    }  # fmt: skip


def _buttons() -> Components:
    with gr.Row():
        start = gr.Button("Process folder", variant="primary", scale=3, min_width=150, elem_id="batch-start")
        stop = gr.Button("Stop", interactive=False, scale=1, min_width=80, elem_id="batch-stop")
    return {"start": start, "stop": stop, "status": gr.HTML(elem_id="batch-status", padding=False)}


def _more() -> Components:
    with gr.Accordion("More", open=False, elem_id="batch-more"):
        method = gr.Dropdown(METHOD_CHOICES, value=_DEFAULTS.method, label="Method")
        transform = gr.Radio(TRANSFORM_CHOICES, value="auto", label="Kind of grade")
        scene = scene_choice(elem_id="batch-scene")
        strength = as_sent(gr.Number(_DEFAULTS.strength, label="Strength", minimum=0, maximum=4, step=0.05))
        with gr.Row():
            seed = as_sent(gr.Number(_DEFAULTS.seed, label="Seed", precision=0, minimum=0, min_width=120))
            device = gr.Dropdown(list(DEVICES), value=_DEFAULTS.device, label="Device", min_width=120)
    return {
        "method": method, "transform": transform, "scene": scene, "strength": strength, "seed": seed, "device": device
    }  # fmt: skip


def _outcome() -> Components:
    return {
        "bar": gr.HTML(elem_id="batch-bar", padding=False),
        "download": gr.DownloadButton(
            "↓ Results and report (ZIP)", variant="primary", interactive=False, visible=False, elem_id="batch-get"
        ),
        "failures": gr.HTML(elem_id="batch-failures", padding=False),
        "empty": gr.HTML(_EMPTY, padding=False),
        "gallery": gr.Gallery(
            label="Before | after", show_label=False, columns=2, height="auto", object_fit="cover", allow_preview=True,
            interactive=False, buttons=[], elem_id="batch-gallery", visible="hidden",
        ),
    }  # fmt: skip


def _wire(session: gr.State, parts: Components, allowed: tuple[Path, ...]) -> None:
    shown = ("start", "stop", "status", "bar", "failures", "download", "empty", "gallery")

    def work(session: Session, *values: Any) -> Iterator[dict[Any, Any]]:
        for update in _run(session, _Chosen(*values), allowed):
            yield {parts[name]: value for name, value in update.items()}

    parts["start"].click(
        work, [session, *(parts[name] for name in _CONTROLS)], [parts[name] for name in shown],
        show_progress="hidden", concurrency_id="batch", concurrency_limit=1, **PRIVATE,
    )  # fmt: skip
    parts["stop"].click(_stop, session, None, queue=False, **QUICK)
    parts["kind"].change(
        lambda kind: (*(gr.update(visible=kind == one) for one in (FILES, FOLDER, HERE)), _hint(kind)), parts["kind"],
        [parts[name] for name in ("files_group", "folder_group", "here_group", "hint")], queue=False,
        trigger_mode="always_last", **QUICK,
    )  # fmt: skip
    parts["colours"].change(
        lambda colours: tuple(gr.update(visible=colours == one) for one in (PICTURE, PALETTE, SAVED)), parts["colours"],
        [parts[name] for name in ("picture_group", "palette", "grade")], queue=False, trigger_mode="always_last", **QUICK,
    )  # fmt: skip
    gr.on(
        [parts["colours"].change, parts["mode"].change],
        lambda colours, mode: gr.update(visible=_may_share_a_scene(colours, mode)), [parts["colours"], parts["mode"]],
        parts["scene"], queue=False, trigger_mode="always_last", **QUICK,
    )  # fmt: skip


def _run(session: Session, chosen: _Chosen, allowed: tuple[Path, ...]) -> Iterator[dict[str, Any]]:
    """A run: updates of the page by the names of its components."""
    session.stop_batch = False
    yield {
        "start": gr.update(interactive=False), "stop": gr.update(interactive=True), "status": "", "failures": "",
        "bar": progress_html(View()), "download": gr.update(interactive=False, visible=False),
    }  # fmt: skip
    said, last = "", View()
    try:
        for view in process(chosen.wanted(allowed), session.new_batch(), lambda: session.stop_batch):
            if view.tiles and not last.tiles:
                yield {"gallery": gr.update(visible=True), "empty": gr.update(visible=False)}
            update: dict[str, Any] = {"bar": progress_html(view), "failures": failures_html(view)}
            if view.tiles != last.tiles:  # the bare value: Gradio would lose it beside anything else
                update["gallery"] = list(view.tiles)
            last = view
            yield update
        said = _verdict(last)
    except InputError as error:
        said = words.plain(error)
    except Exception:  # the page must stay usable
        _LOG.exception("a batch failed")
        said = words.UNEXPECTED
    ready: dict[str, Any] = {
        "start": gr.update(interactive=True), "stop": gr.update(interactive=False), "status": words.message(said),
    }  # fmt: skip
    if last.summary is None:
        ready["bar"] = ""
    if last.archive is not None:
        ready["download"] = gr.update(value=str(last.archive), interactive=True, visible=True)
    yield ready


def _stop(session: Session) -> None:
    session.stop_batch = True


def _below(allowed: tuple[Path, ...]) -> str:
    return f"below {' or '.join(map(str, allowed))}" if allowed else ""


def _hint(kind: str) -> str:
    return f'<p class="about">{escape(_HINTS[kind])}</p>'


def _palette(text: str) -> str:
    if not text.strip():
        raise InputError(words.NO_PALETTE)
    return text


def _grade(path: str | None) -> Path:
    if path is None:
        raise InputError(words.NO_GRADE)
    load_any_grade(Path(path))
    return Path(path)


def _verdict(view: View) -> str:
    """What the run came to, in one line."""
    summary = view.summary
    if summary is None:
        return ""
    if summary.full:
        return "The disk of this machine is full: what was done until then is kept."
    if summary.done == 0 and summary.failed:
        return "None of the pictures could be done; the list says why."
    if summary.left:
        return f"Stopped. {summary.done} done, {summary.left} not begun."
    return ""


def progress_html(view: View) -> str:
    """The bar: how many of how many, which one, how long still."""
    step, summary = view.step, view.summary
    if summary is not None:
        done = f"<b>{summary.done} of {summary.done + summary.failed + summary.left} done</b>"
        failed = f", {summary.failed} failed" if summary.failed else ""
        where = f" · {escape(str(summary.report.parent))}" if view.archive is None and summary.done and step else ""
        share = (summary.done + summary.failed) / max(1, summary.done + summary.failed + summary.left)
        same = f" · {summary.same_scene} of the same scene as the reference" if summary.same_scene else ""
        packing = " · packing the ZIP" if step is None else ""
        return words.bar(share, f"{done}{failed}, {_time(summary.seconds)}{same}{packing}{where}", None)
    if step is None:
        return words.bar(None, "<b>Getting ready</b>", "")
    phase = "Looking at the colours of the series" if step.phase == "looking" else "Grading"
    failed = f", {step.failed} failed" if step.failed else ""
    left = f" · about {_time(view.left)} left" if view.left is not None else ""
    return words.bar(step.done / max(1, step.of), f"<b>{phase}: {step.done} of {step.of}</b>{failed}{left}", step.name)


def _time(seconds: float) -> str:
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60}:{whole % 60:02d} min" if whole < 3600 else f"{whole // 3600}:{whole // 60 % 60:02d} h"


def failures_html(view: View) -> str:
    """What failed and why, and what was left aside."""
    shown = view.failed[:20]
    rows = "".join(f"<li><b>{escape(name)}</b> {escape(reason)}</li>" for name, reason in shown)
    more = f"<li>and {len(view.failed) - len(shown)} more, in report.csv</li>" if len(view.failed) > len(shown) else ""
    failed = f'<div class="notes"><b>Failed</b><ul>{rows}{more}</ul></div>' if rows else ""
    notes = "".join(f"<li>{escape(note)}</li>" for note in view.notes)
    return failed + (f'<div class="notes"><b>Notes</b><ul>{notes}</ul></div>' if notes else "")
