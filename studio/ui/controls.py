"""Controls that stand in more than one tab."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, Protocol

import gradio as gr
from gradio.blocks import Block

from reswd_torch.matching.methods import REGISTRY, method_named
from reswd_torch.settings import (
    AUTO_SCENE,
    AUTO_TRANSFORM,
    CDL,
    COLOURS,
    DEVICES,
    DIFFERENT_SCENE,
    LOOK,
    LUT,
    METHODS,
    MOOD,
    PROTECTIONS,
    SAME_SCENE,
    MatchSettings,
)
from studio.ui import words
from studio.ui.guard import RunButtons
from studio.ui.settings import AUTO_AIM, Sent, as_sent, settings_from
from studio.ui.wiring import LATEST, Updates

PICTURE, PALETTE, SAVED = "Picture", "Palette", "Saved grade"
KINDS = (PICTURE, PALETTE, SAVED)
"""Where the colours of a match can come from."""
_METHOD_CHOICES = [(words.METHOD_NAMES[name], name) for name in METHODS]
SCENE_CHOICES = [("Find out", AUTO_SCENE), ("The same scene", SAME_SCENE), ("Different scenes", DIFFERENT_SCENE)]
SCENE_HELP = "Of one scene, points seen in both tell light from content. Method Fast sliced only."
TRANSFORM_CHOICES = [("Automatic", AUTO_TRANSFORM), ("CDL", CDL), ("3-D LUT", LUT)]
AIM_CHOICES = [("The look", LOOK), ("The mood", MOOD), ("The colours", COLOURS)]
_AIM_HELP = (
    "Look: how the reference was developed, nothing of what it shows. Mood: its light, warmth, contrast and leading hues; "
    "blacks, greys and skin are kept. Colours: its whole distribution, as for posters and palettes."
)
_PALETTE_AIM_HELP = (
    "Mood: its light and leading hues; blacks, greys and skin are kept. Colours: its whole distribution. "
    "A palette has no look to take."
)
PROTECTION_CHOICES = [(name.capitalize(), name) for name in PROTECTIONS]
_PROTECTION_HELP = (
    "Of a mood: what may not be spoilt. Blacks stay black, greys grey; skin keeps its hue; nothing is clipped."
)
_ABLE = " or ".join(method.label for method in REGISTRY if method.takes_aims)


@dataclass(frozen=True, eq=False)
class Aims:
    """Where a person says what to take of the reference: in one group for pictures, in another for a palette.

    Two radios, so that each keeps what was chosen on it while the other is shown, and a palette is never asked for its look.
    """

    aim_group: gr.Column
    aim: gr.Radio
    palette_aim_group: gr.Column
    palette_aim: gr.Radio
    aim_help: gr.HTML

    @property
    def components(self) -> list[Block]:
        """All that :func:`show_aims` changes."""
        return [self.aim_group, self.aim, self.palette_aim_group, self.palette_aim, self.aim_help]


def kind_choice(kinds: Sequence[str], elem_id: str) -> gr.Radio:
    """Where a person says what the colours are taken from, a picture at first."""
    return gr.Radio(list(kinds), value=PICTURE, label="Take the colours from", elem_id=elem_id)


def method_choice(**options: Any) -> gr.Dropdown:
    """Where the method of a match is chosen; ``options`` are those of gr.Dropdown."""
    return gr.Dropdown(_METHOD_CHOICES, value=MatchSettings.method, label="Method", **options)


def transform_choice(**options: Any) -> gr.Radio:
    """Where the transform of a match is chosen; ``options`` are those of gr.Radio."""
    return gr.Radio(TRANSFORM_CHOICES, value=MatchSettings.transform, label="Kind of grade", **options)


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


def aim_choices(elem_id: str) -> Aims:
    """Lay out where a person says what to take of the reference; the first radio has ``elem_id``."""
    fixed: dict[str, Any] = {"label": "Take", "elem_classes": "aim"}
    with gr.Column() as aim_group:
        aim = gr.Radio(AIM_CHOICES, value=MOOD, elem_id=elem_id, **fixed)
    with gr.Column(visible=False) as palette_aim_group:
        palette_aim = gr.Radio(AIM_CHOICES[1:], value=COLOURS, elem_id=f"{elem_id}-of-palette", **fixed)
    aim_help = gr.HTML(_about(_AIM_HELP), padding=False, elem_id=f"{elem_id}-help")
    return Aims(aim_group, aim, palette_aim_group, palette_aim, aim_help)


def show_aims(aims: Aims, kind: str, method: str) -> Updates:
    """Ask what to take as the kind of reference and the method allow: a method that knows all colours alone says so."""
    able = method_named(method).takes_aims
    if kind == SAVED:
        said = ""
    elif not able:
        said = _about(f"{words.METHOD_NAMES[method]} takes all colours. To choose, take the method {_ABLE}.")
    else:
        said = _about(_PALETTE_AIM_HELP if kind == PALETTE else _AIM_HELP)
    return {
        aims.aim_group: gr.update(visible=kind not in (PALETTE, SAVED)),
        aims.palette_aim_group: gr.update(visible=kind == PALETTE),
        aims.aim: gr.update(interactive=able),
        aims.palette_aim: gr.update(interactive=able),
        aims.aim_help: said,
    }


def chosen_aim(kind: str, method: str, aim: Sent, palette_aim: Sent) -> Sent:
    """What to take, for :func:`studio.ui.settings.settings_from`.

    Args:
        kind: where the colours come from, one of :data:`KINDS`.
        method: the method of the match.
        aim, palette_aim: what the radios for pictures and for a palette say.

    Raises:
        InputError: there is no such method.
    """
    if kind == SAVED or not method_named(method).takes_aims:
        return AUTO_AIM
    return palette_aim if kind == PALETTE else aim


class FitChoice(Protocol):
    """The controls of a fit, as the choice of a tab has them."""

    @property
    def method(self) -> Sent: ...
    @property
    def transform(self) -> Sent: ...
    @property
    def scene(self) -> Sent: ...
    @property
    def strength(self) -> Sent: ...
    @property
    def seed(self) -> Sent: ...
    @property
    def device(self) -> Sent: ...
    @property
    def aim(self) -> Sent: ...
    @property
    def palette_aim(self) -> Sent: ...
    @property
    def protect(self) -> Sent: ...


def chosen_settings(kind: str, choice: FitChoice, **others: Any) -> MatchSettings:
    """The settings of a fit that the controls of a tab describe.

    Args:
        kind: where the colours come from, one of :data:`KINDS`.
        choice: the controls.
        others: further arguments of :func:`studio.ui.settings.settings_from`, or others than the controls say.

    Raises:
        InputError: a value that is no setting.
    """
    aim = chosen_aim(kind, choice.method, choice.aim, choice.palette_aim)
    said: dict[str, Any] = {
        "method": choice.method,
        "transform": choice.transform,
        "strength": choice.strength,
        "seed": choice.seed,
        "device": choice.device,
        "scene": choice.scene,
        "aim": aim,
        "protect": chosen_protections(aim, choice.protect),
    }
    return settings_from(**said | others)


def strength_choice(elem_id: str) -> gr.Slider:
    """Where the strength of a grade is chosen."""
    slider = gr.Slider(
        0,
        4,
        value=MatchSettings.strength,
        step=0.01,
        label="Strength",
        info="0 as it was, 1 the match, above 1 stronger",
        elem_id=elem_id,
    )
    return as_sent(slider)


def protection_choice(elem_id: str) -> gr.CheckboxGroup:
    """Where a person says what a mood keeps, all of it at first. Seen as :func:`show_protections` says."""
    return gr.CheckboxGroup(
        PROTECTION_CHOICES,
        value=list(MatchSettings.protect),
        label="Keep",
        info=_PROTECTION_HELP,
        elem_id=elem_id,
        elem_classes="aim",
    )


def show_protections(protect: gr.CheckboxGroup, kind: str, method: str, aim: Sent, palette_aim: Sent) -> Updates:
    """Ask what to keep only where a mood is taken; the arguments after the first are those of :func:`chosen_aim`."""
    return {protect: gr.update(visible=chosen_aim(kind, method, aim, palette_aim) == MOOD)}


def wire_aims(aims: Aims, protect: gr.CheckboxGroup, kind: gr.Radio, method: gr.Dropdown) -> None:
    """Ask what to take and what to keep as the kind of reference, the method and the aim allow."""
    gr.on(
        [kind.change, method.change],
        partial(show_aims, aims),
        [kind, method],
        aims.components,
        queue=False,
        **LATEST,
    )
    gr.on(
        [kind.change, method.change, aims.aim.change, aims.palette_aim.change],
        partial(show_protections, protect),
        [kind, method, aims.aim, aims.palette_aim],
        protect,
        queue=False,
        **LATEST,
    )


def chosen_protections(aim: Sent, protect: Sent) -> Sent:
    """What is kept, for :func:`studio.ui.settings.settings_from`: what the boxes say where they are seen, else the default.

    Args:
        aim: what is taken, :func:`chosen_aim`.
        protect: what the boxes say.
    """
    return protect if aim == MOOD else MatchSettings.protect


def _about(text: str) -> str:
    return f'<p class="about">{text}</p>'


def palette_box(**options: Any) -> gr.Textbox:
    """Where a palette is written; ``options`` are those of gr.Textbox."""
    return gr.Textbox(
        label="Palette",
        info="Hex colours; :2 makes one count twice",
        placeholder="#2b3a55:2, #e8c07d, #f4ead5",
        value="",
        **options,
    )


def run_buttons(
    label: str, start_id: str, stop_id: str, status_id: str, variant: Literal["primary", "secondary"] = "primary"
) -> RunButtons:
    """Lay out the button that starts a run, *Stop*, which lies on its end while a run goes on, and the line below them."""
    with gr.Row(elem_classes="run-row"):
        start = gr.Button(label, variant=variant, min_width=150, elem_id=start_id)
        stop = gr.Button("Stop", interactive=False, min_width=80, elem_id=stop_id, elem_classes="stop")
    return RunButtons(start, stop, gr.HTML(elem_id=status_id, padding=False))


def gallery(label: str, pictures: list[Any] | None = None, **options: Any) -> gr.Gallery:
    """A gallery of small pictures, which a press does not enlarge; ``options`` are those of gr.Gallery."""
    fixed = {"show_label": False, "height": "auto", "allow_preview": False, "interactive": False, "buttons": []}
    return gr.Gallery(pictures, label=label, **{**fixed, **options})


def section(title: str, text: str = "", *, classes: Sequence[str] = ()) -> gr.HTML:
    """A heading within a tab, with a sentence below it."""
    below = f"<p>{text}</p>" if text else ""
    return gr.HTML(f"<h2>{title}</h2>{below}", elem_classes=["section", *classes], padding=False)
