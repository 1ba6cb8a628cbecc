"""How a repainted region is matched: what was found, and applying it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import Tensor

from reswd_torch.arrays import Array, colors_in, like_input, weights_in
from reswd_torch.checks import number_within
from reswd_torch.errors import InputError
from reswd_torch.grade.grade import Grade
from reswd_torch.inpainting.composite import Region, composite
from reswd_torch.inpainting.highlights import Highlights
from reswd_torch.inpainting.membrane import Membrane
from reswd_torch.inpainting.names import FEATHER, NOTHING, WIDEST


@dataclass(frozen=True, eq=False)
class Inpainting:
    """How a repainted region is matched.

    Attributes:
        grade: for the generated picture; the identity where nothing speaks for another. Of several, that of most pixels.
        found_by: of ``reswd_torch.inpainting.names.FOUND_BY``: what the grade stands on.
        trust: 0..1, how far a grade from the edge was followed; 1 for any other.
        outside_before: mean dE2000 between both pictures outside of the mask, clipped pixels among them.
        outside_after: the same of colours that were held out, under what was learned there; None where nothing was.
        edge_before, edge_after: mean dE2000 across the edge of arcs that were held out, under the grade from outside (or none)
            and under the one from the edge; None where the edge was not asked.
        seam_before, seam_after: mean dE2000 across the edge, of the generated picture and of the result; None without an edge in
            the frame. A picture has steps of its own: they do not become 0.
        membrane: what closes the rest of the seam; None for nothing.
        clipped_membrane: the same for what is clipped, which no grade makes natural; None for nothing.
        regions: what has a grade of its own, where one grade does not serve all regions of the mask.
        blended: whether the generated picture was mixed with the image along the mask's soft edge already.
        highlights: what becomes of codes that were clipped, behind the grade; None for nothing.
        notes: what was assumed.
    """

    grade: Grade
    found_by: str = NOTHING
    trust: float = 1.0
    outside_before: float = 0.0
    outside_after: float | None = None
    edge_before: float | None = None
    edge_after: float | None = None
    seam_before: float | None = None
    seam_after: float | None = None
    membrane: Membrane | None = field(default=None, repr=False)
    clipped_membrane: Membrane | None = field(default=None, repr=False)
    regions: tuple[Region, ...] = ()
    blended: bool = False
    highlights: Highlights | None = field(default=None, repr=False)
    notes: tuple[str, ...] = ()

    def apply(self, image: Array, generated: Array, mask: np.ndarray | Tensor, *, feather: float = FEATHER) -> Array:
        """The composite, with this fit. For the arguments and errors see :func:`match_inpainting`."""
        first, second, weights = checked(image, generated, mask)
        return like_input(composite(self, first, second, weights, checked_feather(feather)), image)

    def to_record(self) -> dict[str, Any]:
        """Plain data for JSON: everything but the numbers of the membrane and of what was clipped."""
        names = (
            "found_by",
            "trust",
            "outside_before",
            "outside_after",
            "edge_before",
            "edge_after",
            "seam_before",
            "seam_after",
        )
        return {name: getattr(self, name) for name in names} | {
            "membrane": None if self.membrane is None else self.membrane.largest,
            "grade": _plain(self.grade),
            "other_grades": [_plain(each.grade) for each in self.regions],
            "clipped": self.highlights is not None,
            "notes": list(self.notes),
        }


def _plain(grade: Grade) -> dict[str, Any]:
    return {name: value for name, value in grade.to_record().items() if name != "values"}


def checked(image: object, generated: object, mask: object) -> tuple[Tensor, Tensor, Tensor]:
    """Both pictures and the mask as tensors on one device. For the errors see :func:`reswd_torch.match_inpainting`."""
    first, second = colors_in(image, "image").detach(), colors_in(generated, "generated").detach()
    if first.ndim != 3:
        raise InputError(f"image has shape {tuple(first.shape)}: give one picture, (H, W, 3)")
    if first.shape != second.shape:
        raise InputError(
            f"generated has shape {tuple(second.shape)} and image {tuple(first.shape)}: give both at one size"
        )
    weights = weights_in(mask, "mask", tuple(first.shape[:2])).to(first.device)
    if float(weights.max()) > 1.0:
        raise InputError(f"mask has values up to {float(weights.max()):.4g}: give weights in 0..1")
    if bool((weights > 0).all()):
        raise InputError("mask is above 0 everywhere: leave something outside of it to match to")
    return first, second.to(first.device), weights


def checked_feather(value: float) -> float:
    """The feather's width. Raises InputError beyond 0..256."""
    return number_within("feather", value, 0.0, WIDEST)
