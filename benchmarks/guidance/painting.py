"""Painting: an embedded model under each scheme, the calls of its denoiser counted, and the photographs it is steered toward."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import torch
from PIL import Image
from torch import Tensor

from benchmarks.guidance.rivals import Scheme, WholeWayGuidance
from guidance import attach
from guidance.attach import Guided, guide
from guidance.loading import load_embedded
from guidance.reference import Reference, read_reference
from guidance.shipped import embedded_model
from reswd_torch.matching import PixelSample, fit_samples, sample_pixels
from reswd_torch.settings import MatchSettings

ROOT = Path(__file__).resolve().parents[2]
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
        elif scheme.whole_way:
            with (
                mock.patch.object(attach, "Guidance", WholeWayGuidance),
                guide(self.pipe, references, settings=scheme.settings) as done,
            ):
                yield done
        else:
            with guide(self.pipe, references, settings=scheme.settings) as done:
                yield done

    def paint(self, scheme: Scheme, words: list[str], seeds: list[int], reference: Reference) -> tuple[Tensor, float]:
        """Paint a batch of pictures toward one reference.

        Args:
            scheme: how the pictures get their colours.
            words: n prompts.
            seeds: n seeds of the initial noise.
            reference: the colours to steer toward.

        Returns:
            The pictures, (n, 3, height, width), sRGB-encoded, 0..1; and the seconds that were spent in guidance.
        """
        with self._guided(scheme, [reference] * len(words)) as done:
            made = self.pipe(
                words,
                num_inference_steps=STEPS,
                guidance_scale=SCALE,
                output_type="pt",
                generator=[torch.Generator().manual_seed(seed) for seed in seeds],
            )
            pictures = made.images.float()
        if scheme.match:
            pictures = torch.stack([matched(picture, reference, scheme.match) for picture in pictures])
        return pictures, done.seconds if done else 0.0


def matched(picture: Tensor, reference: Reference, transform: str) -> Tensor:
    """A picture (3, height, width), 0..1, after a colour match to a reference as ``reswd match`` makes it."""
    source = picture.permute(1, 2, 0).contiguous()
    target = PixelSample(reference.colors, reference.colors)
    grade = fit_samples(sample_pixels(source, 2048, 0), target, MatchSettings(transform=transform))
    return grade.apply(source).permute(2, 0, 1)


def photograph(name: str) -> Reference:
    """The colours of one photograph of assets/, named without its suffix."""
    with Image.open(ROOT / "assets" / f"{name}.jpg") as opened:
        return read_reference(opened)
