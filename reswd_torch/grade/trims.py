"""Trims: what a colourist changes after the match. Plain Python: importing this module loads no torch.

The tonal trims are one node of the shape of an ASC CDL behind the fitted grade: straight lines in the encoded values, one power,
one saturation. So a grade of ten numbers may stay ten numbers (:mod:`reswd_torch.grade.trimmed`).
"""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from reswd_torch.checks import number_within
from reswd_torch.errors import InputError
from reswd_torch.grade.constants import LUMA, Triple

if TYPE_CHECKING:
    from reswd_torch.grade.cdl import Cdl

ALL, LIGHTNESS, COLOUR = ONLY = ("all", "lightness", "colour")
"""What of a match is kept: everything, the lightness, or the colour."""

RANGES: dict[str, tuple[float, float]] = {
    "exposure": (-3.0, 3.0),
    "contrast": (0.25, 2.0),
    "temperature": (-100.0, 100.0),
    "tint": (-100.0, 100.0),
    "saturation": (0.0, 2.0),
    "black": (-0.25, 0.25),
    "white": (-0.25, 0.25),
    "lift": (-0.5, 0.5),
    "gamma": (0.25, 4.0),
    "gain": (0.25, 4.0),
    "neutralise": (0.0, 1.0),
}
"""Least and most of every trim that is a number, or three; the sliders and the command line have them from here."""
WHEELS = ("lift", "gamma", "gain")
"""The trims with a number for each of red, green and blue."""

PIVOT = 0.435
"""The encoded value that contrast leaves as it is: about middle grey, 18 % of white, in sRGB (0.461) and Rec.709 (0.409)."""
STOPS_GAMMA = 2.2
"""The display's power law, by which stops of light become a factor of encoded values."""
WARMEST = 0.35
"""Stops of encoded red up, and of blue down, at temperature 100; together about daylight against a lamp of 3,700 K."""
PUREST = 0.25
"""Stops of encoded green down at tint 100, and half of it up in red and blue: magenta."""


@dataclass(frozen=True)
class Trims:
    """Changes behind a match; each is neutral by default. :data:`RANGES` has what is allowed.

    In the order in which they are done, all in encoded values, 0..1:

    Attributes:
        only: ``"all"``; ``"lightness"``: the match changes L* alone, and a* and b* stay those of the source; ``"colour"``: it
            changes a* and b* alone. CIE Lab as for sRGB, which encoded values are taken for here as in the fit.
        neutralise: share of the graded picture's cast that is taken away, 0..1.
        exposure: stops. The encoded values are multiplied by ``2 ** (stops / 2.2)``, what a display of gamma 2.2 shows as
            ``2 ** stops`` times the light.
        temperature: -100 (blue) to 100 (amber). Factors of red and blue; the luma of greys stays.
        tint: -100 (green) to 100 (magenta). The same for green against red and blue.
        contrast: slope about :data:`PIVOT`.
        black: the value that 0 becomes. Above 0 it lifts, below 0 it crushes.
        white: what is added to the value that 1 becomes.
        lift: for each channel what is added at 0 and nothing at 1: ``x + lift * (1 - x)``.
        gain: for each channel a factor, behind the lift.
        gamma: for each channel the power ``1 / gamma``, behind the gain: above 1 the middle is lighter.
        saturation: about Rec.709 luma, as in ASC CDL; 0 is grey.
    """

    exposure: float = 0.0
    contrast: float = 1.0
    temperature: float = 0.0
    tint: float = 0.0
    saturation: float = 1.0
    black: float = 0.0
    white: float = 0.0
    lift: Triple = (0.0, 0.0, 0.0)
    gamma: Triple = (1.0, 1.0, 1.0)
    gain: Triple = (1.0, 1.0, 1.0)
    only: str = ALL
    neutralise: float = 0.0

    def __post_init__(self) -> None:
        if self.only not in ONLY:
            raise InputError(f"only {reprlib.repr(self.only)} is unknown: choose one of {', '.join(ONLY)}")
        if isinstance(self.neutralise, bool):
            object.__setattr__(self, "neutralise", float(self.neutralise))
        for name, (least, most) in RANGES.items():
            value = getattr(self, name)
            checked = _three(name, value) if name in WHEELS else number_within(name, value, least, most)
            object.__setattr__(self, name, checked)

    @property
    def is_neutral(self) -> bool:
        """Whether they change nothing."""
        return self == NEUTRAL

    @property
    def changed(self) -> tuple[str, ...]:
        """The names of the trims that are not neutral."""
        return tuple(one.name for one in fields(self) if getattr(self, one.name) != one.default)

    def alone(self, name: str) -> Trims:
        """This one trim, and all others neutral."""
        return Trims(**{name: getattr(self, name)})

    def cdl(self, gains: Triple = (1.0, 1.0, 1.0)) -> Cdl:
        """The tonal trims as ten numbers; ``only`` is not among them.

        Args:
            gains: factors that take the whole cast of the graded picture away (:mod:`reswd_torch.grade.neutral`). They are used
                at the share ``neutralise``.
        """
        from reswd_torch.grade.cdl import Cdl

        exposure = 2.0 ** (self.exposure / STOPS_GAMMA)
        slope = [exposure * white**self.neutralise * one for white, one in zip(gains, self._balance(), strict=True)]
        offset = [0.0, 0.0, 0.0]
        span = 1.0 + self.white - self.black
        for channel, (lift, gain) in enumerate(zip(self.lift, self.gain, strict=True)):
            lines = (
                (self.contrast, PIVOT * (1.0 - self.contrast)),
                (span, self.black),
                (gain * (1.0 - lift), gain * lift),
            )
            for factor, summand in lines:
                slope[channel] *= factor
                offset[channel] = offset[channel] * factor + summand
        power = [1.0 / gamma for gamma in self.gamma]
        return Cdl(_triple(slope), _triple(offset), _triple(power), self.saturation)

    def _balance(self) -> Triple:
        """Factors of red, green and blue for temperature and tint, under which the luma of a grey stays."""
        if self.temperature == self.tint == 0.0:
            return (1.0, 1.0, 1.0)
        warm, pure = WARMEST * self.temperature / 100, PUREST * self.tint / 100
        factors = [2.0 ** (warm + pure / 2), 2.0**-pure, 2.0 ** (-warm + pure / 2)]
        luma = sum(weight * factor for weight, factor in zip(LUMA, factors, strict=True))
        return _triple(factor / luma for factor in factors)

    def to_record(self) -> dict[str, Any]:
        """Plain data for JSON; :func:`trims_from_record` reads it back exactly."""
        return asdict(self)


def trims_from_record(record: object) -> Trims:
    """The inverse of :meth:`Trims.to_record`; what the record leaves out is neutral.

    Raises:
        InputError: no trims, a name that is none, or a value that is not allowed.
    """
    if not isinstance(record, Mapping):
        raise InputError(f"trims {reprlib.repr(record)} are damaged: expected names with numbers")
    known = [one.name for one in fields(Trims)]
    for name, value in record.items():
        if name not in known:
            raise InputError(f"unknown trim {reprlib.repr(name)}: choose from {', '.join(known)}")
        if isinstance(value, bool):  # which Python counts as 0 and 1
            raise InputError(f"{name} is {value}: give a number")
    return Trims(**record)


def _three(name: str, values: object) -> Triple:
    """Three numbers in the range of the trim; one stands for all three."""
    least, most = RANGES[name]
    if not isinstance(values, str) and isinstance(values, Iterable):
        found = list(values)
        if len(found) != 3:
            raise InputError(f"{name} {reprlib.repr(found)}: give one number, or three for red, green and blue")
        return _triple(number_within(name, each, least, most) for each in found)
    return (number_within(name, values, least, most),) * 3


def _triple(values: Iterable[float]) -> Triple:
    red, green, blue = values
    return (red, green, blue)


NEUTRAL = Trims()
"""Trims that change nothing."""
