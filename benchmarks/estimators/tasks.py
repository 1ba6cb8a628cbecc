"""The tasks of the eight families: fixed sets whose answers are known, and optimisations whose error is an exact distance."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from reswd_torch import MatchSettings
from reswd_torch.color import srgb_to_lab, srgb_to_lab_with_jacobian
from reswd_torch.directions import draw_directions
from reswd_torch.matching import sample_pixels
from reswd_torch.matching.gauss_newton import CdlModel, Model
from reswd_torch.matching.smooth_lut import STAGES, SplineModel
from reswd_torch.sorting import sort
from studio.images import read_picture

if TYPE_CHECKING:
    from diffusers import DiffusionPipeline

ASSETS = Path(__file__).resolve().parents[2] / "assets"
FIXED_STEPS = 20
"""Steps on fixed sets; the last estimate counts."""
JUDGES = 4096
"""Fixed directions that decide how far an optimisation has come."""


class Task(Protocol):
    """One task.

    Attributes:
        name: the name in the tables.
        dims: dimensions of the points.
        p: exponent of the distance.
        steps: steps that plain sampling takes.
        rates: learning rates to choose from; empty for fixed sets.
        seeds: the number of seeds that are reported.
    """

    @property
    def name(self) -> str: ...
    @property
    def dims(self) -> int: ...
    @property
    def p(self) -> int: ...
    @property
    def steps(self) -> int: ...
    @property
    def rates(self) -> tuple[float, ...]: ...
    @property
    def seeds(self) -> int: ...

    def run(self, loss: nn.Module, rate: float, seed: int, steps: int) -> tuple[float, float]:
        """Run the task once.

        Args:
            loss: the estimator, new.
            rate: learning rate.
            seed: decides where an optimisation starts.
            steps: how many to take.

        Returns:
            The error at the end, and the seconds that the steps took.
        """
        ...


@dataclass
class FixedSets:
    """Value or gradient on sets that do not move. Since y = a x + b, the distance along each direction has a closed form.

    With a > 0 sorting pairs the projection of each x with that of its own image, so W_p^p along theta is the mean of
    |theta . ((a - 1) x + b)|^p. For p = 2 the mean of this over the sphere is the mean of |(a - 1) x + b|^2 / dims, and its
    gradient in x, with y held, is -2 ((a - 1) x + b) / (n dims). For a unit shift in 3-D and p = 1 the mean is 1/2.

    Attributes:
        of: what is estimated, ``"value"`` or ``"gradient"``; the error is relative.
    """

    name: str
    a: float
    b: tuple[float, ...]
    p: int
    of: str
    points: int = 1024
    steps: int = FIXED_STEPS
    seeds: int = 200
    rates: ClassVar[tuple[float, ...]] = ()

    @property
    def dims(self) -> int:
        return len(self.b)

    def run(self, loss: nn.Module, rate: float, seed: int, steps: int) -> tuple[float, float]:
        x = torch.randn(self.points, self.dims, generator=torch.Generator().manual_seed(0)).requires_grad_()
        apart = (self.a - 1) * x.detach() + torch.tensor(self.b)
        y = x.detach() + apart
        start = time.perf_counter()
        for _ in range(steps):
            value = loss(x, y)
            if self.of == "gradient":
                (gradient,) = torch.autograd.grad(value, x)
        seconds = time.perf_counter() - start
        if self.of == "gradient":
            exact = -2 * apart / (self.points * self.dims)
            return float((gradient - exact).norm() / exact.norm()), seconds
        known = 0.5 if self.p == 1 else float(apart.square().sum(-1).mean() / self.dims)
        return abs(float(value.detach()) / known - 1), seconds


@dataclass
class Particles:
    """Free points that Adam moves onto a target set. The error is the exact W2 between the two."""

    name: str
    target: Callable[[torch.Generator], Tensor]
    p: int = 2
    steps: int = 300
    rates: tuple[float, ...] = (0.03, 0.1, 0.3, 1.0, 3.0, 6.0)
    seeds: ClassVar[int] = 12

    @cached_property
    def y(self) -> Tensor:
        """The target set, (points, dims)."""
        return self.target(torch.Generator().manual_seed(0))

    @property
    def dims(self) -> int:
        return self.y.shape[1]

    def run(self, loss: nn.Module, rate: float, seed: int, steps: int) -> tuple[float, float]:
        import ot

        x = torch.randn(self.y.shape, generator=torch.Generator().manual_seed(10_000 + seed)).requires_grad_()
        adam = torch.optim.Adam([x], lr=rate)
        start = time.perf_counter()
        for _ in range(steps):
            (x.grad,) = torch.autograd.grad(loss(x, self.y), x)
            adam.step()
        seconds = time.perf_counter() - start
        gaps = ot.dist(x.detach().double().numpy(), self.y.double().numpy())
        return math.sqrt(max(0.0, float(ot.emd2([], [], gaps, numItermax=10**6)))), seconds


def clusters(
    count: int, dims: int, points: int = 512, within: int | None = None
) -> Callable[[torch.Generator], Tensor]:
    """A function that draws points of ``count`` Gaussians whose centres differ in the first ``within`` dims (None: in all)."""

    def draw(random: torch.Generator) -> Tensor:
        centres = torch.zeros(count, dims)
        rank = within or dims
        centres[:, :rank] = 3 * torch.randn(count, rank, generator=random) / math.sqrt(rank / 3)
        which = torch.randint(count, (points,), generator=random)
        return centres[which] + 0.3 * torch.randn(points, dims, generator=random)

    return draw


def rings(random: torch.Generator) -> Tensor:
    """512 points on two circles in the plane, one within the other."""
    angle = 2 * math.pi * torch.rand(512, generator=random)
    radius = torch.where(torch.rand(512, generator=random) < 0.5, 1.0, 2.5)
    return torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1)


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
    """The embedded model and its decoder, loaded once."""
    from guidance.codecs.families import codec_for
    from guidance.text_to_image import load_embedded

    pipe = load_embedded("cpu")
    pipe.set_progress_bar_config(disable=True)
    return pipe, codec_for(pipe)


def judged(x: Tensor, y: Tensor, p: int) -> float:
    """SW_p along 4,096 fixed directions that no estimator sees, between two sets (points, dims) of one size."""
    lines = draw_directions("orthogonal", JUDGES, x.shape[1], generator=torch.Generator().manual_seed(2**31))
    total = 0.0
    for part in lines.split(256):
        gap = sort(part @ x.T)[0] - sort(part @ y.T)[0]
        total += float(gap.abs().mean(-1).sum() if p == 1 else gap.square().mean(-1).sum())
    return total / JUDGES if p == 1 else math.sqrt(total / JUDGES)


_SCALED = (1.4, (0.5, -0.3, 0.8))
_PAIRS = (("forest-stream", "warm-room"), ("lagoon-jetty", "mountain-sunset"))
FAMILIES: dict[str, tuple[Task, ...]] = {
    "value": (
        FixedSets("unit shift, p = 1", 1.0, (1.0, 0.0, 0.0), 1, "value"),
        FixedSets("Y = aX + b in 3-D", *_SCALED, 2, "value"),
        FixedSets("Y = aX + b in 16-D", 1.4, (0.5, -0.3, 0.8, 0.1) * 4, 2, "value"),
    ),
    "gradient": (
        FixedSets("Y = aX + b in 3-D", *_SCALED, 2, "gradient"),
        FixedSets("Y = aX + b in 16-D", 1.4, (0.5, -0.3, 0.8, 0.1) * 4, 2, "gradient"),
    ),
    "particles in 2 and 3 dimensions": (
        Particles("two rings, 2-D", rings, steps=150),  # after more steps all estimators are equally good
        Particles("8 Gaussians, 3-D", clusters(8, 3)),
    ),
    "particles in 16 and 64": (
        Particles("10 Gaussians, 16-D", clusters(10, 16)),
        Particles("10 Gaussians that differ in 2 of 64 dims", clusters(10, 64, within=2)),
        Particles("10 Gaussians, 64-D", clusters(10, 64)),
    ),
    "CDL fit": tuple(
        ColorFit(f"{source} to {target}", source, target, "cdl")
        for source, target in (*_PAIRS, ("dogs-at-window", "fig-red-bowl"))
    ),
    "LUT fit": tuple(ColorFit(f"{source} to {target}", source, target, "lut") for source, target in _PAIRS),
    "texture": (
        Texture("gravel", "forest-stream", (300, 500)),
        Texture("grass", "autumn-mountain", (800, 600)),
    ),
    "guidance, inner loop": (
        Guided("an owl to a sunset", "an owl", "mountain-sunset"),
        Guided("a teapot to a lagoon", "a teapot", "lagoon-jetty"),
    ),
}
