"""What guidance needs of the objects of diffusers, as protocols, and the shapes of the tensors that pass between them.

diffusers' own annotations do not name these attributes: the components of a pipeline are set when it is loaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import torch
from jaxtyping import Float
from torch import Tensor

Latents = Float[Tensor, "b *layout"]
"""Latents as a scheduler steps them: a grid, or a row of tokens that each hold a patch of it."""
Grid = Float[Tensor, "b c h w"]
"""Latents as a grid of cells, each standing for a square of pixels."""
Pixels = Float[Tensor, "b 3 y x"]
"""Pictures, sRGB-encoded, nominally 0..1."""
Timestep = Tensor | float
"""A timestep as pipelines hand it to their scheduler."""


class BatchStatistics(Protocol):
    """The statistics that a batch norm keeps, one value for each channel."""

    running_mean: Tensor
    running_var: Tensor


class Vae(Protocol):
    """An autoencoder of diffusers, which is a module of PyTorch.

    Attributes:
        config: its configuration, in which every kind of autoencoder has names of its own.
        bn: batch norm that holds the statistics of the latents; only the autoencoder of Flux 2 has one.
        dtype: dtype of its weights.
        is_gradient_checkpointing: whether it runs its parts twice to save memory when gradients are taken.
    """

    config: Any
    bn: BatchStatistics

    @property
    def dtype(self) -> torch.dtype: ...

    @property
    def is_gradient_checkpointing(self) -> bool: ...

    def parameters(self) -> Iterator[torch.nn.Parameter]: ...

    def named_parameters(self) -> Iterator[tuple[str, torch.nn.Parameter]]: ...

    def named_buffers(self) -> Iterator[tuple[str, Tensor]]: ...


class Scheduler(Protocol):
    """A scheduler of diffusers.

    Attributes:
        config: its configuration, in which every scheduler has names of its own.
        timesteps: (steps,): the timesteps of the run.
    """

    config: Any
    timesteps: Tensor


class StepOutput(Protocol):
    """What a scheduler's step returns unless it was asked for a tuple.

    Attributes:
        prev_sample: the sample for the next step.
    """

    prev_sample: Tensor


class Pipeline(Protocol):
    """A text-to-image pipeline of diffusers.

    Attributes:
        scheduler: its scheduler.
        vae: its autoencoder.
        vae_scale_factor: pixels on each side of the square that one latent of the autoencoder stands for.
        default_sample_size: default height and width of a picture, latents; only pipelines with packed latents are
            asked for it.
    """

    scheduler: Scheduler
    vae: Vae
    vae_scale_factor: int
    default_sample_size: int
