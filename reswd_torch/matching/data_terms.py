"""The data terms of a fit: how far the source samples are from where a coupling wants them, as a quadratic model.

A coupling says to which target value each source sample is matched, along which direction. The residual of sample n along
direction k is r = theta_k . lab_n - t_kn. Every coupling turns a (N, 3) set of Lab colours into a loss and, per sample, the
3 x 3 matrix and the 3-vector that a Gauss-Newton step needs: A_n = sum_k w_kn theta_k theta_k^T and
b_n = sum_k w_kn r_kn theta_k. No Jacobian per direction is ever formed.

For p = 1 the weights are w = 1 / max(|r|, half a Lab unit): iteratively re-weighted least squares, a majorise-minimise
scheme for the mean of |r| (Huber's rule near zero).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.sorting import argsort, at_quantiles, sorted_values

_ROUNDING = 0.5  # Lab units; below it |r| counts as r**2, which keeps the weights finite


class QuadraticModel(NamedTuple):
    """The loss of a coupling at one set of colours, and its local quadratic model.

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
    """Turns the current colours of the source samples into a :class:`QuadraticModel`."""

    def __call__(self, lab: Float[Tensor, "n 3"]) -> QuadraticModel:
        """Evaluate at ``lab``."""


class SlicedCoupling:
    """Optimal 1-D couplings along fixed directions (the sliced Wasserstein distance, arXiv 2510.01061, eq. 2).

    The target never moves, so its projections are sorted once; each evaluation sorts the source's.

    Args:
        target_lab: (M, 3).
        directions: (K, 3), unit length.
        samples: number of source samples.
        tails: share of the source's samples that is ignored at either end along each direction. Where two pictures show nearly
            the same, what only one of them shows lies mostly there. 0: every sample counts.
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

    def __call__(self, lab: Float[Tensor, "n 3"]) -> QuadraticModel:
        projected = self.directions @ lab.T
        order = argsort(projected)
        residual = projected - torch.empty_like(self.target).scatter_(1, order, self.target)
        weight = 1.0 / residual.abs().clamp(min=_ROUNDING) / residual.numel()
        if self.counts is not None:
            counted = torch.empty_like(residual).scatter_(1, order, self.counts.expand_as(order))
            residual, weight = residual * counted, weight * counted
        outer = torch.einsum("ki,kj->kij", self.directions, self.directions).flatten(1)
        return QuadraticModel(
            loss=residual.abs().mean(),
            curvature=(weight.T @ outer).reshape(-1, 3, 3),
            force=(weight * residual).T @ self.directions,
        )


class JoinedCoupling:
    """Several couplings at once. Each has samples of its own, which lie one after the other.

    Args:
        parts: each coupling with the number of its samples and its weight in the loss.
    """

    def __init__(self, parts: Sequence[tuple[Coupling, int, float]]) -> None:
        self.parts = tuple(parts)

    def __call__(self, lab: Float[Tensor, "n 3"]) -> QuadraticModel:
        terms = [
            (weight, coupling(part))
            for (coupling, _, weight), part in zip(
                self.parts, lab.split([count for _, count, _ in self.parts]), strict=True
            )
        ]
        return QuadraticModel(
            loss=torch.stack([weight * term.loss for weight, term in terms]).sum(),
            curvature=torch.cat([weight * term.curvature for weight, term in terms]),
            force=torch.cat([weight * term.force for weight, term in terms]),
        )


class SummedCoupling:
    """Several couplings of the same samples.

    Args:
        parts: the couplings, whose losses are added.
    """

    def __init__(self, parts: Sequence[Coupling]) -> None:
        self.parts = tuple(parts)

    def __call__(self, lab: Float[Tensor, "n 3"]) -> QuadraticModel:
        terms = [part(lab) for part in self.parts]
        return QuadraticModel(
            loss=torch.stack([term.loss for term in terms]).sum(),
            curvature=torch.stack([term.curvature for term in terms]).sum(dim=0),
            force=torch.stack([term.force for term in terms]).sum(dim=0),
        )


class PairedCoupling:
    """Every sample has a target colour of its own, such as the result of a transform that another one is fitted to.

    Args:
        target_lab: (N, 3), one colour for each source sample.
    """

    def __init__(self, target_lab: Float[Tensor, "n 3"]) -> None:
        self.target = target_lab

    def __call__(self, lab: Float[Tensor, "n 3"]) -> QuadraticModel:
        residual = lab - self.target
        length = residual.norm(dim=1, keepdim=True)
        weight = 1.0 / length.clamp(min=_ROUNDING) / len(lab)
        return QuadraticModel(length.mean(), weight.unsqueeze(2) * torch.eye(3).to(lab), weight * residual)
