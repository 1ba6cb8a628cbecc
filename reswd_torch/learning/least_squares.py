"""A small damped least-squares solver for models with a few dozen numbers.

Gauss-Newton steps with Levenberg-Marquardt damping (Nocedal and Wright, Numerical Optimization, ch. 10). The residuals of a
sample count by their length and not by its square (iteratively re-weighted least squares), so that a few pixels that moved
between the pictures do not carry the fit away.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

ROUNDS = 40
"""Steps that are tried at most."""
_SETTLED = 1e-5
"""Share of the cost by which a step has to lower it, or the fit ends."""
_ROUNDING = 0.5
"""Residual below which it counts by its square: below it, it is mostly noise."""


def robust_fit(
    residuals: Callable[[Tensor], Float[Tensor, "n 3"]], start: Float[Tensor, " p"], firmness: Float[Tensor, " p"]
) -> Float[Tensor, " p"]:
    """The numbers with the least sum of residual lengths, each held at where it starts.

    Args:
        residuals: from the numbers to the residuals of every sample; differentiable.
        start: the numbers to start from, float64.
        firmness: weight of the squared distance of each number from its start.

    Returns:
        The numbers, float64.
    """
    numbers, damping = start.clone(), 1e-3
    cost = _cost(residuals(numbers), numbers - start, firmness)
    for _ in range(ROUNDS):
        found = residuals(numbers)
        jacobian: Tensor = torch.func.jacfwd(residuals)(numbers)
        weight = 1.0 / found.norm(dim=1).clamp(min=_ROUNDING)
        weighted = jacobian * weight[:, None, None]
        hessian = torch.einsum("nip,niq->pq", weighted, jacobian) + torch.diag(firmness)
        gradient = torch.einsum("nip,ni->p", weighted, found) + firmness * (numbers - start)
        before = cost
        for _ in range(8):
            damped = hessian + damping * torch.diag(hessian.diagonal().clamp(min=1e-9))
            tried = numbers - torch.linalg.solve(damped, gradient)
            tried_cost = _cost(residuals(tried), tried - start, firmness)
            if tried_cost < cost:
                numbers, cost, damping = tried, tried_cost, max(damping / 5, 1e-9)
                break
            damping *= 5
        if before - cost <= _SETTLED * before:
            break
    return numbers


def _cost(found: Tensor, away: Tensor, firmness: Tensor) -> float:
    """Huber's loss of the residuals and the pull to the start; infinite where a number is none."""
    length = found.norm(dim=1)
    loss = torch.where(length < _ROUNDING, length.square() / (2 * _ROUNDING), length - _ROUNDING / 2).sum()
    total = float(loss + (firmness * away.square()).sum() / 2)
    return total if total == total else float("inf")
