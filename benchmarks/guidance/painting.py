"""Painting: an embedded model under each scheme, and the calls of its denoiser counted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import torch
from PIL import Image
from torch import Tensor

from benchmarks.guidance.afterwards import matched
from benchmarks.guidance.photographs import Photograph
from benchmarks.guidance.rivals import Scheme
from guidance import attach
from guidance.attach import Guided, guide
from guidance.loading import load_embedded
from guidance.reference import Reference
from guidance.shipped import embedded_model

MEASURED = "pocket-64"
"""The embedded model whose figures the handbook gives."""
STEPS, SCALE = 25, 2.5
"""Denoising steps of a picture, and its classifier-free guidance scale."""


class Studio:
    """An embedded model, and a counter of its denoiser's calls.

    Args:
        model: id of the embedded model.

    Attributes:
        model: its id.
        pipe: the model as a diffusers pipeline, on the CPU.
        calls: how often the denoiser has been called so far.
    """

    def __init__(self, model: str = MEASURED) -> None:
        self.model = model
        self.pipe = load_embedded("cpu", embedded_model(model))
        self.calls = 0
        self.pipe.unet.register_forward_hook(self._count)

    def _count(self, *_: object) -> None:
        self.calls += 1

    @contextmanager
    def _guided(self, scheme: Scheme, references: list[Reference]) -> Iterator[Guided | None]:
        if scheme.settings is None:
            yield None
        else:
            with (
                mock.patch.object(attach, "Guidance", scheme.loop),
                guide(self.pipe, references, settings=scheme.settings) as done,
            ):
                yield done

    def paint(self, scheme: Scheme, words: list[str], seeds: list[int], reference: Photograph) -> tuple[Tensor, float]:
        """Paint a batch of pictures toward one reference.

        Args:
            scheme: how the pictures get their colours.
            words: n prompts.
            seeds: n seeds of the initial noise.
            reference: the colours to steer toward.

        Returns:
            The pictures, (n, 3, height, width), sRGB-encoded, 0..1; and the seconds that were spent in guidance.
        """
        with self._guided(scheme, [reference.colors] * len(words)) as done:
            made = self.pipe(
                words,
                num_inference_steps=STEPS,
                guidance_scale=SCALE,
                output_type="pt",
                generator=[torch.Generator().manual_seed(seed) for seed in seeds],
            )
            pictures = made.images.float()
        return finished(scheme, pictures, reference), done.seconds if done else 0.0


def finished(scheme: Scheme, pictures: Tensor, reference: Photograph) -> Tensor:
    """Pictures (n, 3, height, width), 0..1, after the scheme's match, if it has one."""
    if scheme.match is None:
        return pictures
    return torch.stack([matched(picture, reference, scheme.match) for picture in pictures])


def to_image(picture: Tensor) -> Image.Image:
    """A picture (3, height, width), 0..1, with 8 bits."""
    return Image.fromarray((picture.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy())
