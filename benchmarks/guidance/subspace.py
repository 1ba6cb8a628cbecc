"""A rival in the loop: the latent colour subspace, after M. Pach, J. Bader, Q. Bouniot, S. Belongie and Z. Akata, "The Latent
Color Subspace: Emergent Order in High-Dimensional Chaos" (arXiv 2603.12261, 2026).

What is theirs, as far as the paper's abstract, summaries of it and its authors' list of commands tell (their code was not read):

- that the colour of the VAE's latents lies in a subspace of three dimensions, which the three first principal components of the
  latents of flat colours span;
- that colour is changed in closed form in that subspace alone, without training and without the decoder, while everything
  orthogonal to it stays;
- that it is changed at one early step: 9 of 50 in their commands, which is :data:`PUBLISHED`.

What is ours, since their method paints a thing in one colour and knows no reference picture:

- the target: the mean and the covariance of the reference's colours in the subspace, each colour encoded as a flat picture, and
  the Monge-Kantorovich map of one Gaussian distribution to the other (F. Pitié and A. Kokaram, "The linear Monge-Kantorovitch
  linear colour mapping", 2007, eq. 16) from each picture's own mean and covariance;
- that the predicted clean latents are moved and not the noisy ones, so that no statistics of each noise level are needed;
- :data:`SEARCHED`: several steps instead of one, found by ``python -m benchmarks.guidance.search`` on the tuning references.

It has neither the paper's model (FLUX.1 [dev]) nor its split of the colour into hue, saturation and lightness. A bad figure of
it here says nothing against the paper's own task.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import torch
from einops import rearrange
from torch import Tensor

from guidance.core import Guidance
from guidance.linear import GridCodec
from guidance.protocols import Grid
from guidance.reference import Reference
from guidance.settings import GuidanceSettings

PUBLISHED = GuidanceSettings(start=0.16, stop=0.2)
"""The step of the paper's commands: in a run of 25 steps the fifth alone, the whole way."""
SEARCHED = GuidanceSettings(start=0.16, stop=1.0)
"""The best of ``python -m benchmarks.guidance.search --no-top5`` on pocket-64: every step from the published one on, the whole
way. It had the smallest W2 of eight choices (0.148; 0.542 at the published step alone) and less speckle than the plain images."""

_LEVELS = 5
"""Levels of each channel in the lattice of flat colours that the subspace is fitted to."""
_CELLS = 8
"""Cells on each side of a flat picture. The middle ones are far from the border, where the encoder sees its padding."""
_COLORS = 256
"""Colours of a reference that are encoded."""
_RIDGE = 1e-6
"""What is added to the variances of a picture, for pictures of one colour."""


@dataclass(frozen=True, eq=False)
class Subspace:
    """Three directions of the latents of a VAE.

    Attributes:
        basis: (3, C) float32, orthonormal rows.
        explained: share of the variance of the latents of flat colours that lies in it, 0..1.
    """

    basis: Tensor
    explained: float


_KNOWN: WeakKeyDictionary[object, Subspace] = WeakKeyDictionary()
"""The subspace of each VAE that one was fitted for."""


def color_subspace(codec: GridCodec, owner: object) -> Subspace:
    """The three principal components of the latents of 125 flat colours.

    Args:
        codec: encodes them with the VAE.
        owner: the VAE. A second call with the same VAE returns the subspace of the first.
    """
    if owner not in _KNOWN:
        axis = torch.linspace(0, 1, _LEVELS)
        latents = flat_latents(codec, torch.cartesian_prod(axis, axis, axis)).double()
        _, sizes, directions = torch.linalg.svd(latents - latents.mean(0), full_matrices=False)
        power = sizes.square()
        _KNOWN[owner] = Subspace(directions[:3].float(), float(power[:3].sum() / power.sum()))
    return _KNOWN[owner]


def flat_latents(codec: GridCodec, colors: Tensor) -> Tensor:
    """The latents (n, C) of colours (n, 3), sRGB-encoded, 0..1, each encoded as a flat picture."""
    side = _CELLS * codec.pixels_per_cell
    inner = slice(_CELLS // 4, _CELLS - _CELLS // 4)
    with torch.inference_mode(False), torch.no_grad():
        parts = [
            codec.encode(part[:, :, None, None].expand(-1, 3, side, side).contiguous())[..., inner, inner].mean((2, 3))
            for part in colors.float().split(64)
        ]
    return torch.cat(parts).float()


def gaussian(points: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (b, 1, 3) and covariance (b, 3, 3), float64, of points (b, n, 3)."""
    mean = points.double().mean(1, keepdim=True)
    apart = points.double() - mean
    return mean, apart.mT @ apart / points.shape[1]


def monge_kantorovich(source: Tensor, target: Tensor) -> Tensor:
    """The symmetric matrices (b, 3, 3) that carry covariances (b, 3, 3) to other covariances by the shortest way."""
    root = _power(source + _RIDGE * torch.eye(3, dtype=source.dtype), 0.5)
    inverse = torch.linalg.inv(root)
    return inverse @ _power(root @ target @ root, 0.5) @ inverse


def _power(matrices: Tensor, exponent: float) -> Tensor:
    values, vectors = torch.linalg.eigh(matrices)
    return vectors @ torch.diag_embed(values.clamp(min=0) ** exponent) @ vectors.mT


class SubspaceGuidance(Guidance):
    """Gives the colour component of the predicted clean latents the reference's mean and covariance.

    Of the settings it takes ``start`` and ``stop``, between which it works, and ``strength``, the share of the way.
    """

    def __init__(self, references: Sequence[Reference], *others: Any) -> None:
        super().__init__(references, *others)
        self.basis = color_subspace(self.codec, self.owner).basis
        seen: dict[int, tuple[Tensor, Tensor]] = {}
        for reference in references:
            if id(reference) not in seen:
                colors = reference.colors[:: max(1, len(reference.colors) // _COLORS)]
                seen[id(reference)] = gaussian((flat_latents(self.codec, colors) @ self.basis.T)[None])
        wanted = [seen[id(reference)] for reference in references]
        self.mean, self.covariance = (torch.cat(each) for each in zip(*wanted, strict=True))

    def shift(self, x0: Grid, step: int, steps: int, *, whole: bool = False) -> Grid:
        with torch.no_grad():
            height = x0.shape[-2]
            points = rearrange(x0.float(), "b c h w -> b (h w) c") @ self.basis.T
            mean, covariance = gaussian(points)
            moved = self.mean + (points.double() - mean) @ monge_kantorovich(covariance, self.covariance)
            change = min(1.0, self.settings.strength) * (moved.float() - points) @ self.basis
            return rearrange(change, "b (h w) c -> b c h w", h=height)
