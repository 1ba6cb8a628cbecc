"""What the codecs of all families share, and all that the plain ones need."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from guidance.codecs.calls import Method, call_vae
from reswd_torch.errors import InputError

Latents = Float[Tensor, "b *layout"]
Grid = Float[Tensor, "b c h w"]
Pixels = Float[Tensor, "b 3 y x"]
Statistics = tuple[Tensor | float, Tensor | float]


class Codec:
    """Latents to pixels and back for one pipeline; see :func:`guidance.codecs.codec_for`.

    The source of every number is the configuration of the pipeline's own VAE, read at each call, so a VAE put into the
    pipeline later is used. Tiling, slicing and model offload work: the VAE is called as the pipeline calls it. No
    parameter of the VAE gets a gradient (:func:`guidance.codecs.calls.call_vae`).

    Attributes:
        family: the name in :data:`guidance.codecs.FAMILIES`.
        pipelines: class names of the diffusers pipelines whose latents are these.
        pixels_per_cell: sides of the square of pixels that one cell of the grid stands for.
    """

    family: ClassVar[str]
    pipelines: ClassVar[tuple[str, ...]]

    def __init__(self, pipe: Any, height: int | None = None, width: int | None = None) -> None:
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

        Differentiable with respect to the grid unless gradients are off.

        Args:
            grid: from :meth:`unpack`, in any floating dtype, of any height and width: a downscaled grid makes a
                smaller picture for less memory.

        Returns:
            float32 on the grid's device, sRGB-encoded, nominally 0..1 and not clamped.

        Raises:
            InputError: see :func:`guidance.codecs.calls.call_vae_in_float32`; SDXL only.
        """
        mean, deviation = self._statistics(grid.device)
        sample = self._call("decode", self._to_vae(grid.float() * deviation + mean)).sample
        return self._from_frames(sample.to(grid.device, torch.float32)) / 2 + 0.5

    def encode(self, pixels: Pixels) -> Grid:
        """The grid of a picture: the mode of the VAE's posterior, no sampling.

        Args:
            pixels: float32 sRGB 0..1, both sides multiples of :attr:`pixels_per_cell`.

        Returns:
            float32 on the pixels' device.

        Raises:
            InputError: the sides of the picture do not fit; and see :meth:`decode`.
        """
        side, (height, width) = self.pixels_per_cell, pixels.shape[-2:]
        if height % side or width % side:
            raise InputError(f"a picture of {width}x{height} does not fit: make both sides multiples of {side}")
        out = self._call("encode", self._to_frames(pixels * 2 - 1))
        # A KL autoencoder gives a posterior; DC-AE and tiny autoencoders give the latents, each under its own name.
        latents = out.latent_dist.mode() if "latent_dist" in out else next(iter(out.values()))
        mean, deviation = self._statistics(pixels.device)
        return (self._from_vae(latents.to(pixels.device, torch.float32)) - mean) / deviation

    def _statistics(self, device: torch.device) -> Statistics:
        """Mean and deviation, float32 1 c 1 1 or numbers: the VAE's latents are ``grid * deviation + mean``."""
        config = self.pipe.vae.config
        return getattr(config, "shift_factor", None) or 0.0, 1 / config.scaling_factor

    def _call(self, method: Method, x: Tensor) -> Any:
        return call_vae(self.pipe.vae, method, x)

    def _to_vae(self, grid: Grid) -> Tensor:
        """The VAE's own layout of a grid."""
        return grid

    def _from_vae(self, latents: Tensor) -> Grid:
        """The inverse of :meth:`_to_vae`."""
        return latents

    def _to_frames(self, pixels: Pixels) -> Tensor:
        """The VAE's own layout of pictures."""
        return pixels

    def _from_frames(self, frames: Tensor) -> Pixels:
        """The inverse of :meth:`_to_frames`."""
        return frames
