"""What a scope is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Draw = Callable[[np.ndarray, tuple[int, int]], np.ndarray]
"""From (H, W, 3) uint8 sRGB and (width, height) to (height, width, 3) uint8 sRGB."""


@dataclass(frozen=True)
class Scope:
    """A scope.

    Attributes:
        name: what settings and endpoints call it, such as ``"waveform"``.
        label: what menus call it.
        describes: one sentence that tells a person who cannot see the drawing what it shows.
        draw: draws it.
    """

    name: str
    label: str
    describes: str
    draw: Draw
