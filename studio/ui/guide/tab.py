"""The tab *Guide a generation*: what is on it. What happens there is in :mod:`studio.ui.guide.events`."""

from __future__ import annotations

from contextlib import suppress

import gradio as gr

from guidance.catalogue import EMBEDDED_ID, EMBEDDED_IDS, MODELS
from guidance.known import Known, known_of
from guidance.quantize.kinds import NONE, QUANTIZATIONS
from guidance.settings import GRADIENT, MAX_STRENGTH, TRANSPORT, GuidanceSettings
from guidance.text_to_image import MAX_SCALE, MAX_STEPS
from reswd_torch.errors import InputError
from studio.service.guide.gpu import zero_gpu
from studio.ui.controls import gallery, kind_choice, palette_box, run_buttons, section
from studio.ui.guide import words
from studio.ui.guide.choice import MOST_PICTURES
from studio.ui.guide.examples import EXAMPLES, tile
from studio.ui.guide.parts import GuideTab, Model, More, Outcome, Wishes
from studio.ui.guide.run import KINDS, models
from studio.ui.limits import limits
from studio.ui.places import picture_place
from studio.ui.settings import as_sent

_DEFAULTS = GuidanceSettings()
_DEFAULT_MODEL = MODELS[EMBEDDED_ID]
_METHODS = (("Transport of colours", TRANSPORT), ("Gradient, as in the papers", GRADIENT))


def lay_out_guide_tab() -> GuideTab:
    """Lay the tab out."""
    known = _known()
    own = known.get(EMBEDDED_ID)
    with gr.Row(equal_height=False, elem_classes="halves"):
        with gr.Column(scale=4, min_width=330, elem_classes="choices"):
            wishes = _wishes(own)
            run = run_buttons("Paint", "guide-start", "guide-stop", "guide-status")
            with gr.Column(elem_id="guide-settings"):
                model = _model()
                more = _more()
                drop = gr.File(label="Paint again: drop a PNG made here", height=110, elem_id="guide-drop")
        with gr.Column(scale=8, min_width=330, elem_classes="outcome"):
            outcome = _outcome()
            examples = _examples()
    title = words.knows_title(own, EMBEDDED_ID) if own else None
    with gr.Accordion(title, open=False, visible=own is not None, elem_id="knows") as knows:
        knows_list = gr.HTML(words.knows(own) if own else None, padding=False)
    return GuideTab(
        wishes=wishes,
        run=run,
        model=model,
        more=more,
        drop=drop,
        outcome=outcome,
        examples=examples,
        knows=knows,
        knows_list=knows_list,
        known=known,
    )


def _known() -> dict[str, Known]:
    """What each embedded model knows that is there."""
    found: dict[str, Known] = {}
    for name in EMBEDDED_IDS:
        with suppress(InputError):
            known = known_of(name)
            assert known is not None
            found[name] = known
    return found


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
    with gr.Column(visible=False, elem_classes="colors") as palette_group:
        palette = palette_box(lines=2, elem_id="guide-palette")
        swatches = gr.HTML(elem_id="guide-swatches", padding=False)
    with gr.Column(visible=False) as kept_group:
        kept = gr.HTML(elem_id="guide-kept", padding=False)
    with gr.Column() as guided_group:
        avoid = gr.Textbox(
            label="Colours to avoid",
            info="Hex colours that shall not appear",
            placeholder="#c1121f, #00ff00",
            value="",
            elem_id="guide-avoid",
        )
        avoided = gr.HTML(elem_id="guide-avoided", padding=False)
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
        plain = gr.Checkbox(
            label="Plain picture beside it, from the same seed",
            info="As it is, and matched afterwards",
            elem_id="guide-plain",
        )
    return Wishes(
        prompt=prompt,
        hint=hint,
        kind=kind,
        picture_group=picture_group,
        place=place,
        palette_group=palette_group,
        palette=palette,
        swatches=swatches,
        kept_group=kept_group,
        kept=kept,
        guided_group=guided_group,
        avoid=avoid,
        avoided=avoided,
        strength=strength,
        plain=plain,
    )


def _model() -> Model:
    any_model = limits().any_model and not zero_gpu()
    info = "One of the list, or owner/name of another on huggingface.co" if any_model else None
    model = as_sent(
        gr.Dropdown(
            [(MODELS[name].label, name) for name in models()],
            value=EMBEDDED_ID,
            label="Model",
            info=info,
            allow_custom_value=any_model,
            elem_id="guide-model",
        )
    )
    line = gr.HTML(words.model_line(EMBEDDED_ID), elem_id="guide-model-line", padding=False)
    steps = as_sent(gr.Slider(1, MAX_STEPS // 2, _DEFAULT_MODEL.steps, step=1, label="Steps", elem_id="guide-steps"))
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
    count = as_sent(
        gr.Slider(
            1,
            MOST_PICTURES,
            1,
            step=1,
            label="Pictures a press",
            info="Seeds count up; empty: at random",
            elem_id="guide-count",
        )
    )
    return Model(
        model=model,
        model_line=line,
        steps=steps,
        seed=seed,
        another=another,
        count=count,
    )


def _more() -> More:
    with gr.Accordion("More", open=False, elem_id="guide-more"):
        negative = gr.Textbox(label="Negative prompt", info="What to keep away from", elem_id="guide-negative")
        scale = as_sent(
            gr.Slider(
                0,
                MAX_SCALE,
                _DEFAULT_MODEL.scale,
                step=0.1,
                label="Guidance scale",
                elem_id="guide-scale",
                info="How closely to follow the prompt",
            )
        )
        with gr.Row():
            width = _side("Width", _DEFAULT_MODEL.width, "guide-width")
            height = _side("Height", _DEFAULT_MODEL.height, "guide-height")
        quantize = as_sent(
            gr.Dropdown(
                list(QUANTIZATIONS),
                value=NONE,
                label="Quantize weights",
                info="sinq: 4 bits, less memory and slower",
                elem_id="guide-quantize",
            )
        )
        method = gr.Dropdown(
            list(_METHODS), value=_DEFAULTS.method, label="How colours are moved", elem_id="guide-method"
        )
        with gr.Row():
            start = _number("Begin at", "Share of the steps", _DEFAULTS.start, 0.05, "guide-from")
            stop = _number("End at", "Share of the steps", _DEFAULTS.stop, 0.05, "guide-until")
        with gr.Row():
            decode_scale = _number("Decode at", "Less saves memory", _DEFAULTS.decode_scale, 0.25, "guide-decode")
            grain = _number("Smooth grain", "Below, in Lab units", _DEFAULTS.grain, 0.5, "guide-grain")
    return More(
        negative=negative,
        scale=scale,
        width=width,
        height=height,
        quantize=quantize,
        method=method,
        start=start,
        stop=stop,
        decode_scale=decode_scale,
        grain=grain,
    )


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
            gr.HTML(words.SHOWN_SIZE, padding=False)
        with gr.Column(min_width=150, visible=False) as matched_group:
            matched = _picture(words.MATCHED, "guide-matched-picture")
            gr.HTML(words.SHOWN_SIZE, padding=False)
        with gr.Column(min_width=150, visible=False) as plain_group:
            plain = _picture("Plain, same seed", "guide-plain-picture")
            gr.HTML(words.SHOWN_SIZE, padding=False)
    figures = gr.HTML(elem_id="guide-figures", padding=False)
    with gr.Row(elem_classes="downloads"):
        get = gr.DownloadButton("↓ PNG with its settings", interactive=False, size="sm", elem_id="guide-get")
        get_matched = gr.DownloadButton("↓ Matched PNG", visible=False, size="sm", elem_id="guide-get-matched")
        get_plain = gr.DownloadButton("↓ Plain PNG", visible=False, size="sm", elem_id="guide-get-plain")
    notes = gr.HTML(elem_id="guide-notes", padding=False)
    with gr.Column(visible=False) as visit_group:
        section("This visit", "The newest first. Press one to see it again, with its settings.")
        visit = gallery("This visit", columns=6, object_fit="cover", format="png", elem_id="guide-visit")
    return Outcome(
        empty=empty,
        so_far=so_far,
        pictures=pictures,
        picture=picture,
        matched_group=matched_group,
        matched_picture=matched,
        plain_group=plain_group,
        plain_picture=plain,
        figures=figures,
        get=get,
        get_matched=get_matched,
        get_plain=get_plain,
        notes=notes,
        visit_group=visit_group,
        visit=visit,
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
