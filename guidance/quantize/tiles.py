"""Tiles of a weight matrix, and the 4-bit codes that a tile is stored as."""

from __future__ import annotations

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from guidance.quantize.kinds import TILE
from reswd_torch.errors import InputError

LEVELS = 15
"""The largest code of 4 bits."""
SMALLEST_TILE = 16
"""Fewer weights than this with scales of their own would hardly take less memory than in half precision."""
_FARTHEST = 1024
"""How many steps a tile may lie away from zero. Half precision holds such a number of steps to half a step."""


def tile_for(in_features: int, layer: str, tile: int | None = None) -> int | None:
    """The number of input features that share a scale and a zero in each row.

    The paper takes 64 (arXiv 2509.22944). A layer whose inputs that does not divide gets the largest even number
    that does, from :data:`SMALLEST_TILE` up: no weight is padded, and none is left out of its tile.

    Args:
        in_features: number of the layer's inputs.
        layer: the layer's name, for error messages.
        tile: the tile that is asked for; None for one that fits.

    Returns:
        The tile; None if no tile fits.

    Raises:
        InputError: the tile that was asked for does not fit.
    """
    if tile is not None:
        if tile < 2 or tile % 2 or in_features % tile:
            raise InputError(
                f"{layer}: a tile of {tile} does not fit its {in_features} inputs: give an even divisor of {in_features}, "
                "or leave the tile open"
            )
        return tile
    return next((size for size in range(TILE, SMALLEST_TILE - 1, -2) if in_features % size == 0), None)


def round_to_nearest(
    weight: Float[Tensor, "tiles out tile"], dtype: torch.dtype
) -> tuple[UInt8[Tensor, "tiles out tile"], Float[Tensor, "tiles out"], Float[Tensor, "tiles out"]]:
    """Asymmetric rounding to 4 bits, with a scale and a zero for each row of each tile.

    Args:
        weight: the weights, float32.
        dtype: the format in which the scales are kept. Codes are chosen for the scales as they are kept.

    Returns:
        Codes q from 0 to 15; scales s; and zeros z, so that the weight is about s * (q + z).
    """
    low, high = weight.amin(-1), weight.amax(-1)
    far = torch.maximum(low.abs(), high.abs())
    scale = torch.maximum((high - low) / LEVELS, far / _FARTHEST)
    # A row of zeros has no scale of its own; neither has one that half precision cannot tell from zero.
    scale = scale.clamp(min=torch.finfo(dtype).tiny).to(dtype)
    zero = (low / scale.float()).to(dtype)
    codes = (weight / scale.float()[..., None] - zero.float()[..., None]).round().clamp(0, LEVELS)
    return codes.to(torch.uint8), scale, zero


def pack(codes: UInt8[Tensor, "out inputs"]) -> UInt8[Tensor, "out half"]:
    """Two codes in a byte: that of an even column in the lower four bits, that of the next in the upper four."""
    return codes[:, 0::2] | (codes[:, 1::2] << 4)


def unpack(packed: UInt8[Tensor, "out half"]) -> UInt8[Tensor, "out inputs"]:
    """The codes of :func:`pack`."""
    return torch.stack((packed & 15, packed >> 4), dim=-1).flatten(1)


def in_tiles(weight: Tensor, tile: int) -> Tensor:
    """(out, inputs) as (tiles, out, tile)."""
    return weight.unflatten(1, (-1, tile)).movedim(1, 0)


def in_rows(tiles: Tensor) -> Tensor:
    """(tiles, out, tile) as (out, inputs)."""
    return tiles.movedim(0, 1).flatten(1)
