"""The settings of guidance, and the defaults that the library, the command line and the browser share.

Importing this module does not load torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from numbers import Integral, Real

from reswd_torch.checks import is_number
from reswd_torch.errors import InputError
from reswd_torch.palette import parse_palette

TRANSPORT, GRADIENT = "transport", "gradient"
METHODS = (TRANSPORT, GRADIENT)
"""The ways of steering, see :attr:`GuidanceSettings.method`."""
MAX_STRENGTH = 2.0
MAX_GRAIN = 20.0
MOST_AVOIDED = 16
"""So many colours can be avoided at most."""


@dataclass(frozen=True)
class GuidanceSettings:
    """Settings of one guided generation.

    Attributes:
        strength: how strongly the image is pulled toward the reference, 0 to :data:`MAX_STRENGTH`. 0 leaves every bit of
            the plain image, 1 is the default pull.
        start, stop: shares of the denoising steps between which guidance works, 0 <= start < stop <= 1.
        seed: seed of everything random that guidance itself draws, 0 to 2^32 - 1. The image's own noise comes from the
            pipeline's generator.
        method: ``"transport"`` moves the colours of the predicted image by a round of sliced transport. ``"gradient"``
            descends the sliced Wasserstein distance through the decoder, as the papers do.
        linear_until: share of the steps, 0 to 1, that look at the image through a linear map of the latents instead of the
            decoder. Early predictions are blurs, and the map costs next to nothing. With 0 every step uses the decoder,
            with 1 none does, which leaves out the last correction.
        decode_scale: share of their height and width to which latents are shrunk before they are decoded, 1/64 to 1. It
            bounds the memory that guidance needs beyond that of the plain image; the result keeps its size.
        grain: difference between neighbouring pixels, in CIE Lab units from 0 to :data:`MAX_GRAIN`, below which the last
            step smooths it away. In flat areas that step also smooths away what the VAE's encoder does not keep. 0 leaves
            every texture. It works with ``"transport"`` and a ``decode_scale`` of 1 only.
        inner_steps: number of gradient steps at each denoising step, 1 to 100 (``"gradient"`` only).
        learning_rate: learning rate of these steps, in units of the latents, 1e-6 to 10 (``"gradient"`` only).
        reevaluate: call the denoiser again at each inner step, as the papers do (``"gradient"`` only). An image then costs
            ``1 + inner_steps`` times the denoiser calls of a plain one.
        avoid: hex colours that shall not appear, such as ``"#c1121f, #00ff00"``, :data:`MOST_AVOIDED` at most; weights in the
            text mean nothing. The colours within :data:`guidance.avoiding.RADIUS` of them in CIE Lab are left out of the
            reference, and what the model paints of them is moved away (``"transport"`` only). Empty for none.

    Raises:
        InputError: a value is outside its range, or settings do not fit together.
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
    avoid: str = ""

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
        if not (is_number(self.seed, Integral) and 0 <= self.seed < 2**32):
            raise InputError(f"seed {self.seed!r} is not usable: give a whole number from 0 to 4294967295")
        if not (is_number(self.inner_steps, Integral) and 1 <= self.inner_steps <= 100):
            raise InputError(f"inner_steps {self.inner_steps!r} is out of range: give 1 to 100")
        if self.reevaluate and self.method != GRADIENT:
            raise InputError("reevaluate=True asks for gradient steps: give method='gradient' with it")
        if self.avoid != "":
            self._check_avoided()

    def _check_avoided(self) -> None:
        try:
            count = len(parse_palette(self.avoid).colors)
        except InputError as error:
            raise InputError(f"colours to avoid: {error}") from error
        if not isinstance(self.avoid, str):
            raise InputError(f'colours to avoid {self.avoid!r:.100}: give one text, such as "#c1121f, #00ff00"')
        if count > MOST_AVOIDED:
            raise InputError(f"{count} colours to avoid: give at most {MOST_AVOIDED}")
        if self.method == GRADIENT:
            raise InputError(
                f"colours to avoid ({self.avoid:.100}) need method='transport': the gradient one lowers a distance to the "
                "whole reference and keeps no single colour out"
            )


def settings_with(settings: GuidanceSettings | None, options: Mapping[str, object]) -> GuidanceSettings:
    """A copy of settings with some values replaced.

    Args:
        settings: the settings to start from; None for the defaults.
        options: the values to replace, by the name of the setting.

    Raises:
        InputError: a name is not that of a setting, or a value is not allowed.
    """
    unknown = sorted(set(options) - set(GuidanceSettings.__dataclass_fields__))
    if unknown:
        known = ", ".join(GuidanceSettings.__dataclass_fields__)
        raise InputError(f"unknown guidance setting {unknown[0]!r}: choose from {known}")
    # GuidanceSettings checks the values, whatever their type.
    return replace(settings or GuidanceSettings(), **options)  # type: ignore[arg-type]


def _in_range(name: str, value: object, low: float, high: float) -> None:
    if not (is_number(value, Real) and low <= float(value) <= high):
        raise InputError(f"{name} {value!r} is out of range: give a number from {low:g} to {high:g}")
