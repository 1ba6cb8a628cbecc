"""What a format of palette files is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Color = tuple[float, float, float]
"""An sRGB-encoded colour. What lies outside 0..1, as some Lab colours do, is clipped by the caller."""


@dataclass(frozen=True)
class PaletteFormat:
    """A format of palette files.

    Attributes:
        suffix: of its files, in small letters, with the dot.
        label: what people call it.
        read: the colours in a file's content, in their order. Raises InputError, without the file's name.
    """

    suffix: str
    label: str
    read: Callable[[bytes], list[Color]]
