"""Method ``fast``: second-order minimisation of the sliced Wasserstein distance, with points where both show one scene."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reswd_torch.matching.methods.method import Method
from reswd_torch.matching.request import FitRequest

if TYPE_CHECKING:
    from reswd_torch.grade.cdl import Cdl
    from reswd_torch.grade.lut3d import Lut3D


def fit(request: FitRequest) -> Cdl | Lut3D:
    """Follow the scene that both pictures show, as far as it is trusted; without one, take what the aim says."""
    from reswd_torch.matching.fitting import fit_look, fit_mood, fit_same_scene, fit_statistics

    if request.scene is not None:
        return fit_same_scene(request)
    if request.aim == "look":
        return fit_look(request)
    return fit_mood(request) if request.aim == "mood" else fit_statistics(request)


FAST = Method(
    name="fast",
    label="Fast sliced",
    description="Minimises the sliced Wasserstein distance in few second-order steps; follows what both pictures show",
    default_transform="auto",
    fit=fit,
    looks_for_scene=True,
    takes_aims=True,
)
