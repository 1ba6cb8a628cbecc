"""What a request of the viewer says beside its address: a part of the picture, and how the controls stand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from reswd_torch.grade import Grade
from studio.views.pyramid import Box

_MOST = 1 << 20  # pixels along an edge of any picture
_LARGEST = 4096  # pixels along an edge of any screen


@dataclass(frozen=True)
class Asked:
    """The query of a request.

    Attributes:
        box: the part that is looked at, in pixels of the whole picture.
        size: (H, W) of the screen's pixels that it fills.
        strength: of the grade; None for the look's own.
    """

    box: Box
    size: tuple[int, int]
    strength: float | None = None

    def regraded(self, grade: Grade) -> Grade:
        """A grade as the controls stand. Raises InputError for a strength that no grade has."""
        return grade if self.strength is None else grade.at_strength(self.strength)


def asked_for(query: Mapping[str, str]) -> Asked:
    """Read the query of a request.

    Raises:
        ValueError: what should be a number is none, or far out of range.
    """
    box = Box(*(_whole(query.get(name, "0"), _MOST) for name in ("left", "top", "width", "height")))
    height, width = (_whole(query.get(name, "1"), _LARGEST) for name in ("h", "w"))
    strength = query.get("strength")
    return Asked(box, (max(1, height), max(1, width)), None if strength is None else _number(strength))


def _whole(text: str, most: int) -> int:
    value = int(text)
    if not -most <= value <= most:
        raise ValueError(f"{text[:20]} is out of range")
    return value


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:20]} is no number")
    return value
