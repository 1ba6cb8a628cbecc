"""Where the colours of an array or tensor lie: last, as NumPy and files have them, or before the rows, as PyTorch has them.

Nothing is guessed: a shape that can be read both ways is refused until the caller says which it is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import Tensor

from reswd_torch.errors import InputError

LAYOUTS = ("HWC", "CHW", "BHWC", "BCHW")
"""The names of layouts: batch, channels (three of them), height, width."""


def check_layout(layout: str | None) -> None:
    """Refuse a layout that is none.

    Raises:
        InputError: not one of :data:`LAYOUTS`.
    """
    if layout is not None and layout not in LAYOUTS:
        raise InputError(f"unknown layout {layout!r}: choose one of {', '.join(LAYOUTS)}")


def channels_first(value: np.ndarray | Tensor, name: str, layout: str | None) -> bool:
    """Whether the colours of an array or tensor stand before its rows.

    Args:
        value: of any shape.
        name: what error messages call it.
        layout: what the caller says; None where the shape has to tell.

    Returns:
        True for CHW and BCHW. False for everything else, also for shapes that hold no colours, which are refused elsewhere.

    Raises:
        InputError: a shape that is not of the layout, or, where nothing is said, one that can be read both ways. A NumPy array
            of floats cannot: its colours have always been last here.
    """
    shape = tuple(value.shape)
    if layout is not None:
        place = len(layout) - 3 if layout.endswith("CHW") else len(layout) - 1
        if len(shape) != len(layout) or shape[place] != 3:
            raise InputError(f"{name} has shape {shape}, which is no {layout} with three channels: give its own layout")
        return layout.endswith("CHW")
    if len(shape) not in (3, 4) or shape[-3] != 3:
        return False
    if shape[-1] != 3:
        return True
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return False
    first, last = ("CHW", "HWC") if len(shape) == 3 else ("BCHW", "BHWC")
    raise InputError(f'{name} has shape {shape}, which can be {last} or {first}: say which with layout="{first}"')


def colours_last(value: Any, first: bool) -> Any:
    """A view of an array or tensor with its colours last.

    Args:
        value: array or tensor, (..., 3) or (..., 3, H, W).
        first: what :func:`channels_first` said of it.
    """
    if not first:
        return value
    return np.moveaxis(value, -3, -1) if isinstance(value, np.ndarray) else value.movedim(-3, -1)


def colours_back(value: Any, first: bool) -> Any:
    """The way back from :func:`colours_last`, without gaps in memory where the axes were exchanged."""
    if not first:
        return value
    if isinstance(value, np.ndarray):
        return np.ascontiguousarray(np.moveaxis(value, -1, -3))
    return value.movedim(-1, -3).contiguous()
