"""Which way colours take through a grade: fused kernels on CUDA, NumPy arrays on the CPU, or the plain PyTorch path.

The plain path is the reference: it serves every device and dtype, carries gradients, and can be compiled, traced and vmapped.
The other two are shortcuts to the same numbers, for colours of which nothing but the numbers is wanted.
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
"""Colours that one thread works on at a time."""


def as_array(rgb: Tensor) -> np.ndarray | None:
    """The colours (..., 3) of a float32 tensor on the CPU as a NumPy array over the same memory, or None: the plain path."""
    if not _numbers_alone(rgb) or rgb.device.type != "cpu" or rgb.dtype != torch.float32:
        return None
    try:
        return rgb.detach().numpy()
    except RuntimeError:  # a lazily negated or conjugated view
        return None


def in_parts(work: Callable[[slice], None], count: int) -> None:
    """Call ``work`` for slices that cover ``range(count)``, on as many threads as PyTorch may use.

    Not PyTorch's own threads: those meet after every operation, and wait long for a core that another process holds.
    """
    parts = [slice(start, min(start + PART, count)) for start in range(0, count, PART)]
    threads = min(torch.get_num_threads(), len(parts))
    if threads < 2:
        for part in parts:
            work(part)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, parts))


def by_kernel(rgb: Tensor, launch: Callable[[ModuleType, Tensor], Tensor]) -> Tensor | None:
    """Grade on the device in one pass, or None where the plain path has to: no CUDA, no Triton, gradients, float64.

    Args:
        rgb: (..., 3), any strides.
        launch: given :mod:`reswd_torch.grade.kernels` and the colours as (N, 3), returns (N, 3).

    Returns:
        (..., 3), same dtype; nothing waits for the device.
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
        raise  # the plain path needs more
    except Exception:  # whatever a compiler says: an old card, no C compiler, no cache folder
        logging.getLogger(__name__).debug("the fused kernel failed; plain PyTorch grades %s", rgb.dtype, exc_info=True)
        _failed.add(rgb.dtype)
        return None


_failed: set[torch.dtype] = set()


@functools.cache
def _kernels() -> ModuleType | None:
    """The kernels where Triton is installed: with PyTorch's CUDA wheels on Linux it is."""
    try:
        from reswd_torch.grade import kernels
    except Exception:  # missing, or broken on this machine: both mean the plain path
        logging.getLogger(__name__).debug("no Triton; plain PyTorch grades on CUDA", exc_info=True)
        return None
    return kernels


def _numbers_alone(rgb: Tensor) -> bool:
    """Whether the colours (..., 3) lie in memory and nobody follows what happens to them."""
    if rgb.ndim == 0 or rgb.shape[-1] != 3 or (rgb.requires_grad and torch.is_grad_enabled()):
        return False
    return numbers_alone(rgb)
