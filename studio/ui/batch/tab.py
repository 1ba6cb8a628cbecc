"""The tab *Batch*: what is on it. What happens there is in :mod:`studio.ui.batch.events`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import gradio as gr

from reswd_torch.grade.formats import grade_suffixes
from reswd_torch.settings import MatchSettings
from studio.jobs import EACH
from studio.kinds import AS_SOURCE
from studio.service.batch.run import FRESH, OVERWRITE, RESUME
from studio.ui.batch import words
from studio.ui.batch.choice import FILES, FOLDER, HERE
from studio.ui.batch.choosers import chooser, choosers_of
from studio.ui.batch.parts import BatchTab, Choosers, Colours, Further, More, Outcome, Pictures, Written
from studio.ui.batch.run import MODES
from studio.ui.controls import (
    KINDS,
    aim_choices,
    kind_choice,
    method_choice,
    palette_box,
    protection_choice,
    run_buttons,
    scene_choice,
    seed_and_device,
    transform_choice,
)
from studio.ui.guard import RunButtons
from studio.ui.settings import as_sent
from studio.ui.spaces import lay_out_spaces

_EXISTING = (("Stop and say so", FRESH), ("Go on with the run there", RESUME), ("Replace them", OVERWRITE))

_FORMATS = (
    ("As each source", AS_SOURCE),
    ("JPEG", "jpeg"),
    ("PNG, 8 bits", "png"),
    ("PNG, 16 bits", "png16"),
    ("TIFF, the source's depth", "tiff"),
)


def lay_out_batch_tab(allowed: Sequence[Path] = (), *, in_window: bool = False) -> BatchTab:
    """Lay the tab out.

    Args:
        allowed: folders of this machine below which a person may name some; none on a server for strangers.
        in_window: whether folders are chosen in the dialogues of a window of the app's own. None is uploaded then.
    """
    kinds = (HERE, FILES) if in_window else (FILES, FOLDER, HERE) if allowed else (FILES, FOLDER)
    with gr.Row(equal_height=False, elem_classes="halves"):
        with gr.Column(scale=4, min_width=330, elem_classes="choices"):
            pictures, choosers = _pictures(kinds, allowed, in_window)
            colours = _colours()
            further, run = _buttons(kinds[0])
            written = _written()
            more = _more()
            spaces = lay_out_spaces("batch-")
        with gr.Column(scale=8, min_width=330, elem_classes="outcome", elem_id="batch-outcome"):
            outcome = _outcome()
    return BatchTab(
        pictures=pictures,
        colours=colours,
        run=run,
        further=further,
        written=written,
        more=more,
        spaces=spaces,
        outcome=outcome,
        choosers=choosers,
    )


def _pictures(kinds: tuple[str, ...], allowed: Sequence[Path], in_window: bool) -> tuple[Pictures, Choosers | None]:
    first = kinds[0]
    where = f"below {' or '.join(map(str, allowed))}" if allowed else ""
    kind = gr.Radio(list(kinds), value=first, label="Pictures", elem_id="batch-kind")
    with gr.Column(visible=first == FILES) as files_group:
        files = as_sent(gr.File(label="ZIP or pictures", file_count="multiple", height=150, elem_id="batch-files"))
    with gr.Column(visible=False) as folder_group:
        folder = as_sent(gr.File(label="Folder", file_count="directory", height=150, elem_id="batch-folder"))
    with gr.Column(visible=first == HERE) as here_group:
        where = "or drop one here" if in_window else where
        here = gr.Textbox(label="Folder with the pictures", placeholder=where, elem_id="batch-here")
        choose_here = chooser("batch-choose-here", in_window)
        results = gr.Textbox(label="Folder for the results", info="Made if it is not there", elem_id="batch-results")
        choose_results = chooser("batch-choose-results", in_window)
        existing = gr.Dropdown(list(_EXISTING), value=FRESH, label="If results are there already")
    hint = gr.HTML(words.hint(first), padding=False, elem_id="batch-hint")
    listed = gr.HTML(elem_id="batch-list", padding=False)
    pictures = Pictures(
        kind=kind,
        files_group=files_group,
        files=files,
        folder_group=folder_group,
        folder=folder,
        here_group=here_group,
        here=here,
        results=results,
        existing=existing,
        hint=hint,
        listed=listed,
    )
    return pictures, choosers_of(choose_here, choose_results)


def _colours() -> Colours:
    colours = kind_choice(KINDS, "batch-colours")
    with gr.Column() as picture_group:
        references = as_sent(gr.File(label="Reference", file_count="multiple", height=110, elem_id="batch-references"))
        looks = gr.HTML(elem_id="batch-looks", padding=False)
        gr.HTML(
            '<p class="about">One for all; or several: each goes with the picture of its name, and in a series '
            "they are the look together.</p>",
            padding=False,
        )
    palette = palette_box(visible=False, elem_id="batch-palette")
    grade = gr.File(label="Saved grade", height=110, visible=False, elem_id="batch-grade")
    aims = aim_choices("batch-aim")
    mode = gr.Radio(
        list(MODES),
        value=EACH,
        label="Match",
        info="One grade for a film or a series: nothing flickers",
        elem_id="batch-mode",
    )
    return Colours(
        colours=colours,
        picture_group=picture_group,
        references=references,
        looks=looks,
        palette=palette,
        grade=grade,
        aims=aims,
        mode=mode,
    )


def _buttons(kind: str) -> tuple[Further, RunButtons]:
    with gr.Row():
        trial = gr.Button("Try on three", scale=3, min_width=150, elem_id="batch-try")
        go_on = gr.Button("Go on", scale=1, min_width=80, elem_id="batch-go-on", visible=False)
    return Further(trial, go_on), run_buttons(words.process(kind), "batch-start", "batch-stop", "batch-status")


def _written() -> Written:
    with gr.Accordion("What is written", open=False, elem_id="batch-written"):
        output_format = gr.Dropdown(list(_FORMATS), value=AS_SOURCE, label="Format", elem_id="batch-format")
        quality = as_sent(
            gr.Number(
                None,
                label="Quality",
                info="Of JPEG, WebP, AVIF and HEIC, 1 to 100. Empty: that of each JPEG, else 95.",
                minimum=1,
                maximum=100,
                precision=0,
                elem_id="batch-quality",
            )
        )
        grade_files = gr.Dropdown(
            [("None", ""), *((suffix, suffix) for suffix in grade_suffixes())],
            value="",
            label="Each picture's grade beside it",
            info=".cube holds every grade; the others hold ten numbers (CDL).",
            elem_id="batch-grades",
        )
        settings_files = gr.Checkbox(False, label="Each picture's settings beside it (.json)", elem_id="batch-settings")
    return Written(output_format, quality, grade_files, settings_files)


def _more() -> More:
    with gr.Accordion("More", open=False, elem_id="batch-more"):
        protect = protection_choice("batch-keep")
        method = method_choice()
        transform = transform_choice()
        scene = scene_choice("batch-scene")
        strength = as_sent(gr.Number(MatchSettings.strength, label="Strength", minimum=0, maximum=4, step=0.05))
        seed, device = seed_and_device()
    return More(
        protect=protect,
        method=method,
        transform=transform,
        scene=scene,
        strength=strength,
        seed=seed,
        device=device,
    )


def contact_sheet() -> gr.HTML:
    """The contact sheet, which ``sheet.js`` draws. Its value is that of :meth:`studio.ui.batch.sheet.Sheet.value`."""
    return gr.HTML(
        None,
        html_template='<div class="sheet-place"></div>',
        js_on_load="reswdSheet(element, props, trigger, watch)",
        apply_default_css=False,
        elem_id="batch-sheet",
        large=None,
    )


def _outcome() -> Outcome:
    bar = gr.HTML(elem_id="batch-bar", padding=False)
    download = gr.Button("↓ Results and report (ZIP)", variant="primary", visible=False, elem_id="batch-get")
    packed = gr.DownloadButton("ZIP", visible="hidden", elem_id="batch-packed")
    failures = gr.HTML(elem_id="batch-failures", padding=False)
    empty = gr.HTML(words.EMPTY, padding=False)
    seen = gr.HTML(elem_id="batch-seen", padding=False)
    sheet = contact_sheet()
    return Outcome(
        bar=bar,
        download=download,
        packed=packed,
        failures=failures,
        empty=empty,
        seen=seen,
        sheet=sheet,
    )
