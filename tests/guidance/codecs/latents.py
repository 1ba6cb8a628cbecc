"""Latents for the tests of codecs."""

from __future__ import annotations

from typing import Any

import torch

from guidance.codecs import codec_for
from tests.guidance import tiny

WIDE = {"height": 32, "width": 64}
"""Height and width of a picture that is not square, pixels."""


def last_latents(pipe: Any, **more: Any) -> torch.Tensor:
    """The latents that the last step of a pipeline's call returns."""
    if type(pipe).__name__ != "Flux2KleinPipeline":
        return tiny.run(pipe, output_type="latent", **more)
    seen: list[torch.Tensor] = []  # its latents as output are no longer those of the scheduler

    def keep(_: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        seen.append(tensors["latents"])
        return tensors

    tiny.run(pipe, callback_on_step_end=keep, **more)
    return seen[-1]


def random_grid(pipe: Any, rows: int = 4, columns: int = 8, seed: int = 0) -> torch.Tensor:
    """Two random grids of the pipeline's latents."""
    codec = codec_for(pipe, tiny.SIZE, tiny.SIZE)
    channels = codec.encode(torch.rand(1, 3, 16, 16)).shape[1]
    return torch.randn(2, channels, rows, columns, generator=torch.Generator().manual_seed(seed))
