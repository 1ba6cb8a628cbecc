"""The tab *Guide a generation*: what is on it. What happens there is in :mod:`studio.ui.guide.events`."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from guidance.catalogue import EMBEDDED_ID, MODELS
from guidance.known import Known, read_known
from guidance.settings import GRADIENT, MAX_STRENGTH, TRANSPORT, GuidanceSettings
from guidance.text_to_image import MAX_SCALE, MAX_STEPS
from reswd_torch.errors import InputError
from studio.service.guide.gpu import zero_gpu
from studio.ui.controls import gallery, kind_choice, palette_box, run_buttons, section
from studio.ui.guard import RunButtons
from studio.ui.guide import words
from studio.ui.guide.examples import EXAMPLES, tile
from studio.ui.guide.run import KINDS, models
from studio.ui.places import PicturePlace, picture_place
from studio.ui.settings import as_sent

_DEFAULTS = GuidanceSettings()
_EMBEDDED = MODELS[EMBEDDED_ID]
_METHODS = (("Transport of colours", TRANSPORT), ("Gradient, as in the papers", GRADIENT))


@dataclass(frozen=True, eq=False)
class Wishes:
    """What to paint, and in whose colours."""

    prompt: gr.Textbox
    hint: gr.HTML
    kind: gr.Radio
    picture_group: gr.Column
    place: PicturePlace
    palette_group: gr.Column
    palette: gr.Textbox
    swatches: gr.HTML
    kept_group: gr.Column
    kept: gr.HTML
    guided_group: gr.Column
    strength: gr.Slider
    plain: gr.Checkbox


@dataclass(frozen=True, eq=False)
class Model:
    """What paints, and from which noise."""

    model: gr.Dropdown
    model_line: gr.HTML
    steps: gr.Slider
    seed: gr.Number
    another: gr.Button


@dataclass(frozen=True, eq=False)
class More:
    """What lies under *More*."""

    negative: gr.Textbox
    scale: gr.Slider
    width: gr.Number
    height: gr.Number
    method: gr.Dropdown
    start: gr.Number
    stop: gr.Number
    decode_scale: gr.Number
    grain: gr.Number


@dataclass(frozen=True, eq=False)
class Outcome:
    """What was painted, now and in this visit."""

    empty: gr.HTML
    so_far: gr.HTML
    pictures: gr.Row
    picture: gr.Image
    plain_group: gr.Column
    plain_picture: gr.Image
    figures: gr.HTML
    get: gr.DownloadButton
    get_plain: gr.DownloadButton
    notes: gr.HTML
    visit_group: gr.Column
    visit: gr.Gallery


@dataclass(frozen=True, eq=False)
class GuideTab:
    """All of the tab.

    Attributes:
        drop: where a picture that was made here is dropped, to be painted again.
        examples: the gallery of :data:`studio.ui.guide.examples.EXAMPLES`, in their order.
        known: what the embedded model knows; None in a copy of the project that lacks it, which painting will say.
    """

    wishes: Wishes
    run: RunButtons
    model: Model
    more: More
    drop: gr.File
    outcome: Outcome
    examples: gr.Gallery
    known: Known | None


def lay_out_guide_tab() -> GuideTab:
    """Lay the tab out."""
    known = _known()
    with gr.Row(equal_height=False, elem_classes="halves"):
        with gr.Column(scale=4, min_width=330, elem_classes="choices"):
            wishes = _wishes(known)
            run = run_buttons("Paint", "guide-start", "guide-stop", "guide-status")
            with gr.Column(elem_id="guide-settings"):
                model = _model()
                more = _more()
                drop = gr.File(label="Paint again: drop a PNG made here", height=110, elem_id="guide-drop")
        with gr.Column(scale=8, min_width=330, elem_classes="outcome"):
            outcome = _outcome()
            examples = _examples()
    if known is not None:
        with gr.Accordion(f"The {len(known.names)} objects that {EMBEDDED_ID} knows", open=False, elem_id="knows"):
            gr.HTML(words.knows(known), padding=False)
    return GuideTab(wishes, run, model, more, drop, outcome, examples, known)


def _known() -> Known | None:
    try:
        return read_known()
    except InputError:
        return None


def _wishes(known: Known | None) -> Wishes:
    prompt = gr.Textbox(
        label="Prompt",
        lines=2,
        max_lines=4,
        placeholder=known.captions[-1] if known else None,
        elem_id="guide-prompt",
        info="An object, a colour for it, and a background",
    )
    hint = gr.HTML(elem_id="guide-hint", padding=False)
    kind = kind_choice(KINDS, "guide-kind")
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
                0,
                MAX_STRENGTH,
                _DEFAULTS.strength,
                step=0.05,
                label="Strength",
                elem_id="guide-strength",
                info="0 changes nothing, 1 is usual",
            )
        )
        plain = gr.Checkbox(label="Plain picture beside it, from the same seed", elem_id="guide-plain")
    return Wishes(
        prompt,
        hint,
        kind,
        picture_group,
        place,
        palette_group,
        palette,
        swatches,
        kept_group,
        kept,
        guided_group,
        strength,
        plain,
    )


def _model() -> Model:
    info = None if zero_gpu() else "One of the list, or owner/name of another on huggingface.co"
    model = as_sent(
        gr.Dropdown(
            [(MODELS[name].label, name) for name in models()],
            value=EMBEDDED_ID,
            label="Model",
            info=info,
            allow_custom_value=not zero_gpu(),
            elem_id="guide-model",
        )
    )
    line = gr.HTML(words.model_line(EMBEDDED_ID), elem_id="guide-model-line", padding=False)
    steps = as_sent(gr.Slider(1, MAX_STEPS // 2, _EMBEDDED.steps, step=1, label="Steps", elem_id="guide-steps"))
    with gr.Row(equal_height=False, elem_id="guide-noise"):
        seed = as_sent(
            gr.Number(
                0,
                label="Seed",
                info="The same seed, the same picture",
                precision=0,
                scale=3,
                min_width=150,
                elem_id="guide-seed",
            )
        )
        another = gr.Button("New seed", size="sm", scale=1, min_width=90, elem_id="guide-new-seed")
    return Model(model, line, steps, seed, another)


def _more() -> More:
    with gr.Accordion("More", open=False, elem_id="guide-more"):
        negative = gr.Textbox(label="Negative prompt", info="What to keep away from", elem_id="guide-negative")
        scale = as_sent(
            gr.Slider(
                0,
                MAX_SCALE,
                _EMBEDDED.scale,
                step=0.1,
                label="Guidance scale",
                elem_id="guide-scale",
                info="How closely to follow the prompt",
            )
        )
        with gr.Row():
            width = _side("Width", _EMBEDDED.width, "guide-width")
            height = _side("Height", _EMBEDDED.height, "guide-height")
        method = gr.Dropdown(
            list(_METHODS), value=_DEFAULTS.method, label="How colours are moved", elem_id="guide-method"
        )
        with gr.Row():
            start = _number("Begin at", "Share of the steps", _DEFAULTS.start, 0.05, "guide-from")
            stop = _number("End at", "Share of the steps", _DEFAULTS.stop, 0.05, "guide-until")
        with gr.Row():
            decode_scale = _number("Decode at", "Less saves memory", _DEFAULTS.decode_scale, 0.25, "guide-decode")
            grain = _number("Smooth grain", "Below, in Lab units", _DEFAULTS.grain, 0.5, "guide-grain")
    return More(negative, scale, width, height, method, start, stop, decode_scale, grain)


def _side(label: str, value: int, elem_id: str) -> gr.Number:
    """A field for a length in pixels."""
    return as_sent(gr.Number(value, label=label, precision=0, min_width=120, elem_id=elem_id))


def _number(label: str, info: str, value: float, step: float, elem_id: str) -> gr.Number:
    """A narrow field for a setting of the guidance."""
    return as_sent(gr.Number(value, label=label, info=info, step=step, min_width=90, elem_id=elem_id))


def _examples() -> gr.Gallery:
    section("Examples", "Press one to try it.", classes=["examples-head"])
    return gallery(
        "Examples",
        [(tile(example), example.prompt) for example in EXAMPLES],
        columns=6,
        object_fit="cover",
        format="jpeg",
        elem_id="guide-examples",
    )


def _outcome() -> Outcome:
    empty = gr.HTML(words.EMPTY, padding=False)
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
        section("This visit", "The newest first. Press one to see it again, with its settings.")
        visit = gallery("This visit", columns=6, object_fit="cover", format="png", elem_id="guide-visit")
    return Outcome(
        empty,
        so_far,
        pictures,
        picture,
        plain_group,
        plain,
        figures,
        get,
        get_plain,
        notes,
        visit_group,
        visit,
    )


def _picture(label: str, elem_id: str) -> gr.Image:
    """A place for a picture that was painted."""
    return gr.Image(
        label=label,
        height=440,
        interactive=False,
        type="filepath",
        format="png",
        buttons=["fullscreen"],
        elem_id=elem_id,
        elem_classes="painted",
    )
