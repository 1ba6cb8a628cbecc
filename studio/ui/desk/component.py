"""The viewer's place on the page, and what the page tells it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.blocks import Block
from gradio.components import Component

from studio.ui.desk.state import described
from studio.ui.session import Session
from studio.ui.settings import Sent
from studio.ui.wiring import LATEST
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
    ("Ctrl and wheel", "closer, farther; once the picture is larger than its room, the wheel alone"),
    ("Arrows", "move the picture, or the divider where that has the focus"),
    ("?", "this list"),
)
_BACK = ("Ctrl+Z", "one step of the visit back; with Shift forward again")


@dataclass(frozen=True, eq=False)
class DeskParts:
    """The components of the viewer.

    Attributes:
        place: where it stands; its id is that of the viewer.
        state: out of sight: what it shows, as JSON.
        settle: out of sight: the scripts press it once the controls that the viewer follows rest.
        moved: out of sight: the number of their last move, when the page is asked for what they rest at.
    """

    place: gr.HTML
    state: gr.HTML
    settle: gr.Button
    moved: gr.Textbox

    def on_rest(
        self, handler: Callable[..., Any], inputs: Sequence[Component], outputs: Sequence[Block], **options: Any
    ) -> None:
        """Have a handler show exactly what the controls say once they rest; it is given the last move behind its inputs."""
        number = f"(...values) => [...values.slice(0, -1), String(window.reswdDesk.moved('{self.place.elem_id}'))]"
        self.settle.click(handler, [*inputs, self.moved], list(outputs), js=number, **{**LATEST, **options})


def lay_out_desk(empty: str, elem_id: str = "desk", *, of_clip: bool = False) -> DeskParts:
    """Lay a viewer out.

    Args:
        empty: what it says while it has nothing to show, as HTML.
        elem_id: of its place.
        of_clip: whether it shows the frames of a clip: without masks, and without the history of the visit.
    """
    place = gr.HTML(_skeleton(empty, of_clip=of_clip), elem_id=elem_id, padding=False)
    state = gr.HTML(
        "",
        visible="hidden",
        html_template="",  # it holds names of files, which are not HTML
        elem_id=f"{elem_id}-state",
        js_on_load=(
            "const tell = () => props.value && (window.reswdDesk"
            f" ? window.reswdDesk.show(props.value, '{elem_id}') : setTimeout(tell, 100)); watch('value', tell); tell();"
        ),
    )
    settle = gr.Button("Settle", visible="hidden", elem_id=f"{elem_id}-settle")
    return DeskParts(place, state, settle, gr.Textbox("0", visible="hidden", elem_id=f"{elem_id}-moved", label="Moves"))


def move_number(sent: Sent) -> int | None:
    """The last move that a page sent; None where it sent something else."""
    return int(sent) if isinstance(sent, str) and sent.isascii() and sent.isdecimal() and len(sent) < 16 else None


def lay_out_scopes(elem_id: str = "desk") -> gr.HTML:
    """Lay out the scopes of what a viewer shows; ``elem_id`` is that of its place."""
    kinds = "".join(f'<option value="{one.name}">{one.label}</option>' for one in SCOPES)
    looks = "".join(f'<option value="{name}">{label}</option>' for name, label in _OF)
    return gr.HTML(
        '<section class="scopes" aria-label="Scopes"><div class="scopes-bar">'
        f'<label>Scope <select class="scopes-kind">{kinds}</select></label>'
        f'<label>of <select class="scopes-of">{looks}</select></label></div>'
        '<img class="scopes-picture" alt="" hidden></section>',
        elem_id=f"{elem_id}-scopes",
        padding=False,
    )


def told(
    session: Session,
    chosen: Mapping[str, int | None],
    *,
    at: int,
    move: int | None = None,
    frame: int | None = None,
    paired: bool = False,
    **numbers: int | None,
) -> str:
    """What the viewer shall show, as JSON.

    Args:
        session: of the page.
        chosen: the looks of the pictures in the page's places, on which masks are painted, by the role of the place.
        at: :func:`studio.ui.desk.state.next_telling`, asked for before anything that is told was looked up: of two answers
            the viewer keeps the one that knows more, whichever comes last.
        move: the last move of its controls that this is of; None where it is told for another reason.
        frame: the number of the frame that is shown, from 1; None for pictures.
        paired: whether two matches are compared, and ``before`` is one of them.
        numbers: of the looks ``before``, ``after`` and ``reference``; None for none.
    """
    said: dict[str, Any] = {name: _described(session, number) for name, number in numbers.items()}
    said["chosen"] = {role: _described(session, number) for role, number in chosen.items()}
    return json.dumps({"key": session.key, "at": at, "move": move, "frame": frame, "paired": paired, **said})


def _described(session: Session, number: int | None) -> dict[str, Any] | None:
    look = None if number is None else session.desk.look(number)
    return None if look is None or number is None else described(number, look)


def _skeleton(empty: str, *, of_clip: bool) -> str:
    modes = "".join(_button(f'data-mode="{mode}" disabled', name, key) for mode, name, key in _MODES)
    zooms = "".join(_button(f'data-zoom="{zoom}"', name, key) for zoom, name, key in _ZOOMS)
    panes = "".join(
        f'<div class="desk-pane" data-pane="{name}" hidden><div class="desk-canvas"></div>'
        '<span class="desk-name"></span></div>'
        for name in _PANES
    )
    keys = "".join(
        f"<tr><th scope='row'><kbd>{key}</kbd></th><td>{what}</td></tr>"
        for key, what in (_KEYS if of_clip else (*_KEYS, _BACK))
    )
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
        f'{"" if of_clip else _paint_bar()}<output class="desk-asks"></output>'
        f'<div class="desk-panes">{panes}'
        '<div class="desk-divider" role="slider" tabindex="0" aria-label="Divider between before and after" '
        'aria-orientation="horizontal" aria-valuemin="0" aria-valuemax="100" aria-valuenow="50" hidden></div>'
        f"{_legend()}"
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
