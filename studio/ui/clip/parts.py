"""The components of the tab *Grade a clip*, a record for each region of it."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from studio.ui.controls import Aims
from studio.ui.desk.component import DeskParts
from studio.ui.guard import RunButtons
from studio.ui.places import PicturePlace
from studio.ui.saving import GradeDownloads
from studio.ui.trims import TrimControls


@dataclass(frozen=True, eq=False)
class ReferenceClip:
    """A clip as the reference, and which of its frames count."""

    group: gr.Column
    reference_clip: gr.File
    about: gr.HTML
    chosen_group: gr.Column
    part: gr.Radio
    frame_group: gr.Column
    picture: gr.Image
    reference_frame: gr.Slider


@dataclass(frozen=True, eq=False)
class Inputs:
    """The clip, and where its colours shall come from."""

    source: gr.File
    about: gr.HTML
    kind: gr.Radio
    picture_group: gr.Column
    place: PicturePlace
    clip: ReferenceClip
    palette_group: gr.Column
    palette: gr.Textbox
    swatches: gr.HTML
    saved_group: gr.Column
    grade: gr.File
    grade_about: gr.HTML
    aims: Aims


@dataclass(frozen=True, eq=False)
class More:
    """What lies under *More*."""

    protect: gr.CheckboxGroup
    method: gr.Dropdown
    transform: gr.Radio
    scene: gr.Radio
    seed: gr.Number
    device: gr.Dropdown


@dataclass(frozen=True, eq=False)
class View:
    """The frame that is looked at, and what is said of the match."""

    stale: gr.HTML
    desk: DeskParts
    scrubber: gr.Column
    frame: gr.Slider
    place: gr.HTML
    strength: gr.Slider
    trims: TrimControls
    taken: gr.HTML


@dataclass(frozen=True, eq=False)
class Graded:
    """The whole clip: how it is written, how far it is, and what came of it."""

    run: RunButtons
    container: gr.Dropdown
    bar: gr.HTML
    about: gr.HTML
    player: gr.Video
    download: gr.DownloadButton


@dataclass(frozen=True, eq=False)
class Details:
    """What is said of a grade."""

    notes: gr.HTML
    metrics: gr.HTML
    numbers: gr.HTML


@dataclass(frozen=True, eq=False)
class ClipTab:
    """All of the tab."""

    inputs: Inputs
    run: RunButtons
    more: More
    view: View
    graded: Graded
    downloads: GradeDownloads
    details: Details
