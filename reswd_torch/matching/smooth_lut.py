"""A 3-D LUT that stays smooth: a B-spline volume whose control points are fitted thoroughly (quickly: quick_lut.py).

A fit is held back where it breaks a condition, and only there: a quadratic cost on the excess, which grows from stage to stage
while the smoothness asked of the whole volume falls. A LUT that still breaks a condition in the end is drawn back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.appearance import SRGB, Appearance
from reswd_torch.grade.lut3d import Lut3D, identity_lattice
from reswd_torch.matching.data_terms import Coupling
from reswd_torch.matching.gauss_newton import Evaluation, Solver
from reswd_torch.matching.greys import GreyHold, grey_ramp
from reswd_torch.matching.smoothness import LATTICE, MAX_SECOND_DIFFERENCE, drawn_back
from reswd_torch.matching.spline import basis, bending, greville, ramp_differences, rises

PULL = 0.02
"""Weight of the squared distance of each control point from the identity, in Lab units."""


class Stage(NamedTuple):
    """How firmly one pass of the fit is held, as weights in Lab units.

    Attributes:
        stiffness: weight of the squared second differences between neighbouring control points, everywhere.
        smooth: weight of the squared excess of second differences over the limit, along the ramps of :func:`smoothness`, and
            of the squared fall where a channel falls along the grey ramp.
        upright: weight of the squared shortfall where an output channel rises with its own input by less than
            :data:`LEAST_RISE` between neighbouring control points.
    """

    stiffness: float
    smooth: float
    upright: float


STAGES = (Stage(0.3, 1e4, 1e3), Stage(0.1, 3e4, 2e3), Stage(0.05, 1e5, 3e3))
LEAST_RISE = 0.12
"""Least rise of an output channel with its own input, as a share of the identity's rise."""
MARGIN = 0.92
"""Share of the limit on second differences at which the cost begins."""


def fit_smooth_lut(
    source: Float[Tensor, "n 3"],
    coupling: Coupling,
    solve: Solver,
    greys: GreyHold | None = None,
    appearance: Appearance = SRGB,
) -> Lut3D:
    """Fit a smooth LUT to a coupling.

    Args:
        source: (N, 3) source samples, 0..1.
        coupling: where they should go. Of the LUTs that the stages lead to, the one with the smallest loss is returned.
        solve: the optimiser.
        greys: how greys are held back; None: they are free.
        appearance: how graded colours look, which the coupling is told.

    Returns:
        A 33-point LUT for which :func:`smoothness` is good.
    """
    lattice_basis = basis(identity_lattice(LATTICE, torch.float64).reshape(-1, 3))
    best: tuple[float, Lut3D] | None = None
    control = None
    model = SplineModel(source, STAGES[0], greys)
    for number, stage in enumerate(STAGES):
        model.hold(stage)
        control = solve(model, control, (number / len(STAGES), (number + 1) / len(STAGES)))
        lut = drawn_back(lattice_basis @ control.reshape(-1, 3))
        loss = float(coupling(appearance.lab(lut.apply(source))).loss)
        if best is None or loss < best[0]:
            best = (loss, lut)
        if best[0] == 0.0:
            break
    assert best is not None
    return best[1]


class Conditions:
    """What a control net costs by itself, whatever it is fitted to.

    Args:
        stage: how firmly the net is held.
    """

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.identity = greville()
        self.penalty = stage.stiffness * bending() + PULL * torch.eye(len(self.identity), dtype=torch.float64)
        self.second, self.grey = ramp_differences()
        self.rises = rises()

    def beyond(
        self, channel: int, values: Float[Tensor, " points"]
    ) -> Iterator[tuple[float, Float[Tensor, "rows points"], Float[Tensor, " rows"]]]:
        """Each condition on one output channel: its weight, its linear operator, and by how much the result is out of bounds."""
        second = self.second @ values
        yield (
            self.stage.smooth,
            self.second,
            second - second.clamp(-MARGIN * MAX_SECOND_DIFFERENCE, MARGIN * MAX_SECOND_DIFFERENCE),
        )
        yield self.stage.smooth, self.grey, (self.grey @ values).clamp(max=0.0)
        rising = self.rises[channel]
        least = LEAST_RISE * (rising @ self.identity[:, channel])
        yield self.stage.upright, rising, (rising @ values - least).clamp(max=0.0)


class SplineModel:
    """Control points of a B-spline volume, each a colour in 0..1.

    Args:
        rgb: (N, 3) source samples.
        stage: how firmly the model is held, until :meth:`hold` changes it.
        greys: how greys are held back; None: they are free.
    """

    def __init__(self, rgb: Float[Tensor, "n 3"], stage: Stage, greys: GreyHold | None = None) -> None:
        self.rgb = rgb
        self.basis = basis(rgb.cpu().double()).to(rgb)
        self.identity = greville()
        self.greys = greys
        self.ramp_basis = basis(grey_ramp() if greys is None else greys.appearance.greys(grey_ramp()))
        self.hold(stage)

    def hold(self, stage: Stage) -> None:
        """Hold the model as firmly as a stage says."""
        self.conditions = Conditions(stage)
        self.prior_hessian = torch.kron(self.conditions.penalty, torch.eye(3, dtype=torch.float64))

    def start(self) -> Float[Tensor, " p"]:
        return self.identity.reshape(-1)

    def project(self, parameters: Float[Tensor, " p"]) -> Float[Tensor, " p"]:
        return parameters.clamp(0.0, 1.0)

    def prior(self, parameters: Float[Tensor, " p"]) -> tuple[Tensor, Float[Tensor, "p p"], Float[Tensor, " p"]]:
        control = parameters.reshape(-1, 3)
        pulled = self.conditions.penalty @ (control - self.identity)
        cost, gradient = 0.5 * ((control - self.identity) * pulled).sum(), pulled.clone()
        hessian = self.prior_hessian.clone().reshape(len(control), 3, len(control), 3)
        for channel, values in enumerate(control.unbind(dim=1)):
            for weight, operator, beyond in self.conditions.beyond(channel, values):
                rows = operator[beyond != 0]
                hessian[:, channel, :, channel] += weight * rows.T @ rows
                gradient[:, channel] += weight * rows.T @ beyond[beyond != 0]
                cost = cost + 0.5 * weight * beyond.square().sum()
        hessian = hessian.reshape(self.prior_hessian.shape)
        if self.greys is None:
            return cost, hessian, gradient.reshape(-1)
        jacobian = torch.einsum("np,ij->nipj", self.ramp_basis, torch.eye(3, dtype=torch.float64)).flatten(2)
        grey_cost, grey_hessian, grey_gradient = self.greys.prior(self.ramp_basis @ control, jacobian)
        return cost + grey_cost, hessian + grey_hessian, gradient.reshape(-1) + grey_gradient

    def evaluate(self, parameters: Float[Tensor, " p"]) -> Evaluation:
        moved = parameters.reshape(-1, 3) - self.identity
        return Evaluation((self.rgb + self.basis @ moved.to(self.rgb)).clamp(0.0, 1.0), self.basis)

    def hessian(self, evaluation: Evaluation, curvature: Float[Tensor, "n 3 3"]) -> Float[Tensor, "p p"]:
        points = self.basis.shape[1]
        hessian = self.rgb.new_zeros(points, 3, points, 3)
        for i in range(3):
            for j in range(i, 3):
                block = self.basis.T @ (curvature[:, i, j, None] * self.basis)
                hessian[:, i, :, j] = block
                hessian[:, j, :, i] = block.T
        return hessian.reshape(3 * points, 3 * points)

    def gradient(self, evaluation: Evaluation, force: Float[Tensor, "n 3"]) -> Float[Tensor, " p"]:
        return (self.basis.T @ force).reshape(-1)
