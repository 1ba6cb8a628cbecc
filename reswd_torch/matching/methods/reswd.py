"""Method ``reswd``: the paper's optimiser, Adam under the sliced Wasserstein loss with a reservoir (arXiv 2510.01061)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reswd_torch.matching.methods.method import Method
from reswd_torch.matching.request import FitRequest

if TYPE_CHECKING:
    from reswd_torch.grade.cdl import Cdl
    from reswd_torch.grade.lut3d import Lut3D


def fit(request: FitRequest) -> Cdl | Lut3D:
    """Match the statistics of the two pictures by stochastic gradients."""
    from torch import Tensor

    from reswd_torch.matching.fitting import fit_statistics
    from reswd_torch.matching.gauss_newton import Model
    from reswd_torch.matching.stochastic import descend

    target_lab = request.appearance.lab(request.target_colors)

    def solve(model: Model, start: Tensor | None, span: tuple[float, float]) -> Tensor:
        return descend(
            model,
            target_lab,
            seed=request.seed,
            appearance=request.appearance,
            start=start,
            progress=request.progress,
            span=span,
        )

    return fit_statistics(request, solve)


RESWD = Method(
    name="reswd",
    label="ReSWD",
    description="Minimises the sliced Wasserstein distance by the stochastic gradients of the ReSWD paper",
    default_transform="cdl",
    fit=fit,
)
