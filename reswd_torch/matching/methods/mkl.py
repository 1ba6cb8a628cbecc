"""Method ``mkl``: the linear Monge-Kantorovitch map between two Gaussians (Pitie and Kokaram, 2007)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reswd_torch.matching.methods.method import Method
from reswd_torch.matching.request import FitRequest

if TYPE_CHECKING:
    from reswd_torch.grade.cdl import Cdl
    from reswd_torch.grade.lut3d import Lut3D


def fit(request: FitRequest) -> Cdl | Lut3D:
    """Sample the formula's map, or fit the transform that was chosen to it."""
    from reswd_torch.matching.closed_form import mkl
    from reswd_torch.matching.fitting import fit_closed_form

    return fit_closed_form(request, mkl)


MKL = Method(
    name="mkl",
    label="MKL",
    description="Maps colours linearly so that mean and covariance become the reference's (Monge-Kantorovitch)",
    default_transform="lut",
    fit=fit,
)
