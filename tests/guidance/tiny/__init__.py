"""Text-to-image pipelines of every family: real classes of diffusers and transformers, tiny, random, made in memory.

They paint 64x64 noise in well under a second. They differ in everything that steering has to cope with: the scheduler that
the family's checkpoints ship, the layout and scale of the latents, and the autoencoder.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import torch
from diffusers import AutoencoderKLFlux2, QwenImagePipeline

from guidance.codecs import codec_for
from guidance.reference import read_reference
from reswd_torch import color_distance
from tests.guidance.tiny.consistent import find_noise, make_consistent
from tests.guidance.tiny.pipelines import FAMILIES
from tests.guidance.tiny.sizes import SIZE

COOL, WARM = "#0b3954:3, #bfd7ea:1, #087e8b:1", "#c81d25:3, #ffb627:2, #ff9f9f:1"
"""Two palettes to steer towards, which have no colour in common."""


def tiny_pipeline(family: str, scheduler: Any = None, seed: int = 0) -> Any:
    """Make a pipeline of one of :data:`FAMILIES`, float32 on the CPU.

    Args:
        family: a key of :data:`FAMILIES`.
        scheduler: the scheduler to use; None for the one that the family's checkpoints ship.
        seed: seed of the weights. The global generator is left as it was.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        pipe = FAMILIES[family]()
        _fit(pipe)
    if scheduler is not None:
        pipe.register_modules(scheduler=scheduler)
    pipe.set_progress_bar_config(disable=True)
    return pipe


shared_pipeline = functools.cache(tiny_pipeline)
"""The same, made once. Tests that use it must not change it."""


def call_arguments(pipe: Any, prompts: Sequence[str] = ("a red cat", "two blue dogs")) -> dict[str, Any]:
    """The arguments that make a call of the pipeline small and quick."""
    shared = {"prompt": list(prompts), "height": SIZE, "width": SIZE, "num_inference_steps": 4}
    if isinstance(pipe, QwenImagePipeline):  # its classifier-free guidance needs a negative prompt for each prompt
        shared["negative_prompt"] = [" "] * len(prompts)
    return shared | _EXTRA.get(type(pipe).__name__, {})


def run(
    pipe: Any, prompts: Sequence[str] = ("a red cat", "two blue dogs"), steps: int = 4, seed: int = 0, **more: Any
) -> torch.Tensor:
    """Call the pipeline.

    Args:
        pipe: a tiny pipeline.
        prompts: one prompt for each image.
        steps: number of denoising steps.
        seed: seed of the starting noise.
        **more: further arguments of the pipeline's call.

    Returns:
        The images, (b, 3, 64, 64) in 0..1; or the latents, with ``output_type="latent"``.
    """
    generator = torch.Generator().manual_seed(seed)
    arguments = call_arguments(pipe, prompts) | {"num_inference_steps": steps, "output_type": "pt"} | more
    return pipe(generator=generator, **arguments).images


def distances(images: torch.Tensor, reference: Any) -> list[float]:
    """The distance between the colours of each image and those of a reference, in Lab units."""
    colors = read_reference(reference).colors
    return [color_distance(image.permute(1, 2, 0).reshape(-1, 3), colors) for image in images]


def nearness(guided: torch.Tensor, plain: torch.Tensor, reference: Any) -> float:
    """The distance of guided images to a reference as a share of that of the plain images, summed over all images.

    1 means that guidance did nothing, 0 that it reached the reference's colours.
    """
    return sum(distances(guided, reference)) / sum(distances(plain, reference))


_EXTRA: dict[str, dict[str, Any]] = {
    "StableDiffusion3Pipeline": {"max_sequence_length": 16},
    "FluxPipeline": {"max_sequence_length": 16},
    "Flux2Pipeline": {"max_sequence_length": 16, "text_encoder_out_layers": (1, 2)},
    "Flux2KleinPipeline": {"max_sequence_length": 16, "text_encoder_out_layers": (1, 2)},
    "ZImagePipeline": {"max_sequence_length": 16},
    # Resolution binning would paint at least 512 pixels. Cleaning captions needs packages that are not installed.
    "SanaPipeline": {"use_resolution_binning": False, "complex_human_instruction": None, "max_sequence_length": 16},
    "PixArtAlphaPipeline": {"use_resolution_binning": False, "clean_caption": False, "max_sequence_length": 16},
    "PixArtSigmaPipeline": {"use_resolution_binning": False, "clean_caption": False, "max_sequence_length": 16},
}


def _fit(pipe: Any) -> None:
    """Make the encoder undo the decoder, with latents of the mean and deviation that the pipeline expects."""
    vae = pipe.vae
    channels = vae.config.get("latent_channels") or vae.config.z_dim
    if isinstance(vae, AutoencoderKLFlux2):  # it has a mean and a deviation for each of the four latents of a token
        mean, deviation = (
            value.reshape(channels, 4)[:, 0] for value in (vae.bn.running_mean, vae.bn.running_var.sqrt())
        )
    else:
        statistics = codec_for(pipe)._statistics(torch.device("cpu"))
        mean, deviation = (torch.as_tensor(value).flatten().expand(channels).float() for value in statistics)
    make_consistent(vae, mean, deviation)
    if channels == 4 and pipe.scheduler.config.get("prediction_type") == "epsilon":
        find_noise(getattr(pipe, "unet", None) or pipe.transformer)
