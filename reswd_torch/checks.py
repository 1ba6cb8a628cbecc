"""What several kinds of settings ask of a number. Plain Python: importing this module loads no torch."""

from __future__ import annotations

import reprlib
from numbers import Real
from typing import TypeGuard

from reswd_torch.errors import InputError


def is_number(value: object, kind: type) -> TypeGuard[float]:
    """Whether a value is a number of this kind. True and False are none, though Python counts them as whole numbers."""
    return isinstance(value, kind) and not isinstance(value, bool)


def number_within(name: str, value: object, least: float, most: float) -> float:
    """A number from ``least`` to ``most`` as a Python float: NumPy's numbers do not go into JSON.

    Args:
        name: what the message calls it.
        value: the caller's.
        least, most: the range.

    Raises:
        InputError: not a number, NaN, or out of range.
    """
    if not (is_number(value, Real) and least <= value <= most):
        raise InputError(f"{name} {reprlib.repr(value)} is out of range: give a number from {least:g} to {most:g}")
    return float(value)
