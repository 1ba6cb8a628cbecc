"""What guidance can be told, and the defaults that library, command line and browser share. Plain Python, no torch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from numbers import Integral, Real
from typing import Any

from reswd_torch.errors import InputError

TRANSPORT, GRADIENT = "transport", "gradient"
METHODS = (TRANSPORT, GRADIENT)
MAX_STRENGTH = 2.0
MAX_GRAIN = 20.0


@dataclass(frozen=True)
class GuidanceSettings:
    """Settings of one guided generation.

    Attributes:
        strength: 0 leaves every bit of the plain image, 1 is the default pull, at most :data:`MAX_STRENGTH`.
        start, stop: shares of the denoising steps between which guidance works, 0 <= start < stop <= 1.
        seed: of everything random that guidance itself draws; the image's own noise comes from the pipeline's generator.
        method: ``"transport"`` moves the colours of the predicted image by a round of sliced transport; ``"gradient"`` descends
            the sliced Wasserstein distance through the decoder, as the papers do.
        linear_until: share of the steps that look at the image through a linear map of the latents instead of the decoder:
            early predictions are blurs, and the map costs next to nothing. 0: the decoder at each step. 1: never, which
            leaves out the last correction.
        decode_scale: latents are shrunk to this share of their height and width before they are decoded, above 0 and at most 1.
            Bounds the memory that guidance needs over the plain image; the result keeps its size.
        grain: the last step smooths away differences between neighbouring pixels below so many CIE Lab units, and in flat areas
            what the VAE's encoder does not keep. 0 to :data:`MAX_GRAIN`; 0 leaves every texture. Works with ``"transport"`` and a
            ``decode_scale`` of 1.
        inner_steps: gradient steps at each denoising step (``"gradient"`` only).
        learning_rate: of those, in units of the latents (``"gradient"`` only).
        reevaluate: call the denoiser again at each inner step, as the papers do (``"gradient"`` only). An image then costs
            ``1 + inner_steps`` times the denoiser calls of a plain one.

    Raises:
        InputError: a value outside its range.
    """

    strength: float = 1.0
    start: float = 0.0
    stop: float = 1.0
    seed: int = 0
    method: str = TRANSPORT
    linear_until: float = 0.55
    decode_scale: float = 1.0
    grain: float = 2.0
    inner_steps: int = 6
    learning_rate: float = 0.05
    reevaluate: bool = False

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise InputError(f"unknown guidance method {self.method!r}: choose {' or '.join(METHODS)}")
        _in_range("strength", self.strength, 0.0, MAX_STRENGTH)
        _in_range("start", self.start, 0.0, 1.0)
        _in_range("stop", self.stop, 0.0, 1.0)
        _in_range("linear_until", self.linear_until, 0.0, 1.0)
        _in_range("decode_scale", self.decode_scale, 1 / 64, 1.0)
        _in_range("grain", self.grain, 0.0, MAX_GRAIN)
        _in_range("learning_rate", self.learning_rate, 1e-6, 10.0)
        if not self.start < self.stop:
            raise InputError(f"start {self.start:g} is not before stop {self.stop:g}: guidance would do nothing")
        if not (isinstance(self.seed, Integral) and 0 <= self.seed < 2**32):
            raise InputError(f"seed {self.seed!r} is not usable: give a whole number from 0 to 4294967295")
        if not (isinstance(self.inner_steps, Integral) and 1 <= self.inner_steps <= 100):
            raise InputError(f"inner_steps {self.inner_steps!r} is out of range: give 1 to 100")
        if self.reevaluate and self.method != GRADIENT:
            raise InputError("reevaluate=True asks for gradient steps: give method='gradient' with it")


def settings_with(settings: GuidanceSettings | None, options: dict[str, Any]) -> GuidanceSettings:
    """Settings with some of them replaced by name.

    Raises:
        InputError: a name that is not a setting, or a value that is not allowed.
    """
    unknown = sorted(set(options) - set(GuidanceSettings.__dataclass_fields__))
    if unknown:
        known = ", ".join(GuidanceSettings.__dataclass_fields__)
        raise InputError(f"unknown guidance setting {unknown[0]!r}: choose from {known}")
    return replace(settings or GuidanceSettings(), **options)


def _in_range(name: str, value: object, low: float, high: float) -> None:
    if not (isinstance(value, Real) and low <= float(value) <= high):
        raise InputError(f"{name} {value!r} is out of range: give a number from {low:g} to {high:g}")
