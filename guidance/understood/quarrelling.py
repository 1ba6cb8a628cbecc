"""Where the colours that a prompt asks for quarrel with those of a palette or a reference."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from guidance.colour_names import BACKGROUNDS, HUES
from guidance.understood.explaining import Understood

LEAST_SHARE = 0.02
"""Of the weight of all colours: below it a colour counts as none. Of a palette's few colours each has more."""
NEAR = 15.0
"""CIEDE2000 within which a colour is the named one."""
_COLOURED = 12.0
"""Chroma in CIELAB from which a colour has a hue."""
_LIGHT = {"orange": 45.0, "yellow": 55.0, "pink": 45.0}
"""The lightness from which a hue is called so: what is darker is a brown, an olive or a purple."""


def quarrels(understood: Understood, colours: np.ndarray, what: str = "palette") -> list[str]:
    """The colours that a prompt asks for and the palette has not, as sentences.

    A named colour is there if colours with at least :data:`LEAST_SHARE` of the whole weight are called so: it is the nearest of
    the thirteen named ones by CIEDE2000, or lies within :data:`NEAR` of it; or, of the eight hues, its hue is the nearest one
    in CIELAB, where a colour has a hue at all and is light enough for the name. That is lenient, so that a warning
    means something.

    Args:
        understood: what the prompt says.
        colours: (N, 3), sRGB-encoded, 0..1, each of the same weight.
        what: what to call the colours: palette, reference.
    """
    missing = [name for name in understood.colours if share_of(name, colours) < LEAST_SHARE]
    return [f"The prompt asks for {name}; the {what} has none." for name in missing]


def share_of(name: str, colours: np.ndarray | Sequence[Sequence[float]]) -> float:
    """The share of colours (N, 3), sRGB-encoded, 0..1, that are called by a name of :data:`guidance.colour_names.BACKGROUNDS`."""
    from reswd_torch.learning.difference import ciede2000

    lab = _lab(np.asarray(colours, np.float32).reshape(-1, 3))
    if not len(lab):
        return 0.0
    names, table = _table()
    index = names.index(name)
    far = ciede2000(lab[:, None].repeat(len(names), 1), table[None].repeat(len(lab), 0))
    called = (far.argmin(1) == index) | (far[:, index] <= NEAR)
    if name in HUES:
        hues = table[[names.index(each) for each in HUES]]
        angles = np.arctan2(hues[:, 2], hues[:, 1])
        apart = np.angle(np.exp(1j * (np.arctan2(lab[:, 2], lab[:, 1])[:, None] - angles)))
        nearest = np.abs(apart).argmin(1) == list(HUES).index(name)
        called |= nearest & (np.hypot(lab[:, 1], lab[:, 2]) >= _COLOURED) & (lab[:, 0] >= _LIGHT.get(name, 0.0))
    return float(called.mean())


@lru_cache(maxsize=1)
def _table() -> tuple[list[str], np.ndarray]:
    """The names of all colours, and their CIELAB values (13, 3)."""
    codes = [[int(code[at : at + 2], 16) / 255 for at in (1, 3, 5)] for code in BACKGROUNDS.values()]
    return list(BACKGROUNDS), _lab(np.array(codes, np.float32))


def _lab(rgb: np.ndarray) -> np.ndarray:
    import torch

    from reswd_torch.color import srgb_to_lab

    return srgb_to_lab(torch.from_numpy(rgb)).numpy().astype(np.float64)
