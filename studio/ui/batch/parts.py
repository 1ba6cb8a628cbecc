"""The components of the tab *Batch*, a record for each region of it."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from studio.ui.controls import Aims
from studio.ui.guard import RunButtons
from studio.ui.spaces import Spaces


@dataclass(frozen=True, eq=False)
class Pictures:
    """Where the pictures come from."""

    kind: gr.Radio
    files_group: gr.Column
    files: gr.File
    folder_group: gr.Column
    folder: gr.File
    here_group: gr.Column
    here: gr.Textbox
    results: gr.Textbox
    existing: gr.Dropdown
    hint: gr.HTML
    listed: gr.HTML


@dataclass(frozen=True, eq=False)
class Choosers:
    """In a window of the app's own: what chooses folders.

    Attributes:
        here, results: the buttons of both boxes.
        taken: out of sight: pressed by the page when a folder was dropped.
    """

    here: gr.Button
    results: gr.Button
    taken: gr.Button


@dataclass(frozen=True, eq=False)
class Colours:
    """Where the colours come from."""

    colours: gr.Radio
    picture_group: gr.Column
    references: gr.File
    looks: gr.HTML
    palette: gr.Textbox
    grade: gr.File
    aims: Aims
    mode: gr.Radio


@dataclass(frozen=True, eq=False)
class More:
    """What lies under *More*."""

    protect: gr.CheckboxGroup
    method: gr.Dropdown
    transform: gr.Radio
    scene: gr.Radio
    strength: gr.Number
    seed: gr.Number
    device: gr.Dropdown


@dataclass(frozen=True, eq=False)
class Written:
    """What is written of every picture."""

    output_format: gr.Dropdown
    quality: gr.Number
    grade_files: gr.Dropdown
    settings_files: gr.Checkbox


@dataclass(frozen=True, eq=False)
class Further:
    """The buttons beside the one that starts a run."""

    trial: gr.Button
    go_on: gr.Button


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a run comes to."""

    bar: gr.HTML
    download: gr.Button
    packed: gr.DownloadButton
    failures: gr.HTML
    empty: gr.HTML
    seen: gr.HTML
    sheet: gr.HTML


@dataclass(frozen=True, eq=False)
class BatchTab:
    """All of the tab."""

    pictures: Pictures
    colours: Colours
    run: RunButtons
    further: Further
    written: Written
    more: More
    spaces: Spaces
    outcome: Outcome
    choosers: Choosers | None = None
