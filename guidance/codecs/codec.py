"""The codec that all families share. A family whose latents are a plain scaled grid needs nothing else."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor

from guidance.codecs.calls import VaeMethod, call_vae
from guidance.protocols import Grid, Latents, Pipeline, Pixels
from reswd_torch.errors import InputError

Statistics = tuple[Tensor | float, Tensor | float]
"""Mean and deviation of a VAE's latents: numbers, or float32 tensors (1, c, 1, 1)."""


class Codec:
    """Turns the latents of one pipeline into pixels and back; :func:`guidance.codecs.codec_for` makes the right one.

    Every number comes from the configuration of the pipeline's own VAE. It is read at each call, so that a VAE which is put
    into the pipeline later is used. Tiling, slicing and model offload work, since the VAE is called as the pipeline calls
    it. No parameter of the VAE gets a gradient (:func:`guidance.codecs.calls.call_vae`).

    Args:
        pipe: the pipeline.
        height, width: size of the image, pixels; None for the pipeline's default. Only codecs of packed latents use it.

    Attributes:
        family: the family's name in :data:`guidance.codecs.CODEC_FAMILIES`.
        pipelines: class names of the pipelines of diffusers that have such latents.
        pixels_per_cell: pixels on each side of the square that one cell of the grid stands for.
    """

    family: ClassVar[str]
    pipelines: ClassVar[tuple[str, ...]]

    def __init__(self, pipe: Pipeline, height: int | None = None, width: int | None = None) -> None:
        self.pipe = pipe
        self.pixels_per_cell = int(pipe.vae_scale_factor)

    def unpack(self, latents: Latents) -> Grid:
        """Lay out what the scheduler steps as a grid. The numbers and their dtype stay the same.

        Raises:
            InputError: the latents are packed, and not those of an image of the codec's size.
        """
        return latents

    def pack(self, grid: Grid) -> Latents:
        """Lay out a grid as the scheduler steps it: the exact inverse of :meth:`unpack`."""
        return grid

    def decode(self, grid: Grid) -> Pixels:
        """Turn a grid into pixels, as the pipeline itself does after its last step, but without rounding and clamping.

        This is differentiable with respect to the grid unless gradients are off.

        Args:
            grid: a grid as :meth:`unpack` returns it, in any floating dtype and of any height and width. A downscaled grid
                makes a smaller picture and takes less memory.

        Returns:
            The picture, float32 on the grid's device, sRGB-encoded, nominally 0..1 and not clamped.

        Raises:
            InputError: as :func:`guidance.codecs.calls.call_vae_in_float32`, with SDXL only.
        """
        mean, deviation = self._statistics(grid.device)
        sample = self._call("decode", self._to_vae(grid.float() * deviation + mean)).sample
        return self._from_frames(sample.to(grid.device, torch.float32)) / 2 + 0.5

    def encode(self, pixels: Pixels) -> Grid:
        """Turn a picture into a grid: the mode of the VAE's posterior, from which nothing is sampled.

        Args:
            pixels: the picture, float32, sRGB-encoded, 0..1. Both sides are multiples of :attr:`pixels_per_cell`.

        Returns:
            The grid, float32 on the picture's device.

        Raises:
            InputError: the sides of the picture do not fit; or as :meth:`decode`.
        """
        side, (height, width) = self.pixels_per_cell, pixels.shape[-2:]
        if height % side or width % side:
            raise InputError(f"a picture of {width}x{height} does not fit: make both sides multiples of {side}")
        out = self._call("encode", self._to_frames(pixels * 2 - 1))
        # A KL autoencoder returns a posterior. DC-AE and tiny autoencoders return the latents, each under a name of its own.
        latents = out.latent_dist.mode() if "latent_dist" in out else next(iter(out.values()))
        mean, deviation = self._statistics(pixels.device)
        return (self._from_vae(latents.to(pixels.device, torch.float32)) - mean) / deviation

    def _statistics(self, device: torch.device) -> Statistics:
        """Mean and deviation of the VAE's latents, which are ``grid * deviation + mean``."""
        config = self.pipe.vae.config
        return getattr(config, "shift_factor", None) or 0.0, 1 / config.scaling_factor

    def _call(self, method: VaeMethod, x: Tensor) -> Any:
        """See :func:`guidance.codecs.calls.call_vae`."""
        return call_vae(self.pipe.vae, method, x)

    def _to_vae(self, grid: Grid) -> Tensor:
        """Lay out a grid as the VAE takes latents."""
        return grid

    def _from_vae(self, latents: Tensor) -> Grid:
        """The inverse of :meth:`_to_vae`."""
        return latents

    def _to_frames(self, pixels: Pixels) -> Tensor:
        """Lay out pictures as the VAE takes them."""
        return pixels

    def _from_frames(self, frames: Tensor) -> Pixels:
        """The inverse of :meth:`_to_frames`."""
        return frames
