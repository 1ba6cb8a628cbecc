"""The Wasserstein distance on the line, to the power p, exact for sets of any two sizes and for weighted samples.

On the line the optimal plan matches quantiles, so with F⁻¹ and G⁻¹ the quantile functions of two sets

    W_p^p = ∫₀¹ |F⁻¹(q) - G⁻¹(q)|^p dq        (G. Peyré and M. Cuturi, "Computational Optimal Transport", section 2.6).

Both are step functions. Between two neighbouring levels of the merged cumulative weights both are constant, so the
integral is a finite sum without interpolation. With equal sizes and no weights it is the mean over the sorted pairs.

Everything here returns W_p^p, not its p-th root: means over directions and gradients are taken of W_p^p.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from einops import rearrange
from jaxtyping import Float, Int
from torch import Tensor

from reswd_torch.errors import InputError
from reswd_torch.sorting import argsort, sort, sorted_values

Points = Float[Tensor, "*batch points dims"]
Others = Float[Tensor, "*batch other dims"]
Weights = Float[Tensor, "*batch points"]
OtherWeights = Float[Tensor, "*batch other"]


@dataclass(frozen=True)
class PointSets:
    """Two sets of points between which a distance is taken. Values are not checked, see :func:`check_sets`."""

    x: Points
    y: Others  # the same batch axes and dims as x, any number of points
    x_weights: Weights | None = None  # masses of at least 0; None: all equal
    y_weights: OtherWeights | None = None

    @property
    def weighted(self) -> bool:
        """Whether any of the two has masses of its own."""
        return self.x_weights is not None or self.y_weights is not None


def wasserstein_1d(
    x: Float[Tensor, "*batch n"],
    y: Float[Tensor, "*batch m"],
    p: int = 2,
    x_weights: Float[Tensor, "*batch n"] | None = None,
    y_weights: Float[Tensor, "*batch m"] | None = None,
) -> Float[Tensor, "*batch"]:
    """W_p^p (the p-th power) between sets of numbers along the last axis; leading axes are kept.

    Args:
        x: (..., n) numbers, unsorted. Only shapes are checked here: NaN in, NaN out.
        y: (..., m) numbers; n and m may differ, the leading axes may not.
        p: 1 or 2.
        x_weights: (..., n) non-negative masses of x; they are scaled to sum to 1. None: all equal.
        y_weights: (..., m), the same for y.

    Returns:
        (...), at least 0; differentiable in the numbers and in the weights.

    Raises:
        InputError: p is not 1 or 2, a set is empty, or shapes do not fit.
    """
    check_power(p)
    if x.shape[-1:].numel() == 0 or y.shape[-1:].numel() == 0 or x.ndim == 0 or y.ndim == 0:
        raise InputError(f"sets of shape {tuple(x.shape)} and {tuple(y.shape)}: each needs at least one number")
    if x.shape[:-1] != y.shape[:-1]:
        raise InputError(f"leading axes {tuple(x.shape[:-1])} and {tuple(y.shape[:-1])} differ: make them equal")
    for name, values, weights in (("x_weights", x, x_weights), ("y_weights", y, y_weights)):
        if weights is not None and weights.shape != values.shape:
            raise InputError(f"{name} of shape {tuple(weights.shape)}: expected {tuple(values.shape)}, one per number")
    if x_weights is None and y_weights is None:
        x_sorted, y_sorted = sorted_values(x), sorted_values(y)
        if x.shape[-1] == y.shape[-1]:
            return to_power(x_sorted - y_sorted, p).mean(dim=-1)
        x_index, y_index, share = _merged_counts(x.shape[-1], y.shape[-1], x.device)
        gap = x_sorted[..., x_index] - y_sorted[..., y_index]
        return to_power(gap, p) @ share.to(gap.dtype)
    x_sorted, x_order = sort(x)
    y_sorted, y_order = sort(y)
    x_index, y_index, share = _merged_levels(_levels(x, x_weights, x_order), _levels(y, y_weights, y_order))
    gap = torch.gather(x_sorted, -1, x_index) - torch.gather(y_sorted, -1, y_index)
    return (to_power(gap, p) * share.to(gap.dtype)).sum(dim=-1)


def direction_costs(
    x: Points,
    y: Others,
    directions: Float[Tensor, "directions dims"],
    p: int = 2,
    x_weights: Weights | None = None,
    y_weights: OtherWeights | None = None,
) -> Float[Tensor, "*batch directions"]:
    """W_p^p of both sets projected on each direction: one number per batch item and direction. A pure function.

    Args:
        x: (..., points, dims).
        y: (..., other, dims): the same batch axes and dims, any number of points.
        directions: (directions, dims), rows of length 1.
        p: 1 or 2.
        x_weights: (..., points), non-negative; None: all equal.
        y_weights: (..., other), the same for y.

    Returns:
        (..., directions), at least 0. The mean over directions estimates SW_p^p.
    """
    # Made contiguous, because on the CPU the gradient of a product with a transposed view takes several times as long.
    x_lines, y_lines = directions @ x.mT.contiguous(), directions @ y.mT.contiguous()
    return wasserstein_1d(x_lines, y_lines, p, on_lines(x_weights, x_lines), on_lines(y_weights, y_lines))


def plan(
    x: Float[Tensor, "*batch n"],
    y: Float[Tensor, "*batch m"],
    x_weights: Float[Tensor, "*batch n"] | None = None,
    y_weights: Float[Tensor, "*batch m"] | None = None,
) -> tuple[Int[Tensor, "*batch steps"], Float[Tensor, "*batch steps"], Float[Tensor, "*batch steps"]]:
    """The optimal plan between sets of numbers, which is the same for every p. Values are not checked; it carries no gradient.

    Args:
        x, y, x_weights, y_weights: as for :func:`wasserstein_1d`.

    Returns:
        For each of n + m steps: which number of x it takes mass from, the value of y that this mass goes to, and how much mass it
        moves, summing to 1.
    """
    with torch.no_grad():
        x_order = argsort(x)
        y_sorted, y_order = sort(y)
        if x_weights is None and y_weights is None:
            x_index, y_index, share = (
                each.expand(*x.shape[:-1], -1) for each in _merged_counts(x.shape[-1], y.shape[-1], x.device)
            )
        else:
            x_index, y_index, share = _merged_levels(_levels(x, x_weights, x_order), _levels(y, y_weights, y_order))
        return x_order.gather(-1, x_index), y_sorted.gather(-1, y_index), share.to(x.dtype)


def check_power(p: int) -> None:
    """Raise InputError unless p is 1 or 2."""
    if isinstance(p, bool) or p not in (1, 2):
        raise InputError(f"p = {p!r} is not supported: choose 1 or 2")


def check_sets(x: Tensor, y: Tensor, x_weights: Tensor | None = None, y_weights: Tensor | None = None) -> None:
    """Raise InputError unless x and y are two sets of points that can be compared.

    Values are looked at on the CPU only. Elsewhere the host would have to wait for the device at each step; NaN in gives NaN out.
    """
    check_shapes(x, y, x_weights, y_weights)
    check_values("x", x)
    check_values("y", y)
    for name, weights in (("x_weights", x_weights), ("y_weights", y_weights)):
        check_masses(name, weights)


def check_shapes(x: Tensor, y: Tensor, x_weights: Tensor | None = None, y_weights: Tensor | None = None) -> None:
    """The part of :func:`check_sets` that does not look at values."""
    for name, points in (("x", x), ("y", y)):
        _check_points(name, points)
    if x.ndim != y.ndim or x.shape[:-2] != y.shape[:-2]:
        raise InputError(f"x has shape {tuple(x.shape)} and y {tuple(y.shape)}: give both the same batch axis")
    if x.shape[-1] != y.shape[-1]:
        raise InputError(f"x has {x.shape[-1]} dims and y has {y.shape[-1]}: give both the same number of columns")
    check_alike("x", x, "y", y)
    for name, points, weights in (("x_weights", x, x_weights), ("y_weights", y, y_weights)):
        if weights is not None:
            if not isinstance(weights, Tensor) or weights.shape != points.shape[:-1]:
                got = tuple(weights.shape) if isinstance(weights, Tensor) else type(weights).__name__
                raise InputError(
                    f"{name}: got {got}, expected a tensor of shape {tuple(points.shape[:-1])}, one per point"
                )
            check_alike(name, weights, name[0], points)


def check_values(name: str, points: Tensor) -> None:
    """Raise InputError where points on the CPU hold NaN or infinite values."""
    if points.device.type == "cpu" and not _all_finite(points):
        raise InputError(f"{name} of shape {tuple(points.shape)} holds NaN or infinite values: remove or replace them")


def check_masses(name: str, weights: Tensor | None) -> None:
    """Raise InputError where weights on the CPU cannot be masses: negative, not finite, or all zero."""
    if weights is None or weights.device.type != "cpu":
        return
    if not _all_finite(weights) or bool((weights < 0).any()):
        raise InputError(f"{name} holds negative, NaN or infinite values: give finite weights of at least 0")
    if not bool((weights.sum(dim=-1) > 0).all()):
        raise InputError(f"{name} are all zero for a whole set: give at least one point a weight above 0")


def check_alike(name: str, tensor: Tensor, other_name: str, other: Tensor) -> None:
    """Raise InputError unless both tensors have the same dtype and are on the same device."""
    if tensor.dtype != other.dtype:
        raise InputError(f"{name} is {tensor.dtype} and {other_name} is {other.dtype}: convert one with .to(dtype)")
    if tensor.device != other.device:
        raise InputError(f"{name} is on {tensor.device} and {other_name} on {other.device}: move one with .to(device)")


def _check_points(name: str, points: Tensor) -> None:
    if not isinstance(points, Tensor):
        raise InputError(f"{name} is a {type(points).__name__}: give a tensor of shape (points, dims)")
    if points.ndim not in (2, 3):
        raise InputError(f"{name} has shape {tuple(points.shape)}: give (points, dims) or (batch, points, dims)")
    if points.numel() == 0:
        raise InputError(f"{name} has shape {tuple(points.shape)} and is empty: give at least one point")
    if points.dtype not in (torch.float32, torch.float64):
        raise InputError(f"{name} is {points.dtype}: convert it to float32 or float64 first, as with .float()")


def _all_finite(values: Tensor) -> bool:
    """Whether no value is NaN or infinite. Needs no mask in memory, since the extremes of values with NaN are NaN."""
    return all(math.isfinite(each) for each in torch.aminmax(values.detach()))


def to_power(gap: Float[Tensor, "*shape"], p: int) -> Float[Tensor, "*shape"]:
    """|gap|^p for p = 1 or 2."""
    return gap.abs() if p == 1 else gap.square()


def on_lines(weights: Weights | None, lines: Float[Tensor, "*batch line points"]) -> Tensor | None:
    """The masses of points as masses of their projections on each line, (..., line, points)."""
    return None if weights is None else rearrange(weights, "... points -> ... 1 points").expand(lines.shape)


def centre(values: Float[Tensor, "*batch points columns"], weights: Weights | None) -> Float[Tensor, "*batch columns"]:
    """The mean over points, weighted where there are weights. Values are not checked."""
    if weights is None:
        return values.mean(dim=-2)
    masses = weights / weights.amax(dim=-1, keepdim=True)  # the sum of huge weights would be infinite
    return (masses.unsqueeze(-2) @ values).squeeze(-2) / masses.sum(dim=-1, keepdim=True)


def _merged_counts(
    n: int, m: int, device: torch.device
) -> tuple[Int[Tensor, " steps"], Int[Tensor, " steps"], Float[Tensor, " steps"]]:
    """For equal masses 1/n and 1/m: which sample of each set every step of the merged levels takes, and how much mass.

    Levels are counted in units of 1/(n·m), in whole numbers, so coinciding levels coincide exactly.
    """
    x_levels = torch.arange(1, n + 1, device=device) * m
    y_levels = torch.arange(1, m + 1, device=device) * n
    levels = torch.sort(torch.cat([x_levels, y_levels])).values
    share = torch.diff(levels, prepend=levels.new_zeros(1)).to(torch.float32 if device.type == "mps" else torch.float64)
    return torch.searchsorted(x_levels, levels), torch.searchsorted(y_levels, levels), share / (n * m)


def _levels(
    values: Float[Tensor, "*batch n"], weights: Float[Tensor, "*batch n"] | None, order: Int[Tensor, "*batch n"]
) -> Float[Tensor, "*batch n"]:
    """The cumulative share of mass after each sorted sample; the last is exactly 1. In double precision where the device has
    it."""
    dtype = values.dtype if values.device.type == "mps" else torch.float64
    if weights is None:
        count = values.shape[-1]
        return (torch.arange(1, count + 1, device=values.device, dtype=dtype) / count).expand(values.shape)
    mass = torch.cumsum(torch.gather(weights.to(dtype), -1, order), dim=-1)
    return mass / mass[..., -1:]


def _merged_levels(
    x_levels: Float[Tensor, "*batch n"], y_levels: Float[Tensor, "*batch m"]
) -> tuple[Int[Tensor, "*batch steps"], Int[Tensor, "*batch steps"], Float[Tensor, "*batch steps"]]:
    """Which sorted sample of each set every step of the merged levels takes, and how much mass. A sample without mass spans no
    level and does not count."""
    levels = torch.sort(torch.cat([x_levels, y_levels], dim=-1), dim=-1).values
    share = torch.diff(levels, dim=-1, prepend=torch.zeros_like(levels[..., :1]))
    steps = levels.detach().contiguous()
    # the quantile at level q is the first sample whose cumulative mass reaches q
    # (NaN levels, which come from NaN or all-zero weights, would lead beyond the end; their share is NaN for any sample)
    x_index = torch.searchsorted(x_levels.detach().contiguous(), steps).clamp(max=x_levels.shape[-1] - 1)
    y_index = torch.searchsorted(y_levels.detach().contiguous(), steps).clamp(max=y_levels.shape[-1] - 1)
    return x_index, y_index, share
