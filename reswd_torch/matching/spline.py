"""A cubic B-spline volume over the colour cube, and what its control points say about its smoothness.

Why a B-spline: its lattice is as smooth as its few control points say, its values stay inside the hull of its control
points (so colours stay in 0..1 without a hard clamp), and its second differences are bounded by those of the control points
(de Boor, A Practical Guide to Splines, ch. IX and XI).
"""

from __future__ import annotations

from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.grade.lut3d import identity_lattice
from reswd_torch.matching.smoothness import LATTICE, ramps

CONTROL_POINTS = 6
"""Control points along one axis."""


def basis(rgb: Float[Tensor, "n 3"]) -> Float[Tensor, "n points"]:
    """The value of every control point's B-spline at every colour."""
    red, green, blue = (basis_1d(rgb[:, channel]) for channel in range(3))
    return torch.einsum("ni,nj,nk->nijk", red, green, blue).flatten(1)


def basis_1d(x: Float[Tensor, " n"]) -> Float[Tensor, "n points"]:
    """The values of cubic B-splines on clamped uniform knots (Cox-de Boor recursion)."""
    at = knots()
    x = x.clamp(0.0, 1.0 - 1e-12).unsqueeze(1)
    values = ((at[:-1] <= x) & (x < at[1:])).double()
    for degree in range(1, 4):
        left = at[degree:-1] - at[: -degree - 1]
        right = at[degree + 1 :] - at[1:-degree]
        rising = torch.where(left > 0, (x - at[: -degree - 1]) / left.clamp(min=1e-12), torch.zeros(()).double())
        falling = torch.where(right > 0, (at[degree + 1 :] - x) / right.clamp(min=1e-12), torch.zeros(()).double())
        values = rising * values[:, :-1] + falling * values[:, 1:]
    return values


def knots() -> Float[Tensor, " knots"]:
    """Uniform knots over 0..1, with the ends repeated so that the spline reaches its outermost control points."""
    inner = torch.linspace(0, 1, CONTROL_POINTS - 2, dtype=torch.float64)
    return torch.cat((inner.new_zeros(3), inner, inner.new_ones(3)))


def greville_axis() -> Float[Tensor, " points"]:
    """The averages of three consecutive knots (Greville abscissae): where the identity has its control points on each axis."""
    return knots()[1:-1].unfold(0, 3, 1).mean(dim=1)


@lru_cache(maxsize=1)
def greville() -> Float[Tensor, "points 3"]:
    """The control points of the identity."""
    axis = greville_axis()
    return torch.stack(torch.meshgrid(axis, axis, axis, indexing="ij"), dim=-1).reshape(-1, 3)


@lru_cache(maxsize=1)
def ramp_differences() -> tuple[Float[Tensor, "rows points"], Float[Tensor, "steps points"]]:
    """The operators from control points to the second differences along every ramp, and to the first differences of the grey
    ramp."""
    along = ramps(identity_lattice(LATTICE, torch.float64))
    values = basis(along.reshape(-1, 3)).reshape(len(along), LATTICE, -1)
    second = values[:, 2:] - 2 * values[:, 1:-1] + values[:, :-2]
    return second.flatten(0, 1), values[0].diff(dim=0)


@lru_cache(maxsize=1)
def rises() -> list[Float[Tensor, "rows points"]]:
    """The operators from control points to their first differences along red, green and blue."""
    eye = torch.eye(CONTROL_POINTS, dtype=torch.float64)
    operators = []
    for channel in range(3):
        parts = [eye, eye, eye]
        parts[channel] = eye.diff(dim=0)
        operators.append(torch.kron(torch.kron(parts[0], parts[1]), parts[2]))
    return operators


@lru_cache(maxsize=1)
def bending() -> Float[Tensor, "points points"]:
    """The quadratic form that sums the squared second derivatives of the control net, pure and mixed, over its points."""
    axis = greville_axis()
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


def lattice_of(control: Float[Tensor, "points 3"]) -> Float[Tensor, "size size size 3"]:
    """The values of a control net on the lattice."""
    axis = basis_1d(torch.linspace(0, 1, LATTICE, dtype=torch.float64))
    values = control.reshape(CONTROL_POINTS, CONTROL_POINTS, CONTROL_POINTS, 3)
    for _ in range(3):  # red, green and blue in turn come to the front, are spread out, and go to the back
        values = torch.tensordot(axis, values, dims=([1], [0])).permute(1, 2, 0, 3)
    return values.contiguous()
