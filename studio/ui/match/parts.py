"""The pieces of the tab *Match colours* that its events read and write."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr


@dataclass(frozen=True, eq=False)
class MaskParts:
    """One mask: upload a file, or paint."""

    file: gr.File
    paint: gr.Button
    painted: gr.HTML
    editor_group: gr.Column
    editor: gr.ImageEditor
    done: gr.Button


@dataclass(frozen=True, eq=False)
class Parts:
    """All of the tab."""

    session: gr.State
    kind: gr.Radio
    source: gr.Image
    source_preview: gr.File
    source_about: gr.HTML
    picture_group: gr.Column
    reference: gr.Image
    reference_preview: gr.File
    reference_about: gr.HTML
    palette_group: gr.Column
    palette: gr.Textbox
    swatches: gr.HTML
    saved_group: gr.Column
    grade: gr.File
    grade_about: gr.HTML
    start: gr.Button
    stop: gr.Button
    status: gr.HTML
    examples: gr.Gallery
    method: gr.Dropdown
    transform: gr.Radio
    scene: gr.Radio
    seed: gr.Number
    device: gr.Dropdown
    source_mask: MaskParts
    reference_mask: MaskParts
    stale: gr.HTML
    empty: gr.HTML
    slider: gr.ImageSlider
    strength: gr.Slider
    metrics: gr.HTML
    notes: gr.HTML
    scene_found: gr.HTML
    show_points: gr.Button
    points: gr.Image
    numbers: gr.HTML
    no_chart: gr.HTML
    chart: gr.Image
    get_picture: gr.Button
    get_cube: gr.Button
    get_cc: gr.Button
    get_ccc: gr.Button
    get_cdl: gr.Button
    get_settings: gr.Button
    cube_size: gr.Radio
    cube_line: gr.HTML
    download: gr.File
    compare: gr.Button
    compare_stop: gr.Button
    compare_status: gr.HTML
    compared: gr.Gallery
