"""What a request of the viewer says beside its address: a part of the picture, and how the controls stand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from reswd_torch.grade import Grade
from reswd_torch.grade.trims import Trims
from studio.ui.trims import trims_from_json
from studio.views.pyramid import Box

_MOST = 1 << 20  # pixels along an edge of any picture
LARGEST = 4096  # pixels along an edge of any screen


@dataclass(frozen=True)
class Asked:
    """The query of a request.

    Attributes:
        box: the part that is looked at, in pixels of the whole picture.
        size: (H, W) of the screen's pixels that it fills.
        strength, trims: of the grade; None for the look's own.
        clipping: whether to mark what the grade clipped.
    """

    box: Box
    size: tuple[int, int]
    strength: float | None = None
    trims: Trims | None = None
    clipping: bool = False

    def regraded(self, grade: Grade | None, sample: Tensor | None) -> Grade | None:
        """A grade as the controls stand. Raises InputError for what no grade has.

        Args:
            grade: of a look; None for a picture as it is.
            sample: colours of the picture, as for :class:`studio.ui.desk.state.Look`.
        """
        if grade is None:
            return None
        if self.trims is not None and self.trims != grade.trims:
            grade = grade.trimmed(self.trims, sample)
        if self.strength is not None and self.strength != grade.strength:
            grade = grade.at_strength(self.strength, sample)
        return grade


def asked_for(query: Mapping[str, str]) -> Asked:
    """Read the query of a request.

    Raises:
        ValueError: what should be a number is none, or far out of range.
    """
    box = Box(*(whole_number(query.get(name, "0")) for name in ("left", "top", "width", "height")))
    height, width = (whole_number(query.get(name, "1"), LARGEST) for name in ("h", "w"))
    strength, trims = query.get("strength"), query.get("trims")
    return Asked(
        box,
        (max(1, height), max(1, width)),
        None if strength is None else _number(strength),
        None if trims is None else trims_from_json(trims),
        query.get("clipping") == "1",
    )


def whole_number(text: str, most: int = _MOST) -> int:
    """A whole number of pixels. Raises ValueError."""
    value = int(text)
    if not -most <= value <= most:
        raise ValueError(f"{text[:20]} is out of range")
    return value


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:20]} is no number")
    return value
