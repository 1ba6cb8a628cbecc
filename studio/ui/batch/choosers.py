"""The tab *Batch* in a window of the app's own: folders are chosen in the system's dialogue, or dropped onto the tab.

The page's script asks the window, which allows what a person chose; see :mod:`studio.ui.window.bridge`.
"""

from __future__ import annotations

import json

import gradio as gr

from studio.ui.batch.choice import HERE
from studio.ui.batch.parts import Choosers, Pictures
from studio.ui.wiring import QUICK

_CHOOSE_JS = "(now) => window.reswdWindow.choose(now)"
_TAKE_JS = f"(...now) => window.reswdWindow.take(...now, {json.dumps(HERE)})"


def chooser(elem_id: str, in_window: bool) -> gr.Button | None:
    """The button below the box of a folder; none where the page is shown by a browser."""
    return gr.Button("Choose folder…", size="sm", elem_id=elem_id) if in_window else None


def choosers_of(here: gr.Button | None, results: gr.Button | None) -> Choosers | None:
    """The buttons of both boxes, and the one that the page presses; none where there are none."""
    if here is None or results is None:
        return None
    return Choosers(here, results, gr.Button("Taken", visible="hidden", elem_id="batch-taken"))


def wire_choosers(choosers: Choosers, pictures: Pictures) -> None:
    """Connect the buttons with the boxes. All of it happens on the page."""
    for button, box in ((choosers.here, pictures.here), (choosers.results, pictures.results)):
        button.click(None, box, box, js=_CHOOSE_JS, **QUICK)
    boxes = [pictures.kind, pictures.here, pictures.results]
    choosers.taken.click(None, boxes, boxes, js=_TAKE_JS, **QUICK)
