"""The viewer's place on the page, and what the page tells it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from studio.ui.desk.state import described
from studio.ui.session import Session
from studio.views.clipping import HIGHLIGHTS, SHADOWS
from studio.views.scopes import SCOPES

_MODES = (
    ("slider", "Slider", "S"),
    ("sides", "Side by side", "D"),
    ("after", "Result", "R"),
    ("before", "Source", ""),
    ("reference", "Reference", ""),
)
_ZOOMS = (("fit", "Fit", "F"), ("1", "100 %", "1"), ("2", "200 %", "2"))
_PANES = ("before", "after", "reference")
_OF = (("after", "the result"), ("before", "the source"), ("reference", "the reference"))
_TOOLS = (("brush", "Brush"), ("erase", "Erase"), ("pick", "Pick colours"))
_RANGES = (
    ("size", "Size", 2, 300, 60, "brush erase"),
    ("hard", "Hardness", 0, 100, 50, "brush erase"),
    ("tolerance", "Tolerance", 1, 60, 12, "pick"),
    ("softness", "Softness", 0, 60, 12, "pick"),
    ("feather", "Feather", 0, 200, 0, "brush erase pick"),
)
"""What a person sets of a mask: name, label, least, most, first value, and the tools that have it."""
_ACTS = (("undo", "Undo"), ("invert", "Invert"), ("clear", "Clear"), ("done", "Done"))
_CLIPPED = ((SHADOWS, "Clipped at black"), (HIGHLIGHTS, "Clipped at white"))
"""What the colours of the clipping overlay mean."""
_KEYS = (
    ("F or 0", "fit the picture into the room"),
    ("1, 2", "100 %, 200 %: a pixel of the picture is one, or two by two, of the screen"),
    ("+, -", "closer, farther"),
    ("S, D, R", "slider, side by side, result alone"),
    ("O, held", "the source, for as long as you hold it"),
    ("C", "mark what the grade clipped: blue at the bottom, red at the top, all else grey"),
    ("Ctrl+Z", "one step of the visit back; with Shift forward again"),
    ("Ctrl and wheel", "closer, farther; once the picture is larger than its room, the wheel alone"),
    ("Arrows", "move the picture, or the divider where that has the focus"),
    ("?", "this list"),
)


@dataclass(frozen=True, eq=False)
class DeskParts:
    """The components of the viewer.

    Attributes:
        place: where it stands.
        state: out of sight: what it shows, as JSON.
    """

    place: gr.HTML
    state: gr.HTML


def lay_out_desk(empty: str) -> DeskParts:
    """Lay the viewer out; ``empty`` is what it says while it has nothing to show, as HTML."""
    place = gr.HTML(_skeleton(empty), elem_id="desk", padding=False)
    return DeskParts(place, told_state("desk-state", "show"))


def told_state(elem_id: str, function: str) -> gr.HTML:
    """A component out of sight whose value, JSON, goes to a function of ``window.reswdDesk``, once the scripts are there."""
    return gr.HTML(
        "",
        visible="hidden",
        html_template="",  # it holds names of files, which are not HTML
        elem_id=elem_id,
        js_on_load=(
            "const tell = () => props.value && (window.reswdDesk"
            f" ? window.reswdDesk.{function}(props.value) : setTimeout(tell, 100)); watch('value', tell); tell();"
        ),
    )


def lay_out_scopes() -> gr.HTML:
    """Lay out the scopes of what the viewer shows."""
    kinds = "".join(f'<option value="{one.name}">{one.label}</option>' for one in SCOPES)
    looks = "".join(f'<option value="{name}">{label}</option>' for name, label in _OF)
    return gr.HTML(
        '<section class="scopes" aria-label="Scopes"><div class="scopes-bar">'
        f'<label>Scope <select class="scopes-kind">{kinds}</select></label>'
        f'<label>of <select class="scopes-of">{looks}</select></label></div>'
        '<img class="scopes-picture" alt="" hidden></section>',
        elem_id="scopes",
        padding=False,
    )


def told(session: Session, chosen: Mapping[str, int | None], *, paired: bool = False, **numbers: int | None) -> str:
    """What the viewer shall show, as JSON.

    Args:
        session: of the page.
        chosen: the looks of the pictures in the page's places, on which masks are painted, by the role of the place.
        paired: whether two matches are compared, and ``before`` is one of them.
        numbers: of the looks ``before``, ``after`` and ``reference``; None for none.
    """
    said: dict[str, Any] = {name: _described(session, number) for name, number in numbers.items()}
    said["chosen"] = {role: _described(session, number) for role, number in chosen.items()}
    return json.dumps({"key": session.key, "paired": paired, **said})


def _described(session: Session, number: int | None) -> dict[str, Any] | None:
    look = None if number is None else session.desk.look(number)
    return None if look is None or number is None else described(number, look)


def _skeleton(empty: str) -> str:
    modes = "".join(_button(f'data-mode="{mode}" disabled', name, key) for mode, name, key in _MODES)
    zooms = "".join(_button(f'data-zoom="{zoom}"', name, key) for zoom, name, key in _ZOOMS)
    panes = "".join(
        f'<div class="desk-pane" data-pane="{name}" hidden><div class="desk-canvas"></div>'
        '<span class="desk-name"></span></div>'
        for name in _PANES
    )
    keys = "".join(f"<tr><th scope='row'><kbd>{key}</kbd></th><td>{what}</td></tr>" for key, what in _KEYS)
    return (
        '<section class="desk is-empty" aria-label="Viewer">'
        '<div class="desk-bar" role="toolbar" aria-label="View">'
        f'<span role="group" aria-label="What is shown">{modes}</span>'
        f'<span role="group" aria-label="Zoom">{zooms}<output class="desk-scale" aria-label="Scale"></output></span>'
        '<span role="group" aria-label="More"><button type="button" class="desk-hold" disabled '
        'title="Hold to see the source (O)">Hold for source</button>'
        '<button type="button" class="desk-clip" aria-pressed="false" title="Mark what the grade clipped (C)">'
        "Clipping</button>"
        '<button type="button" class="desk-full" title="Fill the screen">Full screen</button>'
        '<button type="button" class="desk-ask" title="Keys (?)" aria-label="Keys">?</button></span></div>'
        f'{_paint_bar()}<output class="desk-asks"></output>'
        f'<div class="desk-panes">{panes}'
        f"{divider()}{_legend()}"
        f'<div class="desk-empty">{empty}</div></div>'
        f'<dialog class="desk-help" aria-label="Keys"><table>{keys}</table><button type="button">Close</button></dialog>'
        "</section>"
    )


def _legend() -> str:
    """Which colour of the clipping overlay means which end; seen while it is on."""
    ends = "".join(
        f'<span><i style="background:rgb{color}" aria-hidden="true"></i>{what}</span>' for color, what in _CLIPPED
    )
    return f'<div class="desk-legend" role="status" hidden>{ends}</div>'


def divider() -> str:
    """The divider between before and after, for a script to move."""
    return (
        '<div class="desk-divider" role="slider" tabindex="0" aria-label="Divider between before and after" '
        'aria-orientation="horizontal" aria-valuemin="0" aria-valuemax="100" aria-valuenow="50" hidden></div>'
    )


def _paint_bar() -> str:
    tools = "".join(
        f'<button type="button" data-tool="{tool}" aria-pressed="{str(tool == "brush").lower()}">{name}</button>'
        for tool, name in _TOOLS
    )
    ranges = "".join(
        f'<label data-for="{tools_of}">{name}<input type="range" data-of="{of}" min="{least}" max="{most}" value="{value}">'
        "<output></output></label>"
        for of, name, least, most, value, tools_of in _RANGES
    )
    acts = "".join(f'<button type="button" data-act="{act}">{name}</button>' for act, name in _ACTS)
    return (
        '<div class="desk-bar desk-paint" role="toolbar" aria-label="Mask" data-chosen="brush" hidden>'
        f'<span role="group" aria-label="Tool">{tools}</span><span>{ranges}</span>'
        f'<span role="group" aria-label="Mask as a whole">{acts}</span><output class="desk-painted"></output></div>'
    )


def _button(attributes: str, name: str, key: str) -> str:
    title = f' title="{name} ({key})"' if key else ""
    return f'<button type="button" {attributes} aria-pressed="false"{title}>{name}</button>'
