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
_MOST_LAYERS = 8


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


def only_small_paintings(editor: gr.ImageEditor, edge: int) -> gr.ImageEditor:
    """Have an editor take no picture that is longer than ``edge`` pixels. Gradio decodes them whole, however large they are.

    A method of one instance, as in :func:`studio.ui.settings.as_sent`.
    """
    decode = editor.preprocess

    def checked(payload: Any) -> Any:
        if payload is not None:
            layers = payload.layers or []
            if payload.id is not None or len(layers) > _MOST_LAYERS:
                raise gr.Error("This is no painting of this page", print_exception=False)
            for picture in (payload.background, payload.composite, *layers):
                if picture is not None:
                    _check_edge(picture.path, edge)
        return decode(payload)

    editor.preprocess = checked  # type: ignore[method-assign]
    return editor


def _check_edge(path: str, edge: int) -> None:
    """Raise gr.Error for a picture that is too long, by its header alone, or of a kind that no page paints."""
    from PIL import Image

    try:
        with Image.open(path, formats=("PNG", "JPEG", "WEBP")) as opened:
            size = opened.size
    except (OSError, ValueError, Image.DecompressionBombError):
        raise gr.Error("The painting cannot be read", print_exception=False) from None
    if max(size) > edge:
        raise gr.Error(f"A painting has at most {edge} pixels along an edge", print_exception=False)
