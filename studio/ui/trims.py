"""The controls of the trims: what is changed behind a match, live."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

from reswd_torch.errors import InputError
from reswd_torch.grade.trims import ALL, COLOUR, LIGHTNESS, NEUTRAL, RANGES, WHEELS, Trims
from studio.ui.settings import Sent, as_sent, number_from
from studio.ui.wiring import PRIVATE, Updates

_TONES = {
    "exposure": ("Exposure", 0.01),
    "contrast": ("Contrast", 0.01),
    "temperature": ("Temperature", 1),
    "tint": ("Tint", 1),
    "saturation": ("Saturation", 0.01),
    "black": ("Black point", 0.001),
    "white": ("White point", 0.001),
    "neutralise": ("Neutralise", 0.01),
}
"""What the page calls each trim that is one number, and the step of its slider."""
_ENDS = {
    "exposure": "stops",
    "temperature": "blue to amber",
    "tint": "green to magenta",
    "neutralise": "takes a cast away",
}
_CHANNELS = ("r", "g", "b")
_ONLY = [("Lightness and colour", ALL), ("Lightness only", LIGHTNESS), ("Colour only", COLOUR)]


@dataclass(frozen=True, eq=False)
class TrimControls:
    """The components of the trims.

    Attributes:
        room: all of them but the line.
        parts: by name: those of :data:`_TONES`, ``only``, and ``lift_r`` and the like for the wheels.
        reset: the button that sets all of them back.
        said: the line that says what the grade has become.
    """

    room: gr.Accordion
    parts: dict[str, Component]
    reset: gr.Button
    said: gr.HTML

    @property
    def components(self) -> list[Component]:
        """All of them, in the order in which :meth:`read` takes their values."""
        return list(self.parts.values())

    def read(self, values: Sequence[Sent]) -> Trims:
        """The trims that the controls say. Raises InputError."""
        return trims_of(dict(zip(self.parts, values, strict=True)))

    def wire_live(self, others: Mapping[str, Component], desk: str = "desk") -> None:
        """Have a viewer follow these controls and others while one of them is moved; it says by itself when they rest.

        The button that sets the trims back is one more move of the hand, made on the page alone: what it leads to is told in
        the order of the moves, whatever the server is at.

        Args:
            others: further controls that the viewer follows, by the names that it knows.
            desk: the id of the viewer.
        """
        live: list[Any] = [*others.values(), *self.components]
        names = json.dumps([*others, *self.parts])
        gr.on(
            [each.input for each in live],
            None,
            live,
            None,
            js=f"(...values) => {{ window.reswdDesk.live('{desk}', {names}, values); }}",
            **PRIVATE,
        )
        neutral = _flat(NEUTRAL)
        trims = json.dumps([neutral[name] for name in self.parts])
        self.reset.click(
            None,
            list(others.values()),
            self.components,
            js=f"(...others) => {{ const trims = {trims};"
            f" window.reswdDesk.live('{desk}', {names}, [...others, ...trims]); return trims; }}",
            **PRIVATE,
        )

    def set_to(self, trims: Trims) -> Updates:
        """The controls as they stand for some trims."""
        return {self.parts[name]: value for name, value in _flat(trims).items()}


def trims_of(values: Mapping[str, Sent]) -> Trims:
    """The trims of a page's controls, by their names there.

    Raises:
        InputError: a value that is no number, or out of its range.
    """
    given: dict[str, Any] = {name: number_from(values[name], name) for name in _TONES if name in values}
    for wheel in WHEELS:
        names = [f"{wheel}_{channel}" for channel in _CHANNELS]
        if all(name in values for name in names):
            given[wheel] = tuple(number_from(values[name], f"{wheel} of {name[-1].upper()}") for name in names)
    if "only" in values:
        given["only"] = values["only"]
    return Trims(**given)


def trims_from_json(text: str) -> Trims:
    """:func:`trims_of` for what a script sent. Raises InputError or ValueError."""
    values = json.loads(text)
    if not isinstance(values, dict):
        raise InputError(f"{text[:40]!r} are no trims")
    return trims_of(values)


def _flat(trims: Trims) -> dict[str, Any]:
    """Trims by the names of their controls."""
    tones: dict[str, Any] = {name: getattr(trims, name) for name in _TONES}
    wheels = {
        f"{wheel}_{channel}": value
        for wheel in WHEELS
        for channel, value in zip(_CHANNELS, getattr(trims, wheel), strict=True)
    }
    return {**tones, "only": trims.only, **wheels}


def lay_out_trims(prefix: str = "") -> TrimControls:
    """Lay the trims out; ``prefix`` is that of the tab's ids."""
    neutral = _flat(NEUTRAL)
    parts: dict[str, Component] = {}
    with gr.Accordion("Trims", open=True, elem_id=f"{prefix}trims", elem_classes="trims") as room:
        for name, (label, step) in _TONES.items():
            parts[name] = _slider(prefix, name, label, step, RANGES[name], neutral[name])
        parts["only"] = gr.Radio(
            _ONLY, value=ALL, label="Take of the match", elem_id=f"{prefix}trim-only", elem_classes="aim"
        )
        with gr.Accordion("Lift, gamma, gain", open=False, elem_id=f"{prefix}wheels"):
            for wheel in WHEELS:
                for channel in _CHANNELS:
                    name = f"{wheel}_{channel}"
                    parts[name] = _slider(
                        prefix, name, f"{wheel.capitalize()} {channel.upper()}", 0.005, RANGES[wheel], neutral[name]
                    )
        reset = gr.Button("Set trims back", size="sm", elem_id=f"{prefix}trims-reset")
    said = gr.HTML(elem_id=f"{prefix}trims-said", elem_classes="trims-said", padding=False)
    return TrimControls(room, parts, reset, said)


def _slider(prefix: str, name: str, label: str, step: float, ends: tuple[float, float], value: float) -> gr.Slider:
    unit = f" ({_ENDS[name]})" if name in _ENDS else ""
    slider = gr.Slider(
        *ends, value=value, step=step, label=f"{label}{unit}", elem_id=f"{prefix}trim-{name}", elem_classes="trim"
    )
    return as_sent(slider)
