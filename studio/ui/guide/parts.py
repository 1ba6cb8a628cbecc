"""The components of the tab *Guide a generation*, a record for each region of it."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from guidance.known import Known
from studio.ui.guard import RunButtons
from studio.ui.places import PicturePlace


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
    avoid: gr.Textbox
    avoided: gr.HTML
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
    count: gr.Slider


@dataclass(frozen=True, eq=False)
class More:
    """What lies under *More*."""

    negative: gr.Textbox
    scale: gr.Slider
    width: gr.Number
    height: gr.Number
    quantize: gr.Dropdown
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
    matched_group: gr.Column
    matched_picture: gr.Image
    plain_group: gr.Column
    plain_picture: gr.Image
    figures: gr.HTML
    get: gr.DownloadButton
    get_matched: gr.DownloadButton
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
        knows, knows_list: the list of what the model knows that is chosen, and what is in it.
        known: what each embedded model knows, by its id; without those that a copy of the project lacks, which painting will say.
    """

    wishes: Wishes
    run: RunButtons
    model: Model
    more: More
    drop: gr.File
    outcome: Outcome
    examples: gr.Gallery
    knows: gr.Accordion
    knows_list: gr.HTML
    known: dict[str, Known]
