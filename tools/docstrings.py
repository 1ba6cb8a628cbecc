"""An extension of griffe: docstrings name things by Sphinx's roles, ``:func:`match```; in the handbook they are code."""

from __future__ import annotations

import re
from typing import Any

from griffe import Extension, Object

_ROLE = re.compile(r":(?:attr|class|data|func|meth|mod):`(~?)([\w.]+)`")


def plain(text: str) -> str:
    """A docstring without roles. ``~`` leaves the last part of a name, as in Sphinx.

    >>> plain("see :func:`~reswd_torch.match`")
    'see `match`'
    """
    return _ROLE.sub(lambda role: f"`{role[2].rsplit('.', 1)[-1] if role[1] else role[2]}`", text)


class Roles(Extension):
    """Takes the roles out of every docstring that is loaded."""

    def on_object(self, *, obj: Object, **kwargs: Any) -> None:
        """Called by griffe for each object."""
        if obj.docstring is not None:
            obj.docstring.value = plain(obj.docstring.value)
