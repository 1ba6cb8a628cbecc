"""The tasks on pictures: colour fits, textures and the inner loop of guidance. Errors are distances along fixed directions."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.estimators.tasks import judged
from reswd_torch import MatchSettings
from reswd_torch.color import srgb_to_lab, srgb_to_lab_with_jacobian
from reswd_torch.matching import sample_pixels
from reswd_torch.matching.gauss_newton import CdlModel, Model
from reswd_torch.matching.smooth_lut import STAGES, SplineModel
from studio.media.images import read_picture

if TYPE_CHECKING:
    from diffusers import DiffusionPipeline

ASSETS = Path(__file__).resolve().parents[2] / "assets"


@dataclass
class ColorFit:
    """A CDL or LUT, fitted by Adam so that one photograph takes on another's colours in CIE Lab. Nothing pulls it towards the
    identity. The error is SW_1.

    Attributes:
        source, target: names of photographs in assets/.
        transform: ``"cdl"`` or ``"lut"``.
    """

    name: str
    source: str
    target: str
    transform: str
    dims: int = 3
    p: int = 1
    seeds: int = 48
    steps: int = 60
    rates: tuple[float, ...] = (0.003, 0.01, 0.03, 0.1, 0.3)

    @cached_property
    def pair(self) -> tuple[Tensor, Tensor]:
        """The source's colours in RGB and the target's in CIE Lab."""
        samples = [
            sample_pixels(read_picture(ASSETS / f"{name}.jpg").pixels, MatchSettings().samples, 0).fit
            for name in (self.source, self.target)
        ]
        return samples[0], srgb_to_lab(samples[1])

    @cached_property
    def model(self) -> Model:
        """What is fitted."""
        if self.transform == "cdl":
            return CdlModel(self.pair[0], torch.full((10,), 1e-4))
        return SplineModel(self.pair[0], STAGES[0])

    def run(self, loss: nn.Module, rate: float, seed: int, steps: int) -> tuple[float, float]:
        model = self.model
        parameters = model.start().clone()
        parameters = (
            parameters + 1e-3 * torch.randn(parameters.shape, generator=torch.Generator().manual_seed(seed))
        ).requires_grad_()
        adam = torch.optim.Adam([parameters], lr=rate)
        start = time.perf_counter()
        for _ in range(steps):
            with torch.no_grad():
                step = model.evaluate(parameters)
                lab, d_lab = srgb_to_lab_with_jacobian(step.rgb)
            leaf = lab.requires_grad_()
            (slope,) = torch.autograd.grad(loss(leaf, self.pair[1]), leaf)
            with torch.no_grad():
                force = (d_lab.transpose(1, 2) @ slope.unsqueeze(2)).squeeze(2)
                parameters.grad = model.gradient(step, force).double()
                adam.step()
                parameters.copy_(model.project(parameters))
        seconds = time.perf_counter() - start
        with torch.no_grad():
            return judged(srgb_to_lab(model.evaluate(parameters).rgb), self.pair[1], 1), seconds


@dataclass
class Texture:
    """A grey picture that Adam, starting from noise, gives the distribution of 5 x 5 patches of an exemplar. The error is SW_2.

    Attributes:
        photograph: name of a photograph in assets/, of which a part is the exemplar.
        corner: top and left of that part, pixels.
        edge: height and width of the exemplar and of the picture; the part is twice as large and is halved.
    """

    name: str
    photograph: str
    corner: tuple[int, int]
    edge: int = 40
    dims: int = 25
    p: int = 2
    steps: int = 100
    rates: tuple[float, ...] = (0.03, 0.1, 0.3, 1.0)
    seeds: ClassVar[int] = 12

    @cached_property
    def exemplar(self) -> Tensor:
        """(edge, edge), 0..1."""
        pixels = read_picture(ASSETS / f"{self.photograph}.jpg").pixels
        top, left = self.corner
        part = pixels[top : top + 2 * self.edge : 2, left : left + 2 * self.edge : 2].astype(np.float32) / 255
        return torch.from_numpy(part.mean(axis=-1))

    @staticmethod
    def patches(grey: Tensor) -> Tensor:
        """All patches of a picture, (patches, 25)."""
        return grey.unfold(0, 5, 1).unfold(1, 5, 1).reshape(-1, 25)

    def run(self, loss: nn.Module, rate: float, seed: int, steps: int) -> tuple[float, float]:
        wanted = self.patches(self.exemplar).contiguous()
        grey = torch.rand(self.exemplar.shape, generator=torch.Generator().manual_seed(10_000 + seed)).requires_grad_()
        adam = torch.optim.Adam([grey], lr=rate)
        start = time.perf_counter()
        for _ in range(steps):
            (grey.grad,) = torch.autograd.grad(loss(self.patches(grey), wanted), grey)
            adam.step()
        seconds = time.perf_counter() - start
        return judged(self.patches(grey.detach()), wanted, 2), seconds


class Decoder(Protocol):
    """What turns latents (b, c, h, w) into pictures (b, 3, y, x), 0..1."""

    def decode(self, latents: Tensor) -> Tensor: ...


@dataclass
class Guided:
    """The inner loop of guidance on the embedded model, with the clean latents of a finished picture.

    Six steps follow the gradient of the loss in CIE Lab through the decoder, without momentum. The rate is the length of each
    step, whatever the length of the gradient. The error is SW_1.
    """

    name: str
    prompt: str
    reference: str
    dims: int = 3
    p: int = 1
    seeds: int = 40
    steps: int = 6
    rates: tuple[float, ...] = (2.0, 4.0, 6.0, 8.0, 12.0, 16.0)

    @cached_property
    def scene(self) -> tuple[Decoder, Tensor, Tensor]:
        """The decoder, the latents of the prompt's picture, and as many reference colours in CIE Lab as it has pixels."""
        pipe, codec = embedded()
        made = pipe(
            [self.prompt],
            num_inference_steps=12,
            guidance_scale=2.5,
            output_type="latent",
            generator=[torch.Generator().manual_seed(3)],
        )
        latents = made.images.float()
        pixels = read_picture(ASSETS / f"{self.reference}.jpg").pixels
        with torch.no_grad():
            count = codec.decode(latents).shape[-1] ** 2
        colors = sample_pixels(pixels, count, 0).fit
        return codec, latents, srgb_to_lab(colors[torch.arange(count) * len(colors) // count])

    def run(self, loss: nn.Module, rate: float, seed: int, steps: int) -> tuple[float, float]:
        codec, latents, wanted = self.scene
        latent = latents.clone().requires_grad_()

        def lab() -> Tensor:
            return srgb_to_lab(codec.decode(latent)[0].flatten(1).T)

        start = time.perf_counter()
        for _ in range(steps):
            (slope,) = torch.autograd.grad(loss(lab(), wanted), latent)
            with torch.no_grad():
                latent -= rate * slope / slope.norm().clamp(min=1e-12)
        seconds = time.perf_counter() - start
        with torch.no_grad():
            return judged(lab(), wanted, 1), seconds


@cache
def embedded() -> tuple[DiffusionPipeline, Decoder]:
    """pocket-64 and its decoder, loaded once: the figures are of its latents, whatever the default is."""
    from guidance.codecs.families import codec_for
    from guidance.loading import load_embedded
    from guidance.shipped import embedded_model

    pipe = load_embedded("cpu", embedded_model("pocket-64"))
    return pipe, codec_for(pipe)
