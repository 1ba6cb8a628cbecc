"""The tab *Grade a clip*: what is on it. What happens there is in :mod:`studio.ui.clip.events`."""

from __future__ import annotations

import gradio as gr
from gradio.data_classes import FileData

from studio.ui.clip import words
from studio.ui.clip.choice import AS_SOURCE, CONTAINERS, KINDS, ONE_FRAME, PARTS
from studio.ui.clip.looks import DESK
from studio.ui.clip.parts import ClipTab, Details, Graded, Inputs, More, ReferenceClip, View
from studio.ui.controls import (
    aim_choices,
    kind_choice,
    method_choice,
    palette_box,
    protection_choice,
    run_buttons,
    scene_choice,
    section,
    seed_and_device,
    strength_choice,
    transform_choice,
)
from studio.ui.desk.component import lay_out_desk, lay_out_scopes
from studio.ui.places import picture_place
from studio.ui.saving import GradeDownloads, cube_choice, download_button, grade_buttons, more_grade_buttons
from studio.ui.trims import lay_out_trims
from studio.ui.words import GRADES_TO_LOAD


def lay_out_clip_tab() -> ClipTab:
    """Lay the tab out."""
    with gr.Row(equal_height=False, elem_classes=["halves", "desk-room"]):
        with gr.Column(min_width=300, elem_classes="choices"):
            inputs = _inputs()
            run = run_buttons("Match", "clip-match", "clip-stop", "clip-status")
            more = _more()
        with gr.Column(min_width=320, elem_classes="outcome"):
            desk = lay_out_desk(words.EMPTY_VIEW, DESK, of_clip=True)
            scrubber, frame, place = _scrubber()
            stale = gr.HTML(elem_id="clip-stale", padding=False)
            graded = _graded()
            downloads = _downloads()
            details = _details()
        with gr.Column(min_width=300, elem_classes="tune"):
            with gr.Accordion("Scopes", open=True):
                lay_out_scopes(DESK)
            strength = strength_choice("clip-strength")
            trims = lay_out_trims("clip-")
            taken = gr.HTML(elem_id="clip-taken", padding=False)
    view = View(stale, desk, scrubber, frame, place, strength, trims, taken)
    return ClipTab(inputs, run, more, view, graded, downloads, details)


def _inputs() -> Inputs:
    source = gr.File(label="Clip to grade", height=132, elem_id="clip-source")
    about = gr.HTML(words.hint(), elem_id="clip-source-about", padding=False)
    kind = kind_choice(KINDS, "clip-kind")
    with gr.Column() as picture_group:
        place = picture_place("Reference picture", "clip-reference", "Photograph whose colours you want")
    clip = _reference_clip()
    with gr.Column(visible=False, elem_classes="colors") as palette_group:
        palette = palette_box(lines=2, elem_id="clip-palette")
        swatches = gr.HTML(elem_id="clip-swatches", padding=False)
    with gr.Column(visible=False) as saved_group:
        grade = gr.File(label="Saved grade for the clip", height=110, elem_id="clip-grade")
        gr.HTML(f'<p class="about">{GRADES_TO_LOAD} or settings .json</p>', padding=False)
        grade_about = gr.HTML(elem_id="clip-grade-about", padding=False)
    aims = aim_choices("clip-aim")
    return Inputs(
        source=source,
        about=about,
        kind=kind,
        picture_group=picture_group,
        place=place,
        clip=clip,
        palette_group=palette_group,
        palette=palette,
        swatches=swatches,
        saved_group=saved_group,
        grade=grade,
        grade_about=grade_about,
        aims=aims,
    )


def _reference_clip() -> ReferenceClip:
    with gr.Column(visible=False) as group:
        file = gr.File(label="Reference clip", height=110, elem_id="clip-reference-clip")
        about = gr.HTML(elem_id="clip-reference-clip-about", padding=False)
        with gr.Column(visible=False) as chosen_group:
            part = gr.Radio(list(PARTS), value=ONE_FRAME, label="Take the colours of", elem_id="clip-part")
            with gr.Column() as frame_group:
                picture = gr.Image(
                    label="The reference's frame",
                    type="filepath",
                    format="jpeg",
                    interactive=False,
                    buttons=[],
                    height=168,
                    elem_id="clip-reference-picture",
                    alt_text="The frame of the reference clip that is chosen",
                )
                frame = gr.Slider(
                    1, 2, value=1, step=1, label="Frame of the reference", elem_id="clip-reference-frame", buttons=[]
                )
    return ReferenceClip(group, file, about, chosen_group, part, frame_group, picture, frame)


def _more() -> More:
    with gr.Accordion("More", open=False, elem_id="clip-more"):
        protect = protection_choice("clip-keep")
        method = method_choice(elem_id="clip-method")
        transform = transform_choice(elem_id="clip-transform")
        scene = scene_choice("clip-scene")
        seed, device = seed_and_device(elem_id="clip-seed")
    return More(protect, method, transform, scene, seed, device)


def _scrubber() -> tuple[gr.Column, gr.Slider, gr.HTML]:
    """Where a frame is chosen, and the line that says when it is shown."""
    with gr.Column(visible=False, elem_id="clip-scrubber") as scrubber:
        frame = gr.Slider(
            1,
            2,
            value=1,
            step=1,
            label="Frame",
            info="Arrow keys step by one frame, with Shift by ten",
            elem_id="clip-frame",
            buttons=[],
        )
        place = gr.HTML(elem_id="clip-place", padding=False)
    return scrubber, frame, place


def _graded() -> Graded:
    section("The whole clip", "Every frame gets this one grade; sound, times and metadata are kept.")
    container = gr.Dropdown(
        CONTAINERS,
        value=AS_SOURCE,
        label="Write it as",
        info="In the clip's own codec and depth where that file type holds it, without loss that can be seen",
        elem_id="clip-container",
    )
    run = run_buttons("Grade the clip", "clip-run", "clip-run-stop", "clip-run-status")
    bar = gr.HTML(elem_id="clip-bar", padding=False)
    about = gr.HTML(elem_id="clip-graded-about", padding=False)
    player = _player()
    download = gr.DownloadButton("↓ Graded clip", interactive=False, elem_id="clip-get")
    return Graded(run, container, bar, about, player, download)


def _player() -> gr.Video:
    """A player that is given a file as it is: Gradio would have ffmpeg make another one of what no browser plays.

    It is always there, and the style sheet hides it while it is empty: one that is only just shown loses its file.

    A method of one instance, as in :func:`studio.ui.settings.as_sent`.
    """
    player = gr.Video(label="The graded clip", interactive=False, buttons=[], elem_id="clip-player")
    player.postprocess = lambda value: None if value is None else FileData(path=str(value))  # type: ignore[method-assign]
    return player


def _downloads() -> GradeDownloads:
    section("The grade", "For other programs, and to apply it again here.")
    with gr.Row(elem_classes="downloads"):
        grades = grade_buttons("clip-")
        settings = download_button("Settings", "clip-get-settings")
    cube_size, cube_line = cube_choice("clip-")
    grades |= more_grade_buttons("clip-")
    return GradeDownloads(grades, settings, cube_size, cube_line, gr.File(visible="hidden", elem_id="clip-download"))


def _details() -> Details:
    notes = gr.HTML(elem_id="clip-notes", padding=False)
    section("Numbers")
    metrics = gr.HTML(elem_id="clip-metrics", padding=False)
    numbers = gr.HTML(words.EMPTY_NUMBERS, elem_id="clip-numbers", padding=False)
    return Details(notes, metrics, numbers)
