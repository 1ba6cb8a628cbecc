"""Tone curves of ICC profiles in floats: from code to linear light and back (ICC.1:2022, 10.6 and 10.18)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cached_property

import numpy as np

_FIELDS = ("g", "g a b", "g a b c", "g a b c d", "g a b c d e f")
"""The parameters of each function type of a parametricCurveType, in the order in which they are stored."""


@dataclass(frozen=True)
class ParametricCurve:
    """``(a x + b) ** g + e`` from ``d`` on and ``c x + f`` below: function type 4, of which the others are special cases.

    Attributes:
        g: the exponent, above 0.
        a: above 0.
        b: any number.
        c: slope of the straight part, at least 0.
        d: where the straight part ends.
        e: added to the power.
        f: added to the straight part.
    """

    g: float
    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 0.0
    e: float = 0.0
    f: float = 0.0

    def __post_init__(self) -> None:
        numbers = (self.g, self.a, self.b, self.c, self.d, self.e, self.f)
        if not (all(np.isfinite(numbers)) and self.g > 0 and self.a > 0 and self.c >= 0):
            raise ValueError(f"no rising curve: {numbers}")

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Linear light of codes in 0..1, clipped to 0..1 as 10.18 says; any shape, float64."""
        with np.errstate(over="ignore"):
            power = np.maximum(self.a * codes + self.b, 0.0) ** self.g + self.e
        return np.where(codes >= self.d, power, self.c * codes + self.f).clip(0.0, 1.0)

    def encode(self, linear: np.ndarray) -> np.ndarray:
        """The codes of linear light, the inverse of :meth:`decode`; any shape, float64."""
        joint = np.float64(max(self.a * self.d + self.b, 0.0)) ** self.g + self.e
        with np.errstate(over="ignore"):
            power = (np.maximum(linear - self.e, 0.0) ** (1 / self.g) - self.b) / self.a
        straight = (linear - self.f) / self.c if self.c > 0 else np.minimum(linear - self.f, 0.0)
        return np.where(linear >= joint, power, np.minimum(straight, self.d))


@dataclass(frozen=True, eq=False)
class TableCurve:
    """A curve through equidistant points, straight between them.

    Attributes:
        values: linear light at codes from 0 to 1, at least two, none smaller than the one before.
    """

    values: np.ndarray

    def __post_init__(self) -> None:
        if len(self.values) < 2 or np.any(np.diff(self.values) < 0) or self.values[0] == self.values[-1]:
            raise ValueError("no rising curve")

    @cached_property
    def _codes(self) -> np.ndarray:
        return np.linspace(0.0, 1.0, len(self.values))

    @cached_property
    def _inverse(self) -> tuple[np.ndarray, np.ndarray]:
        """Every value once, and the first code that has it; the last value belongs to code 1, which is white."""
        values, first = np.unique(self.values, return_index=True)
        codes = self._codes[first]
        codes[-1] = 1.0
        return values, codes

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """As :meth:`ParametricCurve.decode`."""
        return np.interp(codes, self._codes, self.values)

    def encode(self, linear: np.ndarray) -> np.ndarray:
        """As :meth:`ParametricCurve.encode`."""
        return np.interp(linear, *self._inverse)


Curve = ParametricCurve | TableCurve

SRGB_CURVE = ParametricCurve(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
"""The curve of IEC 61966-2-1."""


def read_curve(data: bytes) -> Curve:
    """Read a tag of type curveType or parametricCurveType.

    Raises:
        ValueError: it is of another type, cut off, or does not rise.
        struct.error: it is cut off.
    """
    kind = data[:4]
    if kind == b"para":
        (function,) = struct.unpack_from(">H", data, 8)
        if function >= len(_FIELDS):
            raise ValueError(f"function type {function}")
        names = _FIELDS[function].split()
        stored = struct.unpack_from(f">{len(names)}i", data, 12)
        return _parametric(function, dict(zip(names, (each / 65536 for each in stored), strict=True)))
    if kind != b"curv":
        raise ValueError(f"curve of type {kind!r}")
    (count,) = struct.unpack_from(">I", data, 8)
    if count == 0:
        return ParametricCurve(1.0)
    if count == 1:
        return ParametricCurve(struct.unpack_from(">H", data, 12)[0] / 256)
    if 12 + 2 * count > len(data):
        raise ValueError("table is cut off")
    return TableCurve(np.frombuffer(data, ">u2", count, 12) / 65535.0)


def _parametric(function: int, numbers: dict[str, float]) -> ParametricCurve:
    """The parameters of any function type as those of type 4. Types 1 and 2 end their power where its base reaches 0."""
    if function in (1, 2):
        if numbers["a"] <= 0:
            raise ValueError("no rising curve")
        level = numbers.pop("c", 0.0)
        return ParametricCurve(**numbers, d=-numbers["b"] / numbers["a"], e=level, f=level)
    return ParametricCurve(**numbers)


def write_curve(curve: Curve) -> bytes:
    """A curve as a tag: parametricCurveType with function type 0, 3 or 4, or curveType for a table."""
    if isinstance(curve, TableCurve):
        codes = np.rint(curve.values.clip(0, 1) * 65535).astype(">u2").tobytes()
        return b"curv\0\0\0\0" + struct.pack(">I", len(curve.values)) + codes
    kept: tuple[float, ...]
    numbers = (curve.g, curve.a, curve.b, curve.c, curve.d, curve.e, curve.f)
    if numbers[1:] == (1, 0, 0, 0, 0, 0):
        function, kept = 0, numbers[:1]
    else:
        function, kept = (3, numbers[:5]) if curve.e == curve.f == 0 else (4, numbers)
    return b"para\0\0\0\0" + struct.pack(f">HH{len(kept)}i", function, 0, *(round(each * 65536) for each in kept))
