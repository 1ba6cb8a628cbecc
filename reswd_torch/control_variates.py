"""Control variates for the sliced Wasserstein distance (K. Nguyen and N. Ho, arXiv 2305.00402).

Replace each projected set by the Gaussian of its mean and variance. Between Gaussians W_2² is (difference of means)²
plus (difference of standard deviations)², and two bounds of it have a spherical mean that is known exactly:

    lower   C(θ) = (θ·(m - n))²                       E C = |m - n|² / d
    upper   C(θ) = (θ·(m - n))² + θᵀSθ + θᵀTθ         E C = (|m - n|² + tr S + tr T) / d

with means m, n and covariances S, T of the two sets in d dimensions. The estimate of E W from costs W_i is then

    mean(W) - γ (mean(C) - E C),      γ = Cov(W, C) / Var(C)    from the same directions.

Any γ that does not depend on the directions leaves the estimate unbiased; estimating γ from them costs a bias of order
1/directions, as in the paper. γ is held constant for the gradient. Both controls are of use for p = 1 too, because they need
only correlate with the costs.
"""

from __future__ import annotations

import torch
from einops import einsum, rearrange
from jaxtyping import Float
from torch import Tensor

from reswd_torch.errors import InputError
from reswd_torch.wasserstein import Others, OtherWeights, Points, Weights, centre

KINDS = ("lower", "upper")
"""What :func:`gaussian_control` understands."""


def gaussian_control(
    kind: str,
    x: Points,
    y: Others,
    directions: Float[Tensor, "directions dims"],
    x_weights: Weights | None = None,
    y_weights: OtherWeights | None = None,
) -> tuple[Float[Tensor, "*batch directions"], Float[Tensor, "*batch"]]:
    """The control C(θ) on each direction, and its exact mean over the sphere.

    Args:
        kind: ``"lower"`` or ``"upper"``.
        x: (..., points, dims).
        y: (..., other, dims).
        directions: (directions, dims), rows of length 1.
        x_weights: (..., points), non-negative; None: all equal.
        y_weights: (..., other), likewise.

    Returns:
        (..., directions) and (...), both at least 0.

    Raises:
        InputError: unknown kind.
    """
    check_control(kind)
    dims = x.shape[-1]
    x_mean, y_mean = centre(x, x_weights), centre(y, y_weights)
    shift = x_mean - y_mean
    control = einsum(shift, directions, "... dims, line dims -> ... line").square()
    expected = shift.square().sum(dim=-1) / dims
    if kind == "upper":
        for points, mean, weights in ((x, x_mean, x_weights), (y, y_mean, y_weights)):
            centred = points - rearrange(mean, "... dims -> ... 1 dims")
            lines = einsum(centred, directions, "... points dims, line dims -> ... points line")
            control = control + centre(lines.square(), weights)
            expected = expected + centre(centred.square(), weights).sum(dim=-1) / dims
    return control, expected


def controlled_mean(
    costs: Float[Tensor, "*batch directions"],
    control: Float[Tensor, "*batch directions"],
    expected: Float[Tensor, "*batch"],
    gamma: Float[Tensor, "*batch"] | None = None,
) -> Float[Tensor, "*batch"]:
    """The mean of ``costs`` over directions, corrected by a control of known mean (arXiv 2305.00402).

    It may be below zero where few directions are used.

    Args:
        costs: cost of each direction.
        control: value of the control on each direction.
        expected: the exact mean of the control over the sphere.
        gamma: factor of the correction; None: the one that :func:`control_coefficient` estimates.
    """
    if gamma is None:
        gamma = control_coefficient(costs, control)
    return costs.mean(dim=-1) - gamma * (control.mean(dim=-1) - expected)


def control_coefficient(
    costs: Float[Tensor, "*batch directions"], control: Float[Tensor, "*batch directions"]
) -> Float[Tensor, "*batch"]:
    """γ = Cov(costs, control) / Var(control) over the directions, without gradient; 0 where the control does not
    vary."""
    costs, control = costs.detach(), control.detach()
    centre = control.mean(dim=-1, keepdim=True)
    deviation = control - centre
    variance = deviation.square().mean(dim=-1)
    covariance = (deviation * (costs - costs.mean(dim=-1, keepdim=True))).mean(dim=-1)
    # for one direction, one dimension or equal means only rounding is left, and the ratio of rounding errors would be noise
    rounding = (8 * torch.finfo(control.dtype).eps * centre.squeeze(-1)).square()
    varies = variance > rounding
    return torch.where(varies, covariance / torch.where(varies, variance, 1.0), 0.0)


def check_control(kind: str) -> None:
    """Raise InputError unless ``kind`` is known."""
    if kind not in KINDS:
        raise InputError(f"unknown control_variate {kind!r}: choose None, {' or '.join(map(repr, KINDS))}")
