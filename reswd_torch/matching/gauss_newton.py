"""The second-order optimiser, and the model of a CDL that it fits (the model of a LUT is in smooth_lut.py).

While the coupling is fixed, the fit is a small non-linear least-squares problem. It is solved by Gauss-Newton steps with
Levenberg-Marquardt damping (Nocedal and Wright, Numerical Optimization, ch. 10), in float64. Every accepted step renews the
coupling.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import NamedTuple, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.appearance import SRGB, Appearance
from reswd_torch.grade.constants import LUMA
from reswd_torch.matching.data_terms import Coupling
from reswd_torch.matching.greys import GreyHold, grey_ramp
from reswd_torch.progress import OnProgress

STEEP = 1.7
"""Steepness above which a CDL is held back: its contrast where it clamps, slope x power x saturation at white, and near black.
A steeper grade bands in 8 bits, and a .cube cannot follow its corner (error: steepness / 128 at 33 points)."""
STEEP_PULL = 20.0
"""Weight of the squared logarithm of the steepness beyond ``STEEP``, in Lab units."""
NEARLY_CLIPPED = 0.004
"""Distance from 0 and 1 at which a channel counts as clipped where clipping costs."""
NEAR_BLACK = 1 / 64
"""Where a CDL's steepness near black is measured: half a step of a 33-point lattice above black."""


class Evaluation(NamedTuple):
    """A transform evaluated at one set of parameters.

    Attributes:
        rgb: (N, 3) graded colours of the source samples, 0..1.
        jacobian: what the model needs for its normal equations; its shape is the model's own affair.
    """

    rgb: Float[Tensor, "n 3"]
    jacobian: Tensor


@runtime_checkable
class Model(Protocol):
    """A transform with a flat vector of P parameters, fitted to samples that it holds."""

    def start(self) -> Float[Tensor, " p"]:
        """The parameters of the identity, float64."""

    def evaluate(self, parameters: Float[Tensor, " p"]) -> Evaluation:
        """The graded colours of the source samples, and their derivative."""

    def hessian(self, evaluation: Evaluation, curvature: Float[Tensor, "n 3 3"]) -> Float[Tensor, "p p"]:
        """The sum of J^T A J over all samples, with A in graded RGB."""

    def gradient(self, evaluation: Evaluation, force: Float[Tensor, "n 3"]) -> Float[Tensor, " p"]:
        """The sum of J^T b over all samples, with b in graded RGB."""

    def prior(self, parameters: Float[Tensor, " p"]) -> tuple[Tensor, Float[Tensor, "p p"], Float[Tensor, " p"]]:
        """Cost, Hessian and gradient of what holds the transform near the identity, in Lab units."""

    def project(self, parameters: Float[Tensor, " p"]) -> Float[Tensor, " p"]:
        """The allowed parameters that are nearest to these."""


Solver = Callable[[Model, Tensor | None, tuple[float, float]], Tensor]
"""An optimiser: given a model, the parameters to start from (None: the identity) and the share of the whole job that this fit
covers (from, to, in 0..1), returns the fitted parameters."""


def minimise(
    model: Model,
    coupling: Coupling,
    *,
    rounds: int,
    appearance: Appearance = SRGB,
    start: Float[Tensor, " p"] | None = None,
    progress: OnProgress | None = None,
    span: tuple[float, float] = (0.0, 1.0),
) -> Float[Tensor, " p"]:
    """Fit a model to a coupling.

    Args:
        model: the transform and the source samples.
        coupling: where the samples should go.
        rounds: number of steps that are tried. The fit stops early when a step lowers the cost by less than a ten-thousandth.
        appearance: how graded colours look, which the coupling is told.
        start: parameters to start from; the identity if left out.
        progress: called before every round; may raise to stop.
        span: the share of the whole job that this fit covers (from, to), for ``progress``.

    Returns:
        The best parameters seen, float64.
    """
    best = _Best(model, coupling, appearance, model.start() if start is None else start)
    damping = 1e-3
    for index in range(rounds):
        if progress is not None:
            progress(span[0] + (span[1] - span[0]) * index / rounds, "fitting")
        if best.cost <= 0.0:
            break
        damped = best.hessian + torch.diag(damping * best.hessian.diagonal() + 1e-12)
        step = torch.linalg.solve(damped, best.gradient)
        tried = _Best(model, coupling, appearance, model.project(best.parameters - step))
        if tried.cost < best.cost:
            gain = best.cost - tried.cost
            best, damping = tried, max(damping * 0.2, 1e-6)
            if gain < 1e-4 * best.cost:
                break
        else:
            damping = max(damping * 10, 1e-2)
    return best.parameters


class _Best:
    """Parameters, and the cost, Hessian and gradient of data term and prior there. The Hessian is reckoned when it is asked
    for: a step that is refused needs none."""

    def __init__(self, model: Model, coupling: Coupling, appearance: Appearance, parameters: Tensor) -> None:
        self.parameters = parameters
        self._model, self._evaluation = model, model.evaluate(parameters)
        lab, self._d_lab = appearance.lab_with_jacobian(self._evaluation.rgb)
        self._term = coupling(lab)
        cost, self._prior_hessian, self._prior_gradient = model.prior(parameters)
        self.cost = float(self._term.loss) + float(cost)

    @cached_property
    def hessian(self) -> Tensor:
        curvature = self._d_lab.transpose(1, 2) @ self._term.curvature @ self._d_lab
        return self._model.hessian(self._evaluation, curvature).cpu().double() + self._prior_hessian

    @cached_property
    def gradient(self) -> Tensor:
        force = (self._d_lab.transpose(1, 2) @ self._term.force.unsqueeze(2)).squeeze(2)
        return self._model.gradient(self._evaluation, force).cpu().double() + self._prior_gradient


class CdlModel:
    """A CDL as a model: log slope, offset, log power and saturation, so that slope and power stay positive.

    Args:
        rgb: (N, 3) source samples.
        pull: (10,) weight of the quadratic pull of each parameter towards the identity, in Lab units per squared parameter.
        greys: how greys are held back; None: they are free.
        clipping: weight of half the mean square by which the samples' channels leave 0..1 before the first clamp.
    """

    def __init__(
        self,
        rgb: Float[Tensor, "n 3"],
        pull: Float[Tensor, " 10"],
        greys: GreyHold | None = None,
        clipping: float = 0.0,
    ) -> None:
        self.rgb = rgb
        self.clipping = clipping
        self.pull = pull.double()
        self.greys = greys
        self.ramp = grey_ramp() if greys is None else greys.appearance.greys(grey_ramp())
        self.luma = torch.tensor(LUMA, dtype=torch.float64)

    def start(self) -> Float[Tensor, " p"]:
        return torch.tensor([0.0] * 9 + [1.0], dtype=torch.float64)

    def project(self, parameters: Float[Tensor, " p"]) -> Float[Tensor, " p"]:
        limit = torch.tensor([3.0] * 3 + [2.0] * 3 + [2.0] * 3, dtype=torch.float64)
        bounded = parameters[:9].clamp(-limit, limit)
        return torch.cat((bounded, parameters[9:].clamp(0.0, 4.0)))

    def prior(self, parameters: Float[Tensor, " p"]) -> tuple[Tensor, Float[Tensor, "p p"], Float[Tensor, " p"]]:
        away = parameters - self.start()
        cost, hessian, gradient = 0.5 * (self.pull * away**2).sum(), torch.diag(self.pull), self.pull * away
        for excess, along in _steepness(parameters):
            cost = cost + 0.5 * STEEP_PULL * excess**2
            hessian = hessian + STEEP_PULL * torch.outer(along, along)
            gradient = gradient + STEEP_PULL * excess * along
        if self.clipping > 0.0:
            cost = cost + self._clipped(parameters, hessian, gradient)
        if self.greys is None:
            return cost, hessian, gradient
        evaluation = self._graded(self.ramp, parameters)
        grey_cost, grey_hessian, grey_gradient = self.greys.prior(evaluation.rgb, evaluation.jacobian)
        return cost + grey_cost, hessian + grey_hessian, gradient + grey_gradient

    def _clipped(self, parameters: Float[Tensor, " p"], hessian: Tensor, gradient: Tensor) -> Tensor:
        """The cost of what is clipped; its derivatives are added to what is given."""
        rgb, slope = self.rgb.double().cpu(), parameters[:3].exp()
        shifted = rgb * slope + parameters[3:6]
        beyond = shifted - shifted.clamp(NEARLY_CLIPPED, 1.0 - NEARLY_CLIPPED)
        beyond = torch.where(((rgb <= NEARLY_CLIPPED) & (beyond < 0)) | (rgb >= 1.0 - NEARLY_CLIPPED), 0.0, beyond)
        weight = self.clipping / len(rgb)
        for channel in range(3):
            along = torch.stack((rgb[:, channel] * slope[channel], torch.ones(len(rgb), dtype=torch.float64)), dim=1)
            along = along * (beyond[:, channel] != 0).unsqueeze(1)
            at = torch.tensor([channel, 3 + channel])
            hessian[at.unsqueeze(1), at] += weight * along.T @ along
            gradient[at] += weight * along.T @ beyond[:, channel]
        return 0.5 * weight * beyond.square().sum()

    def evaluate(self, parameters: Float[Tensor, " p"]) -> Evaluation:
        return self._graded(self.rgb, parameters)

    def _graded(self, rgb: Float[Tensor, "n 3"], parameters: Float[Tensor, " p"]) -> Evaluation:
        natural, weights = natural_numbers(parameters).to(rgb), self.luma.to(rgb)
        slope, offset, power, saturation = natural[:3], natural[3:6], natural[6:9], natural[9]
        shifted = rgb * slope + offset
        # At the clamp itself the one-sided derivative counts: clipped pixels must be able to come back.
        inside = ((shifted >= 0) & (shifted <= 1)).to(shifted)
        base = shifted.clamp(1e-6, 1.0)  # the power's derivative is not finite at 0
        bent = torch.where(shifted <= 0, torch.zeros_like(base), base**power)
        d_shifted = power * base ** (power - 1.0) * inside
        columns = torch.cat((d_shifted * rgb * slope, d_shifted, bent * base.log() * power * inside), dim=1)
        luma = (bent * weights).sum(dim=1, keepdim=True)
        saturated = luma + saturation * (bent - luma)
        free = ((saturated >= 0) & (saturated <= 1)).to(saturated)
        mix = saturation * torch.eye(3).to(rgb) + (1 - saturation) * weights.expand(3, 3)
        by_group = columns.reshape(-1, 1, 3, 3) * mix.reshape(1, 3, 1, 3)  # n, output, parameter group, channel
        full = torch.cat((by_group.flatten(2), (bent - luma).unsqueeze(2)), dim=2)
        return Evaluation(saturated.clamp(0.0, 1.0), full * free.unsqueeze(2))

    def hessian(self, evaluation: Evaluation, curvature: Float[Tensor, "n 3 3"]) -> Float[Tensor, "p p"]:
        return evaluation.jacobian.reshape(-1, 10).T @ (curvature @ evaluation.jacobian).reshape(-1, 10)

    def gradient(self, evaluation: Evaluation, force: Float[Tensor, "n 3"]) -> Float[Tensor, " p"]:
        return evaluation.jacobian.reshape(-1, 10).T @ force.reshape(-1)


def _steepness(parameters: Float[Tensor, " p"]) -> Iterator[tuple[float, Float[Tensor, " p"]]]:
    """Each channel that is too steep at its steeper end: by how much the logarithm of its steepness exceeds the limit, and the
    gradient of that."""
    saturation = float(parameters[9])
    for channel in range(3):
        log_slope, log_power = float(parameters[channel]), float(parameters[6 + channel])
        power = math.exp(log_power)
        # The derivative slope * power * u ** (power - 1) is largest at u = 1, or near black where the power is below 1.
        at_black = min(0.0, power - 1.0) * math.log(NEAR_BLACK)
        excess = log_slope + log_power + at_black + math.log(max(saturation, 1.0)) - math.log(STEEP)
        if excess > 0:
            along = torch.zeros_like(parameters)
            along[channel] = 1.0
            along[6 + channel] = 1.0 + (power * math.log(NEAR_BLACK) if power < 1 else 0.0)
            along[9] = 1.0 / saturation if saturation > 1 else 0.0
            yield excess, along


def natural_numbers(parameters: Float[Tensor, " p"]) -> Float[Tensor, " p"]:
    """Slope, offset, power and saturation, (10,), from the parameters of :class:`CdlModel`."""
    return torch.cat((parameters[:3].exp(), parameters[3:6], parameters[6:9].exp(), parameters[9:]))
