"""Precision: half floats are computed in float32, and autocast, which would halve it, is off where numbers are compared."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar, cast

import torch
from torch import Tensor

from reswd_torch.errors import InputError

HALVES = (torch.float16, torch.bfloat16)
Method = TypeVar("Method", bound=Callable[..., Any])
FLOATS = (torch.float32, torch.float64, *HALVES)
"""The dtypes that colours may have. Those of 8 bits and fewer only store numbers: PyTorch does not compute in them."""


def check_float(name: str, tensor: Tensor) -> None:
    """Refuse a tensor that holds no colours to compute with.

    Raises:
        InputError: another dtype than ``FLOATS``, or no plain tensor with values.
    """
    if tensor.dtype not in FLOATS:
        what = (
            "convert it with .float()"
            if tensor.dtype.is_floating_point
            else "give floats in 0..1 (divide uint8 by 255)"
        )
        raise InputError(f"{name} has dtype {tensor.dtype}: {what}")
    if tensor.layout is not torch.strided or tensor.is_nested or tensor.is_meta:
        raise InputError(
            f"{name} is no dense tensor with values: convert it with .to_dense(), or give one on cpu or cuda"
        )


def in_full_precision(tensor: Any) -> Any:
    """Half precision, as autocast makes it, as float32. Anything else comes back as it is and is left to the checks."""
    return tensor.float() if isinstance(tensor, Tensor) and tensor.dtype in HALVES else tensor


def in_full_under_autocast(method: Method) -> Method:
    """The method of a loss that compares sets: under autocast it runs without it, on points and masses in full precision."""

    @functools.wraps(method)
    def compare(
        self: Any, x: Any, y: Any, x_weights: Any = None, y_weights: Any = None, *, directions: Any = None
    ) -> Any:
        device = x.device.type if isinstance(x, Tensor) else "cpu"
        if not torch.is_autocast_enabled(device):
            return method(self, x, y, x_weights, y_weights, directions=directions)
        with torch.autocast(device, enabled=False):
            return method(self, *map(in_full_precision, (x, y, x_weights, y_weights)), directions=directions)

    return cast(Method, compare)


@contextmanager
def no_autocast() -> Iterator[None]:
    """Switch autocast off inside the block (or inside the function, as a decorator), on every device for which it is on."""
    with ExitStack() as stack:
        for device in ("cpu", "cuda", "mps"):
            if torch.is_autocast_enabled(device):
                stack.enter_context(torch.autocast(device, enabled=False))
        yield


def precisely(function: Callable[[Tensor], Tensor], colors: Tensor) -> Tensor:
    """Call a function of colours in at least float32, whatever their dtype and under autocast; the result has their dtype.

    Raises:
        InputError: as for :func:`check_float`.
    """
    check_float("colours", colors)
    if torch.is_autocast_enabled(colors.device.type):
        with torch.autocast(colors.device.type, enabled=False):
            return precisely(function, colors)
    return function(in_full_precision(colors)).to(colors.dtype)
