"""A function stands in for a method for a while, and nothing is left of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import pytest

from guidance.patching import replaced_method


class _Counter:
    def add(self, first: int, second: int = 1) -> int:
        return first + second


def _double(original: Callable[..., int], *args: int, **kwargs: int) -> int:
    return 2 * original(*args, **kwargs)


def test_the_stand_in_is_handed_the_original() -> None:
    counter = _Counter()
    signature = inspect.signature(counter.add)
    with replaced_method(counter, "add", _double):
        assert counter.add(2, second=3) == 10
        assert inspect.signature(counter.add) == signature
    assert counter.add(2, second=3) == 5
    assert vars(counter) == {}


def test_a_method_of_the_objects_own_comes_back_after_an_exception() -> None:
    counter = _Counter()

    def mine(first: int) -> int:
        return -first

    counter.add = mine  # type: ignore[method-assign, assignment]
    with pytest.raises(ZeroDivisionError), replaced_method(counter, "add", _double):
        assert counter.add(2) == -4
        raise ZeroDivisionError
    assert counter.add is mine
