"""Tiles fit their layers, and codes come out of bytes as they went in."""

from __future__ import annotations

import pytest
import torch

from guidance.quantize.tiles import in_rows, in_tiles, pack, round_to_nearest, tile_for, unpack
from reswd_torch import InputError


@pytest.mark.parametrize(
    ("inputs", "tile"),
    [(64, 64), (1024, 64), (96, 48), (80, 40), (72, 36), (16, 16), (1000, 50), (14, None), (17, None), (2 * 67, None)],
)
def test_a_tile_divides_its_layer_or_there_is_none(inputs: int, tile: int | None) -> None:
    assert tile_for(inputs, "layer") == tile


@pytest.mark.parametrize("tile", [48, 128, 0, -64, 1, 3])
def test_a_tile_that_does_not_fit_is_refused_by_the_layers_name(tile: int) -> None:
    with pytest.raises(
        InputError, match=rf"blocks\.3\.to_q: a tile of {tile} does not fit its 64 inputs: give an even div"
    ):
        tile_for(64, "blocks.3.to_q", tile)


def test_packing_keeps_every_code() -> None:
    codes = torch.randint(0, 16, (37, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    packed = pack(codes)
    assert packed.shape == (37, 32) and packed.dtype == torch.uint8
    assert torch.equal(unpack(packed), codes)
    every = torch.arange(256, dtype=torch.uint8)[None]
    assert torch.equal(pack(unpack(every)), every)


def test_tiles_are_the_matrix_in_another_order() -> None:
    matrix = torch.arange(6 * 8).reshape(6, 8)
    tiles = in_tiles(matrix, 4)
    assert tiles.shape == (2, 6, 4)
    assert torch.equal(tiles[1], matrix[:, 4:])
    assert torch.equal(in_rows(tiles), matrix)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("offset", [0.0, 3.0, -50.0])
def test_rounding_is_off_by_half_a_step_at_most(dtype: torch.dtype, offset: float) -> None:
    weight = torch.randn(3, 20, 64, generator=torch.Generator().manual_seed(1)) + offset
    codes, scale, zero = round_to_nearest(weight, dtype)
    made = (codes.to(dtype) + zero[..., None]) * scale[..., None]
    # half a step, and what the format itself cannot hold of a number of that size
    allowed = 0.5 * scale[..., None].float() + 2 * torch.finfo(dtype).eps * weight.abs() + 2e-6
    assert bool(((made.float() - weight).abs() <= allowed).all())
    assert int(codes.max()) <= 15


@pytest.mark.parametrize("value", [0.0, 0.25, -7.0])
def test_constant_rows_stay_as_they_are(value: float) -> None:
    codes, scale, zero = round_to_nearest(torch.full((1, 4, 16), value), torch.float32)
    torch.testing.assert_close((codes + zero[..., None]) * scale[..., None], torch.full((1, 4, 16), value))
