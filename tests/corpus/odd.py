"""What the corpus says about a file: its bytes, and what must come of it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

EDGE = 32
"""Rows and columns of the corpus's pictures."""
CORNERS = ((200, 60, 50), (70, 160, 80), (50, 80, 170), (128, 128, 128))
"""The flat colours of their quarters, sRGB in 0..255: top left, top right, bottom left, bottom right."""
GREYS = tuple((level, level, level) for level in (40, 90, 160, 220))
"""The same for grey ones."""
Corners = tuple[tuple[int, ...], ...]


class Shows(NamedTuple):
    """A picture is read, and these colours are its quarters'.

    Attributes:
        corners: sRGB in 0..255.
        within: how far each channel may be off.
        note: words of a note that comes with it; empty where none has to.
    """

    corners: Corners = CORNERS
    within: float = 1.0
    note: str = ""


class Refused(NamedTuple):
    """One line says so, and these words are in it."""

    words: str


class Grades(NamedTuple):
    """A grade is read, and maps these colours (0..1) to those, to ``within``: half a step of a format of few bits."""

    colours: tuple[tuple[float, ...], ...]
    results: tuple[tuple[float, ...], ...]
    within: float = 1 / 65535


class Holds(NamedTuple):
    """A ZIP is unpacked to this many files, a palette has this many colours, or a record is read that says so."""

    files: int


class Odd(NamedTuple):
    """A file of the corpus.

    Attributes:
        name: its name, with the suffix.
        content: its bytes.
        outcome: what must come of it.
    """

    name: str
    content: bytes
    outcome: Shows | Refused | Grades | Holds

    def write(self, folder: Path) -> Path:
        """Write the file into a folder."""
        place = folder / self.name
        place.write_bytes(self.content)
        return place


def quarters(corners: Corners = CORNERS, dtype: type = np.uint8) -> np.ndarray:
    """(EDGE, EDGE, C) of flat quarters, or (EDGE, EDGE) of flat grey ones where the colours have one channel.

    Args:
        corners: the colours of the quarters, 0..255, any number of channels.
        dtype: uint8, or uint16 for the same colours times 257.
    """
    half = EDGE // 2
    out = np.empty((EDGE, EDGE, len(corners[0])), dtype)
    for corner, colour in enumerate(corners):
        top, left = divmod(corner, 2)
        out[top * half : (top + 1) * half, left * half : (left + 1) * half] = colour
    out *= 257 if dtype is np.uint16 else 1
    return out[..., 0] if out.shape[2] == 1 else out


def corner_means(pixels: np.ndarray) -> np.ndarray:
    """(4, C): the mean colour of each quarter, without its rim, where lossy formats mix the colours."""
    height, width = pixels.shape[0] // 2, pixels.shape[1] // 2
    rim = max(1, height // 4)
    found = []
    for corner in range(4):
        top, left = divmod(corner, 2)
        part = pixels[top * height : (top + 1) * height, left * width : (left + 1) * width]
        found.append(part[rim:-rim, rim:-rim].reshape(-1, pixels.shape[2]).mean(axis=0))
    return np.array(found)
