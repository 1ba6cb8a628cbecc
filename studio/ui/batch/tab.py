"""The tab *Batch*: what is on it. What happens there is in :mod:`studio.ui.batch.events`."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from reswd_torch.settings import MatchSettings
from studio.jobs import EACH
from studio.service.batch.run import FRESH, OVERWRITE, RESUME
from studio.ui.batch import words
from studio.ui.batch.choice import FILES, FOLDER, HERE
from studio.ui.batch.parts import BatchTab, Colours, More, Outcome, Pictures
from studio.ui.batch.run import MODES
from studio.ui.controls import (
    KINDS,
    aim_choices,
    gallery,
    kind_choice,
    method_choice,
    palette_box,
    protection_choice,
    run_buttons,
    scene_choice,
    seed_and_device,
    transform_choice,
)
from studio.ui.settings import as_sent

_EXISTING = (("Stop and say so", FRESH), ("Go on with the run there", RESUME), ("Replace them", OVERWRITE))


def lay_out_batch_tab(allowed: tuple[Path, ...] = ()) -> BatchTab:
    """Lay the tab out.

    Args:
        allowed: folders of this machine below which a person may name some; none on a server for strangers.
    """
    with gr.Row(equal_height=False, elem_classes="halves"):
        with gr.Column(scale=4, min_width=330, elem_classes="choices"):
            pictures = _pictures(allowed)
            colours = _colours()
            run = run_buttons("Process folder", "batch-start", "batch-stop", "batch-status")
            more = _more()
        with gr.Column(scale=8, min_width=330, elem_classes="outcome"):
            outcome = _outcome()
    return BatchTab(
        pictures=pictures,
        colours=colours,
        run=run,
        more=more,
        outcome=outcome,
    )


def _pictures(allowed: tuple[Path, ...]) -> Pictures:
    kinds = (FILES, FOLDER, HERE) if allowed else (FILES, FOLDER)
    where = f"below {' or '.join(map(str, allowed))}" if allowed else ""
    kind = gr.Radio(list(kinds), value=FILES, label="Pictures", elem_id="batch-kind")
    # In columns that come and go: an update of the place itself would undo as_sent().
    with gr.Column() as files_group:
        files = as_sent(gr.File(label="ZIP or pictures", file_count="multiple", height=150, elem_id="batch-files"))
    with gr.Column(visible=False) as folder_group:
        folder = as_sent(gr.File(label="Folder", file_count="directory", height=150, elem_id="batch-folder"))
    with gr.Column(visible=False) as here_group:
        here = gr.Textbox(label="Folder with the pictures", placeholder=where, elem_id="batch-here")
        results = gr.Textbox(label="Folder for the results", info="Made if it is not there", elem_id="batch-results")
        existing = gr.Dropdown(list(_EXISTING), value=FRESH, label="If results are there already")
    hint = gr.HTML(words.hint(FILES), padding=False, elem_id="batch-hint")
    return Pictures(
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
    )


def _colours() -> Colours:
    colours = kind_choice(KINDS, "batch-colours")
    with gr.Column() as picture_group:
        references = as_sent(gr.File(label="Reference", file_count="multiple", height=110, elem_id="batch-references"))
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
        palette=palette,
        grade=grade,
        aims=aims,
        mode=mode,
    )


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


def _outcome() -> Outcome:
    bar = gr.HTML(elem_id="batch-bar", padding=False)
    download = gr.DownloadButton(
        "↓ Results and report (ZIP)", variant="primary", interactive=False, visible=False, elem_id="batch-get"
    )
    failures = gr.HTML(elem_id="batch-failures", padding=False)
    empty = gr.HTML(words.EMPTY, padding=False)
    before_after = gallery(
        "Before | after",
        columns=2,
        object_fit="cover",
        allow_preview=True,
        elem_id="batch-gallery",
        visible="hidden",
    )
    return Outcome(
        bar=bar,
        download=download,
        failures=failures,
        empty=empty,
        gallery=before_after,
    )
