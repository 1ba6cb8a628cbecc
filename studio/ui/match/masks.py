"""Masks painted on the viewer: the components around them, and from what was painted to a file of the picture's own size."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import gradio as gr
import numpy as np

from reswd_torch.errors import InputError
from studio.service.soft_masks import full_size_weights
from studio.ui.match import words as match_words
from studio.ui.match.state import Role
from studio.ui.pictures import Side
from studio.ui.session import Session
from studio.ui.wiring import Updates


@dataclass(frozen=True, eq=False)
class Mask:
    """The components of the mask of one picture.

    Attributes:
        role: whose mask it is.
        group: all of them.
        file: where a mask is uploaded.
        paint: the button that opens and closes the painting on the viewer.
        painted: the line about what is painted.
    """

    role: Role
    group: gr.Column
    file: gr.File
    paint: gr.Button
    painted: gr.HTML

    def cleared(self) -> Updates:
        """What the page shows once another picture was chosen: no mask."""
        return {self.file: None, self.painted: ""}

    def shown(self, side: Side) -> Updates:
        """What the page shows of the mask of a picture that came back."""
        return {self.painted: "" if side.painted is None else match_words.painted_line(side)}

    def said(self, session: Session) -> Updates:
        """What the page says of what is painted now."""
        side = session.match.places[self.role].side
        return {self.painted: "" if side is None else match_words.painted_line(side)}


def mask_file(session: Session, side: Side, name: str) -> Path | None:
    """The painted mask of a picture as a file of the picture's size, white where painted; None where nothing was painted.

    Raises InputError where there is no room on the disk.
    """
    if side.painted is None:
        return None
    import cv2

    mask = np.rint(full_size_weights(side.painted.mask, side.size, side.painted.feather) * 255).astype(np.uint8)
    _, encoded = cv2.imencode(".png", mask)
    path = session.new_place(f"{side.path.stem} {name}.png")
    try:
        path.write_bytes(encoded.tobytes())  # cv2.imwrite knows no accents in names on Windows
    except OSError as error:
        raise InputError(f"{name}: the painted mask could not be stored; free some disk space") from error
    return path
