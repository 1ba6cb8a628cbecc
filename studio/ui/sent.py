"""What visitors send in place of files, looked at before Gradio reads it.

A file is named by a small record, whose path Gradio takes for an address where it begins like one: it fetches it with the
server's eyes, inside the server's network (SSRF). No address is fetched here. That a path lies among the uploads, Gradio checks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import gradio as gr

_ADDRESS = re.compile(r"\s*(?:[a-z][a-z0-9+.-]+:[\\/]|[\\/]{2})", re.IGNORECASE)
"""A scheme, of two letters at least (else it is a drive of Windows), or two slashes: the share of another machine."""
_DEEPEST = 32


def no_addresses(sent: Any) -> None:
    """Refuse data of an event that names a file by an address, or is nested without end.

    Raises:
        gr.Error: in one line for the visitor.
    """
    for record in _records(sent, 0):
        path = record.get("path")
        if isinstance(path, str) and _ADDRESS.match(path):
            raise gr.Error(f"{path[:80]!r} is an address, and none is fetched: upload the file", print_exception=False)


def _records(sent: Any, depth: int) -> Iterator[dict[Any, Any]]:
    if depth > _DEEPEST:
        raise gr.Error("What was sent is nested too deep", print_exception=False)
    if isinstance(sent, dict):
        yield sent
    for inner in sent.values() if isinstance(sent, dict) else sent if isinstance(sent, list | tuple) else ():
        yield from _records(inner, depth + 1)
