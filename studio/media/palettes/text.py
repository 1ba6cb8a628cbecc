"""The text of palette files that are text."""

from __future__ import annotations


def text_of(content: bytes) -> str:
    """UTF-8, with or without a mark, else Latin-1, which any bytes are: names may be anything, colours are ASCII."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")
