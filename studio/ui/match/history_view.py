"""The strips below the viewer: the history of the visit, and *Compare methods*. What they look like, and what they are told.

Both are drawn by scripts from JSON, so that no name of a file is ever read as HTML.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from studio.ui import words
from studio.ui.match.comparison import DONE, Comparison
from studio.ui.match.history import Entry
from studio.ui.match.history_words import settings_line, title
from studio.ui.match.stale import same_match
from studio.ui.session import Session


@dataclass(frozen=True, eq=False)
class Strip:
    """A strip of small pictures.

    Attributes:
        place: where it stands.
        state: out of sight: what it shows, as JSON. Its ``click`` says what was pressed.
    """

    place: gr.HTML
    state: gr.HTML


def lay_out_history() -> Strip:
    """Lay the history out; it is not seen before there is one."""
    return _strip("history", _HISTORY)


def lay_out_compared() -> Strip:
    """Lay the strip of *Compare methods* out; it is not seen before there is a comparison."""
    return _strip("compared", _COMPARED)


def history_as_json(session: Session, *, gone: Sequence[str] = ()) -> str:
    """The history, as the page is told of it.

    Args:
        session: of the page.
        gone: keys of earlier pages of this browser that the server no longer knows.
    """
    history = session.match.history
    used = bool(history.entries) or any(place.side is not None for place in session.match.places.values())
    said: dict[str, Any] = {
        "key": session.key,
        "used": used,
        "entries": [_entry(entry) for entry in history.entries],
        "current": None if history.current is None else history.current.number,
        "pair": None if history.pair is None else history.pair.number,
        "undo": history.can_undo,
        "redo": history.can_redo,
        "gone": list(gone),
    }
    return json.dumps(said)


def compared_as_json(session: Session, comparison: Comparison) -> str:
    """A comparison, as the page is told of it."""
    shown = session.match.shown
    tiles = []
    for way in comparison.ways:
        result = comparison.results.get(way)
        tile: dict[str, Any] = {"name": way.name, "state": comparison.state_of(way), "shown": False}
        if result is not None and result.report is not None:
            report = result.report
            tile["figures"] = f"distance {report.distance_after:.1f}, fit {report.seconds:.2f} s"
            tile["shown"] = shown is not None and same_match(result, shown)
        tiles.append(tile)
    begun = bool(comparison.results) or comparison.working is not None
    done = all(comparison.state_of(way) == DONE for way in comparison.ways)
    return json.dumps({"key": session.key, "number": comparison.number, "tiles": tiles if begun else [], "whole": done})


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "number": entry.number,
        "version": entry.version,
        "title": title(entry),
        "reference": words.reference_name(entry.result.job.reference),
        "how": settings_line(entry),
        "file": words.file_name(entry.result, ".json"),
    }


def _strip(name: str, skeleton: str) -> Strip:
    place = gr.HTML(skeleton, elem_id=name, padding=False, elem_classes="strip-place")
    state = gr.HTML(
        "",
        html_template="",
        visible="hidden",
        elem_id=f"{name}-state",
        js_on_load=f"window.reswdStrips.{name}.wire(props, watch, trigger)",
    )
    return Strip(place, state)


_HISTORY = (
    '<section class="strip history" aria-labelledby="history-title" hidden>'
    '<div class="strip-bar"><h2 id="history-title">History</h2>'
    '<button type="button" data-act="undo" title="Undo (Ctrl+Z)" disabled>Undo</button>'
    '<button type="button" data-act="redo" title="Redo (Ctrl+Shift+Z)" disabled>Redo</button>'
    '<span class="history-pair" role="status"></span>'
    '<button type="button" class="history-unpair" data-act="unpair" hidden>Stop comparing</button></div>'
    '<ol tabindex="0" class="strip-list" aria-label="Matches of this visit, newest first"></ol>'
    '<div class="history-kept" hidden><p>From an earlier visit: the server no longer has the pictures; '
    'the settings file is still here.</p><ol tabindex="0" class="strip-list" aria-label="Matches of an earlier visit"></ol></div>'
    "</section>"
)
_COMPARED = (
    '<section class="strip compared" aria-labelledby="compared-title" hidden>'
    '<div class="strip-bar"><h2 id="compared-title">All methods</h2>'
    '<span class="compared-said" role="status"></span>'
    '<button type="button" class="compared-close">Close</button></div>'
    '<ol tabindex="0" class="strip-list" aria-label="Methods that are compared"></ol></section>'
)
