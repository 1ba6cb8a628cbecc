"""A few thousand pixels that stand for a picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.matching.thumbnail import Thumbnail, thumbnail
from reswd_torch.palette import Palette
from reswd_torch.threads import one_thread

_PATCH_PER_LONG_EDGE = 1 / 1000
"""Side of the small square that each sample is the mean of, as a share of the long edge. The mean takes noise and grain out of
the statistics, which would otherwise be matched as if they were colour."""

HELD_OUT_SEED = 2**63 - 1
"""The seed that chooses the pixels that distances are reported on. Nobody picks it for a fit by accident."""


@dataclass(frozen=True, eq=False)
class PixelSample:
    """Colours that stand for one picture, encoded as the picture is.

    Attributes:
        fit: (N, 3) float32, 0..1: the colours that the fit looks at.
        held_out: (M, 3) float32, 0..1: colours of other pixels, for the reported distances.
        thumbnail: a small copy of the picture; None where a scene is not looked for, or where the sample is not of one picture.
        of_picture: whether the colours come from one picture or several; False for a palette.
    """

    fit: Float[Tensor, "n 3"]
    held_out: Float[Tensor, "m 3"]
    thumbnail: Thumbnail | None = None
    of_picture: bool = True

    def converted(self, convert: Callable[[np.ndarray], np.ndarray]) -> PixelSample:
        """The sample in which a function has converted the colours, its thumbnail too (:meth:`Thumbnail.converted`)."""
        fit, held_out = (torch.from_numpy(convert(part.numpy())) for part in (self.fit, self.held_out))
        seen = None if self.thumbnail is None else self.thumbnail.converted(convert)
        return replace(self, fit=fit, held_out=held_out, thumbnail=seen)


def sample_pixels(
    image: np.ndarray | Tensor,
    count: int,
    seed: int,
    weights: np.ndarray | Tensor | None = None,
    *,
    with_thumbnail: bool = False,
) -> PixelSample:
    """Choose pixels by jittered stratification, so that every part of the picture gets its share.

    Args:
        image: (H, W, 3), floats in 0..1 or unsigned integers in their full range.
        count: number of colours; a picture with fewer pixels gives all it has.
        seed: chooses the pixels. Two pictures of the same size and seed are sampled at the same places.
        weights: (H, W), at least 0: pixels are drawn in proportion to them, so those of weight 0 never.
        with_thumbnail: also keep a small copy of the picture, for fits with ``MatchSettings.looks_for_scene``.

    Returns:
        The sample, on the CPU.
    """
    fit = sample_colors(image, count, seed, weights)
    held_out = sample_colors(image, min(count, 2048), HELD_OUT_SEED, weights)
    return PixelSample(fit, held_out, thumbnail(image, weights) if with_thumbnail else None)


def pool_samples(parts: Sequence[PixelSample], count: int, seed: int) -> PixelSample:
    """One sample that stands for several pictures, each with as much say as it has colours in it.

    Args:
        parts: at least one sample. The result depends on their order.
        count: largest number of colours for the fit; for the distances at most 2,048 of them are kept.
        seed: chooses which colours are kept.

    Raises:
        ValueError: there is no sample to pool.
    """
    if not parts:
        raise ValueError("no samples to pool: give at least one")
    return PixelSample(
        _thinned(torch.cat([part.fit for part in parts]), count, seed),
        _thinned(torch.cat([part.held_out for part in parts]), min(count, 2048), HELD_OUT_SEED),
    )


def _thinned(colors: Float[Tensor, "n 3"], count: int, seed: int) -> Float[Tensor, "m 3"]:
    """At most ``count`` of the colours: one at random from each of ``count`` stretches of equal length."""
    if len(colors) <= count:
        return colors
    jitter = torch.rand(count, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return colors[((torch.arange(count) + jitter) / count * len(colors)).long()]


def palette_sample(palette: Palette, count: int) -> PixelSample:
    """A sample of ``count`` colours in which each colour of the palette is repeated in proportion to its weight."""
    colors = torch.tensor(palette.colors, dtype=torch.float32)
    weights = torch.tensor(palette.weights, dtype=torch.float64)
    places = (torch.arange(count, dtype=torch.float64) + 0.5) / count * weights.sum()
    chosen = torch.searchsorted(weights.cumsum(0), places).clamp(max=len(colors) - 1)
    return PixelSample(colors[chosen], colors[chosen], of_picture=False)


@one_thread()
def sample_colors(
    image: np.ndarray | Tensor, count: int, seed: int, weights: np.ndarray | Tensor | None
) -> Float[Tensor, "n 3"]:
    """The colours for the fit alone; arguments as for :func:`sample_pixels`. (N, 3) float32 on the CPU, 0..1."""
    height, width = image.shape[0], image.shape[1]
    generator = torch.Generator().manual_seed(seed)
    if weights is not None:
        weights = torch.as_tensor(weights).reshape(height, width).cpu()
        rows, columns = _weighted_places(weights, count, generator)
    elif height * width <= count:
        rows, columns = _places_of(torch.arange(height * width), width)
    else:
        rows, columns = _stratified_places(height, width, count, generator)
    side = max(1, round(max(height, width) * _PATCH_PER_LONG_EDGE)) if height * width > count else 1
    return _patch_means(image, weights, rows, columns, side)


def _stratified_places(height: int, width: int, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Rows and columns of exactly ``count`` places, at most one in each cell of a grid of about ``count`` cells."""
    grid_rows = min(height, max(-(-count // width), round((count * height / width) ** 0.5)))
    grid_columns = min(width, -(-count // grid_rows))
    jitter = torch.rand(2, grid_rows, grid_columns, generator=generator, dtype=torch.float64)
    rows = (torch.arange(grid_rows).unsqueeze(1) + jitter[0]) / grid_rows * height
    columns = (torch.arange(grid_columns).unsqueeze(0) + jitter[1]) / grid_columns * width
    surplus = grid_rows * grid_columns - count
    rows, columns = rows.long().flatten(), columns.long().flatten()
    if surplus > 0:
        kept = torch.randperm(len(rows), generator=generator)[:count].sort().values
        rows, columns = rows[kept], columns[kept]
    return rows, columns


def _weighted_places(weights: Tensor, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Rows and columns by systematic sampling: a random place in each of ``count`` equal steps of the running sum of the weights.

    The sum is taken row by row, so that a mask of 100 megapixels needs no running sum of its own size.
    """
    marked = weights > 0
    if int(np.count_nonzero(marked.numpy())) <= count and bool((weights[marked] == weights.max()).all()):
        rows, columns = marked.nonzero().unbind(dim=1)
        return rows, columns
    upto = torch.from_numpy(weights.numpy().sum(axis=1, dtype=np.float64)).cumsum(
        0
    )  # torch would copy it all to float64
    places = (torch.arange(count) + torch.rand(count, generator=generator, dtype=torch.float64)) / count * upto[-1]
    rows = torch.searchsorted(upto, places, right=True).clamp(max=int(marked.any(dim=1).nonzero().max()))
    within = places - torch.where(rows > 0, upto[rows - 1], 0.0)
    columns = torch.empty_like(rows)
    for row in rows.unique().tolist():
        here = rows == row
        running = weights[row].double().cumsum(0)
        found = torch.searchsorted(running, within[here], right=True)
        columns[here] = found.clamp(max=int(marked[row].nonzero().max()))  # rounding may step over the last one
    return rows, columns


def _places_of(flat: Tensor, width: int) -> tuple[Tensor, Tensor]:
    return torch.div(flat, width, rounding_mode="floor"), flat % width


def _patch_means(
    image: np.ndarray | Tensor, weights: Tensor | None, rows: Tensor, columns: Tensor, side: int
) -> Float[Tensor, "n 3"]:
    """Mean of the square of ``side`` pixels that starts at each place, leaving out pixels of weight 0."""
    height, width = image.shape[0], image.shape[1]
    total = torch.zeros(len(rows), 3, dtype=torch.float64)
    mass = torch.zeros(len(rows), 1, dtype=torch.float64)
    for down in range(side):
        for across in range(side):
            r, c = (rows + down).clamp(max=height - 1), (columns + across).clamp(max=width - 1)
            weight = (
                torch.ones(len(r), 1, dtype=torch.float64) if weights is None else weights[r, c].double().unsqueeze(1)
            )
            total += weight * _gather(image, r, c)
            mass += weight
    return (total / mass).float()


def _gather(image: np.ndarray | Tensor, rows: Tensor, columns: Tensor) -> Float[Tensor, "n 3"]:
    if isinstance(image, np.ndarray):
        picked = image[rows.numpy(), columns.numpy()]
        scale = np.iinfo(picked.dtype).max if picked.dtype.kind == "u" else 1
        return torch.from_numpy(picked.astype(np.float64) / scale)
    return image.detach()[rows.to(image.device), columns.to(image.device)].cpu().double()
