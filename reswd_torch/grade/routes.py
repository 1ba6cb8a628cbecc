"""The routes that colours take through a grade: fused kernels on CUDA, NumPy arrays on the CPU, or the plain PyTorch path.

The plain path is the reference: it serves every device and dtype, carries gradients, and can be compiled, traced and vmapped.
The other two are shortcuts to the same numbers, for calls that want nothing but the numbers.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType

import numpy as np
import torch
from torch import Tensor

from reswd_torch.shortcuts import numbers_alone

KERNEL_DEVICES = ("cuda",)
KERNEL_DTYPES = (torch.float32, torch.float16, torch.bfloat16)
PART = 1 << 16
"""Number of colours that one thread works on at a time."""


def as_array(rgb: Tensor) -> np.ndarray | None:
    """The colours (..., 3) as a NumPy array over the same memory; None where the plain path has to grade them.

    An array is returned for float32 tensors on the CPU that are nothing but numbers.
    """
    if not _numbers_alone(rgb) or rgb.device.type != "cpu" or rgb.dtype != torch.float32:
        return None
    try:
        return rgb.detach().numpy()
    except RuntimeError:  # a lazily negated or conjugated view
        return None


def in_parts(work: Callable[[slice], None], count: int) -> None:
    """Call ``work`` for slices that cover ``range(count)``, on as many threads as PyTorch may use.

    PyTorch's own threads are not used, since they meet after every operation and wait long for a core that another process holds.
    """
    parts = [slice(start, min(start + PART, count)) for start in range(0, count, PART)]
    threads = min(torch.get_num_threads(), len(parts))
    if threads < 2:
        for part in parts:
            work(part)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, parts))


def in_chunks(grade: Callable[[Tensor], Tensor], rgb: Tensor, chunk: int) -> Tensor:
    """Grade so many colours at a time, which bounds the scratch memory. With a gradient all at once.

    Args:
        grade: takes (N, 3), returns (N, 3) of the same dtype.
        rgb: (..., 3).
        chunk: the number of colours.
    """
    flat = rgb.reshape(-1, 3)
    if len(flat) <= chunk or rgb.requires_grad:
        return grade(flat).reshape(rgb.shape)
    out = torch.empty_like(flat)
    for start in range(0, len(flat), chunk):
        out[start : start + chunk] = grade(flat[start : start + chunk])
    return out.reshape(rgb.shape)


def by_kernel(rgb: Tensor, launch: Callable[[ModuleType, Tensor], Tensor]) -> Tensor | None:
    """Grade on the device in one pass. Nothing waits for the device.

    Args:
        rgb: (..., 3), any strides.
        launch: given :mod:`reswd_torch.grade.kernels` and the colours as (N, 3), returns (N, 3).

    Returns:
        (..., 3), same dtype; None where the plain path has to grade: without CUDA or Triton, with gradients, in float64.
    """
    if not _numbers_alone(rgb) or rgb.device.type not in KERNEL_DEVICES or rgb.dtype not in KERNEL_DTYPES:
        return None
    kernels = _kernels()
    if kernels is None or rgb.dtype in _failed or rgb.is_neg():
        return None
    try:
        with torch.cuda.device_of(rgb):  # Triton launches on the current device, which need not be the tensor's
            return launch(kernels, rgb.detach().reshape(-1, 3)).reshape(rgb.shape)
    except torch.OutOfMemoryError:
        raise  # the plain path would need even more memory
    except Exception:  # compilers raise many kinds: for an old card, no C compiler, no cache folder
        logging.getLogger(__name__).debug("the fused kernel failed; plain PyTorch grades %s", rgb.dtype, exc_info=True)
        _failed.add(rgb.dtype)
        return None


_failed: set[torch.dtype] = set()
"""Dtypes for which the kernels failed on this machine; they are not tried again."""


@functools.cache
def _kernels() -> ModuleType | None:
    """The module of kernels; None without Triton, which comes with PyTorch's CUDA wheels on Linux."""
    try:
        from reswd_torch.grade import kernels
    except Exception:  # whether Triton is missing or broken on this machine, the plain path grades
        logging.getLogger(__name__).debug("no Triton; plain PyTorch grades on CUDA", exc_info=True)
        return None
    return kernels


def _numbers_alone(rgb: Tensor) -> bool:
    """Whether these are colours (..., 3) that are nothing but numbers in memory, without a gradient."""
    if rgb.ndim == 0 or rgb.shape[-1] != 3 or (rgb.requires_grad and torch.is_grad_enabled()):
        return False
    return numbers_alone(rgb)
