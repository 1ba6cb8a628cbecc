"""The linear map between latents and pixels, for the VAE of the embedded model and for tiny VAEs of every kind."""

from __future__ import annotations

import functools
import gc
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from guidance.codecs import Codec, codec_for
from guidance.linear import _KNOWN, linear_map
from tests.conftest import asset, benchmark_pairs
from tests.guidance import tiny

PHOTOGRAPHS = [source for source, _ in benchmark_pairs()[:5]]


@functools.cache
def _embedded() -> Codec:
    from guidance.loading import load_embedded

    return codec_for(load_embedded("cpu"), 64, 64)


def _photograph(name: str) -> torch.Tensor:
    picture = torch.from_numpy(asset(name, 128)).permute(2, 0, 1)[None]
    height, width = (side // 32 * 32 for side in picture.shape[-2:])
    return picture[..., :height, :width]


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_the_map_of_the_embedded_model_predicts_colours(name: str) -> None:
    """The error is below 0.09 (root mean square) on photographs that the map was not fitted to, which deviate by 0.13 to 0.27."""
    codec, picture = _embedded(), _photograph(name)
    with torch.no_grad():
        grid = codec.encode(picture)
        pooled = F.avg_pool2d(codec.decode(grid), codec.pixels_per_cell)
        got = linear_map(codec, codec.pipe.vae).decode(grid)
    assert got.shape == pooled.shape
    error = (got - pooled).square().mean().sqrt()
    assert error < 0.09
    assert error < 0.6 * pooled.std()


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_a_shift_of_colours_comes_out_of_the_decoder(name: str) -> None:
    """It comes out at seven to eleven tenths of what was asked for."""
    codec, wanted = _embedded(), torch.tensor([0.1, 0.0, -0.1]).view(1, 3, 1, 1)
    with torch.no_grad():
        grid = codec.encode(_photograph(name))
        change = linear_map(codec, codec.pipe.vae).shift(wanted.expand(1, 3, *grid.shape[-2:]))
        moved = (codec.decode(grid + change) - codec.decode(grid)).mean((0, 2, 3))
    assert change.shape == grid.shape
    assert 0.07 < moved[0] < 0.11
    assert abs(moved[1]) < 0.02
    assert -0.11 < moved[2] < -0.06


@pytest.mark.parametrize("family", ["sd15", "sdxl-mean", "sd3", "flux2", "qwen-image", "sana"])
def test_the_map_fits_every_kind_of_autoencoder(family: str) -> None:
    codec = codec_for(tiny.tiny_pipeline(family), 64, 64)
    generator = torch.Generator().manual_seed(1)
    picture = F.interpolate(torch.rand(1, 3, 3, 3, generator=generator), (128, 128), mode="bilinear")
    with torch.no_grad():
        grid, known = codec.encode(picture), linear_map(codec, codec.pipe.vae)
        assert (known.decode(grid) - F.avg_pool2d(picture, codec.pixels_per_cell)).square().mean().sqrt() < 0.06
        change = torch.full((1, 3, *grid.shape[-2:]), 0.1)
        moved = codec.decode(grid + known.shift(change)) - codec.decode(grid)
    assert moved.mean().item() == pytest.approx(0.1, abs=0.03)


def _count_calls(codec: Any, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    calls: list[int] = []
    encode = codec.encode

    def spy(pixels: torch.Tensor) -> torch.Tensor:
        calls.append(len(pixels))
        return encode(pixels)

    monkeypatch.setattr(codec, "encode", spy)
    return calls


def test_a_map_is_made_once_for_each_autoencoder(monkeypatch: pytest.MonkeyPatch) -> None:
    codec, other = (codec_for(tiny.tiny_pipeline("sd15", seed=seed)) for seed in (0, 1))
    calls, others = _count_calls(codec, monkeypatch), _count_calls(other, monkeypatch)
    first = linear_map(codec, codec.pipe.vae)
    assert set(calls) == {1}  # one picture at a time, so that it needs little memory
    calls.clear()
    assert torch.equal(linear_map(codec, codec.pipe.vae).to_pixels, first.to_pixels)
    assert calls == []
    assert not torch.allclose(linear_map(other, other.pipe.vae).to_pixels, first.to_pixels)
    assert others


def test_a_map_goes_with_its_autoencoder() -> None:
    pipe = tiny.tiny_pipeline("sd15")
    before = len(_KNOWN)
    linear_map(codec_for(pipe), pipe.vae)
    assert len(_KNOWN) == before + 1
    del pipe
    gc.collect()
    assert len(_KNOWN) <= before


def test_a_map_made_in_inference_mode_gives_gradients_later() -> None:
    codec = codec_for(tiny.tiny_pipeline("sd15"))
    with torch.inference_mode():
        linear_map(codec, codec.pipe.vae)
    known = linear_map(codec, codec.pipe.vae)
    grid = torch.zeros(1, 4, 2, 2, requires_grad=True)
    (gradient,) = torch.autograd.grad(known.decode(grid).square().sum(), grid)
    assert gradient.abs().min() > 0
    assert not known.to_pixels.is_inference()


def test_a_map_takes_no_gradient_of_weights_and_draws_nothing() -> None:
    pipe = tiny.tiny_pipeline("sd15")
    torch.manual_seed(3)
    before = torch.get_rng_state()
    with torch.enable_grad():
        known = linear_map(codec_for(pipe), pipe.vae)
    assert not known.to_pixels.requires_grad and not known.to_grid.requires_grad
    assert all(parameter.grad is None for parameter in pipe.vae.parameters())
    assert torch.equal(torch.get_rng_state(), before)


def test_half_precision_latents_are_decoded_in_float32() -> None:
    codec = codec_for(tiny.tiny_pipeline("sd15"))
    grid = torch.randn(1, 4, 3, 5, generator=torch.Generator().manual_seed(0))
    known = linear_map(codec, codec.pipe.vae)
    pixels = known.decode(grid.bfloat16())
    assert pixels.dtype == torch.float32 and pixels.shape == (1, 3, 3, 5)
    torch.testing.assert_close(pixels, known.decode(grid), rtol=0, atol=0.02)
