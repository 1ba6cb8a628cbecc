"""A range of colours that stands for a mask: what a person picks with an eyedropper."""

from __future__ import annotations

import math
from dataclasses import dataclass

from reswd_torch.errors import InputError
from reswd_torch.palette import parse_palette

MOST_COLORS = 16
"""So many colours can be picked at most."""
LARGEST_DISTANCE = 200.0
"""The largest tolerance and softness, in Lab units: no two colours are further apart."""
LARGEST_FEATHER = 2000.0
"""The widest feather, in pixels."""


@dataclass(frozen=True)
class ColorRange:
    """Pixels whose colour is near one of some colours count and change; those far from all do neither.

    Distances are those of CIE Lab, in which lightness counts half, as in CMC(2:1): a thing in light and shade has one colour.

    Attributes:
        colors: hex colours, sRGB, such as ``"#aabbcc, #112233"``.
        tolerance: up to this distance a pixel counts fully.
        softness: over this further distance its weight falls to 0, smoothly.
        feather: pixels of the whole picture over which edges are softened besides.
    """

    colors: str
    tolerance: float = 12.0
    softness: float = 12.0
    feather: float = 0.0

    def __post_init__(self) -> None:
        count = len(self.values)
        if count > MOST_COLORS:
            raise InputError(f"a mask of {count} colours: give at most {MOST_COLORS}")
        for name, most in (
            ("tolerance", LARGEST_DISTANCE),
            ("softness", LARGEST_DISTANCE),
            ("feather", LARGEST_FEATHER),
        ):
            value = getattr(self, name)
            if not (math.isfinite(value) and 0 <= value <= most):
                raise InputError(f"the {name} {value:g} of a mask's colours is out of range: give 0 to {most:g}")

    @property
    def values(self) -> tuple[tuple[float, float, float], ...]:
        """The colours: sRGB-encoded triples, 0..1. Weights in the text mean nothing here."""
        return parse_palette(self.colors).colors
