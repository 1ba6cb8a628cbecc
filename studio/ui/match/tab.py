"""The tab *Match colours*: what is on it. What happens there is in :mod:`studio.ui.match.events`."""

from __future__ import annotations

import gradio as gr

from studio.ui.colors import KeptPalette, show_palette
from studio.ui.controls import (
    KINDS,
    aim_choices,
    gallery,
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
from studio.ui.desk.component import DeskParts, lay_out_desk, lay_out_scopes
from studio.ui.examples import load_examples, pair_tile
from studio.ui.guard import RunButtons
from studio.ui.match import words
from studio.ui.match.history_view import lay_out_compared, lay_out_history
from studio.ui.match.masks import Mask
from studio.ui.match.parts import (
    Comparison,
    Details,
    Downloads,
    Examples,
    HistoryParts,
    Inputs,
    MatchTab,
    More,
    Pairs,
    Result,
)
from studio.ui.match.state import ROLES, Role
from studio.ui.places import picture_place
from studio.ui.saving import cube_choice, download_button, grade_buttons, more_grade_buttons
from studio.ui.spaces import lay_out_spaces
from studio.ui.trims import lay_out_trims
from studio.ui.words import GRADES_TO_LOAD

_METHOD_HELP = "Fast sliced and ReSWD compare whole distributions; the other three are closed formulas."
_TRANSFORM_HELP = (
    "CDL: ten numbers every grading program knows. 3-D LUT: bends colours further, saves as .cube only. Automatic: a LUT for a "
    "mood, which holds greys and skin, and where both pictures show one scene and that carries it; else ten numbers."
)
_MASK_HELP: dict[Role, str] = {
    "source": "Only what is white, or painted, counts and changes.",
    "reference": "Only what is white, or painted, counts.",
}


def lay_out_match_tab() -> MatchTab:
    """Lay the tab out."""
    with gr.Row(equal_height=False, elem_classes=["halves", "desk-room"]):
        with gr.Column(min_width=300, elem_classes="choices"):
            inputs = _inputs()
            run = run_buttons("Match colours", "match", "stop", "status")
            comparing = _compare_buttons()
            more = _more()
            spaces = lay_out_spaces()
        with gr.Column(min_width=320, elem_classes="outcome"):
            desk = lay_out_desk(words.EMPTY_RESULT)
            seen = gr.HTML(elem_id="seen", padding=False)
            stale = gr.HTML(elem_id="stale", padding=False)
            comparison = Comparison(comparing, lay_out_compared())
            history = _history()
            downloads = _downloads()
            details = _details()
        with gr.Column(min_width=300, elem_classes="tune"):
            with gr.Accordion("Scopes", open=True, elem_id="scopes-room"):
                lay_out_scopes()
            result = _result(stale, desk, seen)
        with gr.Column(min_width=300, elem_classes="examples-room"):
            examples = _examples()
    return MatchTab(
        inputs=inputs,
        run=run,
        more=more,
        spaces=spaces,
        examples=examples,
        result=result,
        downloads=downloads,
        details=details,
        comparison=comparison,
        history=history,
    )


def _inputs() -> Inputs:
    kind = kind_choice(KINDS, "kind")
    with gr.Row(equal_height=False, elem_classes="places"):
        swap = gr.Button(words.SWAP, size="sm", elem_id="swap")
        with gr.Column(min_width=150):
            source = picture_place("Source", "source", "Photograph to change")
        with gr.Column(min_width=150):
            with gr.Column(min_width=150) as picture_group:
                reference = picture_place("Reference", "reference", "Photograph whose colours you want")
            with gr.Column(min_width=150, visible=False) as palette_group:
                with gr.Column(elem_classes="colors", min_width=150, elem_id="palette-room"):
                    palette = palette_box(lines=2, elem_id="palette")
                    swatches = gr.HTML(show_palette(""), elem_id="swatches", padding=False)
                    from_source = gr.Button("Pick in the source", size="sm", elem_id="palette-pick")
                palette_file = gr.File(label="Palette file", height=140, elem_id="palette-file")
                gr.HTML(
                    '<p class="about">ASE, ACO, GPL or CSS; or a picture, for its leading colours</p>', padding=False
                )
                palette_undo = gr.Button(words.UNDO_PALETTE, size="sm", visible=False, elem_id="palette-undo")
                palette_before = gr.State(KeptPalette())
            with gr.Column(min_width=150, visible=False) as saved_group:
                grade = gr.File(label="Saved grade", height=168, elem_id="grade")
                gr.HTML(f'<p class="about">{GRADES_TO_LOAD} or settings .json</p>', padding=False)
                grade_about = gr.HTML(elem_id="grade-about", padding=False)
    aims = aim_choices("aim")
    return Inputs(
        kind=kind,
        places={"source": source, "reference": reference},
        swap=swap,
        picture_group=picture_group,
        palette_group=palette_group,
        palette=palette,
        swatches=swatches,
        palette_pick=from_source,
        palette_file=palette_file,
        palette_undo=palette_undo,
        palette_before=palette_before,
        saved_group=saved_group,
        grade=grade,
        grade_about=grade_about,
        aims=aims,
    )


def _more() -> More:
    with gr.Accordion("More", open=False, elem_id="more"):
        protect = protection_choice("keep")
        method = method_choice(info=_METHOD_HELP, elem_id="method")
        transform = transform_choice(info=_TRANSFORM_HELP)
        scene = scene_choice("scene")
        seed, device = seed_and_device(elem_id="seed")
        pairs = _pairs()
        masks = {role: _mask(role) for role in ROLES}
        painted = gr.Button("Painted", visible="hidden", elem_id="painted")
    return More(
        protect=protect,
        method=method,
        transform=transform,
        scene=scene,
        seed=seed,
        device=device,
        masks=masks,
        painted=painted,
        pairs=pairs.text,
        pairs_parts=pairs,
    )


def _pairs() -> Pairs:
    with gr.Column() as group:
        section("Pairs of colours", "This colour of the source should become that one.")
        with gr.Column(elem_classes="colors", elem_id="pairs-room"):
            text = gr.Textbox(
                "",
                label="Pairs",
                placeholder="#7a6a55=#8a6a4a",
                info="At most 16, in the source's own encoding",
                elem_id="pairs",
            )
            pickers = gr.HTML(elem_id="pairs-pickers", padding=False)
            pick = gr.Button("Pick in the source", size="sm", elem_id="pairs-pick")
    return Pairs(group, text, pickers, pick)


def _mask(role: Role) -> Mask:
    label = f"{role.capitalize()} mask"
    with gr.Column() as group:
        section(label, f"{_MASK_HELP[role]} A file wins over paint.")
        paint = gr.Button(words.paint_label(role), size="sm", elem_id=f"paint-{role}")
        said = gr.HTML(elem_id=f"{role}-painted", padding=False)
        file = gr.File(label=f"{label} as a picture of the {role}'s size", height=140, elem_id=f"{role}-mask")
    return Mask(role, group, file, paint, said)


def _examples() -> Examples:
    pairs = load_examples()
    if pairs:
        section("Examples", "Press one to try it.", classes=["examples-head"])
    shown = gallery(
        "Examples",
        [(pair_tile(example), example.title) for example in pairs],
        columns=2,
        object_fit="cover",
        format="jpeg",
        elem_id="examples",
        visible=bool(pairs),
    )
    return Examples(pairs, shown)


def _result(stale: gr.HTML, desk: DeskParts, seen: gr.HTML) -> Result:
    strength = strength_choice("strength")
    trims = lay_out_trims()
    trims_off = gr.HTML(elem_id="trims-off", padding=False)
    with gr.Row(equal_height=False, elem_id="taken-row"):
        taken = gr.HTML(elem_id="taken", padding=False)
        show_points = gr.Button(
            words.SHOW_POINTS, size="sm", visible=False, scale=0, min_width=150, elem_id="show-points"
        )
    points = _drawing(
        "Points seen in both pictures", "Source and reference, with lines between points seen in both", "points"
    )
    return Result(
        stale=stale,
        desk=desk,
        seen=seen,
        strength=strength,
        trims=trims,
        trims_off=trims_off,
        taken=taken,
        show_points=show_points,
        points=points,
    )


def _drawing(label: str, alt_text: str, elem_id: str) -> gr.Image:
    """A place for a picture that the app draws; it is not seen until there is one."""
    return gr.Image(
        label=label,
        show_label=False,
        type="filepath",
        format="png",
        interactive=False,
        buttons=["fullscreen"],
        visible=False,
        elem_id=elem_id,
        alt_text=alt_text,
    )


def _downloads() -> Downloads:
    with gr.Row(elem_classes="downloads"):
        picture = download_button("Picture", "get-picture", scale=2, min_width=190)
        grades = grade_buttons()
        settings = download_button("Settings", "get-settings", min_width=110)
    cube_size, cube_line = cube_choice()
    grades |= more_grade_buttons()
    file = gr.File(visible="hidden", elem_id="download")
    return Downloads(
        picture=picture,
        grades=grades,
        settings=settings,
        cube_size=cube_size,
        cube_line=cube_line,
        file=file,
    )


def _details() -> Details:
    notes = gr.HTML(elem_id="notes", padding=False)
    with gr.Row(equal_height=False):
        with gr.Column(scale=2, min_width=260):
            section("Numbers")
            metrics = gr.HTML(elem_id="metrics", padding=False)
            numbers = gr.HTML(words.EMPTY_NUMBERS, elem_id="numbers", padding=False)
        with gr.Column(scale=3, min_width=300):
            section("Colours")
            no_chart = gr.HTML(words.EMPTY_CHART, padding=False)
            chart = _drawing(
                "Distributions of colour and lightness",
                "Chroma planes of source, result and reference, and their lightness",
                "chart",
            )
    return Details(
        notes=notes,
        metrics=metrics,
        numbers=numbers,
        no_chart=no_chart,
        chart=chart,
    )


def _compare_buttons() -> RunButtons:
    return run_buttons("Compare methods", "compare", "compare-stop", "compare-status", "secondary")


def _history() -> HistoryParts:
    strip = lay_out_history()
    keys = gr.Textbox(visible="hidden", elem_id="history-keys", label="Earlier pages")
    return HistoryParts(strip.place, strip.state, keys)
