"""Sorting along the last axis, which takes nearly all the time of a sliced distance.

On the CPU NumPy sorts with vector instructions, many times as fast as PyTorch (24 x 2,048 numbers in float32, one core: 0.16 ms
against 2.0). It sorts numbers faster still than it finds their order, so a float32 and its place are sorted as one whole number.
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from reswd_torch.shortcuts import numbers_alone

_LOWEST = -0x7F800001
"""The key of minus infinity."""


def argsort(values: Float[Tensor, "*batch n"]) -> Int[Tensor, "*batch n"]:
    """The order of the numbers: smallest first, NaN last. Equal numbers come in any order, but the same in each call.

    Args:
        values: any float dtype and device.
    """
    array = _as_array(values)
    if array is None:
        return values.argsort(dim=-1)
    if array.dtype != np.float32:
        return torch.from_numpy(np.argsort(array, axis=-1))
    # Read as whole numbers, the bits of IEEE 754 numbers are in order, those below 0 in reverse. The place takes the lower half.
    bits = array.view(np.int32)
    keys = (bits ^ (bits >> 31 & 0x7FFFFFFF)).astype(np.int64)
    keys <<= 32
    keys |= np.arange(array.shape[-1])
    keys.sort(axis=-1)
    if array.size and (keys[..., 0] >> 32).min() < _LOWEST:  # a NaN with a sign, such as 0/0 on x86, would come first
        return torch.from_numpy(np.argsort(array, axis=-1))
    keys &= 0xFFFFFFFF
    return torch.from_numpy(keys)


def sorted_values(values: Float[Tensor, "*batch n"]) -> Float[Tensor, "*batch n"]:
    """The sorted numbers without their order, which is quicker where no gradient is needed."""
    array = None if values.requires_grad and torch.is_grad_enabled() else _as_array(values)
    return sort(values)[0] if array is None else torch.from_numpy(np.sort(array, axis=-1))


def sort(values: Float[Tensor, "*batch n"]) -> tuple[Float[Tensor, "*batch n"], Int[Tensor, "*batch n"]]:
    """The sorted numbers, and their order as :func:`argsort` gives it; differentiable in the numbers."""
    if _as_array(values) is None:
        return torch.sort(values, dim=-1)
    order = argsort(values)
    return values.gather(-1, order), order


def at_quantiles(ordered: Float[Tensor, "k m"], count: int) -> Float[Tensor, "k count"]:
    """Values of sorted samples at evenly spaced quantiles (i + 1/2) / count, linear between order statistics.

    Args:
        ordered: (K, M), each row in ascending order.
        count: number of quantiles.

    Returns:
        (K, count); ``ordered`` itself where ``count`` is M.
    """
    size = ordered.shape[1]
    if size == count:
        return ordered
    place = ((torch.arange(count, dtype=torch.float64) + 0.5) / count * size - 0.5).clamp(0, size - 1)
    low = place.floor().long()
    high = (low + 1).clamp(max=size - 1)
    share = (place - low).to(ordered)
    low, high = low.to(ordered.device), high.to(ordered.device)
    return ordered[:, low] * (1 - share) + ordered[:, high] * share


def _as_array(values: Tensor) -> np.ndarray | None:
    """The numbers as a NumPy array, or None where NumPy may not sort them: on other devices, in other dtypes, and in functions
    that are compiled, traced or transformed."""
    if not numbers_alone(values) or values.device.type != "cpu":
        return None
    if values.dtype not in (torch.float32, torch.float64) or values.ndim == 0:
        return None
    return values.detach().numpy()
