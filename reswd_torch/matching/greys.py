"""A cost that keeps greys grey where two pictures show different things.

A match of statistics paints the grey wall behind a red bowl teal, so that the mean comes out right. Nothing in two
distributions says that a grey is a grey, but a match to a reference without a cast should not leave a cast behind.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.appearance import SRGB, Appearance

_ROUNDING = 0.5  # Lab units; below it the weights are as for p = 1 in data_terms.py


def grey_ramp() -> Float[Tensor, "19 3"]:
    """19 sRGB-encoded greys from 0.05 to 0.95, float64."""
    return torch.linspace(0.05, 0.95, 19, dtype=torch.float64).unsqueeze(1).expand(-1, 3)


@dataclass(frozen=True)
class GreyHold:
    """A cost on the colour that greys take on.

    Attributes:
        cast: CIE Lab chroma that a grey may have at no cost.
        weight: weight, beside the distance, of the mean chroma beyond ``cast`` along :func:`grey_ramp`, in Lab units.
        appearance: how the graded greys look.
    """

    cast: float
    weight: float
    appearance: Appearance = SRGB

    def prior(
        self, rgb: Float[Tensor, "19 3"], jacobian: Float[Tensor, "19 3 p"]
    ) -> tuple[Tensor, Float[Tensor, "p p"], Float[Tensor, " p"]]:
        """Cost, Gauss-Newton Hessian (re-weighted as for p = 1) and gradient of a graded grey ramp.

        Args:
            rgb: the graded ramp, 0..1.
            jacobian: derivative of the graded ramp by the transform's P parameters.
        """
        lab, d_lab = self.appearance.lab_with_jacobian(rgb)
        chroma = lab[:, 1:].norm(dim=1)
        beyond = (chroma - self.cast).clamp(min=0.0)
        weight = self.weight / len(lab) * (beyond > 0) / beyond.clamp(min=_ROUNDING)
        residual = lab[:, 1:] * (beyond / chroma.clamp(min=_ROUNDING)).unsqueeze(1)
        by_parameter = d_lab[:, 1:] @ jacobian
        weighted = (weight.reshape(-1, 1, 1) * by_parameter).flatten(0, 1)
        hessian = by_parameter.flatten(0, 1).T @ weighted
        return self.weight * beyond.mean(), hessian, weighted.T @ residual.reshape(-1)
