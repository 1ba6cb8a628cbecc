"""Masks painted in the browser: from the editor's layers to a file of the picture's own size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from reswd_torch.errors import InputError
from studio.ui.session import Session, Side

PAINT_EDGE = 900
"""Long edge of what is painted on: quick to send after every stroke; edges of a colour mask need no more."""

_PAINTED = 26  # alpha (of 255) from which a stroke counts; below it is the soft rim of the brush


def painted_area(editor: dict[str, Any] | None) -> np.ndarray | None:
    """(h, w) bool where anything was painted, from the value of a gr.ImageEditor; None for nothing."""
    layers = [] if editor is None else [np.asarray(layer) for layer in editor.get("layers") or []]
    painted: np.ndarray | None = None
    for layer in layers:
        if layer.ndim == 3 and layer.shape[2] == 4:
            area = layer[..., 3] >= _PAINTED
            painted = area if painted is None or painted.shape != area.shape else painted | area
    return painted if painted is not None and painted.any() else None


def mask_file(session: Session, side: Side, name: str) -> Path | None:
    """The painted mask at the picture's size, white where painted; None where nothing was painted."""
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
