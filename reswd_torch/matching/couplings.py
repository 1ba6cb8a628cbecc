"""What a fit pulls towards: which target value every source sample is matched to, along which direction.

The residual of sample n along direction k is r = theta_k . lab_n - t_kn. Both couplings turn a (N, 3) set of Lab colours
into a loss and, per sample, the 3 x 3 matrix and the 3-vector that a Gauss-Newton step needs: A_n = sum_k w_kn theta_k
theta_k^T and b_n = sum_k w_kn r_kn theta_k, so that no Jacobian per direction is ever formed.

For p = 1 the weights are w = 1 / max(|r|, half a Lab unit): iteratively re-weighted least squares, a majorise-minimise
scheme for the mean of |r| (Huber's rule near zero).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.sorting import argsort, sorted_values

_ROUNDING = 0.5  # Lab units; below it |r| counts as r**2, which keeps the weights finite


class Pull(NamedTuple):
    """One evaluation of a coupling.

    Attributes:
        loss: mean |r| over samples and directions, Lab units.
        curvature: (N, 3, 3), A_n divided by the number of residuals.
        force: (N, 3), b_n divided by the number of residuals.
    """

    loss: Tensor
    curvature: Float[Tensor, "n 3 3"]
    force: Float[Tensor, "n 3"]


@runtime_checkable
class Coupling(Protocol):
    """Turns the current colours of the source samples into a :class:`Pull`."""

    def __call__(self, lab: Float[Tensor, "n 3"]) -> Pull:
        """Evaluate at ``lab``."""


class SlicedCoupling:
    """Optimal 1-D couplings along fixed directions (the sliced Wasserstein distance, arXiv 2510.01061, eq. 2).

    The target never moves, so its projections are sorted once; each evaluation sorts the source's.

    Args:
        target_lab: (M, 3).
        directions: (K, 3), unit length.
        samples: how many source samples there are.
        tails: along each direction, this share of the source's samples at either end counts for nothing: where two pictures
            show nearly the same, what only one of them shows lies mostly there. 0: all count.
    """

    def __init__(
        self,
        target_lab: Float[Tensor, "m 3"],
        directions: Float[Tensor, "k 3"],
        samples: int,
        *,
        tails: float = 0.0,
    ) -> None:
        self.directions = directions
        ordered = sorted_values(directions @ target_lab.T)
        self.target = at_quantiles(ordered, samples)
        self.counts = None
        if tails > 0.0:
            ranks = torch.arange(samples, device=directions.device)
            self.counts = ((ranks >= tails * samples) & (ranks < (1.0 - tails) * samples)).to(directions)

    def __call__(self, lab: Float[Tensor, "n 3"]) -> Pull:
        projected = self.directions @ lab.T
        order = argsort(projected)
        residual = projected - torch.empty_like(self.target).scatter_(1, order, self.target)
        weight = 1.0 / residual.abs().clamp(min=_ROUNDING) / residual.numel()
        if self.counts is not None:
            counted = torch.empty_like(residual).scatter_(1, order, self.counts.expand_as(order))
            residual, weight = residual * counted, weight * counted
        outer = torch.einsum("ki,kj->kij", self.directions, self.directions).flatten(1)
        return Pull(
            loss=residual.abs().mean(),
            curvature=(weight.T @ outer).reshape(-1, 3, 3),
            force=(weight * residual).T @ self.directions,
        )


class JoinedCoupling:
    """Several couplings at once, each of its own samples, which lie one after the other.

    Args:
        parts: each with how many samples it takes, and its weight in the loss.
    """

    def __init__(self, parts: Sequence[tuple[Coupling, int, float]]) -> None:
        self.parts = tuple(parts)

    def __call__(self, lab: Float[Tensor, "n 3"]) -> Pull:
        pulls = [
            (weight, coupling(part))
            for (coupling, _, weight), part in zip(
                self.parts, lab.split([count for _, count, _ in self.parts]), strict=True
            )
        ]
        return Pull(
            loss=torch.stack([weight * pull.loss for weight, pull in pulls]).sum(),
            curvature=torch.cat([weight * pull.curvature for weight, pull in pulls]),
            force=torch.cat([weight * pull.force for weight, pull in pulls]),
        )


class PairedCoupling:
    """Every sample has its own target colour: fits a transform to the result of another one."""

    def __init__(self, target_lab: Float[Tensor, "n 3"]) -> None:
        self.target = target_lab

    def __call__(self, lab: Float[Tensor, "n 3"]) -> Pull:
        residual = lab - self.target
        length = residual.norm(dim=1, keepdim=True)
        weight = 1.0 / length.clamp(min=_ROUNDING) / len(lab)
        return Pull(length.mean(), weight.unsqueeze(2) * torch.eye(3).to(lab), weight * residual)


def at_quantiles(ordered: Float[Tensor, "k m"], count: int) -> Float[Tensor, "k count"]:
    """Values of a sorted sample at ``count`` evenly spaced quantiles (i + 1/2) / count, linear between order statistics."""
    size = ordered.shape[1]
    if size == count:
        return ordered
    place = ((torch.arange(count, dtype=torch.float64) + 0.5) / count * size - 0.5).clamp(0, size - 1)
    low = place.floor().long()
    high = (low + 1).clamp(max=size - 1)
    share = (place - low).to(ordered)
    low, high = low.to(ordered.device), high.to(ordered.device)
    return ordered[:, low] * (1 - share) + ordered[:, high] * share
