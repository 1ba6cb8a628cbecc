"""The tab *Batch*: a folder of pictures."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from reswd_torch.errors import InputError
from reswd_torch.settings import DEVICES, METHODS, MatchSettings
from studio.apply import load_any_grade
from studio.batch.request import EACH
from studio.batch.run import FRESH, OVERWRITE, RESUME
from studio.ui import words
from studio.ui.batch_run import LIMITS, MODES, View, Wanted, below, process, uploads_of
from studio.ui.run import KINDS, PALETTE, PICTURE, SAVED
from studio.ui.session import Session
from studio.ui.settings import as_sent, settings_from

_LOG = logging.getLogger(__name__)
_PRIVATE: dict[str, Any] = {"api_visibility": "private"}
_QUICK: dict[str, Any] = {"show_progress": "hidden", **_PRIVATE}
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


def build_batch_tab(session: gr.State, allowed: tuple[Path, ...] = ()) -> None:
    """Lay the tab out and wire it.

    Args:
        session: of the page.
        allowed: folders of this machine below which a person may name some; none on a server for strangers.
    """
    with gr.Row(equal_height=False, elem_classes="halves"):
        with gr.Column(scale=4, min_width=330, elem_classes="choices"):
            kinds = (FILES, FOLDER, HERE) if allowed else (FILES, FOLDER)
            kind = gr.Radio(kinds, value=FILES, label="Pictures", elem_id="batch-kind")
            # In columns that come and go: an update of the place itself would undo as_sent().
            with gr.Column() as files_group:
                files = as_sent(
                    gr.File(label="ZIP or pictures", file_count="multiple", height=150, elem_id="batch-files")
                )
            with gr.Column(visible=False) as folder_group:
                folder = as_sent(gr.File(label="Folder", file_count="directory", height=150, elem_id="batch-folder"))
            with gr.Column(visible=False) as here_group:
                here = gr.Textbox(label="Folder with the pictures", placeholder=_below(allowed), elem_id="batch-here")
                results = gr.Textbox(
                    label="Folder for the results", info="Made if it is not there", elem_id="batch-results"
                )
                existing = gr.Dropdown(list(_EXISTING), value=FRESH, label="If results are there already")
            hint = gr.HTML(_hint(FILES), padding=False, elem_id="batch-hint")
            colours = gr.Radio(KINDS, value=PICTURE, label="Take the colours from", elem_id="batch-colours")
            with gr.Column() as picture_group:
                references = as_sent(
                    gr.File(label="Reference", file_count="multiple", height=110, elem_id="batch-references")
                )
                gr.HTML(
                    '<p class="about">One for all; or several: each goes with the picture of its name, and in a series '
                    "they are the look together.</p>", padding=False,
                )  # fmt: skip
            palette = gr.Textbox(
                label="Palette", info="Hex colours; :2 makes one count twice", placeholder="#2b3a55:2, #e8c07d, #f4ead5",
                visible=False, elem_id="batch-palette",
            )  # fmt: skip
            grade = gr.File(label="Saved grade", height=110, visible=False, elem_id="batch-grade")
            mode = gr.Radio(
                list(MODES), value=EACH, label="Match", info="One grade for a film or a series: nothing flickers",
                elem_id="batch-mode",
            )  # fmt: skip
            with gr.Row():
                start = gr.Button("Process folder", variant="primary", scale=3, min_width=150, elem_id="batch-start")
                stop = gr.Button("Stop", interactive=False, scale=1, min_width=80, elem_id="batch-stop")
            status = gr.HTML(elem_id="batch-status", padding=False)
            with gr.Accordion("More", open=False, elem_id="batch-more"):
                method = gr.Dropdown(
                    [(words.METHOD_NAMES[name], name) for name in METHODS], value=_DEFAULTS.method, label="Method",
                )  # fmt: skip
                transform = gr.Radio(
                    [("Automatic", "auto"), ("CDL", "cdl"), ("3-D LUT", "lut")], value="auto", label="Kind of grade"
                )
                strength = as_sent(gr.Number(_DEFAULTS.strength, label="Strength", minimum=0, maximum=4, step=0.05))
                with gr.Row():
                    seed = as_sent(gr.Number(_DEFAULTS.seed, label="Seed", precision=0, minimum=0, min_width=120))
                    device = gr.Dropdown(list(DEVICES), value=_DEFAULTS.device, label="Device", min_width=120)
        with gr.Column(scale=8, min_width=330, elem_classes="outcome"):
            bar = gr.HTML(elem_id="batch-bar", padding=False)
            download = gr.DownloadButton(
                "↓ Results and report (ZIP)", variant="primary", interactive=False, visible=False, elem_id="batch-get"
            )
            failures = gr.HTML(elem_id="batch-failures", padding=False)
            empty = gr.HTML(_EMPTY, padding=False)
            gallery = gr.Gallery(
                label="Before | after", show_label=False, columns=2, height="auto", object_fit="cover",
                allow_preview=True, interactive=False, buttons=[], elem_id="batch-gallery", visible="hidden",
            )  # fmt: skip

    def work(
        session: Session, kind: str, files: Any, folder: Any, here: str, results: str, existing: str, colours: str,
        references: Any, palette: str, grade: str | None, mode: str, method: str, transform: str, strength: Any,
        seed: Any, device: str,
    ) -> Iterator[dict[Any, Any]]:  # fmt: skip
        session.stop_batch = False
        yield {
            start: gr.update(interactive=False), stop: gr.update(interactive=True), status: "", failures: "",
            bar: progress_html(View()), download: gr.update(interactive=False, visible=False),
        }  # fmt: skip
        said = ""
        last: View | None = None
        shown: tuple[tuple[str, str], ...] = ()
        try:
            settings = settings_from(method=method, transform=transform, strength=strength, seed=seed, device=device)
            wanted = Wanted(
                files=uploads_of(files if kind == FILES else folder) if kind != HERE else (),
                folder=below(here, allowed, "the folder with the pictures") if kind == HERE else None,
                results=below(results, allowed, "the folder for the results") if kind == HERE else None,
                references=uploads_of(references) if colours == PICTURE else (),
                palette=_palette(palette) if colours == PALETTE else None,
                grade=_grade(grade) if colours == SAVED else None,
                mode=mode,
                settings=settings,
                existing=existing if kind == HERE else FRESH,
            )
            for view in process(wanted, session.new_batch(), lambda: session.stop_batch):
                update: dict[Any, Any] = {bar: progress_html(view), failures: failures_html(view)}
                if view.tiles and not shown:
                    yield {gallery: gr.update(visible=True), empty: gr.update(visible=False)}
                if view.tiles != shown:  # without anything beside the value: Gradio would lose it
                    update[gallery] = list(view.tiles)
                shown, last = view.tiles, view
                yield update
            said = _verdict(last)
        except InputError as error:
            said = words.plain(error)
        except Exception:  # the page must stay usable
            _LOG.exception("a batch failed")
            said = words.UNEXPECTED
        archive = last.archive if last is not None else None
        ready: dict[Any, Any] = {
            start: gr.update(interactive=True), stop: gr.update(interactive=False), status: words.message(said),
        }  # fmt: skip
        if last is None or last.summary is None:
            ready[bar] = ""
        if archive is not None:
            ready[download] = gr.update(value=str(archive), interactive=True, visible=True)
        yield ready

    start.click(
        work,
        [session, kind, files, folder, here, results, existing, colours, references, palette, grade, mode, method,
         transform, strength, seed, device],
        [start, stop, status, bar, failures, download, empty, gallery],
        show_progress="hidden", concurrency_id="batch", concurrency_limit=1, **_PRIVATE,
    )  # fmt: skip
    stop.click(_stop, session, None, queue=False, **_QUICK)
    kind.change(
        lambda kind: (*(gr.update(visible=kind == one) for one in (FILES, FOLDER, HERE)), _hint(kind)),
        kind, [files_group, folder_group, here_group, hint], queue=False, trigger_mode="always_last", **_QUICK,
    )  # fmt: skip
    colours.change(
        lambda colours: tuple(gr.update(visible=colours == one) for one in (PICTURE, PALETTE, SAVED)),
        colours, [picture_group, palette, grade], queue=False, trigger_mode="always_last", **_QUICK,
    )  # fmt: skip


def _stop(session: Session) -> None:
    session.stop_batch = True


def _below(allowed: tuple[Path, ...]) -> str:
    return f"below {' or '.join(map(str, allowed))}" if allowed else ""


def _hint(kind: str) -> str:
    return f'<p class="about">{escape(_HINTS[kind])}</p>'


def _palette(text: str) -> str:
    if not text.strip():
        raise InputError("Write the palette's colours first, such as #2b3a55, #e8c07d.")
    return text


def _grade(path: str | None) -> Path:
    if path is None:
        raise InputError("No saved grade is loaded: drop a .cube, .cc, .ccc, .cdl or a settings .json.")
    load_any_grade(Path(path))
    return Path(path)


def _verdict(view: View | None) -> str:
    """What the run came to, in one line."""
    if view is None or view.summary is None:
        return ""
    summary = view.summary
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
        packing = " · packing the ZIP" if step is None else ""
        return _bar(share, f"{done}{failed}, {_time(summary.seconds)}{packing}{where}", None)
    if step is None:
        return _bar(None, "<b>Getting ready</b>", "")
    phase = "Looking at the colours of the series" if step.phase == "looking" else "Grading"
    failed = f", {step.failed} failed" if step.failed else ""
    left = f" · about {_time(view.left)} left" if view.left is not None else ""
    return _bar(step.done / max(1, step.of), f"<b>{phase}: {step.done} of {step.of}</b>{failed}{left}", step.name)


def _bar(share: float | None, text: str, name: str | None) -> str:
    """A grey bar (the browser's own is green, beside pictures whose colours one judges); ``name`` under it."""
    percent = 100 * (share or 0)
    known = "" if share is None else f' aria-valuenow="{percent:.0f}"'
    under = "" if name is None else f'<span class="faint">{escape(name) or "&nbsp;"}</span>'
    return (
        f'<div class="batch-bar"><div class="track" role="progressbar" aria-valuemin="0" aria-valuemax="100"{known}>'
        f'<div style="width:{percent:.1f}%"></div></div><span role="status">{text}</span>{under}</div>'
    )


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
