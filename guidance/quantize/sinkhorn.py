"""The dual scales of SINQ: Sinkhorn-normalised quantization (arXiv 2509.22944).

A weight that is far larger than its neighbours makes the step of everything that shares its scale coarse. With a scale for
each row and another for each column an outlier can be charged to either. A matrix is easy to round where all its rows and
columns deviate alike; the ratio of the largest to the smallest standard deviation is its imbalance. Scales that make it small
come from dividing by the deviations of rows and columns in turn, as Sinkhorn and Knopp do with sums.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

ITERATIONS = 16
"""How often rows and columns are divided. Later rounds change scales by less than a code."""
_LARGEST_STEP = 1e3
"""By how much one division may change a scale, up or down."""
_DEAD = 1e-6
"""Share of the mean square below which a variance is the error of float32."""
_BALANCED = 1.01
"""An imbalance with which nothing is left to gain."""


class _Moments:
    """The weights and their squares, of which every division of rows and columns needs two products with a vector.

    So no scaled copy of the weights is made on the way, which takes a twentieth of the time.
    """

    def __init__(self, weight: Tensor) -> None:
        self._weight, self._squares = weight, weight.square()

    def rows(self, log_u: Tensor, log_v: Tensor) -> Tensor:
        """Standard deviations of the rows of ``weight / exp(log_u + log_v)``, (tiles, out, 1)."""
        by = (-log_v).exp().mT / self._weight.shape[2]
        squares = by.square() * self._weight.shape[2]
        return _deviation(self._weight @ by, self._squares @ squares) * (-log_u).exp()

    def columns(self, log_u: Tensor, log_v: Tensor) -> Tensor:
        """Those of its columns, (tiles, 1, tile)."""
        by = (-log_u).exp().mT / self._weight.shape[1]
        squares = by.square() * self._weight.shape[1]
        return _deviation(by @ self._weight, squares @ self._squares) * (-log_v).exp()


def _deviation(mean: Tensor, mean_square: Tensor) -> Tensor:
    """The standard deviation that follows from two moments. What float32 can no longer tell from a constant has none."""
    variance = mean_square - mean.square()
    return torch.where(variance > _DEAD * mean_square, variance, 0.0).sqrt()


def _extremes(rows: Tensor, columns: Tensor) -> tuple[Tensor, Tensor]:
    """The smallest and the largest deviation of each tile, (tiles, 1, 1); those of constant rows and columns do not count."""
    both = torch.cat((rows.flatten(1), columns.flatten(1)), dim=1)
    largest = both.amax(1)
    smallest = both.masked_fill(both == 0, torch.inf).amin(1)
    return smallest.clamp(max=largest)[:, None, None], largest[:, None, None]


def imbalance(weight: Float[Tensor, "tiles out tile"]) -> Float[Tensor, " tiles"]:
    """Largest over smallest standard deviation among the rows and columns of each tile: 1 at best.

    Rows and columns that are constant are left out. A tile that is constant throughout has 1.
    """
    log_u, log_v = torch.zeros_like(weight[:, :, :1]), torch.zeros_like(weight[:, :1, :])
    moments = _Moments(weight)
    return _ratio(*_extremes(moments.rows(log_u, log_v), moments.columns(log_u, log_v))).flatten()


def dual_scales(
    weight: Float[Tensor, "tiles out tile"], iterations: int = ITERATIONS
) -> tuple[Float[Tensor, "tiles out 1"], Float[Tensor, "tiles 1 tile"]]:
    """Scales of rows and of columns whose product takes the imbalance out of each tile (Algorithm 1).

    The scales are kept as logarithms. In turn rows and columns are divided by their standard deviations, by a limited share
    each time, and of all scales on the way those with the smallest imbalance are returned; the first are 1, so the imbalance
    never grows.

    Args:
        weight: the weights of each tile, float32.
        iterations: how often rows and columns are divided, at most; less often once every tile is balanced.

    Returns:
        Scales u of rows and v of columns, positive; ``weight / (u * v)`` is what is rounded. The geometric mean of v is 1.
    """
    moments = _Moments(weight)
    log_u, log_v = torch.zeros_like(weight[:, :, :1]), torch.zeros_like(weight[:, :1, :])
    best_u, best_v, best = log_u, log_v, torch.full_like(log_u[:, :1], torch.inf)
    rows, columns = moments.rows(log_u, log_v), moments.columns(log_u, log_v)
    target, _ = _extremes(rows, columns)
    for turn in range(iterations + 1):
        found = _ratio(*_extremes(rows, columns))
        better = found < best
        best_u, best_v = torch.where(better, log_u, best_u), torch.where(better, log_v, best_v)
        best = torch.where(better, found, best)
        if turn == iterations or bool((best < _BALANCED).all()):
            break
        log_u = log_u + _step(rows, target)
        log_v = log_v + _step(moments.columns(log_u, log_v), target)
        rows, columns = moments.rows(log_u, log_v), moments.columns(log_u, log_v)
    centre = best_v.mean(2, keepdim=True)
    return (best_u + centre).exp(), (best_v - centre).exp()


def _ratio(smallest: Tensor, largest: Tensor) -> Tensor:
    """The imbalance of each tile by its extremes."""
    return torch.where(largest > 0, largest / smallest, 1.0)


def _step(deviations: Tensor, target: Tensor) -> Tensor:
    """What the logarithms of scales grow by, so that the deviations become the target. Where there is none, they stay."""
    share = torch.where(deviations > 0, deviations / target, 1.0)
    return share.clamp(1 / _LARGEST_STEP, _LARGEST_STEP).log()
