"""The components of the tab *Match colours*, a record for each region of it."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from studio.ui.controls import Aims
from studio.ui.desk.component import DeskParts
from studio.ui.examples import Example
from studio.ui.guard import RunButtons
from studio.ui.match.history_view import Strip
from studio.ui.match.masks import Mask
from studio.ui.match.state import Role
from studio.ui.places import PicturePlace
from studio.ui.saving import GradeDownloads
from studio.ui.spaces import Spaces
from studio.ui.trims import TrimControls

PICTURE_KIND = "picture"
"""Beside the kinds of :class:`studio.ui.saving.GradeDownloads`: what the picture is asked for by."""


@dataclass(frozen=True, eq=False)
class Inputs:
    """The pictures, and what can stand in place of a reference."""

    kind: gr.Radio
    places: dict[Role, PicturePlace]
    swap: gr.Button
    picture_group: gr.Column
    palette_group: gr.Column
    palette: gr.Textbox
    swatches: gr.HTML
    palette_pick: gr.Button
    palette_file: gr.File
    palette_undo: gr.Button
    palette_before: gr.State
    saved_group: gr.Column
    grade: gr.File
    grade_about: gr.HTML
    aims: Aims


@dataclass(frozen=True, eq=False)
class Pairs:
    """Where a person says which colour should become which.

    Attributes:
        group: all of them.
        text: the pairs as text.
        pickers: the same as pickers.
        pick: the button that takes a colour from the source.
    """

    group: gr.Column
    text: gr.Textbox
    pickers: gr.HTML
    pick: gr.Button


@dataclass(frozen=True, eq=False)
class More:
    """What lies under *More*.

    ``painted`` is out of sight: the page presses it once a stroke of a mask has reached the server.
    """

    protect: gr.CheckboxGroup
    method: gr.Dropdown
    transform: gr.Radio
    scene: gr.Radio
    seed: gr.Number
    device: gr.Dropdown
    masks: dict[Role, Mask]
    painted: gr.Button
    pairs: gr.Textbox
    pairs_parts: Pairs


@dataclass(frozen=True, eq=False)
class Examples:
    """The examples, and their gallery in the same order."""

    pairs: list[Example]
    gallery: gr.Gallery


@dataclass(frozen=True, eq=False)
class Result:
    """What is shown of a result.

    ``seen`` says through what view, and ``trims_off`` why there are no trims.
    """

    stale: gr.HTML
    desk: DeskParts
    seen: gr.HTML
    strength: gr.Slider
    trims: TrimControls
    trims_off: gr.HTML
    taken: gr.HTML
    show_points: gr.Button
    points: gr.Image


@dataclass(frozen=True, eq=False)
class Downloads(GradeDownloads):
    """What can be taken away; ``picture`` is the button for the picture."""

    picture: gr.Button

    @property
    def buttons(self) -> dict[str, gr.Button]:
        """All buttons, by what they ask for."""
        return {PICTURE_KIND: self.picture, **super().buttons}


@dataclass(frozen=True, eq=False)
class Details:
    """What is said of a result, and its chart."""

    notes: gr.HTML
    metrics: gr.HTML
    numbers: gr.HTML
    no_chart: gr.HTML
    chart: gr.Image


@dataclass(frozen=True, eq=False)
class Comparison:
    """*Compare methods*."""

    run: RunButtons
    strip: Strip


@dataclass(frozen=True, eq=False)
class HistoryParts(Strip):
    """The history of the visit.

    Attributes:
        keys: out of sight: which pages this browser had before, as JSON.
    """

    keys: gr.Textbox


@dataclass(frozen=True, eq=False)
class MatchTab:
    """All of the tab."""

    inputs: Inputs
    run: RunButtons
    more: More
    spaces: Spaces
    examples: Examples
    result: Result
    downloads: Downloads
    details: Details
    comparison: Comparison
    history: HistoryParts
