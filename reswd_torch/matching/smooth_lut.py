"""A 3-D LUT that stays smooth: a cubic B-spline volume whose control points are fitted.

Why a B-spline: its lattice is as smooth as its few control points say, its values stay inside the hull of its control
points (so colours stay in 0..1 without a hard clamp), and its second differences are bounded by theirs (de Boor, A Practical
Guide to Splines, ch. IX and XI). What a fit leaves too steep is drawn back towards the identity until every condition of
:class:`Smoothness` holds; the identity satisfies them all, so that always ends.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.color import srgb_to_lab
from reswd_torch.grade.lut3d import Lut3D, identity_lattice
from reswd_torch.matching.couplings import Coupling
from reswd_torch.matching.gauss_newton import Solver, Step

CONTROL_POINTS = 6
LATTICE = 33
STIFFNESS = (0.03, 30.0)
"""Range of the weight of the smoothness term; halved on a logarithmic scale towards the weakest that needs no drawing back."""
TRIALS = 5
PULL = 0.02
MAX_SECOND_DIFFERENCE = 1 / 128


@dataclass(frozen=True)
class Smoothness:
    """How a 33-point lattice behaves.

    Attributes:
        grey_rises: every channel is non-decreasing along the grey ramp.
        folds: cells that do not touch the clamp in which the map turns colours inside out (a Jacobian determinant that is
            not positive in one of the six tetrahedra).
        second_difference: the largest along the grey ramp, the six ramps from black to a hue and the six from there to
            white, per lattice step.
    """

    grey_rises: bool
    folds: int
    second_difference: float

    @property
    def good(self) -> bool:
        return self.grey_rises and self.folds == 0 and self.second_difference <= MAX_SECOND_DIFFERENCE


def smoothness(lut: Lut3D) -> Smoothness:
    """Measure a lattice (re-sampled to 33 points, so that figures compare)."""
    values = lut.resampled(LATTICE).values.double()
    ramps = _ramps(values)
    grey = ramps[0]
    second = (ramps[:, 2:] - 2 * ramps[:, 1:-1] + ramps[:, :-2]).abs().max()
    return Smoothness(bool((grey.diff(dim=0) >= 0).all()), _folds(values), float(second))


def fit_smooth_lut(source: Float[Tensor, "n 3"], coupling: Coupling, solve: Solver) -> Lut3D:
    """Fit a smooth LUT to a coupling.

    Args:
        source: (N, 3) source samples, 0..1.
        coupling: where they should go; chooses between the trials.
        solve: the optimiser.

    Returns:
        A 33-point LUT for which :func:`smoothness` is good.
    """
    lattice_basis = _basis(identity_lattice(LATTICE, torch.float64).reshape(-1, 3))
    low, high = math.log(STIFFNESS[0]), math.log(STIFFNESS[1])
    best: tuple[float, Lut3D] | None = None
    control = None
    for trial in range(TRIALS):
        stiffness = math.exp((low + high) / 2)
        span = (trial / TRIALS, (trial + 1) / TRIALS)
        model = SplineModel(source, stiffness)
        control = solve(model, control, span)
        share, lut = _drawn_back(lattice_basis @ control.reshape(-1, 3))
        loss = float(coupling(srgb_to_lab(lut.apply(source))).loss)
        if best is None or loss < best[0]:
            best = (loss, lut)
        if best[0] == 0.0:
            break
        low, high = (low, math.log(stiffness)) if share == 1.0 else (math.log(stiffness), high)
    assert best is not None
    return best[1]


class SplineModel:
    """Control points of a B-spline volume, each a colour in 0..1.

    Args:
        rgb: (N, 3) source samples.
        stiffness: weight of the squared second differences between neighbouring control points, in Lab units.
    """

    def __init__(self, rgb: Float[Tensor, "n 3"], stiffness: float) -> None:
        self.rgb = rgb
        self.basis = _basis(rgb.cpu().double()).to(rgb)
        self.identity = _greville()
        points = CONTROL_POINTS**3
        penalty = stiffness * _bending() + PULL * torch.eye(points, dtype=torch.float64)
        self.penalty = penalty
        self.prior_hessian = torch.kron(penalty, torch.eye(3, dtype=torch.float64))

    def start(self) -> Float[Tensor, " p"]:
        return self.identity.reshape(-1)

    def project(self, parameters: Float[Tensor, " p"]) -> Float[Tensor, " p"]:
        return parameters.clamp(0.0, 1.0)

    def prior(self, parameters: Float[Tensor, " p"]) -> tuple[Tensor, Float[Tensor, "p p"], Float[Tensor, " p"]]:
        away = parameters.reshape(-1, 3) - self.identity
        pulled = self.penalty @ away
        return 0.5 * (away * pulled).sum(), self.prior_hessian, pulled.reshape(-1)

    def evaluate(self, parameters: Float[Tensor, " p"]) -> Step:
        moved = parameters.reshape(-1, 3) - self.identity
        return Step((self.rgb + self.basis @ moved.to(self.rgb)).clamp(0.0, 1.0), self.basis)

    def hessian(self, step: Step, curvature: Float[Tensor, "n 3 3"]) -> Float[Tensor, "p p"]:
        points = self.basis.shape[1]
        hessian = self.rgb.new_zeros(points, 3, points, 3)
        for i in range(3):
            for j in range(i, 3):
                block = self.basis.T @ (curvature[:, i, j, None] * self.basis)
                hessian[:, i, :, j] = block
                hessian[:, j, :, i] = block.T
        return hessian.reshape(3 * points, 3 * points)

    def gradient(self, step: Step, force: Float[Tensor, "n 3"]) -> Float[Tensor, " p"]:
        return (self.basis.T @ force).reshape(-1)


def _drawn_back(values: Float[Tensor, "entries 3"]) -> tuple[float, Lut3D]:
    """The largest share of a fitted lattice, blended with the identity, that satisfies every condition."""
    identity = identity_lattice(LATTICE, torch.float64)
    full = values.reshape(identity.shape)

    def blend(share: float) -> Lut3D:
        return Lut3D((identity + share * (full - identity)).clamp(0.0, 1.0))

    low, high = 0.0, 1.0
    if smoothness(blend(1.0)).good:
        return 1.0, blend(1.0)
    for _ in range(8):
        middle = (low + high) / 2
        low, high = (middle, high) if smoothness(blend(middle)).good else (low, middle)
    return low, blend(low)


def _ramps(values: Float[Tensor, "size size size 3"]) -> Float[Tensor, "ramps size 3"]:
    """Grey, black to each hue, and each hue to white."""
    size = values.shape[0]
    up, low, top = torch.arange(size), torch.zeros(size).long(), torch.full((size,), size - 1)
    picks = [(up, up, up)]
    for hue in range(1, 7):
        bits = [bool(hue & bit) for bit in (4, 2, 1)]
        picks.append(tuple(up if on else low for on in bits))  # type: ignore[arg-type]
        picks.append(tuple(top if on else up for on in bits))  # type: ignore[arg-type]
    return torch.stack([values[r, g, b] for r, g, b in picks])


def _folds(values: Float[Tensor, "size size size 3"]) -> int:
    """Cells away from the clamp with a determinant that is not positive in one of their six tetrahedra."""
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
        folded |= torch.linalg.det(torch.stack(columns, dim=-1)) <= 0
    return int((folded & ~touches).sum())


def _basis(rgb: Float[Tensor, "n 3"]) -> Float[Tensor, "n points"]:
    """Value of every control point's B-spline at every colour."""
    red, green, blue = (_basis_1d(rgb[:, channel]) for channel in range(3))
    return torch.einsum("ni,nj,nk->nijk", red, green, blue).flatten(1)


def _basis_1d(x: Float[Tensor, " n"]) -> Float[Tensor, "n points"]:
    """Cubic B-splines on clamped uniform knots (Cox-de Boor recursion)."""
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
    inner = torch.linspace(0, 1, CONTROL_POINTS - 2, dtype=torch.float64)
    return torch.cat((inner.new_zeros(3), inner, inner.new_ones(3)))


def _greville() -> Float[Tensor, "points 3"]:
    """Control points of the identity: the averages of three consecutive knots."""
    axis = _knots()[1:-1].unfold(0, 3, 1).mean(dim=1)
    return torch.stack(torch.meshgrid(axis, axis, axis, indexing="ij"), dim=-1).reshape(-1, 3)


def _bending() -> Float[Tensor, "points points"]:
    """Sum of squared second derivatives of the control net along the three axes, and of its mixed ones."""
    axis = _knots()[1:-1].unfold(0, 3, 1).mean(dim=1)
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
    operator = torch.kron(torch.kron(parts[0], parts[1]), parts[2])
    return operator.T @ operator
