"""A small damped least-squares solver for models with a few dozen numbers.

Gauss-Newton steps with Levenberg-Marquardt damping (Nocedal and Wright, Numerical Optimization, ch. 10). The residuals of a
sample count by their length and not by its square (iteratively re-weighted least squares), so that a few pixels that moved
between the pictures do not carry the fit away.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

ROUNDS = 40
"""Steps that are tried at most."""
_SETTLED = 1e-5
"""Share of the cost by which a step has to lower it, or the fit ends."""
_ROUNDING = 0.5
"""Residual below which it counts by its square: below it, it is mostly noise."""


def held_as_firmly_as_pays(
    residuals: Callable[[Tensor], Float[Tensor, "n 3"]],
    centre: Float[Tensor, " p"],
    firmness: Float[Tensor, " p"],
    scales: Sequence[float],
) -> Float[Tensor, " p"]:
    """Fit with several firmnesses, and take the one whose generalised cross-validation is least.

    It tells from one fit how well colours left out would be foreseen (P. Craven and G. Wahba, "Smoothing noisy data with spline
    functions", Numerische Mathematik 31, 1979): a number that is free to follow the noise costs as much as it gains.

    Args:
        residuals: from the numbers to the residuals of every sample; differentiable.
        centre: where the numbers are held, float64.
        firmness: weight of the squared distance of each number from there.
        scales: what the firmness is multiplied by, the firmest first.

    Returns:
        The numbers, float64.
    """
    best, least, numbers = centre, float("inf"), centre
    for scale in scales:
        numbers, figure = robust_fit(residuals, centre, scale * firmness, numbers)
        if figure < least:
            best, least = numbers, figure
    return best


def robust_fit(
    residuals: Callable[[Tensor], Float[Tensor, "n 3"]],
    centre: Float[Tensor, " p"],
    firmness: Float[Tensor, " p"],
    start: Float[Tensor, " p"],
) -> tuple[Float[Tensor, " p"], float]:
    """The numbers with the least sum of residual lengths, each held near its centre.

    Args:
        residuals: from the numbers to the residuals of every sample; differentiable.
        centre: where the numbers are held, float64.
        firmness: weight of the squared distance of each number from there.
        start: the numbers to start from.

    Returns:
        The numbers, float64, and their generalised cross-validation: less is better.
    """
    numbers, damping = start.clone(), 1e-3
    cost = _cost(residuals(numbers), numbers - centre, firmness)
    for _ in range(ROUNDS):
        hessian, gradient = _normal_equations(residuals, numbers)
        hessian, gradient = hessian + torch.diag(firmness), gradient + firmness * (numbers - centre)
        before = cost
        for _ in range(8):
            damped = hessian + damping * torch.diag(hessian.diagonal().clamp(min=1e-9))
            tried = numbers - torch.linalg.solve(damped, gradient)
            tried_cost = _cost(residuals(tried), tried - centre, firmness)
            if tried_cost < cost:
                numbers, cost, damping = tried, tried_cost, max(damping / 5, 1e-9)
                break
            damping *= 5
        if before - cost <= _SETTLED * before:
            break
    hessian, _ = _normal_equations(residuals, numbers)
    used = float(torch.linalg.solve(hessian + torch.diag(firmness), hessian).trace())
    found = residuals(numbers)
    squares = float((found.square().sum(dim=1) * _weights(found)).sum())
    return numbers, squares / max(1e-9, found.numel() - used) ** 2


def _normal_equations(residuals: Callable[[Tensor], Tensor], numbers: Tensor) -> tuple[Tensor, Tensor]:
    """The weighted Hessian (P, P) and gradient (P,) of the residuals alone."""
    found = residuals(numbers)
    jacobian: Tensor = torch.func.jacfwd(residuals)(numbers)
    weighted = (jacobian * _weights(found)[:, None, None]).flatten(0, 1)
    return weighted.T @ jacobian.flatten(0, 1), weighted.T @ found.flatten()


def _weights(found: Float[Tensor, "n 3"]) -> Float[Tensor, " n"]:
    return 1.0 / found.norm(dim=1).clamp(min=_ROUNDING)


def _cost(found: Tensor, away: Tensor, firmness: Tensor) -> float:
    """Huber's loss of the residuals and the pull to the start; infinite where a number is none."""
    length = found.norm(dim=1)
    loss = torch.where(length < _ROUNDING, length.square() / (2 * _ROUNDING), length - _ROUNDING / 2).sum()
    total = float(loss + (firmness * away.square()).sum() / 2)
    return total if total == total else float("inf")
