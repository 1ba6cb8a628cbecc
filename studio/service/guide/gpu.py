"""The GPU of a ZeroGPU Space, which is lent for as long as one call takes. Everywhere else a call is just a call.

On ZeroGPU a decorated function runs in another process. Its arguments and what it yields are pickled, nothing that it does to
an object is seen here, and an exception arrives as one of Gradio's. It therefore takes and yields no CUDA tensors and no
sessions, yields errors as values, and is stopped by a file. Colour matching needs no GPU and costs a visitor nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

Function = TypeVar("Function", bound=Callable[..., object])


def zero_gpu() -> bool:
    """Whether this is a ZeroGPU Space, by the variable that it sets."""
    return os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true")


def gpu(duration: Callable[..., int]) -> Callable[[Function], Function]:
    """Decorate a function that needs the GPU. Outside a ZeroGPU Space the function stays what it is.

    Args:
        duration: takes the function's arguments and returns how many seconds the call needs. A visitor must have that much of
            their quota left, or the call does not start.
    """

    def decorate(function: Function) -> Function:
        if not zero_gpu():
            return function
        try:
            import spaces
        except ImportError:
            return function
        lent: Function = spaces.GPU(duration=duration)(function)
        return lent

    return decorate
