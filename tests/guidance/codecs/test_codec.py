"""Codecs against the pipelines' own last step, on tiny random pipelines of the real classes (tests/guidance/tiny)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from diffusers import AutoencoderTiny

from guidance.codecs import codec_for
from reswd_torch import InputError
from tests.guidance import tiny
from tests.guidance.codecs.latents import WIDE, last_latents, random_grid


def test_pixels_are_those_of_the_pipelines_own_last_step(pipe: Any) -> None:
    codec = codec_for(pipe, **WIDE)
    pixels = codec.decode(codec.unpack(last_latents(pipe, **WIDE)))
    assert pixels.dtype == torch.float32
    torch.testing.assert_close(pixels.clamp(0, 1), tiny.run(pipe, **WIDE), rtol=0, atol=2e-5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_packing_is_the_exact_inverse_of_unpacking(pipe: Any, dtype: torch.dtype) -> None:
    codec, latents = codec_for(pipe, **WIDE), last_latents(pipe, **WIDE).to(dtype)
    grid = codec.unpack(latents)
    assert grid.dtype == dtype
    assert grid.shape[-2:] == (32 // codec.pixels_per_cell, 64 // codec.pixels_per_cell)
    assert torch.equal(codec.pack(grid), latents)


def test_the_gradient_is_the_slope(family: str) -> None:
    pipe = tiny.tiny_pipeline(family)
    pipe.vae.double()
    codec, grid = codec_for(pipe), random_grid(pipe, 2, 2).requires_grad_()
    (gradient,) = torch.autograd.grad(codec.decode(grid).square().mean(), grid)
    steepest = gradient / gradient.norm()
    with torch.no_grad():
        ahead, behind = (codec.decode(grid + step * steepest).double().square().mean() for step in (5e-3, -5e-3))
    assert (ahead - behind).item() / 1e-2 == pytest.approx(gradient.norm().item(), rel=0.02)


def test_a_grid_of_any_size_decodes(pipe: Any) -> None:
    codec = codec_for(pipe, 1024, 1024)
    for rows, columns in ((1, 1), (3, 5), (8, 2)):
        pixels = codec.decode(random_grid(pipe, rows, columns))
        assert pixels.shape == (2, 3, rows * codec.pixels_per_cell, columns * codec.pixels_per_cell)


def test_a_picture_encodes_to_a_grid(pipe: Any) -> None:
    codec = codec_for(pipe)
    pixels = torch.rand(2, 3, 32, 64, generator=torch.Generator().manual_seed(0))
    grid = codec.encode(pixels)
    assert grid.dtype == torch.float32
    assert grid.shape[-2:] == (32 // codec.pixels_per_cell, 64 // codec.pixels_per_cell)
    assert torch.equal(codec.encode(pixels), grid)  # nothing is sampled
    assert codec.decode(grid).shape == pixels.shape
    with pytest.raises(InputError, match=rf"64x36 .*multiples of {codec.pixels_per_cell}$"):
        codec.encode(torch.rand(1, 3, 36, 64))


def test_encoding_undoes_the_scale_and_layout_of_decoding(pipe: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The autoencoder is replaced by one that keeps the latents, so that only scale and layout are left, which must cancel."""
    codec, grid = codec_for(pipe), random_grid(pipe)
    latents: list[torch.Tensor] = []

    def decode(z: torch.Tensor) -> Any:
        latents.append(z)
        return SimpleNamespace(sample=z.new_zeros(z.shape[0], 3, *z.shape[2:]))

    def encode(x: torch.Tensor) -> Any:
        return {"latents": latents[-1]}

    monkeypatch.setattr(pipe.vae, "decode", decode)
    monkeypatch.setattr(pipe.vae, "encode", encode)
    monkeypatch.setattr(codec, "pixels_per_cell", 1)
    torch.testing.assert_close(codec.encode(codec.decode(grid)), grid, rtol=1e-5, atol=1e-5)
    assert not torch.allclose(latents[-1].flatten(), grid.flatten(), atol=0.1)


@pytest.mark.parametrize("family", ["sd15", "qwen-image", "sana"])
def test_tiling_and_slicing_go_on_working(family: str) -> None:
    pipe = tiny.tiny_pipeline(family)
    tiles = {"tile_sample_min_height": 32, "tile_sample_min_width": 32}
    tiles |= {"tile_sample_stride_height": 24, "tile_sample_stride_width": 24}
    whole = tiny.run(pipe, height=96, width=96)
    pipe.vae.enable_tiling(**({} if family == "sd15" else tiles))
    pipe.vae.enable_slicing()
    codec = codec_for(pipe, 96, 96)
    grid = codec.unpack(last_latents(pipe, height=96, width=96)).requires_grad_()
    pixels = codec.decode(grid)
    painted = tiny.run(pipe, height=96, width=96)
    assert not torch.allclose(painted, whole, atol=1e-3)
    torch.testing.assert_close(pixels.detach().clamp(0, 1), painted, rtol=0, atol=2e-5)
    assert torch.autograd.grad(pixels.mean(), grid)[0].abs().amax((1, 2, 3)).min() > 0
    assert codec.encode(painted).shape == grid.shape


@pytest.mark.parametrize("family", ["sd15", "sd3", "flux", "flux2", "qwen-image", "z-image", "sana"])
def test_a_model_in_bfloat16_takes_a_float32_grid(family: str) -> None:
    pipe = tiny.tiny_pipeline(family)
    grid = random_grid(pipe).requires_grad_()
    exact = codec_for(pipe).decode(grid)
    pipe.vae.to(torch.bfloat16)
    pixels = codec_for(pipe).decode(grid)
    assert pixels.dtype == torch.float32
    assert (pixels - exact).abs().mean() < 0.05
    assert torch.autograd.grad(pixels.mean(), grid)[0].dtype == torch.float32
    assert codec_for(pipe).encode(pixels.detach()).dtype == torch.float32


def test_a_tiny_autoencoder_can_stand_in() -> None:
    pipe = tiny.tiny_pipeline("sd15")
    pipe.vae = AutoencoderTiny(encoder_block_out_channels=(4,) * 4, decoder_block_out_channels=(4,) * 4).eval()
    codec = codec_for(pipe)
    latents = last_latents(pipe)
    torch.testing.assert_close(codec.decode(latents).clamp(0, 1), tiny.run(pipe), rtol=0, atol=2e-5)
    assert codec.encode(torch.rand(2, 3, 64, 64)).shape == latents.shape
