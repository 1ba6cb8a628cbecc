"""Live bytes: the tensors that a calculation holds at the same time, counted without doing it."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from contextlib import ExitStack
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class LiveBytes(TorchDispatchMode):
    """Counts the bytes of the storages that are alive while it is entered, on any device, ``meta`` too.

    A storage counts from the operator that returns it until Python lets go of the last tensor that looks at it, so views count
    once and what was there before does not count. What one operator needs inside itself, such as the workspace of a
    convolution, is not seen.

    Attributes:
        live: bytes that are alive now.
        peak: the most bytes that were alive at the same time.
    """

    def __init__(self) -> None:
        super().__init__()
        self.live = self.peak = 0
        self._known: dict[int, weakref.finalize[..., Any]] = {}

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run one operator and count the storages that it returns."""
        inputs = {id(each.untyped_storage()) for each in tree_leaves((args, kwargs)) if isinstance(each, Tensor)}
        result = func(*args, **(kwargs or {}))
        for each in tree_leaves(result):
            if isinstance(each, Tensor):
                storage = each.untyped_storage()
                if id(storage) not in inputs and id(storage) not in self._known:
                    self._note(storage)
        self.peak = max(self.peak, self.live)
        return result

    def _note(self, storage: torch.UntypedStorage) -> None:
        """Count a storage until it is gone. PyTorch keeps its Python object for as long as the memory lives."""
        size, key = storage.nbytes(), id(storage)
        self.live += size
        self._known[key] = weakref.finalize(storage, self._gone, key, size)

    def _gone(self, key: int, size: int) -> None:
        self._known.pop(key, None)
        self.live -= size


class FusedAttention(TorchFunctionMode):
    """Has attention return its result alone, as the kernels of CUDA do, which never hold a map of all pairs of tokens.

    On ``meta`` the same call would be taken apart into products of matrices, and the map would count. Values are not computed.
    """

    def __torch_function__(
        self, func: Callable[..., Any], types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run one function, attention as an empty result."""
        if func is functional.scaled_dot_product_attention:
            given = dict(zip(("query", "key", "value"), args, strict=False)) | (kwargs or {})
            query, value = given["query"], given["value"]
            return query.new_empty(*query.shape[:-1], value.shape[-1])
        return func(*args, **(kwargs or {}))


def peak_of(work: Callable[[], object], fused: bool = True) -> int:
    """The most bytes that a piece of work holds beyond what was there before it, its result included.

    Args:
        work: is called once, without gradients.
        fused: whether attention counts as one operator; only on ``meta``, since no values are computed then.
    """
    live = LiveBytes()
    with ExitStack() as stack:
        stack.enter_context(torch.no_grad())
        if fused:
            stack.enter_context(FusedAttention())
        stack.enter_context(live)
        kept = work()
    del kept
    return live.peak


def profiled_peak_of(work: Callable[[], object]) -> int:
    """The same as :func:`peak_of`, measured: from every allocation on the CPU that PyTorch's profiler sees.

    Those inside an operator count as well, so this is at least what :func:`peak_of` says.
    """
    with (
        torch.no_grad(),
        torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as profile,
    ):
        kept = work()
    del kept
    found = profile.profiler
    assert found is not None and found.kineto_results is not None
    changes = [(each.start_ns(), each.nbytes()) for each in found.kineto_results.events() if each.name() == "[memory]"]
    return max(accumulate(change for _, change in sorted(changes, key=lambda change: change[0])), default=0)
