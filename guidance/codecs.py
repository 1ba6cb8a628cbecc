"""From the latents that a text-to-image pipeline of diffusers samples to pixels, and back.

What ``scheduler.step`` sees differs from family to family: most sample the scaled latents of their VAE as a grid, others
a row of tokens that each hold a patch of it, and the scale is one number, a mean and a deviation per channel, or the
statistics of a batch norm. A :class:`Codec` hides that. Nothing here imports diffusers before a codec is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any, ClassVar

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from reswd_torch.errors import InputError

Latents = Float[Tensor, "b *any"]
Grid = Float[Tensor, "b c h w"]
Pixels = Float[Tensor, "b 3 y x"]


class Codec:
    """Latents to pixels and back for one pipeline; what all families share, and all that the plain ones need.

    The source of every number is the configuration of the pipeline's own VAE, read at each call, so a VAE put into the
    pipeline later is used. Tiling, slicing and model offload work: the VAE is called as the pipeline calls it.

    No gradient ever reaches a parameter of the VAE: for the time of a call they do not ask for one, which also spares
    the memory of what only they would need. (Not with gradient checkpointing, which runs the VAE again later, when
    they ask again: then the graph holds them, so take gradients with ``torch.autograd.grad``.)

    Attributes:
        family: the name in :data:`FAMILIES`.
        pipelines: class names of the diffusers pipelines whose latents are these.
        pixels_per_cell: sides of the square of pixels that one cell of the grid stands for.
    """

    family: ClassVar[str]
    pipelines: ClassVar[tuple[str, ...]]

    def __init__(self, pipe: Any, height: int | None = None, width: int | None = None) -> None:
        """See :func:`codec_for`. The plain families need no size: their latents are a grid."""
        self.pipe = pipe
        self.pixels_per_cell = int(pipe.vae_scale_factor)

    def unpack(self, latents: Latents) -> Grid:
        """The grid that holds the same numbers as what the scheduler steps; layout only, dtype kept.

        Raises:
            InputError: packed latents are not those of an image of the codec's size.
        """
        return latents

    def pack(self, grid: Grid) -> Latents:
        """The exact inverse of :meth:`unpack`."""
        return grid

    def decode(self, grid: Grid) -> Pixels:
        """Pixels, as the pipeline itself makes them after its last step, but for rounding and the clamp.

        Differentiable with respect to the grid, unless gradients are off.

        Args:
            grid: from :meth:`unpack`, in any floating dtype, of any height and width: a downscaled grid makes a
                smaller picture for less memory.

        Returns:
            float32 on the grid's device, sRGB-encoded, nominally 0..1 and not clamped (Qwen-Image's VAE clamps by
            itself, so there the gradient is zero where a pixel is 0 or 1).

        Raises:
            InputError: see :meth:`_run`.
        """
        mean, deviation = self._statistics(grid.device)
        latents = self._to_vae(grid.float() * deviation + mean)
        return self._run("decode", latents).sample.to(grid.device, torch.float32).flatten(1, -3) / 2 + 0.5

    def encode(self, pixels: Pixels) -> Grid:
        """The grid of a picture: the mode of the VAE's posterior, no sampling.

        Args:
            pixels: float32 sRGB 0..1, both sides multiples of :attr:`pixels_per_cell`.

        Returns:
            float32 on the pixels' device.

        Raises:
            InputError: the sides of the picture do not fit; see also :meth:`_run`.
        """
        side, (height, width) = self.pixels_per_cell, pixels.shape[-2:]
        if height % side or width % side:
            raise InputError(f"a picture of {width}x{height} does not fit: make both sides multiples of {side}")
        out = self._run("encode", self._as_frame(pixels * 2 - 1))
        # Posteriors of KL autoencoders; DC-AE of Sana and the tiny autoencoders have none, and no two names alike.
        latents = out.latent_dist.mode() if "latent_dist" in out else next(iter(out.values()))
        mean, deviation = self._statistics(pixels.device)
        return (self._from_vae(latents.to(pixels.device, torch.float32)) - mean) / deviation

    def _statistics(self, device: torch.device) -> tuple[Tensor | float, Tensor | float]:
        """Mean and deviation of the VAE's latents, float32 1 c 1 1 or numbers: ``latents = grid * deviation + mean``."""
        config = self.pipe.vae.config
        return getattr(config, "shift_factor", None) or 0.0, 1 / config.scaling_factor

    def _as_frame(self, pixels: Tensor) -> Tensor:
        """What the VAE takes for a batch of pictures."""
        return pixels

    def _to_vae(self, grid: Grid) -> Tensor:
        """The VAE's own layout of a grid."""
        return grid

    def _from_vae(self, latents: Tensor) -> Grid:
        """The inverse of :meth:`_to_vae`."""
        return latents

    def _in_float32(self) -> bool:
        """Whether the VAE has to run in float32 though its weights are not."""
        return False

    def _run(self, method: str, x: Tensor) -> Any:
        """Call ``decode`` or ``encode`` of the VAE, where and in the dtype it runs.

        Raises:
            InputError: a VAE that needs float32 but holds float16 is to give gradients by gradient checkpointing,
                which would run it again after it is back in float16.
        """
        from diffusers.utils.torch_utils import get_module_execution_device

        vae = self.pipe.vae
        place = get_module_execution_device(vae)  # an offloaded VAE is moved there by its hook, but its input is not
        if not self._in_float32():
            with _frozen(vae):
                return getattr(vae, method)(x.to(place, vae.dtype))
        if torch.is_grad_enabled() and vae.is_gradient_checkpointing:
            raise InputError(
                "this float16 VAE overflows and cannot give gradients in float32 by checkpointing: call "
                "pipe.vae.to(torch.float32) first, or pipe.vae.disable_gradient_checkpointing()"
            )
        # Not vae.to(): the gradient is taken after this call, when the weights must still be what they were in it.
        weights = {
            f"vae.{name}": value.detach().to(place, torch.float32)
            for name, value in chain(vae.named_parameters(), vae.named_buffers())
        }
        return torch.func.functional_call(_Method(vae, method), weights, (x.to(place, torch.float32),))


class _Method(torch.nn.Module):
    """Makes a method of the VAE the ``forward`` that ``functional_call`` needs."""

    def __init__(self, vae: torch.nn.Module, method: str) -> None:
        super().__init__()
        self.vae, self.method = vae, method

    def forward(self, x: Tensor) -> Any:
        return getattr(self.vae, self.method)(x)


@contextmanager
def _frozen(vae: Any) -> Iterator[None]:
    """No parameter asks for a gradient inside, unless gradient checkpointing compares both runs and would refuse."""
    asking = []
    if torch.is_grad_enabled() and not vae.is_gradient_checkpointing:
        asking = [parameter for parameter in vae.parameters() if parameter.requires_grad]
    for parameter in asking:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in asking:
            parameter.requires_grad_(True)


class StableDiffusionCodec(Codec):
    """Stable Diffusion 1 and 2 (arXiv 2112.10752): one scale."""

    family = "Stable Diffusion 1.5"
    pipelines = (
        "StableDiffusionPipeline",
        "StableDiffusionImg2ImgPipeline",
        "StableDiffusionControlNetPipeline",
        "StableDiffusionPAGPipeline",
    )


class StableDiffusionXLCodec(Codec):
    """SDXL (arXiv 2307.01952): one scale, or a mean and a deviation per channel; its own VAE overflows in float16."""

    family = "SDXL"
    pipelines = (
        "StableDiffusionXLPipeline",
        "StableDiffusionXLImg2ImgPipeline",
        "StableDiffusionXLControlNetPipeline",
        "StableDiffusionXLPAGPipeline",
    )

    def _statistics(self, device: torch.device) -> tuple[Tensor | float, Tensor | float]:
        config = self.pipe.vae.config
        mean, deviation = (getattr(config, name, None) for name in ("latents_mean", "latents_std"))
        if mean is None or deviation is None:
            return 0.0, 1 / config.scaling_factor
        return _per_channel(mean, device), _per_channel(deviation, device) / config.scaling_factor

    def _in_float32(self) -> bool:
        return self.pipe.vae.dtype == torch.float16 and bool(self.pipe.vae.config.force_upcast)


class StableDiffusion3Codec(Codec):
    """Stable Diffusion 3 and 3.5 (arXiv 2403.03206): scale and shift."""

    family = "Stable Diffusion 3"
    pipelines = (
        "StableDiffusion3Pipeline",
        "StableDiffusion3Img2ImgPipeline",
        "StableDiffusion3ControlNetPipeline",
        "StableDiffusion3PAGPipeline",
    )


class ZImageCodec(Codec):
    """Z-Image: scale and shift; its latents stay float32 whatever the model is."""

    family = "Z-Image"
    pipelines = ("ZImagePipeline", "ZImageImg2ImgPipeline", "ZImageControlNetPipeline")


class PixArtCodec(Codec):
    """PixArt-alpha and -sigma (arXiv 2310.00426 and 2403.04692): one scale."""

    family = "PixArt"
    pipelines = ("PixArtAlphaPipeline", "PixArtSigmaPipeline", "PixArtSigmaPAGPipeline")


class SanaCodec(Codec):
    """Sana (arXiv 2410.10629): one scale on a deterministic autoencoder that shrinks by 32.

    Pictures have the size of the latents: resolution binning, which resizes them afterwards, is the pipeline's.
    """

    family = "Sana"
    pipelines = ("SanaPipeline", "SanaPAGPipeline")


class _Packed(Codec):
    """Latents that are rows of tokens, one for each square of two by two latents of the VAE.

    Attributes:
        rows, columns: tokens from top to bottom and from left to right.
    """

    def __init__(self, pipe: Any, height: int | None = None, width: int | None = None) -> None:
        super().__init__(pipe, height, width)
        token, default = 2 * pipe.vae_scale_factor, pipe.default_sample_size * pipe.vae_scale_factor
        self.rows, self.columns = (int(side or default) // token for side in (height, width))

    def unpack(self, latents: Latents) -> Grid:
        tokens = latents.shape[1]
        if tokens != self.rows * self.columns:
            token = 2 * self.pipe.vae_scale_factor
            raise InputError(
                f"these latents have {tokens} tokens, but an image of {self.columns * token}x{self.rows * token} has "
                f"{self.rows * self.columns}: give the height and width the pipeline was called with"
            )
        return self._tokens_to_grid(latents)

    def _tokens_to_grid(self, latents: Latents) -> Grid:
        return rearrange(latents, "b (h w) (c p q) -> b c (h p) (w q)", h=self.rows, p=2, q=2)

    def pack(self, grid: Grid) -> Latents:
        return rearrange(grid, "b c (h p) (w q) -> b (h w) (c p q)", p=2, q=2)


class FluxCodec(_Packed):
    """Flux 1: scale and shift, packed."""

    family = "Flux 1"
    pipelines = ("FluxPipeline", "FluxImg2ImgPipeline")


class QwenImageCodec(_Packed):
    """Qwen-Image (arXiv 2508.02324): the first frame of a video VAE, a mean and a deviation per channel, packed."""

    family = "Qwen-Image"
    pipelines = ("QwenImagePipeline", "QwenImageImg2ImgPipeline")

    def _statistics(self, device: torch.device) -> tuple[Tensor | float, Tensor | float]:
        config = self.pipe.vae.config
        return _per_channel(config.latents_mean, device), _per_channel(config.latents_std, device)

    def _as_frame(self, pixels: Tensor) -> Tensor:
        return pixels.unsqueeze(2)

    def _to_vae(self, grid: Grid) -> Tensor:
        return grid.unsqueeze(2)

    def _from_vae(self, latents: Tensor) -> Grid:
        return latents.squeeze(2)


class Flux2Codec(_Packed):
    """Flux 2: the tokens themselves are the cells, normalised by the statistics of the VAE's batch norm."""

    family = "Flux 2"
    pipelines = ("Flux2Pipeline", "Flux2KleinPipeline")

    def __init__(self, pipe: Any, height: int | None = None, width: int | None = None) -> None:
        super().__init__(pipe, height, width)
        self.pixels_per_cell *= 2

    def _tokens_to_grid(self, latents: Latents) -> Grid:
        return rearrange(latents, "b (h w) c -> b c h w", h=self.rows)

    def pack(self, grid: Grid) -> Latents:
        return rearrange(grid, "b c h w -> b (h w) c")

    def _statistics(self, device: torch.device) -> tuple[Tensor | float, Tensor | float]:
        norm, epsilon = self.pipe.vae.bn, self.pipe.vae.config.batch_norm_eps
        mean, variance = (_per_channel(value, device) for value in (norm.running_mean, norm.running_var))
        return mean, (variance + epsilon).sqrt()

    def _to_vae(self, grid: Grid) -> Tensor:
        return rearrange(grid, "b (c p q) h w -> b c (h p) (w q)", p=2, q=2)

    def _from_vae(self, latents: Tensor) -> Grid:
        return rearrange(latents, "b c (h p) (w q) -> b (c p q) h w", p=2, q=2)


def _per_channel(values: Any, device: torch.device) -> Tensor:
    """Float32 1 c 1 1."""
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
FAMILIES = tuple(codec.family for codec in _CODECS)
"""Names of the families of pipelines that have a codec."""


def codec_for(pipe: Any, height: int | None = None, width: int | None = None) -> Codec:
    """The codec of a pipeline, known by the names of its class and of those it descends from.

    Args:
        pipe: a text-to-image pipeline of diffusers, or one of the relatives in :attr:`Codec.pipelines`.
        height, width: of the image being made, pixels, as the pipeline was called; ``None`` for the pipeline's
            default. Only packed latents (Flux 1, Flux 2, Qwen-Image) need them, and round them down as the pipeline does.

    Raises:
        InputError: no codec knows the pipeline, or it has no VAE.
    """
    ancestors = {ancestor.__name__ for ancestor in type(pipe).__mro__}
    for codec in _CODECS:
        if ancestors.intersection(codec.pipelines):
            if getattr(pipe, "vae", None) is None:
                raise InputError(f"this {type(pipe).__name__} has no VAE: load the pipeline with one")
            return codec(pipe, height, width)
    raise InputError(f"{type(pipe).__name__} is not supported: load a pipeline of {', '.join(FAMILIES)}")
