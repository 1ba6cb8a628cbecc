"""The public edge: what callers hand in is checked and becomes a tensor, and results become the caller's own kind again."""

from __future__ import annotations

from typing import TypeGuard, TypeVar

import numpy as np
import torch
from torch import Tensor

from reswd_torch.errors import InputError
from reswd_torch.precision import check_float

Array = TypeVar("Array", np.ndarray, Tensor)


def colors_in(value: object, name: str) -> Tensor:
    """A tensor of colours (..., 3) from an array or tensor, without a copy where that is possible.

    Args:
        value: what the caller handed in.
        name: what error messages call it.

    Raises:
        InputError: not an array, not (..., 3), empty, not floating point, NaN or Inf, or outside 0..1.
    """
    if not isinstance(value, np.ndarray | Tensor):
        raise InputError(f"{name} is a {type(value).__name__}: give a NumPy array or a tensor of shape (H, W, 3)")
    shape = tuple(value.shape)
    if len(shape) < 2 or shape[-1] != 3:
        raise InputError(
            f"{name} has shape {shape}: give (H, W, 3), colours last (a grey picture: repeat it three times)"
        )
    if 0 in shape:
        raise InputError(f"{name} has shape {shape}: it holds no colours")
    if isinstance(value, np.ndarray):
        if value.dtype.kind != "f":
            raise InputError(f"{name} has dtype {value.dtype}: give floats in 0..1 (divide uint8 by 255)")
        tensor = torch.from_numpy(_for_torch(value))
    else:
        check_float(name, value)
        tensor = value
    low, high = (float(v) for v in torch.aminmax(tensor.detach()))  # in one pass; NaN and Inf show in both
    if not (np.isfinite(low) and np.isfinite(high)):
        raise InputError(f"{name} holds NaN or Inf: every value must be a finite number in 0..1")
    if low < 0.0 or high > 1.0:
        raise InputError(
            f"{name} has values from {low:.4g} to {high:.4g}: they must lie in 0..1 (divide by 255 or clip)"
        )
    return tensor


def _for_torch(value: np.ndarray) -> np.ndarray:
    """The array itself where PyTorch can use its memory; a copy of mirrored views, read-only arrays and unusual dtypes."""
    if not value.dtype.isnative or value.dtype.itemsize > 8:
        return value.astype("f8")
    usable = value.flags.writeable and all(stride >= 0 for stride in value.strides)
    return value if usable else value.copy()


def like_input(result: Tensor, original: Array) -> Array:
    """A result as the kind of array, and with the dtype, that the caller handed in."""
    if isinstance(original, np.ndarray):
        return result.detach().cpu().numpy().astype(original.dtype, copy=False)
    return result


def is_codes(value: object) -> TypeGuard[np.ndarray | Tensor]:
    """Whether a value is an array or a tensor of the integers that hold colours over their whole range: uint8 or uint16."""
    if isinstance(value, np.ndarray):
        return value.dtype.kind == "u" and value.dtype.itemsize <= 2
    return isinstance(value, Tensor) and value.dtype in (torch.uint8, torch.uint16)


def codes_in(value: np.ndarray | Tensor, name: str) -> np.ndarray:
    """Colours (..., 3) of uint8 or uint16 as an array without gaps, in the byte order of the machine.

    Args:
        value: what :func:`is_codes` says yes to.
        name: what error messages call it.

    Raises:
        InputError: not (..., 3), or empty.
    """
    shape = tuple(value.shape)
    if len(shape) < 2 or shape[-1] != 3:
        alpha = (
            " (alpha: give it as weights)" if shape and shape[-1] == 4 else " (a grey picture: repeat it three times)"
        )
        raise InputError(f"{name} has shape {shape}: give three channels, (H, W, 3) or (3, H, W){alpha}")
    if 0 in shape:
        raise InputError(f"{name} has shape {shape}: it holds no colours")
    array = value.detach().cpu().numpy() if isinstance(value, Tensor) else value
    return np.ascontiguousarray(array.astype(array.dtype.newbyteorder("="), copy=False))


def weights_in(value: object, name: str, shape: tuple[int, ...]) -> Tensor:
    """A float32 tensor of per-pixel weights with the given shape, each at least 0 and not all 0.

    Args:
        value: what the caller handed in.
        name: what error messages call it.
        shape: (H, W) of the picture.

    Raises:
        InputError: wrong shape, NaN, Inf, negative, or zero everywhere.
    """
    try:
        tensor = torch.as_tensor(_for_torch(value) if isinstance(value, np.ndarray) else value).detach().float()
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"{name} is a {type(value).__name__}: give an array or a tensor of shape (H, W)") from error
    if tuple(tensor.shape) != shape:
        raise InputError(f"{name} has shape {tuple(tensor.shape)}, its picture {shape}: give one weight per pixel")
    if not bool(torch.isfinite(tensor).all()) or bool((tensor < 0).any()):
        raise InputError(f"{name} holds negative values, NaN or Inf: give weights in 0..1")
    if not bool((tensor > 0).any()):
        raise InputError(f"{name} is zero everywhere: mark at least one pixel")
    return tensor
