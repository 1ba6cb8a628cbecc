"""Matches of a finished picture to the reference: what a person who does not guide would do. They know nothing of the model.

``cdl`` and ``lut`` see the same 2,048 colours of the reference as guidance does, and take its whole distribution, as guidance
wants it: the default wish, the mood, stops short of that. The wishes (``look``, ``mood``, ``colours``) are
those of ``reswd match``, and these and color-matcher's methods see the whole photograph.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from benchmarks.guidance.photographs import Photograph
from benchmarks.match import PEERS, by_peer, reduced
from reswd_torch.matching import PixelSample, fit_samples, sample_pixels
from reswd_torch.matching.match import match
from reswd_torch.settings import AIMS, CDL, COLOURS, LUT, MatchSettings

TRANSFORMS = (CDL, LUT)
MATCHES = (*TRANSFORMS, *AIMS, *PEERS)
"""Names of all matches; those of ``PEERS`` are methods of color-matcher."""


def matched(picture: Tensor, reference: Photograph, how: str) -> Tensor:
    """A picture after a match of its colours.

    Args:
        picture: (3, height, width), sRGB-encoded, 0..1.
        reference: whose colours it gets.
        how: one of ``MATCHES``.

    Returns:
        The same shape, float32, 0..1.

    Raises:
        ValueError: no such match.
    """
    pixels = picture.permute(1, 2, 0).contiguous()
    if how in TRANSFORMS:
        colors = reference.colors.colors
        target = PixelSample(colors, colors)
        grade = fit_samples(sample_pixels(pixels, 2048, 0), target, MatchSettings(transform=how, aim=COLOURS))
        return grade.apply(pixels).permute(2, 0, 1)
    if how in AIMS:
        return match(pixels, reference.path, layout="HWC", aim=how).apply(pixels).permute(2, 0, 1)
    if how in PEERS:
        made = by_peer(pixels.double().numpy() * 255, _wanted(reference.path), how) / 255
        return torch.from_numpy(made.astype(np.float32)).permute(2, 0, 1).clamp(0, 1)
    raise ValueError(f"no match is called {how!r}: choose from {', '.join(MATCHES)}")


@cache
def _wanted(path: Path) -> np.ndarray:
    """The photograph as color-matcher gets it, (rows, columns, 3), 0..255."""
    return reduced(path)
