"""Controls that stand in more than one tab."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from reswd_torch.errors import InputError
from reswd_torch.palette import parse_palette
from reswd_torch.settings import AUTO_SCENE, DEVICES, DIFFERENT_SCENE, METHODS, SAME_SCENE, MatchSettings
from studio.ui import words
from studio.ui.guard import RunButtons
from studio.ui.settings import as_sent

PICTURE, PALETTE, SAVED = "Picture", "Palette", "Saved grade"
KINDS = (PICTURE, PALETTE, SAVED)
"""Where the colours of a match can come from."""
_METHOD_CHOICES = [(words.METHOD_NAMES[name], name) for name in METHODS]
SCENE_CHOICES = [("Find out", AUTO_SCENE), ("The same scene", SAME_SCENE), ("Different scenes", DIFFERENT_SCENE)]
SCENE_HELP = "Of one scene, points seen in both tell light from content. Method Fast sliced only."
_TRANSFORM_CHOICES = [("Automatic", "auto"), ("CDL", "cdl"), ("3-D LUT", "lut")]


def kind_choice(kinds: Sequence[str], elem_id: str) -> gr.Radio:
    """Where a person says what the colours are taken from, a picture at first."""
    return gr.Radio(list(kinds), value=PICTURE, label="Take the colours from", elem_id=elem_id)


def method_choice(**options: Any) -> gr.Dropdown:
    """Where the method of a match is chosen; ``options`` are those of gr.Dropdown."""
    return gr.Dropdown(_METHOD_CHOICES, value=MatchSettings.method, label="Method", **options)


def transform_choice(**options: Any) -> gr.Radio:
    """Where the transform of a match is chosen; ``options`` are those of gr.Radio."""
    return gr.Radio(_TRANSFORM_CHOICES, value="auto", label="Kind of grade", **options)


def seed_and_device(**of_seed: Any) -> tuple[gr.Number, gr.Dropdown]:
    """Lay out, side by side, where the seed of a match is written and where its device is chosen.

    ``of_seed`` are options of the first one's gr.Number.
    """
    with gr.Row():
        seed = as_sent(gr.Number(MatchSettings.seed, label="Seed", precision=0, minimum=0, min_width=120, **of_seed))
        device = gr.Dropdown(list(DEVICES), value=MatchSettings.device, label="Device", min_width=120)
    return seed, device


def scene_choice(elem_id: str) -> gr.Radio:
    """Where a person says whether picture and reference show the same things."""
    return gr.Radio(SCENE_CHOICES, value=AUTO_SCENE, label="Both pictures show", info=SCENE_HELP, elem_id=elem_id)


def palette_box(**options: Any) -> gr.Textbox:
    """Where a palette is written; ``options`` are those of gr.Textbox."""
    return gr.Textbox(
        label="Palette",
        info="Hex colours; :2 makes one count twice",
        placeholder="#2b3a55:2, #e8c07d, #f4ead5",
        **options,
    )


def show_palette(text: str) -> str:
    """The palette as swatches while it is typed, or a word on what is wrong with it, as HTML."""
    if not text.strip():
        return ""
    try:
        palette = parse_palette(text)
    except InputError as error:
        return words.message(str(error))
    return words.swatches(palette.colors, palette.weights)


def run_buttons(label: str, start_id: str, stop_id: str, status_id: str) -> RunButtons:
    """Lay out the button that starts a run, *Stop* beside it, and the line below them."""
    with gr.Row():
        start = gr.Button(label, variant="primary", scale=3, min_width=150, elem_id=start_id)
        stop = gr.Button("Stop", interactive=False, scale=1, min_width=80, elem_id=stop_id)
    return RunButtons(start, stop, gr.HTML(elem_id=status_id, padding=False))


def gallery(label: str, pictures: list[Any] | None = None, **options: Any) -> gr.Gallery:
    """A gallery of small pictures, which a press does not enlarge; ``options`` are those of gr.Gallery."""
    fixed = {"show_label": False, "height": "auto", "allow_preview": False, "interactive": False, "buttons": []}
    return gr.Gallery(pictures, label=label, **{**fixed, **options})


def section(title: str, text: str = "", *, classes: Sequence[str] = ()) -> gr.HTML:
    """A heading within a tab, with a sentence below it."""
    below = f"<p>{text}</p>" if text else ""
    return gr.HTML(f"<h2>{title}</h2>{below}", elem_classes=["section", *classes], padding=False)
