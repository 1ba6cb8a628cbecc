"""Method ``reinhard``: equal mean and spread per channel (Reinhard et al., 2001)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reswd_torch.matching.methods.method import Method
from reswd_torch.matching.request import FitRequest

if TYPE_CHECKING:
    from reswd_torch.grade.cdl import Cdl
    from reswd_torch.grade.lut3d import Lut3D


def fit(request: FitRequest) -> Cdl | Lut3D:
    """Sample the formula's map, or fit the transform that was chosen to it."""
    from reswd_torch.matching.closed_form import reinhard
    from reswd_torch.matching.fitting import fit_closed_form

    return fit_closed_form(request, reinhard)


REINHARD = Method(
    name="reinhard",
    label="Reinhard",
    description="Gives every channel of RGB the reference's mean and spread",
    default_transform="lut",
    fit=fit,
)
