"""Masks painted in the browser: opening and closing the editor, and from its layers to a file of the picture's own size."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from reswd_torch.errors import InputError
from studio.ui import words
from studio.ui.match import words as match_words
from studio.ui.match.state import Role
from studio.ui.pictures import Side
from studio.ui.places import shown_file
from studio.ui.session import Session
from studio.ui.wiring import Updates

PAINT_EDGE = 900
"""Long edge of what is painted on, in pixels: quick to send after every stroke; edges of a colour mask need no more."""

_PAINTED = 26  # alpha (of 255) from which a stroke counts; below it is the soft rim of the brush

Painting = dict[str, Any] | None
"""The value of a gr.ImageEditor."""


@dataclass(frozen=True, eq=False)
class Mask:
    """The components of the mask of one picture.

    Attributes:
        role: whose mask it is.
        file: where a mask is uploaded.
        paint: the button that opens and closes the editor.
        painted: the line about what is painted.
        group: what comes and goes with the editor.
        editor: where a mask is painted.
        done: the button that takes what is painted.
    """

    role: Role
    file: gr.File
    paint: gr.Button
    painted: gr.HTML
    group: gr.Column
    editor: gr.ImageEditor
    done: gr.Button

    def cleared(self) -> Updates:
        """What the page shows once another picture was chosen: no mask, and no editor."""
        return {
            self.file: None,
            self.group: gr.update(visible=False),
            self.painted: "",
            self.paint: match_words.paint_label(self.role),
        }

    def shown(self, side: Side) -> Updates:
        """What the page shows of the mask of a picture that came back: no editor, and how much is painted."""
        return {
            self.group: gr.update(visible=False),
            self.painted: "" if side.painted is None else match_words.painted_line(side),
            self.paint: match_words.paint_label(self.role),
        }

    def start_painting(self, session: Session, painting: Painting) -> Updates:
        """Open the editor with the chosen picture under the brush, or close it if it is open.

        What was painted before is still there.
        """
        state = session.match
        if self.role in state.painting:
            return self.keep_painting(session, painting)
        side = state.places[self.role].side
        if side is None:
            return {self.painted: words.message(f"Choose a {self.role} first, then paint on it.")}
        state.painting.add(self.role)
        updates: Updates = {
            self.group: gr.update(visible=True),
            self.painted: match_words.painted_line(side),
            self.paint: match_words.paint_label(self.role, painting=True),
        }
        if side.painted is None:
            value: Painting = {"background": shown_file(session, side, PAINT_EDGE), "layers": [], "composite": None}
            updates[self.editor] = gr.update(value=value)
        return updates

    def keep_painting(self, session: Session, painting: Painting) -> Updates:
        """Close the editor, remember the painted area and say how much it is."""
        session.match.painting.discard(self.role)
        side = session.match.places[self.role].side
        if side is not None:
            side.painted = painted_area(painting)
        return {
            self.group: gr.update(visible=False),
            self.painted: "" if side is None else match_words.painted_line(side),
            self.paint: match_words.paint_label(self.role),
        }


def keep_open_paintings(session: Session, masks: Iterable[Mask], paintings: Iterable[Painting]) -> Updates:
    """Close the editors that are open, as if the button *Use the painted area* had been pressed below each of them."""
    updates: Updates = {}
    for mask, painting in zip(masks, paintings, strict=True):
        if mask.role in session.match.painting:
            updates |= mask.keep_painting(session, painting)
    return updates


def painted_area(painting: Painting) -> np.ndarray | None:
    """(h, w) bool where anything was painted; None for nothing."""
    layers = [] if painting is None else [np.asarray(layer) for layer in painting.get("layers") or []]
    painted: np.ndarray | None = None
    for layer in layers:
        if layer.ndim == 3 and layer.shape[2] == 4:
            area = layer[..., 3] >= _PAINTED
            painted = area if painted is None or painted.shape != area.shape else painted | area
    return painted if painted is not None and painted.any() else None


def mask_file(session: Session, side: Side, name: str) -> Path | None:
    """The painted mask of a picture as a file of the picture's size, white where painted; None where nothing was painted.

    Raises InputError where there is no room on the disk.
    """
    if side.painted is None:
        return None
    import cv2

    height, width = side.size
    mask = cv2.resize(side.painted.astype(np.uint8) * 255, (width, height), interpolation=cv2.INTER_NEAREST)
    _, encoded = cv2.imencode(".png", mask)
    path = session.new_place(f"{side.path.stem} {name}.png")
    try:
        path.write_bytes(encoded.tobytes())  # cv2.imwrite knows no accents in names on Windows
    except OSError as error:
        raise InputError(f"{name}: the painted mask could not be stored; free some disk space") from error
    return path
