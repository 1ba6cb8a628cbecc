"""Sampling in ComfyUI that is steered to the colours of a reference.

ComfyUI hands a function behind classifier-free guidance the clean latents that the model predicts, and goes on with what it
returns. So guidance moves the prediction alone, and not the sample; as with solvers that keep their sample, each step then goes
the whole way (docs/guidance.md), since most of it is taken back by the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from jaxtyping import Float
from torch import Tensor

from guidance.core import Guidance
from guidance.protocols import Grid, Pixels
from guidance.reference import Reference, read_references, spread
from guidance.settings import GuidanceSettings
from reswd_torch.errors import InputError
from studio.service.held.frames import frames_of, in_range


class ComfyVae(Protocol):
    """ComfyUI's VAE: pictures as (B, H, W, 3), 0..1, latents as the model's file has them."""

    def decode(self, samples: Tensor) -> Tensor: ...
    def encode(self, pixels: Tensor) -> Tensor: ...
    def spacial_compression_encode(self) -> int: ...


class ComfyCodec:
    """Latents as ComfyUI samples them, as pictures and back. Nothing gets a gradient.

    Args:
        vae: ComfyUI's VAE.
        latent_format: the model's: ``process_in`` scales the VAE's latents for sampling, ``process_out`` back.

    Raises:
        InputError: a VAE of sounds or the like.
    """

    def __init__(self, vae: ComfyVae, latent_format: Any) -> None:
        self.vae, self.latent_format = vae, latent_format
        side = vae.spacial_compression_encode()
        if not isinstance(side, int) or not 1 <= side <= 64:
            raise InputError("vae: it makes no pictures: connect the VAE of the model")
        self.pixels_per_cell = side

    def decode(self, grid: Grid) -> Pixels:
        """The picture of a grid, float32, 0..1, on the grid's device."""
        latents = self.latent_format.process_out(grid.float())
        pixels = self.vae.decode(latents)
        if pixels.ndim == 5:  # VAEs of clips: one frame
            pixels = pixels[:, 0] if pixels.shape[0] == grid.shape[0] else pixels[0]
        return pixels[..., :3].movedim(-1, 1).to(grid.device, torch.float32)

    def encode(self, pixels: Pixels) -> Grid:
        """The grid of a picture, float32, on its device."""
        latents = self.vae.encode(pixels.movedim(1, -1))
        if latents.ndim == 5:
            latents = latents[:, :, 0]
        return self.latent_format.process_in(latents.to(pixels.device, torch.float32))


class Steering:
    """What :func:`guided` puts behind classifier-free guidance.

    Args:
        codec: the model's latents as pictures.
        references: one for all pictures of a batch, or one each.
        settings: how strongly, and from where to where.

    Attributes:
        guided: number of predictions that were moved so far.
    """

    def __init__(self, codec: ComfyCodec, references: Sequence[Reference], settings: GuidanceSettings) -> None:
        self.codec, self.references, self.settings = codec, references, settings
        self.guided = 0
        self._core: Guidance | None = None

    def __call__(self, arguments: dict[str, Any]) -> Tensor:
        """The prediction of one step, moved. ``arguments`` is what ComfyUI hands over."""
        denoised: Tensor = arguments["denoised"]
        step, steps = place_of(arguments["sigma"], arguments["model_options"])
        share = (step + 1) / steps
        if self.settings.strength == 0 or not self.settings.start < share <= self.settings.stop:
            return denoised
        if not bool(torch.isfinite(denoised).all()):
            raise InputError(
                f"step {step + 1} of {steps}: the latents are not numbers any more (NaN or infinite): load the model in "
                "float32 or bfloat16, or lower the strength or the guidance scale"
            )
        grid, whole = _as_grid(denoised)
        with torch.inference_mode(False), torch.no_grad():
            grid = grid.detach().clone()
            shift = self._guidance(grid).shift(grid, step, steps, whole=True)
        self.guided += 1
        return (grid + shift).to(denoised.dtype).reshape(whole)

    def _guidance(self, grid: Tensor) -> Guidance:
        if self._core is None or len(self._core.transport.targets) != len(grid) or self._core.device != grid.device:
            references = spread(self.references, len(grid))
            self._core = Guidance(references, self.settings, self.codec, self.codec.vae, grid.device)
        return self._core


def place_of(sigma: Float[Tensor, " b"], model_options: dict[str, Any]) -> tuple[int, int]:
    """The step of a noise level, from 0, and the number of steps. Samplers that look between two steps are at the first of both.

    Raises:
        InputError: the sampler does not say which noise levels it goes through.
    """
    sigmas = model_options.get("transformer_options", {}).get("sample_sigmas")
    if sigmas is None or len(sigmas) < 2:
        raise InputError(
            "the sampler does not say its noise levels, so nothing can be guided: use a sampler of ComfyUI"
        )
    levels, here = sigmas.detach().double().cpu(), float(sigma.flatten()[0])
    steps = len(levels) - 1
    reached = [place for place in range(steps) if float(levels[place]) >= here * (1 - 1e-4)]
    return (reached[-1] if reached else 0), steps


def _as_grid(latents: Tensor) -> tuple[Tensor, torch.Size]:
    """Latents as a grid of cells, and their own shape. Raises InputError for clips."""
    if latents.ndim == 4:
        return latents, latents.shape
    if latents.ndim == 5 and latents.shape[2] == 1:
        return latents[:, :, 0], latents.shape
    raise InputError(f"latents of shape {tuple(latents.shape)} are no pictures: guiding takes models of still pictures")


def guided(
    model: Any,
    vae: ComfyVae,
    reference: Float[Tensor, "b h w c"] | None,
    palette: str,
    settings: GuidanceSettings,
) -> Any:
    """A clone of a model whose sampling is steered.

    Args:
        model: ComfyUI's ModelPatcher.
        vae: the model's VAE.
        reference: one picture for all, or one for each picture of the batch; None with a palette.
        palette: hex colours; empty with pictures.
        settings: how strongly, and from where to where.

    Raises:
        InputError: neither or both references, NaN, or a VAE that makes no pictures.
    """
    if (reference is None) == (not palette.strip()):
        both = "not both" if reference is not None else "one of them"
        raise InputError(f"connect a reference or write a palette: {both}")
    if reference is None:
        references = read_references(palette, settings.seed)
    else:
        frames = frames_of(reference, "reference")
        pictures = [
            in_range(frames.tensor[place, ..., :3].detach().float().cpu(), f"reference, frame {place}")
            for place in range(len(frames))
        ]
        references = read_references(pictures, settings.seed)
    clone = model.clone()
    codec = ComfyCodec(vae, model.model.latent_format)
    clone.set_model_sampler_post_cfg_function(Steering(codec, references, settings))
    return clone
