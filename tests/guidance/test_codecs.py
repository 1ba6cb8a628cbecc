"""Codecs against the pipelines' own last step: tiny random pipelines of the real classes (tests/guidance/tiny.py)."""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from diffusers import AutoencoderTiny

from guidance.codecs import CODEC_FAMILIES, codec_for
from reswd_torch import InputError
from tests.guidance import tiny

WIDE = {"height": 32, "width": 64}
PACKED = ("flux", "flux2", "flux2-klein", "qwen-image")


@pytest.fixture(scope="module")
def pipes() -> dict[str, Any]:
    """Pipelines that no test changes."""
    return {family: tiny.tiny_pipeline(family) for family in tiny.FAMILIES}


@pytest.fixture(params=tiny.FAMILIES)
def family(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def pipe(pipes: dict[str, Any], family: str) -> Any:
    return pipes[family]


def _last_latents(pipe: Any, **more: Any) -> torch.Tensor:
    """What the last step of a call returns."""
    if type(pipe).__name__ != "Flux2KleinPipeline":
        return tiny.run(pipe, output_type="latent", **more)
    seen: list[torch.Tensor] = []  # its latents as output are no longer those of the scheduler

    def keep(_: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        seen.append(tensors["latents"])
        return tensors

    tiny.run(pipe, callback_on_step_end=keep, **more)
    return seen[-1]


def _grid(pipe: Any, rows: int = 4, columns: int = 8, seed: int = 0) -> torch.Tensor:
    codec = codec_for(pipe, tiny.SIZE, tiny.SIZE)
    channels = codec.encode(torch.rand(1, 3, 16, 16)).shape[1]
    return torch.randn(2, channels, rows, columns, generator=torch.Generator().manual_seed(seed))


def test_tiny_pipelines_paint_something_that_depends_on_the_prompt_and_the_seed(pipe: Any) -> None:
    image = tiny.run(pipe)
    assert image.shape == (2, 3, tiny.SIZE, tiny.SIZE)
    assert (image.quantile(0.9) - image.quantile(0.1)) > 0.4
    assert torch.equal(image, tiny.run(pipe))
    assert not torch.equal(image, tiny.run(pipe, seed=1))
    assert not torch.equal(image[:1], tiny.run(pipe, ["two blue dogs", "a red cat"])[:1])


def test_pixels_are_those_of_the_pipelines_own_last_step(pipe: Any) -> None:
    codec = codec_for(pipe, **WIDE)
    pixels = codec.decode(codec.unpack(_last_latents(pipe, **WIDE)))
    assert pixels.dtype == torch.float32
    torch.testing.assert_close(pixels.clamp(0, 1), tiny.run(pipe, **WIDE), rtol=0, atol=2e-5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_packing_is_the_exact_inverse_of_unpacking(pipe: Any, dtype: torch.dtype) -> None:
    codec, latents = codec_for(pipe, **WIDE), _last_latents(pipe, **WIDE).to(dtype)
    grid = codec.unpack(latents)
    assert grid.dtype == dtype
    assert grid.shape[-2:] == (32 // codec.pixels_per_cell, 64 // codec.pixels_per_cell)
    assert torch.equal(codec.pack(grid), latents)


def test_gradients_reach_the_grid_and_no_weight(pipe: Any) -> None:
    asking = [parameter.requires_grad for parameter in pipe.vae.parameters()]
    assert all(asking)
    grid = _grid(pipe).requires_grad_()
    with torch.no_grad():  # as pipelines run
        assert not codec_for(pipe).decode(grid).requires_grad
        with torch.enable_grad():
            codec_for(pipe).decode(grid).square().mean().backward()  # even so
    assert grid.grad is not None
    assert (grid.grad.abs().amax((1, 2, 3)) > 1e-6).all()
    assert all(parameter.grad is None for parameter in pipe.vae.parameters())
    assert [parameter.requires_grad for parameter in pipe.vae.parameters()] == asking


def test_the_gradient_is_the_slope(family: str) -> None:
    pipe = tiny.tiny_pipeline(family)
    pipe.vae.double()
    codec, grid = codec_for(pipe), _grid(pipe, 2, 2).requires_grad_()
    (gradient,) = torch.autograd.grad(codec.decode(grid).square().mean(), grid)
    steepest = gradient / gradient.norm()
    with torch.no_grad():
        ahead, behind = (codec.decode(grid + step * steepest).double().square().mean() for step in (5e-3, -5e-3))
    assert (ahead - behind).item() / 1e-2 == pytest.approx(gradient.norm().item(), rel=0.02)


def test_a_grid_of_any_size_decodes(pipe: Any) -> None:
    codec = codec_for(pipe, 1024, 1024)
    for rows, columns in ((1, 1), (3, 5), (8, 2)):
        pixels = codec.decode(_grid(pipe, rows, columns))
        assert pixels.shape == (2, 3, rows * codec.pixels_per_cell, columns * codec.pixels_per_cell)


def test_resolution_binning_needs_the_latents_only() -> None:
    pipe = tiny.tiny_pipeline("sana")
    pipe.transformer.register_to_config(sample_size=16)  # bins of about 512x512
    asked = {"prompts": ["a red cat"], "steps": 2, "height": 200, "width": 400, "use_resolution_binning": True}
    pixels = codec_for(pipe, 200, 400).decode(_last_latents(pipe, **asked))
    assert pixels.shape == (1, 3, 352, 704)
    resized = pipe.image_processor.resize_and_crop_tensor(pixels, 400, 200)
    torch.testing.assert_close(resized.clamp(0, 1), tiny.run(pipe, **asked), rtol=0, atol=2e-5)


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
    """With an autoencoder that does nothing, but for the three channels of a picture, what is left must cancel."""
    codec, grid = codec_for(pipe), _grid(pipe)
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


def test_encoding_gives_the_latents_that_image_to_image_starts_from(pipes: dict[str, Any]) -> None:
    from diffusers import FluxImg2ImgPipeline, StableDiffusionXLImg2ImgPipeline

    picture = torch.rand(1, 3, 32, 64, generator=torch.Generator().manual_seed(0))
    for family, relative in (("sdxl-mean", StableDiffusionXLImg2ImgPipeline), ("flux", FluxImg2ImgPipeline)):
        pipe = pipes[family]
        parts = {name: part for name, part in pipe.components.items() if part is not None}
        other = relative(**parts, **({"add_watermarker": False} if family == "sdxl-mean" else {}))
        codec = codec_for(other, **WIDE)
        mode = pipe.vae.encode(picture * 2 - 1).latent_dist.mode()
        config = pipe.vae.config
        if family == "flux":
            wanted = (mode - config.shift_factor) * config.scaling_factor
        else:
            mean, deviation = (torch.tensor(v).view(1, 4, 1, 1) for v in (config.latents_mean, config.latents_std))
            wanted = (mode - mean) * config.scaling_factor / deviation
        torch.testing.assert_close(codec.encode(picture), wanted.detach(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("family", ["sd15", "qwen-image", "sana"])
def test_tiling_and_slicing_go_on_working(family: str) -> None:
    pipe = tiny.tiny_pipeline(family)
    tiles = {"tile_sample_min_height": 32, "tile_sample_min_width": 32}
    tiles |= {"tile_sample_stride_height": 24, "tile_sample_stride_width": 24}
    whole = tiny.run(pipe, height=96, width=96)
    pipe.vae.enable_tiling(**({} if family == "sd15" else tiles))
    pipe.vae.enable_slicing()
    codec = codec_for(pipe, 96, 96)
    grid = codec.unpack(_last_latents(pipe, height=96, width=96)).requires_grad_()
    pixels = codec.decode(grid)
    painted = tiny.run(pipe, height=96, width=96)
    assert not torch.allclose(painted, whole, atol=1e-3)
    torch.testing.assert_close(pixels.detach().clamp(0, 1), painted, rtol=0, atol=2e-5)
    assert torch.autograd.grad(pixels.mean(), grid)[0].abs().amax((1, 2, 3)).min() > 0
    assert codec.encode(painted).shape == grid.shape


@pytest.mark.parametrize("family", ["sd15", "flux2"])
def test_gradient_checkpointing_gives_the_same_gradient(family: str) -> None:
    pipe = tiny.tiny_pipeline(family)
    grid = _grid(pipe).requires_grad_()
    (plain,) = torch.autograd.grad(codec_for(pipe).decode(grid).square().mean(), grid)
    pipe.vae.enable_gradient_checkpointing()
    (again,) = torch.autograd.grad(codec_for(pipe).decode(grid).square().mean(), grid)
    torch.testing.assert_close(again, plain)
    assert all(parameter.grad is None for parameter in pipe.vae.parameters())


@pytest.mark.parametrize("family", ["sd15", "sd3", "flux", "flux2", "qwen-image", "z-image", "sana"])
def test_a_model_in_bfloat16_takes_a_float32_grid(family: str) -> None:
    pipe = tiny.tiny_pipeline(family)
    grid = _grid(pipe).requires_grad_()
    exact = codec_for(pipe).decode(grid)
    pipe.vae.to(torch.bfloat16)
    pixels = codec_for(pipe).decode(grid)
    assert pixels.dtype == torch.float32
    assert (pixels - exact).abs().mean() < 0.05
    assert torch.autograd.grad(pixels.mean(), grid)[0].dtype == torch.float32
    assert codec_for(pipe).encode(pixels.detach()).dtype == torch.float32


def _half(**config: Any) -> Any:
    pipe = tiny.tiny_pipeline("sdxl")
    pipe.vae.register_to_config(**config)
    pipe.vae.half()
    return pipe


def test_the_vae_of_sdxl_runs_in_float32_for_a_call_and_stays_what_it_was() -> None:
    pipe = _half()
    before = {name: (value, value.data_ptr(), value.clone()) for name, value in pipe.vae.named_parameters()}
    codec, picture = codec_for(pipe), torch.rand(1, 3, 32, 32)
    latents = _last_latents(pipe)
    pixels = codec.decode(latents)
    encoded = codec.encode(picture)
    after = dict(pipe.vae.named_parameters())
    for name, (value, place, bits) in before.items():
        assert after[name] is value
        assert value.data_ptr() == place
        assert value.dtype == torch.float16
        assert torch.equal(value, bits)

    wide = copy.copy(pipe)
    wide.vae = copy.deepcopy(pipe.vae).float()
    assert torch.equal(codec_for(wide).decode(latents), pixels)
    assert torch.equal(codec_for(wide).encode(picture), encoded)
    torch.testing.assert_close(pixels.clamp(0, 1), tiny.run(pipe), rtol=0, atol=2e-5)  # which upcasts too


def test_a_gradient_through_the_upcast_is_that_of_the_float32_vae() -> None:
    pipe = _half()
    grid = _grid(pipe).requires_grad_()
    pixels = codec_for(pipe).decode(grid)
    assert pipe.vae.dtype == torch.float16  # again, before the gradient is asked for
    (gradient,) = torch.autograd.grad(pixels.square().mean(), grid)
    assert all(parameter.requires_grad and parameter.grad is None for parameter in pipe.vae.parameters())
    pipe.vae.float()
    (wanted,) = torch.autograd.grad(codec_for(pipe).decode(grid).square().mean(), grid)
    torch.testing.assert_close(gradient, wanted)


def test_an_exception_inside_the_upcast_vae_leaves_it_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = _half()
    before = dict(pipe.vae.named_parameters())
    seen: list[torch.dtype] = []

    def fail(z: torch.Tensor) -> None:
        seen.append(pipe.vae.dtype)
        raise RuntimeError("out of memory")

    monkeypatch.setattr(pipe.vae.decoder, "forward", fail)
    with pytest.raises(RuntimeError, match="out of memory"):
        codec_for(pipe).decode(_grid(pipe).requires_grad_())
    assert seen == [torch.float32]
    assert pipe.vae.dtype == torch.float16
    assert all(value is before[name] and value.requires_grad for name, value in pipe.vae.named_parameters())


def test_a_vae_that_does_not_overflow_stays_in_float16() -> None:
    pipe = _half(force_upcast=False)
    seen: list[torch.dtype] = []
    pipe.vae.decoder.register_forward_pre_hook(lambda module, args: seen.append(args[0].dtype))
    assert codec_for(pipe).decode(_grid(pipe)).dtype == torch.float32
    assert seen == [torch.float16]


def test_an_upcast_vae_cannot_checkpoint() -> None:
    pipe = _half()
    pipe.vae.enable_gradient_checkpointing()
    with pytest.raises(InputError, match=r"float16, which overflows.* pipe\.vae\.to\(torch\.float32\)"):
        codec_for(pipe).decode(_grid(pipe).requires_grad_())
    with torch.no_grad():
        codec_for(pipe).decode(_grid(pipe))


@pytest.mark.parametrize("half", [False, True])
def test_the_hook_of_an_offloaded_vae_runs_once_a_call(half: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    from accelerate import cpu_offload_with_hook

    pipe = _half() if half else tiny.tiny_pipeline("sdxl")
    grid = _grid(pipe)
    wanted = codec_for(pipe).decode(grid)
    cpu_offload_with_hook(pipe.vae, "cpu")
    calls: list[Any] = []
    enter = pipe.vae._hf_hook.pre_forward

    def count(module: Any, *args: Any, **more: Any) -> Any:
        calls.append(module)
        return enter(module, *args, **more)

    monkeypatch.setattr(pipe.vae._hf_hook, "pre_forward", count)
    assert torch.equal(codec_for(pipe).decode(grid), wanted)
    assert calls == [pipe.vae]


def test_a_tiny_autoencoder_can_stand_in() -> None:
    pipe = tiny.tiny_pipeline("sd15")
    pipe.vae = AutoencoderTiny(encoder_block_out_channels=(4,) * 4, decoder_block_out_channels=(4,) * 4).eval()
    codec = codec_for(pipe)
    latents = _last_latents(pipe)
    torch.testing.assert_close(codec.decode(latents).clamp(0, 1), tiny.run(pipe), rtol=0, atol=2e-5)
    assert codec.encode(torch.rand(2, 3, 64, 64)).shape == latents.shape


@pytest.mark.parametrize("family", PACKED)
def test_the_size_of_packed_latents_is_the_pipelines_default_or_rounded_as_it_rounds(family: str) -> None:
    pipe = tiny.tiny_pipeline(family)
    pipe.default_sample_size = 6
    for size, rows, columns in (({}, 3, 3), ({"height": 40, "width": 79}, 2, 4), ({"width": 32}, 3, 2)):
        asked = {"height": None, "width": None} | size
        codec = codec_for(pipe, **size)
        grid = codec.unpack(_last_latents(pipe, **asked))
        cells = 16 // codec.pixels_per_cell
        assert grid.shape[-2:] == (rows * cells, columns * cells)
        torch.testing.assert_close(codec.decode(grid).clamp(0, 1), tiny.run(pipe, **asked), rtol=0, atol=2e-5)


@pytest.mark.parametrize("family", PACKED)
def test_packed_latents_of_another_size_are_refused(pipes: dict[str, Any], family: str) -> None:
    latents = _last_latents(pipes[family], **WIDE)
    with pytest.raises(InputError, match=r"have 8 tokens, but an image of 64x64 has 16: give the height and width"):
        codec_for(pipes[family], 64, 64).unpack(latents)


def test_every_family_has_a_tiny_pipeline(pipes: dict[str, Any]) -> None:
    assert {codec_for(pipe).family for pipe in pipes.values()} == set(CODEC_FAMILIES)


def test_a_pipeline_that_descends_from_a_known_one_is_known(pipes: dict[str, Any]) -> None:
    class Mine(type(pipes["sd3"])):  # type: ignore[misc]
        pass

    assert (
        codec_for(Mine(**{k: v for k, v in pipes["sd3"].components.items() if v is not None})).family
        == CODEC_FAMILIES[2]
    )


def test_named_pipelines_are_those_of_diffusers() -> None:
    import diffusers

    from guidance.codecs.families import _CODECS

    for codec in _CODECS:
        for name in codec.pipelines:
            assert hasattr(diffusers, name), name


def test_an_unknown_pipeline_is_refused_by_name() -> None:
    class KandinskyPipeline:
        vae = None

    with pytest.raises(InputError) as error:
        codec_for(KandinskyPipeline(), 64, 64)
    assert (
        str(error.value) == f"KandinskyPipeline is not supported: load a pipeline of one of {', '.join(CODEC_FAMILIES)}"
    )


def test_a_pipeline_without_a_vae_is_refused() -> None:
    pipe = tiny.tiny_pipeline("sd15")
    pipe.vae = None
    with pytest.raises(InputError, match="this StableDiffusionPipeline has no VAE"):
        codec_for(pipe)
