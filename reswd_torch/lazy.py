"""Packages whose public names load on first use, so that importing the package itself loads no torch."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module


def names_on_demand(package: str, home: Mapping[str, str]) -> Callable[[str], object]:
    """A module-level ``__getattr__`` (PEP 562) for a package whose names live in its submodules.

    Args:
        package: the package's ``__name__``.
        home: the module that each public name is imported from.

    Returns:
        A function that imports a name, keeps it as an attribute of the package, and raises AttributeError for any other.
    """

    def load(name: str) -> object:
        if name not in home:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value: object = getattr(import_module(home[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    return load
