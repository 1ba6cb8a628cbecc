"""The tab *Match colours*: what is on it. What it does is wired in match_events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from reswd_torch.settings import CUBE_SIZES, DEVICES, MatchSettings
from studio.ui import words
from studio.ui.controls import METHOD_CHOICES, TRANSFORM_CHOICES, palette_box, scene_choice
from studio.ui.examples import Example, load_examples, pair_tile
from studio.ui.match.choose import picture_place
from studio.ui.match.events import wire
from studio.ui.match.parts import MaskParts, Parts
from studio.ui.match.run import KINDS, PICTURE
from studio.ui.settings import as_sent

_DEFAULTS = MatchSettings()
_METHOD_HELP = "Fast sliced and ReSWD compare whole distributions; the other three are closed formulas."
_TRANSFORM_HELP = "CDL: ten numbers every grading program knows. 3-D LUT: bends colours further, saves as .cube only."


def build_match_tab(session: gr.State) -> None:
    """Lay the tab out and wire it."""
    examples = load_examples()
    with gr.Row(equal_height=False, elem_classes="halves"):
        with gr.Column(scale=4, min_width=330, elem_classes="choices"):
            inputs = _inputs(examples)
        with gr.Column(scale=8, min_width=330, elem_classes="outcome"):
            masks: dict[str, Any] = {
                f"{role}_mask": _editor(role, inputs.pop(f"{role}_mask")) for role in ("source", "reference")
            }
            outputs = _result()
    compared = _compare()
    wire(Parts(session=session, **inputs, **masks, **outputs, **compared), examples)


def _inputs(examples: list[Example]) -> dict[str, Any]:
    kind = gr.Radio(KINDS, value=PICTURE, label="Take the colours from", elem_id="kind")
    with gr.Row(equal_height=False):
        with gr.Column(min_width=150):
            source = picture_place("Source", "source", "Photograph to change")
        with gr.Column(min_width=150):
            with gr.Column(min_width=150) as picture_group:
                reference = picture_place("Reference", "reference", "Photograph whose colours you want")
            with gr.Column(min_width=150, visible=False) as palette_group:
                palette = palette_box(lines=2, elem_id="palette")
                swatches = gr.HTML(elem_id="swatches", padding=False)
            with gr.Column(min_width=150, visible=False) as saved_group:
                grade = gr.File(label="Saved grade", height=168, elem_id="grade")
                gr.HTML('<p class="about">.cube, .cc, .ccc, .cdl or settings .json</p>', padding=False)
                grade_about = gr.HTML(elem_id="grade-about", padding=False)
    with gr.Row():
        start = gr.Button("Match colours", variant="primary", scale=3, min_width=150, elem_id="match")
        stop = gr.Button("Stop", interactive=False, scale=1, min_width=80, elem_id="stop")
    status = gr.HTML(elem_id="status", padding=False)
    more = _more()
    if examples:
        gr.HTML(
            "<h2>Examples</h2><p>Press one to try it.</p>", elem_classes=["section", "examples-head"], padding=False
        )
    gallery = gr.Gallery(
        [(pair_tile(example), example.title) for example in examples],
        label="Examples",
        show_label=False,
        columns=2,
        height="auto",
        object_fit="cover",
        allow_preview=False,
        interactive=False,
        buttons=[],
        format="jpeg",
        elem_id="examples",
        visible=bool(examples),
    )
    return {
        "kind": kind, "source": source.picture, "source_preview": source.preview, "source_about": source.about,
        "picture_group": picture_group, "reference": reference.picture, "reference_preview": reference.preview,
        "reference_about": reference.about, "palette_group": palette_group, "palette": palette, "swatches": swatches,
        "saved_group": saved_group, "grade": grade, "grade_about": grade_about,
        "start": start, "stop": stop, "status": status, "examples": gallery, **more,
    }  # fmt: skip


def _more() -> dict[str, Any]:
    with gr.Accordion("More", open=False, elem_id="more"):
        method = gr.Dropdown(
            METHOD_CHOICES,
            value=_DEFAULTS.method, label="Method", info=_METHOD_HELP, elem_id="method",
        )  # fmt: skip
        transform = gr.Radio(TRANSFORM_CHOICES, value="auto", label="Kind of grade", info=_TRANSFORM_HELP)
        scene = scene_choice(elem_id="scene")
        with gr.Row():
            seed = as_sent(
                gr.Number(_DEFAULTS.seed, label="Seed", precision=0, minimum=0, min_width=120, elem_id="seed")
            )
            device = gr.Dropdown(list(DEVICES), value=_DEFAULTS.device, label="Device", min_width=120)
        source_mask = _mask_input("source", "Source mask", "Only what is white, or painted, counts and changes.")
        reference_mask = _mask_input("reference", "Reference mask", "Only what is white, or painted, counts.")
    return {
        "method": method, "transform": transform, "scene": scene, "seed": seed, "device": device,
        "source_mask": source_mask, "reference_mask": reference_mask,
    }  # fmt: skip


@dataclass(frozen=True)
class _MaskInput:
    file: gr.File
    paint: gr.Button
    painted: gr.HTML


def _mask_input(role: str, label: str, help_text: str) -> _MaskInput:
    gr.HTML(f"<h2>{label}</h2><p>{help_text} A file wins over paint.</p>", elem_classes="section", padding=False)
    file = gr.File(label=f"{label} as a picture of the {role}'s size", height=110, elem_id=f"{role}-mask")
    paint = gr.Button(words.paint_label(role), size="sm", elem_id=f"paint-{role}")
    return _MaskInput(file, paint, gr.HTML(elem_id=f"{role}-painted", padding=False))


def _editor(role: str, given: _MaskInput) -> MaskParts:
    """The editor has the room of the result: a brush wants space."""
    with gr.Column(visible=False) as group:
        editor = gr.ImageEditor(
            label=f"Paint over what counts in the {role}",
            sources=[],
            transforms=[],
            layers=False,
            type="numpy",
            format="png",
            buttons=[],
            height=440,
            brush=gr.Brush(default_size=40, colors=["#e0e0e0"], default_color="#e0e0e0", color_mode="fixed"),
            elem_id=f"{role}-editor",
        )
        done = gr.Button(words.USE_PAINTED, variant="primary", elem_id=f"{role}-painted-done")
    return MaskParts(given.file, given.paint, given.painted, group, editor, done)


def _result() -> dict[str, Any]:
    stale = gr.HTML(elem_id="stale", padding=False)
    empty = gr.HTML(words.EMPTY_RESULT, elem_id="empty", padding=False)
    slider = gr.ImageSlider(
        label="Before | after",
        type="filepath",
        format="png",
        interactive=False,
        buttons=["fullscreen"],
        max_height=440,
        visible=False,
        elem_id="slider",
    )
    with gr.Row(equal_height=True):
        with gr.Column(scale=3, min_width=260):
            strength = as_sent(gr.Slider(
                0, 2, value=_DEFAULTS.strength, step=0.01, label="Strength",
                info="0 as it was, 1 the match, above 1 stronger", elem_id="strength",
            ))  # fmt: skip
        with gr.Column(scale=2, min_width=240):
            metrics = gr.HTML(words.EMPTY_METRICS, elem_id="metrics", padding=False)
    with gr.Row(equal_height=False, elem_id="scene-row"):
        scene_found = gr.HTML(elem_id="scene-found", padding=False)
        show_points = gr.Button(
            words.SHOW_POINTS, size="sm", visible=False, scale=0, min_width=150, elem_id="show-points"
        )
    points = gr.Image(
        label="Points seen in both pictures", show_label=False, type="filepath", format="png", interactive=False,
        buttons=["fullscreen"], visible=False, elem_id="points",
        alt_text="Source and reference, with lines between points seen in both",
    )  # fmt: skip
    downloads = _downloads()
    notes = gr.HTML(elem_id="notes", padding=False)
    with gr.Row(equal_height=False):
        with gr.Column(scale=2, min_width=260):
            gr.HTML("<h2>The grade</h2>", elem_classes="section", padding=False)
            numbers = gr.HTML(words.EMPTY_NUMBERS, elem_id="numbers", padding=False)
        with gr.Column(scale=3, min_width=300):
            gr.HTML("<h2>Colours</h2>", elem_classes="section", padding=False)
            no_chart = gr.HTML(words.EMPTY_CHART, padding=False)
            chart = gr.Image(
                label="Distributions of colour and lightness", show_label=False, type="filepath", format="png",
                interactive=False, buttons=["fullscreen"], visible=False, elem_id="chart",
                alt_text="Chroma planes of source, result and reference, and their lightness",
            )  # fmt: skip
    return {
        "stale": stale,
        "empty": empty, "slider": slider, "strength": strength, "metrics": metrics, "notes": notes, "numbers": numbers,
        "scene_found": scene_found, "show_points": show_points, "points": points,
        "no_chart": no_chart, "chart": chart, **downloads,
    }  # fmt: skip


def _downloads() -> dict[str, Any]:
    with gr.Row(elem_classes="downloads"):
        picture = gr.Button("↓ Picture", interactive=False, scale=2, min_width=190, elem_id="get-picture")
        cube = gr.Button("↓ .cube", interactive=False, scale=1, min_width=72, elem_id="get-cube")
        cc = gr.Button("↓ .cc", interactive=False, scale=1, min_width=72, elem_id="get-cc")
        ccc = gr.Button("↓ .ccc", interactive=False, scale=1, min_width=72, elem_id="get-ccc")
        cdl = gr.Button("↓ .cdl", interactive=False, scale=1, min_width=72, elem_id="get-cdl")
        settings = gr.Button("↓ Settings", interactive=False, scale=1, min_width=110, elem_id="get-settings")
    with gr.Row(equal_height=False):
        cube_size = gr.Radio(
            list(CUBE_SIZES), value=33, label="Points of the .cube", min_width=220, elem_id="cube-size"
        )
        with gr.Column(min_width=240):
            cube_line = gr.HTML(elem_id="cube-line", padding=False)
    file = gr.File(visible="hidden", elem_id="download")
    return {
        "get_picture": picture, "get_cube": cube, "get_cc": cc, "get_ccc": ccc, "get_cdl": cdl, "get_settings": settings,
        "cube_size": cube_size, "cube_line": cube_line, "download": file,
    }  # fmt: skip


def _compare() -> dict[str, Any]:
    with gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=260):
            gr.HTML(
                "<h2>Compare methods</h2><p>All five on the same pictures. Press one of them to work on with it.</p>",
                elem_classes="section", padding=False,
            )  # fmt: skip
        button = gr.Button("Compare methods", scale=1, min_width=180, elem_id="compare")
        stop = gr.Button("Stop", interactive=False, scale=0, min_width=90, elem_id="compare-stop")
    status = gr.HTML(elem_id="compare-status", padding=False)
    gallery = gr.Gallery(
        label="All methods", show_label=False, columns=5, height="auto", object_fit="contain", allow_preview=False,
        interactive=False, buttons=[], format="png", visible=False, elem_id="compared",
    )  # fmt: skip
    return {"compare": button, "compare_stop": stop, "compare_status": status, "compared": gallery}
