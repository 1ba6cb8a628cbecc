"""The registry of matching methods.

A new method is one new file in this folder, which declares a :class:`~reswd_torch.matching.methods.method.Method`, and one
entry in :data:`REGISTRY`. Settings, command line and browser take its name, label and abilities from there.

Importing this package loads no torch: each method imports what it needs when it fits.
"""

from __future__ import annotations

from reswd_torch.errors import InputError
from reswd_torch.matching.methods.fast import FAST
from reswd_torch.matching.methods.histogram import HISTOGRAM
from reswd_torch.matching.methods.method import Method
from reswd_torch.matching.methods.mkl import MKL
from reswd_torch.matching.methods.reinhard import REINHARD
from reswd_torch.matching.methods.reswd import RESWD

REGISTRY: tuple[Method, ...] = (FAST, RESWD, REINHARD, MKL, HISTOGRAM)
"""Every method, in the order in which menus and error messages list them."""


def method_named(name: object) -> Method:
    """The method of that name.

    Raises:
        InputError: no method has it.
    """
    for method in REGISTRY:
        if method.name == name:
            return method
    raise InputError(f"unknown method {name!r}: choose one of {', '.join(method.name for method in REGISTRY)}")


__all__ = ["REGISTRY", "Method", "method_named"]
