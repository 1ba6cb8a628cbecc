"""Transforms as plain data for JSON, and back."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable
from numbers import Real
from typing import Any

import torch
from torch import Tensor

from reswd_torch.checks import is_number
from reswd_torch.errors import InputError
from reswd_torch.grade.cdl import Cdl, triple
from reswd_torch.grade.constants import Triple
from reswd_torch.grade.kinds import Transform
from reswd_torch.grade.lut1d import Lut1D
from reswd_torch.grade.lut3d import Lut3D
from reswd_torch.grade.lut_chain import LutChain

_MOST_STEPS = 3
"""Curves, the domain of a lattice, a lattice: no file has more."""


def transform_to_record(transform: Transform) -> dict[str, Any]:
    """Plain data for JSON: ``kind`` (cdl, lut or chain) and its numbers. Tables are float32, little-endian, in base64."""
    if isinstance(transform, Cdl):
        t = transform
        numbers = {"slope": t.slope, "offset": t.offset, "power": t.power, "saturation": t.saturation}
        return {"kind": "cdl", "cdl": numbers}
    if isinstance(transform, Lut3D):
        return {"kind": "lut", **_table_to_record(transform), **({"foreign": True} if transform.foreign else {})}
    steps = [_table_to_record(step) for step in transform.steps]
    return {"kind": "chain", "share": transform.share, "steps": steps}


def transform_from_record(record: dict[str, Any]) -> Transform:
    """The inverse of :func:`transform_to_record`.

    Raises:
        InputError, KeyError, TypeError, ValueError, AttributeError, OverflowError, RuntimeError: the record is not one that this
            version writes.
    """
    if record["kind"] == "cdl":
        n = record["cdl"]
        slope, offset, power = (triple_in(n[name]) for name in ("slope", "offset", "power"))
        return Cdl(slope, offset, power, number_in(n["saturation"]))
    if record["kind"] == "lut":
        return _lattice_from_record(record, foreign=record.get("foreign") is True)
    if record["kind"] == "chain":
        if len(record["steps"]) > _MOST_STEPS:
            raise ValueError(f"{len(record['steps'])} tables")
        steps = [_curves_from_record(one) if "low" in one else _lattice_from_record(one) for one in record["steps"]]
        return LutChain(tuple(steps), number_in(record["share"]))
    raise InputError(f"unknown kind of grade {record['kind']!r}: expected 'cdl', 'lut' or 'chain'")


def _table_to_record(table: Lut1D | Lut3D) -> dict[str, Any]:
    values = base64.b64encode(table.values.numpy().astype("<f4").tobytes()).decode("ascii")
    domain = {"low": table.low, "high": table.high} if isinstance(table, Lut1D) else {}
    return {"size": table.size, "values": values, **domain}


def _lattice_from_record(record: dict[str, Any], *, foreign: bool = True) -> Lut3D:
    size = int(number_in(record["size"]))
    return Lut3D(_values_in(record).reshape(size, size, size, 3), foreign)


def _curves_from_record(record: dict[str, Any]) -> Lut1D:
    return Lut1D(
        _values_in(record).reshape(int(number_in(record["size"])), 3),
        triple_in(record["low"]),
        triple_in(record["high"]),
    )


def _values_in(record: dict[str, Any]) -> Tensor:
    return torch.frombuffer(bytearray(base64.b64decode(record["values"])), dtype=torch.float32)


def number_in(value: object) -> float:
    """A number of JSON as a finite float. Raises TypeError, ValueError or OverflowError."""
    if not is_number(value, Real):
        raise TypeError(f"{value!r:.40} is no number")
    if not math.isfinite(number := float(value)):
        raise ValueError(f"{value!r:.40} is not finite")
    return number


def triple_in(values: Iterable[object]) -> Triple:
    """Three numbers of JSON. Raises TypeError, ValueError or OverflowError."""
    return triple(map(number_in, values))
