"""Putting a function in place of an object's method for a while."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def replaced_method(owner: object, name: str, stand_in: Callable[..., object]) -> Iterator[None]:
    """Call ``stand_in(original, *args, **kwargs)`` in place of a method of one object, as long as the block lasts.

    Args:
        owner: the object.
        name: the method's name.
        stand_in: is handed the original method first, and then the arguments of the call.
    """
    original = getattr(owner, name)
    before = vars(owner).get(name)

    @functools.wraps(original)  # pipelines look at the signature
    def wrapper(*args: object, **kwargs: object) -> object:
        return stand_in(original, *args, **kwargs)

    setattr(owner, name, wrapper)
    try:
        yield
    finally:
        if before is None:
            vars(owner).pop(name, None)
        else:
            setattr(owner, name, before)
