"""What single families of pipelines need, and which pipelines are known."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from guidance.codecs import CODEC_FAMILIES, codec_for
from reswd_torch import InputError
from tests.guidance import tiny
from tests.guidance.codecs.latents import WIDE, last_latents

PACKED = ("flux", "flux2", "flux2-klein", "qwen-image")


@pytest.mark.parametrize("family", PACKED)
def test_the_size_of_packed_latents_is_the_pipelines_default_or_rounded_as_it_rounds(family: str) -> None:
    pipe = tiny.tiny_pipeline(family)
    pipe.default_sample_size = 6
    for size, rows, columns in (({}, 3, 3), ({"height": 40, "width": 79}, 2, 4), ({"width": 32}, 3, 2)):
        asked = {"height": None, "width": None} | size
        codec = codec_for(pipe, **size)
        grid = codec.unpack(last_latents(pipe, **asked))
        cells = 16 // codec.pixels_per_cell
        assert grid.shape[-2:] == (rows * cells, columns * cells)
        torch.testing.assert_close(codec.decode(grid).clamp(0, 1), tiny.run(pipe, **asked), rtol=0, atol=2e-5)


@pytest.mark.parametrize("family", PACKED)
def test_packed_latents_of_another_size_are_refused(pipes: dict[str, Any], family: str) -> None:
    latents = last_latents(pipes[family], **WIDE)
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


def test_resolution_binning_needs_the_latents_only() -> None:
    pipe = tiny.tiny_pipeline("sana")
    pipe.transformer.register_to_config(sample_size=16)  # bins of about 512x512
    asked = {"prompts": ["a red cat"], "steps": 2, "height": 200, "width": 400, "use_resolution_binning": True}
    pixels = codec_for(pipe, 200, 400).decode(last_latents(pipe, **asked))
    assert pixels.shape == (1, 3, 352, 704)
    resized = pipe.image_processor.resize_and_crop_tensor(pixels, 400, 200)
    torch.testing.assert_close(resized.clamp(0, 1), tiny.run(pipe, **asked), rtol=0, atol=2e-5)
