"""A 3-D LUT that stays smooth: a cubic B-spline volume whose control points are fitted.

Why a B-spline: its lattice is as smooth as its few control points say, its values stay inside the hull of its control
points (so colours stay in 0..1 without a hard clamp), and its second differences are bounded by those of the control points
(de Boor, A Practical Guide to Splines, ch. IX and XI).

A fit is held back where it breaks a condition, and only there: a quadratic cost on the excess, which grows from stage to stage
while the smoothness asked of the whole volume falls. A LUT that still breaks a condition in the end is drawn back towards the
identity until every condition of :class:`Smoothness` holds. The identity satisfies them all, so that always succeeds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.color import srgb_to_lab
from reswd_torch.grade.cdl import Cdl
from reswd_torch.grade.lut3d import Lut3D, identity_lattice
from reswd_torch.matching.data_terms import Coupling
from reswd_torch.matching.gauss_newton import Evaluation, Solver
from reswd_torch.matching.greys import GreyHold, grey_ramp

CONTROL_POINTS = 6
"""Control points along one axis."""
LATTICE = 33
"""Lattice points along one axis of the fitted LUT."""
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
QUICK_STAGES = (STAGES[0], STAGES[-1])
"""The stages of a fit that starts from ten numbers."""
LEAST_RISE = 0.12
"""Least rise of an output channel with its own input, as a share of the identity's rise."""
MARGIN = 0.92
"""Share of the limit on second differences at which the cost begins."""
MAX_SECOND_DIFFERENCE = 1 / 128
"""The limit on second differences per step of a 33-point lattice."""


@dataclass(frozen=True)
class Smoothness:
    """How smooth a LUT is, measured on a 33-point lattice.

    Attributes:
        grey_rises: every channel is non-decreasing along the grey ramp.
        folds: number of cells away from the clamp in which the map turns colours inside out (its Jacobian determinant is not
            positive in one of the six tetrahedra).
        second_difference: the largest second difference per lattice step along thirteen ramps: grey, black to each of six
            hues, and each hue to white.
    """

    grey_rises: bool
    folds: int
    second_difference: float

    @property
    def good(self) -> bool:
        """Whether every condition holds."""
        return self.grey_rises and self.folds == 0 and self.second_difference <= MAX_SECOND_DIFFERENCE


def smoothness(lut: Lut3D) -> Smoothness:
    """Measure a LUT, re-sampled to 33 points so that figures of different sizes compare."""
    values = lut.resampled(LATTICE).values.double()
    ramps = _ramps(values)
    grey = ramps[0]
    second = (ramps[:, 2:] - 2 * ramps[:, 1:-1] + ramps[:, :-2]).abs().max()
    return Smoothness(bool((grey.diff(dim=0) >= 0).all()), _folds(values), float(second))


def fit_smooth_lut(
    source: Float[Tensor, "n 3"], coupling: Coupling, solve: Solver, greys: GreyHold | None = None
) -> Lut3D:
    """Fit a smooth LUT to a coupling.

    Args:
        source: (N, 3) source samples, 0..1.
        coupling: where they should go. Of the LUTs that the stages lead to, the one with the smallest loss is returned.
        solve: the optimiser.
        greys: how greys are held back; None: they are free.

    Returns:
        A 33-point LUT for which :func:`smoothness` is good.
    """
    lattice_basis = _basis(identity_lattice(LATTICE, torch.float64).reshape(-1, 3))
    best: tuple[float, Lut3D] | None = None
    control = None
    model = SplineModel(source, STAGES[0], greys)
    for number, stage in enumerate(STAGES):
        model.hold(stage)
        control = solve(model, control, (number / len(STAGES), (number + 1) / len(STAGES)))
        lut = _drawn_back(lattice_basis @ control.reshape(-1, 3))
        loss = float(coupling(srgb_to_lab(lut.apply(source))).loss)
        if best is None or loss < best[0]:
            best = (loss, lut)
        if best[0] == 0.0:
            break
    assert best is not None
    return best[1]


def refine_smooth_lut(source: Float[Tensor, "n 3"], coupling: Coupling, solve: Solver, start: Cdl) -> Lut3D:
    """Fit a smooth LUT that starts at a CDL for the same coupling, in a tenth of the time of :func:`fit_smooth_lut`.

    Args:
        source: (N, 3) source samples, 0..1.
        coupling: where they should go.
        solve: the optimiser.
        start: what ten numbers make of it.

    Returns:
        A 33-point LUT for which :func:`smoothness` is good.
    """
    model, control = CellModel(source, QUICK_STAGES[0]), _control_points(start)
    firm = solve(model, control, (0.4, 0.7))
    model.hold(QUICK_STAGES[1])
    free = _lattice_of(solve(model, firm, (0.7, 1.0)))
    if smoothness(Lut3D(free.clamp(0.0, 1.0))).good:
        return Lut3D(free.clamp(0.0, 1.0))
    # A strong grade that folds somewhere loses much where it is drawn back to the identity, and little to its firmer self.
    return _drawn_back(free, _drawn_back(_lattice_of(firm)).values.double())


def _lattice_of(control: Float[Tensor, " p"]) -> Float[Tensor, "size size size 3"]:
    """The values of a control net on the lattice."""
    axis = _basis_1d(torch.linspace(0, 1, LATTICE, dtype=torch.float64))
    net = control.reshape(CONTROL_POINTS, CONTROL_POINTS, CONTROL_POINTS, 3)
    return torch.einsum("ai,bj,ck,ijkx->abcx", axis, axis, axis, net)


def _control_points(transform: Cdl) -> Float[Tensor, " p"]:
    """The control net of the spline that equals a grade at the Greville points, cut to 0..1."""
    inverse = torch.linalg.inv(_basis_1d(_greville_axis()))
    values = transform.apply(_greville().float()).double().reshape(CONTROL_POINTS, CONTROL_POINTS, CONTROL_POINTS, 3)
    return torch.einsum("ai,bj,ck,ijkx->abcx", inverse, inverse, inverse, values).clamp(0.0, 1.0).reshape(-1)


class SplineModel:
    """Control points of a B-spline volume, each a colour in 0..1.

    Args:
        rgb: (N, 3) source samples.
        stage: how firmly the model is held, until :meth:`hold` changes it.
        greys: how greys are held back; None: they are free.
    """

    def __init__(self, rgb: Float[Tensor, "n 3"], stage: Stage, greys: GreyHold | None = None) -> None:
        self.rgb = rgb
        self.basis = _basis(rgb.cpu().double()).to(rgb)
        self.identity = _greville()
        self.bending = _bending()
        self.second, self.grey = _ramp_differences()
        self.rises = _rises()
        self.greys = greys
        self.ramp_basis = _basis(grey_ramp())
        self.hold(stage)

    def hold(self, stage: Stage) -> None:
        """Hold the model as firmly as a stage says."""
        self.stage = stage
        self.penalty = stage.stiffness * self.bending + PULL * torch.eye(len(self.bending), dtype=torch.float64)
        self.prior_hessian = torch.kron(self.penalty, torch.eye(3, dtype=torch.float64))

    def start(self) -> Float[Tensor, " p"]:
        return self.identity.reshape(-1)

    def project(self, parameters: Float[Tensor, " p"]) -> Float[Tensor, " p"]:
        return parameters.clamp(0.0, 1.0)

    def prior(self, parameters: Float[Tensor, " p"]) -> tuple[Tensor, Float[Tensor, "p p"], Float[Tensor, " p"]]:
        control = parameters.reshape(-1, 3)
        pulled = self.penalty @ (control - self.identity)
        cost, gradient = 0.5 * ((control - self.identity) * pulled).sum(), pulled.clone()
        hessian = self.prior_hessian.clone().reshape(len(control), 3, len(control), 3)
        for channel, values in enumerate(control.unbind(dim=1)):
            for weight, operator, beyond in self._beyond(channel, values):
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

    def _beyond(
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
        rises = self.rises[channel]
        least = LEAST_RISE * (rises @ self.identity[:, channel])
        yield self.stage.upright, rises, (rises @ values - least).clamp(max=0.0)

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


class CellModel(SplineModel):
    """The same model, which knows that in each cell between the knots only 64 of the control points have a say.

    Args:
        rgb: (N, 3) source samples, 0..1.
        stage: how firmly the model is held.
    """

    def __init__(self, rgb: Float[Tensor, "n 3"], stage: Stage) -> None:
        super().__init__(rgb, stage)
        spans = CONTROL_POINTS - 3
        cell = (rgb.cpu().double().clamp(0.0, 1.0 - 1e-9) * spans).long()
        order = torch.tensor([spans * spans, spans, 1])
        key = (cell * order).sum(dim=1)
        reach = torch.arange(4)
        self.cells: list[tuple[Tensor, Tensor, Tensor]] = []
        points = self.basis.shape[1]
        for number in key.unique().tolist():
            rows = (key == number).nonzero().flatten()
            red, green, blue = (number // step % spans + reach for step in order.tolist())
            columns = (red[:, None, None] * CONTROL_POINTS + green[:, None]) * CONTROL_POINTS + blue
            columns = columns.flatten().to(rgb.device)
            entries = (columns.unsqueeze(1) * points + columns).flatten()
            self.cells.append((rows.to(rgb.device), entries, self.basis[rows.to(rgb.device)][:, columns].contiguous()))

    def hessian(self, evaluation: Evaluation, curvature: Float[Tensor, "n 3 3"]) -> Float[Tensor, "p p"]:
        points = self.basis.shape[1]
        upper = torch.triu_indices(3, 3)
        weights = curvature[:, upper[0], upper[1]]
        blocks = self.rgb.new_zeros(6, points * points)
        for rows, entries, basis in self.cells:
            weighted = (weights[rows].unsqueeze(2) * basis.unsqueeze(1)).flatten(1)
            count = basis.shape[1]
            blocks.index_add_(1, entries, (basis.T @ weighted).reshape(count, 6, count).transpose(0, 1).flatten(1))
        whole = self.rgb.new_empty(3, 3, points, points)
        for block, i, j in zip(blocks.reshape(6, points, points), *upper.tolist(), strict=True):
            whole[i, j] = block
            whole[j, i] = block.T
        return whole.permute(2, 0, 3, 1).reshape(3 * points, 3 * points)


def _drawn_back(values: Float[Tensor, "... 3"], base: Float[Tensor, "size size size 3"] | None = None) -> Lut3D:
    """The blend with a good lattice, the identity if left out, that has the largest share of a fitted one and still satisfies
    every condition."""
    good = identity_lattice(LATTICE, torch.float64) if base is None else base
    full = values.reshape(good.shape)

    def blend(share: float) -> Lut3D:
        return Lut3D((good + share * (full - good)).clamp(0.0, 1.0))

    low, high = 0.0, 1.0
    whole = blend(1.0)
    if smoothness(whole).good:
        return whole
    for _ in range(8):
        middle = (low + high) / 2
        low, high = (middle, high) if smoothness(blend(middle)).good else (low, middle)
    return blend(low)


def _ramps(values: Float[Tensor, "size size size 3"]) -> Float[Tensor, "ramps size 3"]:
    """The values along thirteen ramps: grey, black to each of six hues, and each hue to white."""
    size = values.shape[0]
    up, low, top = torch.arange(size), torch.zeros(size).long(), torch.full((size,), size - 1)
    picks: list[tuple[Tensor, ...]] = [(up, up, up)]
    for hue in range(1, 7):
        bits = [bool(hue & bit) for bit in (4, 2, 1)]
        picks.append(tuple(up if on else low for on in bits))
        picks.append(tuple(top if on else up for on in bits))
    return torch.stack([values[pick] for pick in picks])


def _folds(values: Float[Tensor, "size size size 3"]) -> int:
    """The number of cells away from the clamp whose Jacobian determinant is not positive in one of their six tetrahedra."""
    size = values.shape[0]

    def corner(r: int, g: int, b: int) -> Tensor:
        return values[r : size - 1 + r, g : size - 1 + g, b : size - 1 + b]

    clamped = ((values <= 0) | (values >= 1)).any(dim=-1)
    corners = [(r, g, b) for r in (0, 1) for g in (0, 1) for b in (0, 1)]
    touches = torch.stack([clamped[r : size - 1 + r, g : size - 1 + g, b : size - 1 + b] for r, g, b in corners]).any(
        dim=0
    )
    folded = torch.zeros_like(touches)
    for order in ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)):
        columns: list[Tensor] = [torch.empty(0)] * 3
        at = [0, 0, 0]
        for axis in order:
            before = corner(*at)
            at[axis] = 1
            columns[axis] = corner(*at) - before
        red, green, blue = columns
        folded |= (red * torch.linalg.cross(green, blue, dim=-1)).sum(dim=-1) <= 0
    return int((folded & ~touches).sum())


def _basis(rgb: Float[Tensor, "n 3"]) -> Float[Tensor, "n points"]:
    """The value of every control point's B-spline at every colour."""
    red, green, blue = (_basis_1d(rgb[:, channel]) for channel in range(3))
    return torch.einsum("ni,nj,nk->nijk", red, green, blue).flatten(1)


def _basis_1d(x: Float[Tensor, " n"]) -> Float[Tensor, "n points"]:
    """The values of cubic B-splines on clamped uniform knots (Cox-de Boor recursion)."""
    knots = _knots()
    x = x.clamp(0.0, 1.0 - 1e-12).unsqueeze(1)
    basis = ((knots[:-1] <= x) & (x < knots[1:])).double()
    for degree in range(1, 4):
        left = knots[degree:-1] - knots[: -degree - 1]
        right = knots[degree + 1 :] - knots[1:-degree]
        rising = torch.where(left > 0, (x - knots[: -degree - 1]) / left.clamp(min=1e-12), torch.zeros(()).double())
        falling = torch.where(right > 0, (knots[degree + 1 :] - x) / right.clamp(min=1e-12), torch.zeros(()).double())
        basis = rising * basis[:, :-1] + falling * basis[:, 1:]
    return basis


def _knots() -> Float[Tensor, " knots"]:
    """Uniform knots over 0..1, with the ends repeated so that the spline reaches its outermost control points."""
    inner = torch.linspace(0, 1, CONTROL_POINTS - 2, dtype=torch.float64)
    return torch.cat((inner.new_zeros(3), inner, inner.new_ones(3)))


def _greville_axis() -> Float[Tensor, " points"]:
    """The averages of three consecutive knots (Greville abscissae): where the identity has its control points on each axis."""
    return _knots()[1:-1].unfold(0, 3, 1).mean(dim=1)


@lru_cache(maxsize=1)
def _greville() -> Float[Tensor, "points 3"]:
    """The control points of the identity."""
    axis = _greville_axis()
    return torch.stack(torch.meshgrid(axis, axis, axis, indexing="ij"), dim=-1).reshape(-1, 3)


@lru_cache(maxsize=1)
def _ramp_differences() -> tuple[Float[Tensor, "rows points"], Float[Tensor, "steps points"]]:
    """The operators from control points to the second differences along every ramp, and to the first differences of the grey
    ramp."""
    ramps = _ramps(identity_lattice(LATTICE, torch.float64))
    basis = _basis(ramps.reshape(-1, 3)).reshape(len(ramps), LATTICE, -1)
    second = basis[:, 2:] - 2 * basis[:, 1:-1] + basis[:, :-2]
    return second.flatten(0, 1), basis[0].diff(dim=0)


@lru_cache(maxsize=1)
def _rises() -> list[Float[Tensor, "rows points"]]:
    """The operators from control points to their first differences along red, green and blue."""
    eye = torch.eye(CONTROL_POINTS, dtype=torch.float64)
    operators = []
    for channel in range(3):
        parts = [eye, eye, eye]
        parts[channel] = eye.diff(dim=0)
        operators.append(torch.kron(torch.kron(parts[0], parts[1]), parts[2]))
    return operators


@lru_cache(maxsize=1)
def _bending() -> Float[Tensor, "points points"]:
    """The quadratic form that sums the squared second derivatives of the control net, pure and mixed, over its points."""
    axis = _greville_axis()
    count = len(axis)
    eye = torch.eye(count, dtype=torch.float64)
    first = eye.diff(dim=0) / axis.diff().unsqueeze(1)
    second = first.diff(dim=0) / ((axis[2:] - axis[:-2]) / 2).unsqueeze(1)
    energy = torch.zeros(count**3, count**3, dtype=torch.float64)
    for position in range(3):
        parts = [eye, eye, eye]
        parts[position] = second
        energy += _gram(parts)
        parts = [first, first, first]
        parts[position] = eye
        energy += 2 * _gram(parts)
    return energy / count**3


def _gram(parts: list[Tensor]) -> Tensor:
    """A^T A of the Kronecker product A of three operators, one an axis."""
    operator = torch.kron(torch.kron(parts[0], parts[1]), parts[2])
    return operator.T @ operator
