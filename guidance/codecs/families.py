"""The codec of each family of pipelines, and the choice of the codec that fits a pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from einops import rearrange
from torch import Tensor

from guidance.codecs.calls import VaeMethod, call_vae, call_vae_in_float32
from guidance.codecs.codec import Codec, Statistics
from guidance.protocols import Grid, Latents, Pipeline, Pixels
from reswd_torch.errors import InputError

if TYPE_CHECKING:
    from diffusers import DiffusionPipeline


class StableDiffusionCodec(Codec):
    """Stable Diffusion 1 and 2 (arXiv 2112.10752): the latents are scaled by one number."""

    family = "Stable Diffusion 1.5"
    pipelines = (
        "StableDiffusionPipeline",
        "StableDiffusionImg2ImgPipeline",
        "StableDiffusionControlNetPipeline",
        "StableDiffusionPAGPipeline",
    )


class StableDiffusionXLCodec(Codec):
    """SDXL (arXiv 2307.01952): the latents are scaled by one number, or by a mean and a deviation for each channel.

    SDXL's own VAE overflows in float16.
    """

    family = "SDXL"
    pipelines = (
        "StableDiffusionXLPipeline",
        "StableDiffusionXLImg2ImgPipeline",
        "StableDiffusionXLControlNetPipeline",
        "StableDiffusionXLPAGPipeline",
    )

    def _statistics(self, device: torch.device) -> Statistics:
        config = self.pipe.vae.config
        mean, deviation = (getattr(config, name, None) for name in ("latents_mean", "latents_std"))
        if mean is None or deviation is None:
            return 0.0, 1 / config.scaling_factor
        return _per_channel(mean, device), _per_channel(deviation, device) / config.scaling_factor

    def _call(self, method: VaeMethod, x: Tensor) -> Any:
        vae = self.pipe.vae
        overflows = vae.dtype == torch.float16 and vae.config.force_upcast
        return (call_vae_in_float32 if overflows else call_vae)(vae, method, x)


class StableDiffusion3Codec(Codec):
    """Stable Diffusion 3 and 3.5 (arXiv 2403.03206): the latents are scaled and shifted by one number each."""

    family = "Stable Diffusion 3"
    pipelines = (
        "StableDiffusion3Pipeline",
        "StableDiffusion3Img2ImgPipeline",
        "StableDiffusion3ControlNetPipeline",
        "StableDiffusion3PAGPipeline",
    )


class ZImageCodec(Codec):
    """Z-Image: the latents are scaled and shifted by one number each. They are float32 whatever dtype the model has."""

    family = "Z-Image"
    pipelines = ("ZImagePipeline", "ZImageImg2ImgPipeline", "ZImageControlNetPipeline")


class PixArtCodec(Codec):
    """PixArt-alpha and -sigma (arXiv 2310.00426 and 2403.04692): the latents are scaled by one number.

    Pictures have the size that belongs to the latents. If the pipeline uses resolution binning, it resizes them afterwards.
    """

    family = "PixArt"
    pipelines = ("PixArtAlphaPipeline", "PixArtSigmaPipeline", "PixArtSigmaPAGPipeline")


class SanaCodec(Codec):
    """Sana (arXiv 2410.10629): the latents are scaled by one number.

    The autoencoder is deterministic and shrinks pictures by 32. For the size of pictures see :class:`PixArtCodec`.
    """

    family = "Sana"
    pipelines = ("SanaPipeline", "SanaPAGPipeline")


class _PackedCodec(Codec):
    """Latents that are a row of tokens, one for each square of two by two latents of the VAE.

    Attributes:
        rows, columns: number of tokens from top to bottom and from left to right of the image.
    """

    def __init__(self, pipe: Pipeline, height: int | None = None, width: int | None = None) -> None:
        super().__init__(pipe, height, width)
        default = pipe.default_sample_size * pipe.vae_scale_factor
        self._token = 2 * pipe.vae_scale_factor  # pixels on each side of the square that one token stands for
        self.rows, self.columns = (int(side or default) // self._token for side in (height, width))

    def unpack(self, latents: Latents) -> Grid:
        tokens, wanted = latents.shape[1], self.rows * self.columns
        if tokens != wanted:
            raise InputError(
                f"the latents have {tokens} tokens, but an image of {self.columns * self._token}x{self.rows * self._token} "
                f"has {wanted}: give the height and width that the pipeline makes"
            )
        return self._to_grid(latents)

    def _to_grid(self, latents: Latents) -> Grid:
        return rearrange(latents, "b (h w) (c p q) -> b c (h p) (w q)", h=self.rows, p=2, q=2)

    def pack(self, grid: Grid) -> Latents:
        return rearrange(grid, "b c (h p) (w q) -> b (h w) (c p q)", p=2, q=2)


class FluxCodec(_PackedCodec):
    """Flux 1: packed latents, scaled and shifted by one number each."""

    family = "Flux 1"
    pipelines = ("FluxPipeline", "FluxImg2ImgPipeline")


class QwenImageCodec(_PackedCodec):
    """Qwen-Image (arXiv 2508.02324): packed latents, scaled by a mean and a deviation for each channel.

    The VAE is one of videos, of which a picture is the first frame. It clamps pixels by itself, so the gradient of a pixel
    is zero where it is 0 or 1.
    """

    family = "Qwen-Image"
    pipelines = ("QwenImagePipeline", "QwenImageImg2ImgPipeline")

    def _statistics(self, device: torch.device) -> Statistics:
        config = self.pipe.vae.config
        return _per_channel(config.latents_mean, device), _per_channel(config.latents_std, device)

    def _to_vae(self, grid: Grid) -> Tensor:
        return grid[:, :, None]

    def _from_vae(self, latents: Tensor) -> Grid:
        return latents[:, :, 0]

    def _to_frames(self, pixels: Pixels) -> Tensor:
        return pixels[:, :, None]

    def _from_frames(self, frames: Tensor) -> Pixels:
        return frames[:, :, 0]


class Flux2Codec(_PackedCodec):
    """Flux 2: each token is a cell of the grid, normalised by the statistics of the VAE's batch norm."""

    family = "Flux 2"
    pipelines = ("Flux2Pipeline", "Flux2KleinPipeline")

    def __init__(self, pipe: Pipeline, height: int | None = None, width: int | None = None) -> None:
        super().__init__(pipe, height, width)
        self.pixels_per_cell = self._token

    def _to_grid(self, latents: Latents) -> Grid:
        return rearrange(latents, "b (h w) c -> b c h w", h=self.rows)

    def pack(self, grid: Grid) -> Latents:
        return rearrange(grid, "b c h w -> b (h w) c")

    def _statistics(self, device: torch.device) -> Statistics:
        norm, epsilon = self.pipe.vae.bn, self.pipe.vae.config.batch_norm_eps
        return _per_channel(norm.running_mean, device), (_per_channel(norm.running_var, device) + epsilon).sqrt()

    def _to_vae(self, grid: Grid) -> Tensor:
        return rearrange(grid, "b (c p q) h w -> b c (h p) (w q)", p=2, q=2)

    def _from_vae(self, latents: Tensor) -> Grid:
        return rearrange(latents, "b c (h p) (w q) -> b (c p q) h w", p=2, q=2)


def _per_channel(values: Tensor | Sequence[float], device: torch.device) -> Tensor:
    """One value for each channel as a float32 tensor (1, c, 1, 1)."""
    return torch.as_tensor(values, dtype=torch.float32, device=device).view(1, -1, 1, 1)


_CODECS: tuple[type[Codec], ...] = (
    StableDiffusionCodec,
    StableDiffusionXLCodec,
    StableDiffusion3Codec,
    FluxCodec,
    Flux2Codec,
    QwenImageCodec,
    ZImageCodec,
    SanaCodec,
    PixArtCodec,
)
CODEC_FAMILIES = tuple(codec.family for codec in _CODECS)
"""Names of the families of pipelines that have a codec."""


def codec_for(pipe: Pipeline | DiffusionPipeline, height: int | None = None, width: int | None = None) -> Codec:
    """Make the codec of a pipeline. It is chosen by the names of the pipeline's class and of the classes it descends from.

    Args:
        pipe: a pipeline of diffusers of a class in :attr:`Codec.pipelines`, or of one that descends from it.
        height, width: size of the image, pixels, as the pipeline was called; None for the pipeline's default. Only codecs
            of packed latents (Flux 1, Flux 2, Qwen-Image) need it, and round it down as the pipeline does. If Flux 2 is
            given a picture, it takes its default from there, so height and width are both needed.

    Raises:
        InputError: no codec fits the pipeline, or it has no VAE.
    """
    name, ancestors = type(pipe).__name__, {ancestor.__name__ for ancestor in type(pipe).__mro__}
    for codec in _CODECS:
        if ancestors.intersection(codec.pipelines):
            if getattr(pipe, "vae", None) is None:
                raise InputError(f"this {name} has no VAE: load the pipeline with one")
            return codec(pipe, height, width)
    raise InputError(f"{name} is not supported: load a pipeline of one of {', '.join(CODEC_FAMILIES)}")
