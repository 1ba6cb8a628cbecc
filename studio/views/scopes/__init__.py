"""The registry of scopes: the instruments by which a colourist judges a picture.

A new scope is one new file in this folder, which declares a :class:`~studio.views.scopes.scope.Scope`, and one entry in
:data:`SCOPES`. Menus and error messages take it from there.
"""

from __future__ import annotations

import numpy as np

from reswd_torch.errors import InputError
from studio.views.scopes.histogram import HISTOGRAM
from studio.views.scopes.parade import PARADE
from studio.views.scopes.scope import Scope
from studio.views.scopes.vectorscope import VECTORSCOPE, VECTORSCOPE_2X
from studio.views.scopes.waveform import WAVEFORM

SCOPES: tuple[Scope, ...] = (PARADE, WAVEFORM, VECTORSCOPE, VECTORSCOPE_2X, HISTOGRAM)
"""Every scope, in the order in which menus and error messages list them."""

SMALLEST, LARGEST = 120, 2048
"""Shortest and longest side of a drawn scope, in pixels."""

_MOST_PIXELS = 1 << 22
"""Of a picture with more pixels every second, third, ... row and column is looked at; previews have fewer."""


def scope_named(kind: object) -> Scope:
    """The scope of that name.

    Raises:
        InputError: no scope has it.
    """
    for scope in SCOPES:
        if scope.name == kind:
            return scope
    raise InputError(f"unknown scope {kind!r}: choose one of {', '.join(scope.name for scope in SCOPES)}")


def draw_scope(kind: str, pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Draw a scope of a picture.

    Args:
        kind: the name of one of :data:`SCOPES`.
        pixels: (H, W, 3) uint8, sRGB-encoded, of any size.
        size: width and height of the drawing, in pixels: from 120 to 2048 each.

    Returns:
        (height, width, 3) uint8, sRGB, on the same dark grey for every picture. The same picture gives the same drawing.

    Raises:
        InputError: an unknown scope, a size out of bounds, or no picture.
    """
    scope = scope_named(kind)
    width, height = size
    if not (SMALLEST <= width <= LARGEST and SMALLEST <= height <= LARGEST):
        raise InputError(f"a scope of {width} x {height} pixels: give {SMALLEST} to {LARGEST} for each side")
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8 or not pixels.size:
        raise InputError(f"a scope of a {pixels.dtype} array of shape {pixels.shape}: give (H, W, 3) uint8")
    step = 1
    while pixels[::step, ::step].size > 3 * _MOST_PIXELS:
        step += 1
    return scope.draw(np.ascontiguousarray(pixels[::step, ::step]), (int(width), int(height)))


__all__ = ["LARGEST", "SCOPES", "SMALLEST", "Scope", "draw_scope", "scope_named"]
