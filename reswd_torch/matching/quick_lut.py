"""A smooth LUT, fitted quickly: for a look, for a mood, and for pictures that show one scene.

The LUT is that of smooth_lut.py, and so are its conditions. What is quicker is the way there. Between two knots only four control
points of an axis have a say, so the equations are summed over columns of the cube: colours between the same knots of red and of
green. A control point that lies at 0 or 1 and is drawn beyond stays there while the others move on (projected Newton:
D. Bertsekas, "Projected Newton methods for optimization problems with simple constraints", 1982). A step that does not lower the
cost is tried once more, shortened, before it is reckoned anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.appearance import SRGB, Appearance
from reswd_torch.grade.lut3d import Lut3D
from reswd_torch.matching.data_terms import Coupling
from reswd_torch.matching.smooth_lut import STAGES, Conditions, Stage
from reswd_torch.matching.smoothness import drawn_back, smoothness
from reswd_torch.matching.spline import CONTROL_POINTS, basis, greville, lattice_of
from reswd_torch.progress import OnProgress

SETTLED = 5e-4
"""Share of the cost by which a step has to lower it, or the pass ends."""
SHORTER = 0.4
"""Share of a step that is tried where the whole step did not lower the cost."""
_NOTHING = 1e-6
"""Value of a spline below which a control point has no say."""
_REACH = 4
"""Number of control points of an axis that have a say between two knots."""


class Pass(NamedTuple):
    """One pass of a fit: how firmly the LUT is held, and how many steps are tried at most."""

    stage: Stage
    rounds: int


FOLLOWED = (Pass(STAGES[0], 4), Pass(STAGES[-1], 10))
"""The passes where every colour has its answer: the pictures show one scene, or the LUT follows another transform."""
DRAWN = (Pass(STAGES[-1], 12),)
"""The passes where the colours are only drawn towards something, as in a mood. Few steps are meant: what the first ones do moves
many colours together, and what more of them would add is the reference's content (docs/matching.md)."""


def fit_quick_lut(
    source: Float[Tensor, "n 3"],
    coupling: Coupling,
    passes: Sequence[Pass],
    progress: OnProgress | None = None,
    appearance: Appearance = SRGB,
) -> Lut3D:
    """Fit a smooth LUT to a coupling.

    Args:
        source: source samples, 0..1.
        coupling: where they should go.
        passes: one after the other.
        progress: called before every step; may raise to stop.
        appearance: how graded colours look, which the coupling is told.

    Returns:
        A 33-point LUT for which :func:`~reswd_torch.matching.smoothness.smoothness` is good.
    """
    columns = Columns(source, appearance)
    nets = [greville()]
    for number, (stage, rounds) in enumerate(passes):
        share = (number / len(passes), (number + 1) / len(passes))
        nets.append(_fitted(columns, coupling, Conditions(stage), nets[-1], rounds, progress, share))
    fitted = lattice_of(nets[-1])
    lut = Lut3D(fitted.clamp(0.0, 1.0))
    if smoothness(lut).good:
        return lut
    # A strong LUT that folds somewhere loses much where it is drawn back to the identity, and little to its firmer self.
    firmer: Tensor | None = None
    for net in nets[1:-1]:
        firmer = drawn_back(lattice_of(net), firmer).values.double()
    return drawn_back(fitted, firmer)


def _fitted(
    columns: Columns,
    coupling: Coupling,
    conditions: Conditions,
    control: Float[Tensor, "points 3"],
    rounds: int,
    progress: OnProgress | None,
    span: tuple[float, float],
) -> Float[Tensor, "points 3"]:
    """The best control net found, from one that is given, by damped steps (Levenberg-Marquardt) within 0..1."""
    best, damping = _State(columns, coupling, conditions, control), 1e-3
    for index in range(rounds):
        if progress is not None:
            progress(span[0] + (span[1] - span[0]) * index / rounds, "fitting")
        if best.cost <= 0.0:
            break
        step = best.step(damping)
        tried = _State(columns, coupling, conditions, (best.control - step).clamp(0.0, 1.0))
        if tried.cost >= best.cost:
            tried = _State(columns, coupling, conditions, (best.control - SHORTER * step).clamp(0.0, 1.0))
        if tried.cost >= best.cost:
            damping = max(damping * 10, 1e-2)
            continue
        gain = best.cost - tried.cost
        best, damping = tried, max(damping * 0.2, 1e-6)
        if gain < SETTLED * best.cost:
            break
    return best.control


class Columns:
    """Samples, by the column of the cube that each lies in: between the same knots of red, and of green.

    Args:
        rgb: the samples, 0..1.
        appearance: how they look.
    """

    def __init__(self, rgb: Float[Tensor, "n 3"], appearance: Appearance = SRGB) -> None:
        self.rgb = rgb
        self.appearance = appearance
        self.basis = basis(rgb.cpu().double()).to(rgb)
        self.identity = greville()
        spans = CONTROL_POINTS - 3
        red, green, _ = (rgb.cpu().double().clamp(0.0, 1.0 - 1e-9) * spans).long().unbind(dim=1)
        order = (red * spans + green).argsort(stable=True)
        counts = torch.bincount(red * spans + green, minlength=spans**2).tolist()
        self.order = order.to(rgb.device)
        self.columns: list[tuple[slice, slice, slice, Tensor]] = []
        net = torch.arange(CONTROL_POINTS**3).reshape((CONTROL_POINTS,) * 3)
        start = 0
        for number, count in enumerate(counts):
            if count:
                at = number // spans, number % spans
                near = net[at[0] : at[0] + _REACH, at[1] : at[1] + _REACH].flatten().to(rgb.device)
                values = self.basis[self.order[start : start + count]][:, near].contiguous()
                values[values < _NOTHING] = 0.0  # products of smaller ones would be denormal, which is slow
                reds = slice(at[0], at[0] + _REACH)
                greens = slice(at[1] * CONTROL_POINTS, (at[1] + _REACH) * CONTROL_POINTS)  # and all blues
                self.columns.append((slice(start, start + count), reds, greens, values))
            start += count

    def graded(self, control: Float[Tensor, "points 3"]) -> Float[Tensor, "n 3"]:
        """The samples under a control net."""
        return (self.rgb + self.basis @ (control - self.identity).to(self.rgb)).clamp(0.0, 1.0)

    def gradient(self, force: Float[Tensor, "n 3"]) -> Float[Tensor, "3 points"]:
        """The sum of J^T b over all samples, channel by channel."""
        return (force.T @ self.basis).cpu().double()

    def hessian(self, curvature: Float[Tensor, "n 3 3"]) -> Float[Tensor, "3 points 3 points"]:
        """The sum of J^T A J over all samples."""
        upper = torch.triu_indices(3, 3)
        weights = curvature[:, upper[0], upper[1]][self.order]
        axis, plane = CONTROL_POINTS, CONTROL_POINTS**2
        blocks = self.rgb.new_zeros(6, axis, plane, axis, plane)
        for rows, reds, greens, values in self.columns:
            weighted = (weights[rows].unsqueeze(2) * values.unsqueeze(1)).flatten(1)
            summed = (values.T @ weighted).reshape(_REACH, _REACH * axis, 6, _REACH, _REACH * axis)
            blocks[:, reds, greens, reds, greens] += summed.permute(2, 0, 1, 3, 4)
        points = CONTROL_POINTS**3
        whole = torch.empty(3, points, 3, points, dtype=torch.float64)
        for block, i, j in zip(blocks.reshape(6, points, points).cpu(), *upper.tolist(), strict=True):
            whole[i, :, j] = block
            if i != j:
                whole[j, :, i] = block  # each block is symmetric by itself
        return whole


class _State:
    """A control net, and its cost. What a step from here needs is reckoned when it is asked for: a refused step needs none."""

    def __init__(
        self, columns: Columns, coupling: Coupling, conditions: Conditions, control: Float[Tensor, "points 3"]
    ) -> None:
        self.control = control
        self._columns = columns
        lab, self._d_lab = columns.appearance.lab_with_jacobian(columns.graded(control))
        self._term = coupling(lab)
        away = control - conditions.identity
        self._penalty, self._pulled = conditions.penalty, conditions.penalty @ away
        self._broken = [
            list(conditions.beyond(channel, values)) for channel, values in enumerate(control.unbind(dim=1))
        ]
        cost = 0.5 * (away * self._pulled).sum()
        for each in self._broken:
            for weight, _, beyond in each:
                cost = cost + 0.5 * weight * beyond.square().sum()
        self.cost = float(self._term.loss) + float(cost)

    def step(self, damping: float) -> Float[Tensor, "points 3"]:
        """The damped Gauss-Newton step of the control points that may move."""
        hessian, gradient = self._equations
        values = self.control.T.reshape(-1)
        stays = ((values <= 0.0) & (gradient > 0)) | ((values >= 1.0) & (gradient < 0))
        damped = hessian.clone()
        damped.diagonal().mul_(1 + damping).add_(1e-12)
        damped[stays] = 0.0
        damped[:, stays] = 0.0
        damped.diagonal()[stays] = 1.0
        wanted = torch.where(stays, 0.0, gradient).unsqueeze(1)
        return torch.cholesky_solve(wanted, torch.linalg.cholesky(damped)).reshape(3, -1).T

    @cached_property
    def _equations(self) -> tuple[Float[Tensor, "p p"], Float[Tensor, " p"]]:
        """Hessian and gradient of data term and conditions, channel by channel."""
        across = self._d_lab.transpose(1, 2)
        hessian = self._columns.hessian(across @ self._term.curvature @ self._d_lab)
        gradient = self._columns.gradient((across @ self._term.force.unsqueeze(2)).squeeze(2)) + self._pulled.T
        for channel, each in enumerate(self._broken):
            hessian[channel, :, channel] += self._penalty
            for weight, operator, beyond in each:
                rows = operator[beyond != 0]
                hessian[channel, :, channel] += weight * rows.T @ rows
                gradient[channel] += weight * rows.T @ beyond[beyond != 0]
        size = gradient.numel()
        return hessian.reshape(size, size), gradient.reshape(-1)
