"""A linear map between latents and pixels, for early predictions.

It stands in for the decoder and costs next to nothing. Early predictions are blurs, of which it shows all there is to see.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from weakref import WeakKeyDictionary

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from guidance.protocols import Grid, Pixels

_CELLS = 16
"""Cells on each side of the pictures that the map is fitted to."""
_PICTURES = 8
"""Number of pictures that the map is fitted to."""
_RIDGE = 1e-3
"""Weight of the ridge in the least-squares fit, as a share of the mean square of the inputs. It is needed for models whose
latents have more channels than a colour needs: in some directions nothing varies there."""


class GridCodec(Protocol):
    """What guidance needs of a VAE: pictures from a grid of latents and back; see :class:`guidance.codecs.Codec`.

    Attributes:
        pixels_per_cell: pixels on each side of the square that one cell of the grid stands for.
    """

    pixels_per_cell: int

    def decode(self, grid: Grid) -> Pixels:
        """The picture of a grid, float32, sRGB-encoded, nominally 0..1."""

    def encode(self, pixels: Pixels) -> Grid:
        """The grid of a picture, float32."""


@dataclass(frozen=True, eq=False)
class LinearMap:
    """A map from latents to pixels and back that treats each cell alone.

    Attributes:
        to_pixels: (C + 1, 3): the colour that each channel adds; the last row is a constant.
        to_grid: (3, C): how the latents change when a colour changes.
    """

    to_pixels: Float[Tensor, "c_and_1 3"]
    to_grid: Float[Tensor, "3 c"]

    def decode(self, grid: Grid) -> Float[Tensor, "b 3 h w"]:
        """The picture of a grid with one pixel for each cell, float32, sRGB-encoded, nominally 0..1."""
        cells = rearrange(grid.float(), "b c h w -> b h w c")
        return rearrange(cells @ self.to_pixels[:-1] + self.to_pixels[-1], "b h w c -> b c h w")

    def shift(self, change: Float[Tensor, "b 3 h w"]) -> Grid:
        """The change of the latents that belongs to a change of the colours."""
        return rearrange(rearrange(change, "b c h w -> b h w c") @ self.to_grid, "b h w c -> b c h w")


_KNOWN: WeakKeyDictionary[object, LinearMap] = WeakKeyDictionary()
"""The map of each VAE that one was fitted for."""


def linear_map(codec: GridCodec, owner: object, device: torch.device | str = "cpu") -> LinearMap:
    """The linear map of a VAE.

    It is fitted by least squares to pictures of soft coloured patches and their latents.

    Args:
        codec: encodes these pictures with the VAE.
        owner: the VAE. A second call with the same VAE returns the map of the first call.
        device: the device of the VAE's input, and of the map that is returned.
    """
    if owner not in _KNOWN:
        # A map that is made under inference_mode could not take part in gradients later.
        with torch.inference_mode(False), torch.no_grad():
            _KNOWN[owner] = _fit(codec, device)
    known = _KNOWN[owner]
    return LinearMap(known.to_pixels.to(device), known.to_grid.to(device))


def _fit(codec: GridCodec, device: torch.device | str) -> LinearMap:
    side = codec.pixels_per_cell
    pixels = _fields(_CELLS * side)
    grid = torch.cat([codec.encode(each.to(device)[None]).cpu() for each in pixels])
    latents = rearrange(grid.double(), "b c h w -> (b h w) c")
    colors = rearrange(F.avg_pool2d(pixels, side).double(), "b c h w -> (b h w) c")
    ones = torch.ones(len(latents), 1, dtype=torch.float64)
    to_pixels = _least_squares(torch.cat([latents, ones], dim=1), colors)
    to_grid = _least_squares(torch.cat([colors, ones], dim=1), latents)[:-1]
    return LinearMap(to_pixels.float(), to_grid.float())


def _least_squares(inputs: Float[Tensor, "n p"], wanted: Float[Tensor, "n q"]) -> Float[Tensor, "p q"]:
    """The matrix M for which ``inputs @ M`` comes closest to ``wanted``, with a small ridge."""
    square = inputs.T @ inputs
    ridge = _RIDGE * square.diagonal().mean() / len(square)
    return torch.linalg.solve(square + ridge * torch.eye(len(square), dtype=square.dtype), inputs.T @ wanted)


def _fields(size: int) -> Float[Tensor, "b 3 size size"]:
    """Pictures of soft patches of colour, some faint and some strong, 0..1. They are the same in every call."""
    generator = torch.Generator().manual_seed(0)
    pixels = torch.zeros(_PICTURES, 3, size, size)
    for patches in (2, 4, 8):
        noise = torch.randn(_PICTURES, 3, patches, patches, generator=generator)
        pixels += F.interpolate(noise, (size, size), mode="bicubic", align_corners=False)
    contrast = 0.35 * torch.rand(_PICTURES, 1, 1, 1, generator=generator)
    level = 0.1 + 0.8 * torch.rand(_PICTURES, 3, 1, 1, generator=generator)
    return (level + contrast * pixels).clamp(0.0, 1.0)
