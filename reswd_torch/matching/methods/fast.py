"""Method ``fast``: second-order minimisation of the sliced Wasserstein distance, with points where both show one scene."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reswd_torch.matching.methods.method import Method
from reswd_torch.matching.request import FitRequest

if TYPE_CHECKING:
    from reswd_torch.grade.cdl import Cdl
    from reswd_torch.grade.lut3d import Lut3D


def fit(request: FitRequest) -> Cdl | Lut3D:
    """Follow the scene that both pictures show, as far as it is trusted; without one, match their statistics."""
    from reswd_torch.matching.fitting import fit_same_scene, fit_statistics

    return fit_statistics(request) if request.scene is None else fit_same_scene(request)


FAST = Method(
    name="fast",
    label="Fast sliced",
    description="Minimises the sliced Wasserstein distance in few second-order steps; follows points that both pictures show",
    default_transform="auto",
    fit=fit,
    looks_for_scene=True,
    takes_aims=True,
)
