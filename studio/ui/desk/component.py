"""The viewer's place on the page, and what the page tells it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import gradio as gr

from studio.ui.desk.state import described
from studio.ui.session import Session

_MODES = (
    ("slider", "Slider", "S"),
    ("sides", "Side by side", "D"),
    ("after", "Result", "R"),
    ("before", "Source", ""),
    ("reference", "Reference", ""),
)
_ZOOMS = (("fit", "Fit", "F"), ("1", "100 %", "1"), ("2", "200 %", "2"))
_PANES = ("before", "after", "reference")
_KEYS = (
    ("F or 0", "fit the picture into the room"),
    ("1, 2", "100 %, 200 %: a pixel of the picture is one, or two by two, of the screen"),
    ("+, -", "closer, farther"),
    ("S, D, R", "slider, side by side, result alone"),
    ("O, held", "the source, for as long as you hold it"),
    ("C", "mark what the grade clipped"),
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
    state = gr.HTML(
        "",
        visible="hidden",
        html_template="",  # it holds names of files, which are not HTML
        elem_id="desk-state",
        js_on_load="const tell = () => window.reswdDesk?.show(props.value); watch('value', tell); tell();",
    )
    return DeskParts(place, state)


def told(session: Session, **numbers: int | None) -> str:
    """What the viewer shall show, as JSON.

    Args:
        session: of the page.
        numbers: of the looks ``before``, ``after`` and ``reference``; None for none.
    """
    said: dict[str, Any] = {"key": session.key}
    for name, number in numbers.items():
        look = None if number is None else session.desk.look(number)
        said[name] = None if look is None or number is None else described(number, look)
    return json.dumps(said)


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
        f'<div class="desk-panes">{panes}'
        '<div class="desk-divider" role="slider" tabindex="0" aria-label="Divider between before and after" '
        'aria-orientation="horizontal" aria-valuemin="0" aria-valuemax="100" hidden></div>'
        f'<div class="desk-empty">{empty}</div></div>'
        f'<dialog class="desk-help" aria-label="Keys"><table>{keys}</table><button type="button">Close</button></dialog>'
        "</section>"
    )


def _button(attributes: str, name: str, key: str) -> str:
    title = f' title="{name} ({key})"' if key else ""
    return f'<button type="button" {attributes} aria-pressed="false"{title}>{name}</button>'
