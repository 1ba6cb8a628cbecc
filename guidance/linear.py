"""A linear map between latents and pixels: a decoder that costs next to nothing, for predictions that are blurs anyway."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from weakref import WeakKeyDictionary

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

_CELLS = 16
_PICTURES = 8
_RIDGE = 1e-3
"""Of the mean square: families with more channels than a colour needs have directions in which nothing varies."""


class GridCodec(Protocol):
    """What guidance needs to know of a VAE; see :class:`guidance.codecs.Codec`."""

    pixels_per_cell: int

    def decode(self, grid: Float[Tensor, "b c h w"]) -> Float[Tensor, "b 3 y x"]:
        """Pixels, float32, nominally 0..1."""

    def encode(self, pixels: Float[Tensor, "b 3 y x"]) -> Float[Tensor, "b c h w"]:
        """The grid, float32."""


@dataclass(frozen=True, eq=False)
class LinearMap:
    """Pixels from latents and back, cell by cell.

    Attributes:
        to_pixels: (C + 1, 3), the last row is a constant.
        to_grid: (3, C): how latents change with a colour.
    """

    to_pixels: Float[Tensor, "c_and_1 3"]
    to_grid: Float[Tensor, "3 c"]

    def decode(self, grid: Float[Tensor, "b c h w"]) -> Float[Tensor, "b 3 h w"]:
        """A pixel for each cell, sRGB-encoded, nominally 0..1."""
        cells = rearrange(grid.float(), "b c h w -> b h w c")
        return rearrange(cells @ self.to_pixels[:-1] + self.to_pixels[-1], "b h w c -> b c h w")

    def shift(self, change: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b c h w"]:
        """The change of the latents that goes with a change of the colours."""
        return rearrange(rearrange(change, "b c h w -> b h w c") @ self.to_grid, "b h w c -> b c h w")


_KNOWN: WeakKeyDictionary[object, LinearMap] = WeakKeyDictionary()


def linear_map(codec: GridCodec, owner: object, device: torch.device | str = "cpu") -> LinearMap:
    """The map of a VAE, fitted by least squares to what it makes of smooth coloured fields.

    Args:
        codec: encodes those fields, once.
        owner: what the map belongs to, the VAE; a second call for it returns the first one's map.
        device: where the VAE's input is made.
    """
    if owner not in _KNOWN:
        # A map made under inference_mode could not be used for gradients later.
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
    square = inputs.T @ inputs
    ridge = _RIDGE * square.diagonal().mean() / len(square)
    return torch.linalg.solve(square + ridge * torch.eye(len(square), dtype=square.dtype), inputs.T @ wanted)


def _fields(size: int) -> Float[Tensor, "b 3 size size"]:
    """Pictures of soft patches of colour, some faint and some strong, 0..1. Always the same ones."""
    generator = torch.Generator().manual_seed(0)
    pixels = torch.zeros(_PICTURES, 3, size, size)
    for patches in (2, 4, 8):
        noise = torch.randn(_PICTURES, 3, patches, patches, generator=generator)
        pixels += F.interpolate(noise, (size, size), mode="bicubic", align_corners=False)
    contrast = 0.35 * torch.rand(_PICTURES, 1, 1, 1, generator=generator)
    level = 0.1 + 0.8 * torch.rand(_PICTURES, 3, 1, 1, generator=generator)
    return (level + contrast * pixels).clamp(0.0, 1.0)
