"""The schemes that are compared: plain pictures, colour matches afterwards, our guidance and its variants, and other papers'."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from benchmarks.guidance.subspace import PUBLISHED, SEARCHED, SubspaceGuidance
from benchmarks.match import PEERS
from guidance.core import Guidance
from guidance.settings import GuidanceSettings
from reswd_torch.color import lab_to_srgb, srgb_to_lab
from reswd_torch.settings import AIMS


@dataclass(frozen=True)
class Scheme:
    """One way to get a picture in the reference's colours.

    Attributes:
        name: the name in the table.
        settings: the settings of guidance; None paints a plain picture.
        match: a match of the finished picture's colours, one of ``afterwards.MATCHES``; None leaves the picture as it is.
        loop: what steers in the loop where there are settings, if not the library's own class.
    """

    name: str
    settings: GuidanceSettings | None = None
    match: str | None = None
    loop: type[Guidance] = Guidance

    @property
    def is_peers_match(self) -> bool:
        """Whether it needs color-matcher."""
        return self.match in PEERS

    @property
    def is_rival(self) -> bool:
        """Whether it does without our guidance and without gradients: what people compare ours with."""
        return (self.match is not None and self.settings is None) or self.loop is SubspaceGuidance


PLAIN = Scheme("plain")
OURS = Scheme("ours", GuidanceSettings())


@dataclass(frozen=True)
class Rates:
    """Learning rates of the papers' scheme.

    Attributes:
        nearest: the rate with the smallest W2.
        limited: the rate with the smallest W2 among those that keep the prompt's object and a clean surface.
    """

    nearest: float
    limited: float


def papers_settings(rate: float) -> GuidanceSettings:
    """The papers' settings: six Adam steps through the decoder in each denoising step, with 32 directions, and a call of the
    denoiser in each of the six."""
    return GuidanceSettings(method="gradient", linear_until=0.0, learning_rate=rate, stop=0.95, reevaluate=True)


def papers(rate: float, name: str = "the papers'") -> Scheme:
    """The papers' scheme at one learning rate."""
    return Scheme(name, papers_settings(rate))


def schemes(rates: Rates) -> tuple[Scheme, ...]:
    """All schemes that are compared, the plain one first."""
    one_shot = replace(papers_settings(rates.nearest), inner_steps=1, reevaluate=False)
    return (
        PLAIN,
        Scheme("plain, then colour match (CDL)", match="cdl"),
        Scheme("plain, then colour match (LUT)", match="lut"),
        *(Scheme(f"plain, then ours, {aim}", match=aim) for aim in AIMS),
        *(Scheme(f"plain, then color-matcher {method}", match=method) for method in PEERS),
        OURS,
        Scheme("ours, decoder at every step", GuidanceSettings(linear_until=0.0)),
        Scheme("ours, decode_scale 0.5", GuidanceSettings(decode_scale=0.5)),
        Scheme("ours, strength 0.5", GuidanceSettings(strength=0.5)),
        Scheme("ours, strength 2", GuidanceSettings(strength=2.0)),
        Scheme("ours, then colour match (CDL)", GuidanceSettings(), match="cdl"),
        Scheme("transport in the loop, whole way", GuidanceSettings(linear_until=0.0), loop=WholeWayGuidance),
        Scheme("latent colour subspace, the paper's step", PUBLISHED, loop=SubspaceGuidance),
        Scheme("latent colour subspace, steps searched", SEARCHED, loop=SubspaceGuidance),
        Scheme("one-shot: one gradient step a step", one_shot),
        papers(rates.limited, "the papers', rate within limits"),
        papers(rates.nearest, "the papers', rate for distance alone"),
    )


class WholeWayGuidance(Guidance):
    """Transport in the loop as it was first tried.

    Each step decodes the image, moves every pixel the whole way to where one round of sliced transport sends it, and smooths
    nothing.
    """

    def shift(self, x0: Tensor, step: int, steps: int, *, whole: bool = False) -> Tensor:
        with torch.no_grad():
            pixels = self.pixels(x0, linear=False).clamp(0, 1)
            lab = srgb_to_lab(pixels.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
            moved = lab_to_srgb((lab + self.transport._shift(lab)).permute(0, 2, 3, 1)).permute(0, 3, 1, 2).clamp(0, 1)
            return self.codec.encode(moved) - self.codec.encode(pixels)
