"""The GPU of a ZeroGPU Space, lent for as long as one call takes. Everywhere else a call is just a call.

There a decorated function runs in another process: arguments and what it yields are pickled, nothing it does to an object
is seen here, and an exception arrives as one of Gradio's. So: no CUDA tensors, no sessions, errors as values, and a file
for a stop flag. Colour matching needs no GPU and costs a visitor nothing.
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
    """Decorate what needs the GPU.

    Args:
        duration: takes the function's arguments and says how many seconds it needs; that much of a visitor's quota must be
            left for the call to start.
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
