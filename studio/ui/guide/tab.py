"""The tab *Guide a generation*: what is on it. What it does is wired in guide_events."""

from __future__ import annotations

from typing import Any

import gradio as gr

from guidance.catalogue import EMBEDDED_ID, MODELS
from guidance.known import Known, read_known
from guidance.settings import GRADIENT, MAX_STRENGTH, TRANSPORT, GuidanceSettings
from guidance.text_to_image import MAX_SCALE, MAX_STEPS
from reswd_torch.errors import InputError
from studio.service.guide.gpu import zero_gpu
from studio.ui.controls import palette_box
from studio.ui.guide import words as guide_words
from studio.ui.guide.events import Components, wire
from studio.ui.guide.examples import EXAMPLES, tile
from studio.ui.guide.run import KINDS, models
from studio.ui.match.choose import picture_place
from studio.ui.match.run import PICTURE
from studio.ui.settings import as_sent

_DEFAULTS = GuidanceSettings()
_EMBEDDED = MODELS[EMBEDDED_ID]
_METHODS = (("Transport of colours", TRANSPORT), ("Gradient, as in the papers", GRADIENT))


def build_guide_tab(session: gr.State) -> None:
    """Lay the tab out and wire it."""
    known = _known()
    with gr.Row(equal_height=False, elem_classes="halves"):
        with gr.Column(scale=4, min_width=330, elem_classes="choices"):
            parts = _wishes(known) | _buttons()
            with gr.Column(elem_id="guide-settings"):
                parts |= _model() | _more() | _again()
        with gr.Column(scale=8, min_width=330, elem_classes="outcome"):
            parts |= _outcome() | _examples()
    if known is not None:
        with gr.Accordion(f"The {len(known.names)} objects that {EMBEDDED_ID} knows", open=False, elem_id="knows"):
            gr.HTML(guide_words.knows(known), padding=False)
    wire(session, parts, known)


def _known() -> Known | None:
    """What the embedded model knows; None in a copy of the project that lacks it, which painting will say."""
    try:
        return read_known()
    except InputError:
        return None


def _wishes(known: Known | None) -> Components:
    prompt = gr.Textbox(
        label="Prompt", lines=2, max_lines=4, placeholder=known.captions[-1] if known else None, elem_id="guide-prompt",
        info="An object, a colour for it, and a background",
    )  # fmt: skip
    hint = gr.HTML(elem_id="guide-hint", padding=False)
    kind = gr.Radio(KINDS, value=PICTURE, label="Take the colours from", elem_id="guide-kind")
    with gr.Column() as picture_group:
        place = picture_place("Reference", "guide-reference", "Picture whose colours you want")
    with gr.Column(visible=False) as palette_group:
        palette = palette_box(lines=2, elem_id="guide-palette")
        swatches = gr.HTML(elem_id="guide-swatches", padding=False)
    with gr.Column(visible=False) as kept_group:
        kept = gr.HTML(elem_id="guide-kept", padding=False)
    with gr.Column() as guided_group:
        strength = as_sent(
            gr.Slider(
                0, MAX_STRENGTH, _DEFAULTS.strength, step=0.05, label="Strength", elem_id="guide-strength",
                info="0 changes nothing, 1 is usual",
            )
        )  # fmt: skip
        plain = gr.Checkbox(label="Plain picture beside it, from the same seed", elem_id="guide-plain")
    return {
        "prompt": prompt, "hint": hint, "kind": kind, "picture_group": picture_group, "reference": place.picture,
        "reference_preview": place.preview, "reference_about": place.about, "palette_group": palette_group,
        "palette": palette, "swatches": swatches, "kept_group": kept_group, "kept": kept, "guided_group": guided_group,
        "strength": strength, "plain": plain,
    }  # fmt: skip


def _buttons() -> Components:
    with gr.Row():
        start = gr.Button("Paint", variant="primary", scale=3, min_width=150, elem_id="guide-start")
        stop = gr.Button("Stop", interactive=False, scale=1, min_width=80, elem_id="guide-stop")
    return {"start": start, "stop": stop, "status": gr.HTML(elem_id="guide-status", padding=False)}


def _model() -> Components:
    info = None if zero_gpu() else "One of the list, or owner/name of another on huggingface.co"
    model = as_sent(
        gr.Dropdown(
            [(MODELS[name].label, name) for name in models()], value=EMBEDDED_ID, label="Model", info=info,
            allow_custom_value=not zero_gpu(), elem_id="guide-model",
        )
    )  # fmt: skip
    line = gr.HTML(guide_words.model_line(EMBEDDED_ID), elem_id="guide-model-line", padding=False)
    steps = as_sent(gr.Slider(1, MAX_STEPS // 2, _EMBEDDED.steps, step=1, label="Steps", elem_id="guide-steps"))
    with gr.Row(equal_height=False, elem_id="guide-noise"):
        seed = as_sent(gr.Number(
            0, label="Seed", info="The same seed, the same picture", precision=0, scale=3, min_width=150, elem_id="guide-seed"
        ))  # fmt: skip
        another = gr.Button("New seed", size="sm", scale=1, min_width=90, elem_id="guide-new-seed")
    return {"model": model, "model_line": line, "steps": steps, "seed": seed, "another": another}


def _more() -> Components:
    with gr.Accordion("More", open=False, elem_id="guide-more"):
        negative = gr.Textbox(label="Negative prompt", info="What to keep away from", elem_id="guide-negative")
        scale = as_sent(gr.Slider(
            0, MAX_SCALE, _EMBEDDED.scale, step=0.1, label="Guidance scale", elem_id="guide-scale",
            info="How closely to follow the prompt",
        ))  # fmt: skip
        with gr.Row():
            width = as_sent(
                gr.Number(_EMBEDDED.width, label="Width", precision=0, min_width=120, elem_id="guide-width")
            )
            height = as_sent(
                gr.Number(_EMBEDDED.height, label="Height", precision=0, min_width=120, elem_id="guide-height")
            )
        method = gr.Dropdown(
            list(_METHODS), value=_DEFAULTS.method, label="How colours are moved", elem_id="guide-method"
        )
        with gr.Row():
            start = as_sent(gr.Number(
                _DEFAULTS.start, label="Begin at", info="Share of the steps", step=0.05, min_width=90, elem_id="guide-from"
            ))  # fmt: skip
            stop = as_sent(gr.Number(
                _DEFAULTS.stop, label="End at", info="Share of the steps", step=0.05, min_width=90, elem_id="guide-until"
            ))  # fmt: skip
        with gr.Row():
            decode_scale = as_sent(gr.Number(
                _DEFAULTS.decode_scale, label="Decode at", info="Less saves memory", step=0.25, min_width=90,
                elem_id="guide-decode",
            ))  # fmt: skip
            grain = as_sent(gr.Number(
                _DEFAULTS.grain, label="Smooth grain", info="Below, in Lab units", step=0.5, min_width=90,
                elem_id="guide-grain",
            ))  # fmt: skip
    return {
        "negative": negative, "scale": scale, "width": width, "height": height, "method": method, "from": start,
        "until": stop, "decode_scale": decode_scale, "grain": grain,
    }  # fmt: skip


def _again() -> Components:
    drop = gr.File(label="Paint again: drop a PNG made here", height=110, elem_id="guide-drop")
    return {"drop": drop}


def _examples() -> Components:
    gr.HTML("<h2>Examples</h2><p>Press one to try it.</p>", elem_classes=["section", "examples-head"], padding=False)
    gallery = gr.Gallery(
        [(tile(example), example.prompt) for example in EXAMPLES], label="Examples", show_label=False, columns=6,
        height="auto", object_fit="cover", allow_preview=False, interactive=False, buttons=[], format="jpeg",
        elem_id="guide-examples",
    )  # fmt: skip
    return {"examples": gallery}


def _outcome() -> Components:
    empty = gr.HTML(guide_words.EMPTY, padding=False)
    so_far = gr.HTML(elem_id="guide-so-far", padding=False)
    with gr.Row(visible=False, elem_id="guide-pictures") as pictures:
        with gr.Column(min_width=150):
            picture = _picture("Guided", "guide-picture")
        with gr.Column(min_width=150, visible=False) as plain_group:
            plain = _picture("Plain, same seed", "guide-plain-picture")
    figures = gr.HTML(elem_id="guide-figures", padding=False)
    with gr.Row(elem_classes="downloads"):
        get = gr.DownloadButton("↓ PNG with its settings", interactive=False, size="sm", elem_id="guide-get")
        get_plain = gr.DownloadButton("↓ Plain PNG", visible=False, size="sm", elem_id="guide-get-plain")
    notes = gr.HTML(elem_id="guide-notes", padding=False)
    with gr.Column(visible=False) as visit_group:
        gr.HTML(
            "<h2>This visit</h2><p>The newest first. Press one to see it again, with its settings.</p>",
            elem_classes="section", padding=False,
        )  # fmt: skip
        visit = gr.Gallery(
            label="This visit", show_label=False, columns=6, height="auto", object_fit="cover", allow_preview=False,
            interactive=False, buttons=[], format="png", elem_id="guide-visit",
        )  # fmt: skip
    return {
        "empty": empty, "so_far": so_far, "pictures": pictures, "picture": picture, "plain_group": plain_group,
        "plain_picture": plain, "figures": figures, "get": get, "get_plain": get_plain, "notes": notes,
        "visit_group": visit_group, "visit": visit,
    }  # fmt: skip


def _picture(label: str, elem_id: str) -> Any:
    return gr.Image(
        label=label, height=440, interactive=False, type="filepath", format="png", buttons=["fullscreen"],
        elem_id=elem_id, elem_classes="painted",
    )  # fmt: skip
