"""Sorting along the last axis, which is nearly all that a sliced distance costs.

On the CPU NumPy sorts with vector instructions, six times as fast as PyTorch (24 x 2,048 numbers, one core: 0.3 ms against 2.0).
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor


def argsort(values: Float[Tensor, "*batch n"]) -> Int[Tensor, "*batch n"]:
    """The order of the numbers, smallest first, NaN last; equal ones in any order, the same in each call.

    Args:
        values: any float dtype and device.
    """
    array = _as_array(values)
    return values.argsort(dim=-1) if array is None else torch.from_numpy(np.argsort(array, axis=-1))


def sort(values: Float[Tensor, "*batch n"]) -> tuple[Float[Tensor, "*batch n"], Int[Tensor, "*batch n"]]:
    """The sorted numbers, and their order as :func:`argsort` has it; differentiable in the numbers."""
    if _as_array(values) is None:
        return torch.sort(values, dim=-1)
    order = argsort(values)
    return values.gather(-1, order), order


def _as_array(values: Tensor) -> np.ndarray | None:
    """The numbers for NumPy, or None where it has no business: other devices and dtypes, compiled or transformed functions."""
    if torch.compiler.is_compiling() or values.device.type != "cpu":
        return None
    if values.dtype not in (torch.float32, torch.float64) or values.ndim == 0:
        return None
    try:
        return values.detach().numpy()
    except RuntimeError:  # the tensors of torch.func and of tracing have no numbers
        return None
