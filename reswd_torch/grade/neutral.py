"""The cast of a graded picture, and the factors that take it away."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.color import srgb_to_lab
from reswd_torch.grade.constants import LUMA, Triple

_NO_CAST: Triple = (1.0, 1.0, 1.0)
_FAIR = (0.04, 0.98)
"""Least and most channel value of a pixel whose colour can be told: below is noise, above a channel is clipped."""
_NEARLY_GREY = 12.0
"""CIE Lab chroma up to which a colour may be a grey under a cast."""
_LEAST_SHARE, _LEAST_COUNT = 0.05, 24
"""Of the fair pixels, the share, and the number, from which on the greys are believed."""
_SEEN = 1.0
"""CIE Lab chroma of a cast that nobody sees: nothing is done about it."""
_ROUNDS = 3
"""Times that the greys are chosen anew, under what is known of the cast."""
_MINKOWSKI = 6.0
"""The norm of the shades of grey (G. Finlayson and E. Trezzi, "Shades of gray and colour constancy", 2004)."""
_MOST = 1.5
"""Largest factor, and one over the least: a picture of one colour is not made grey."""


def cast_gains(colors: Float[Tensor, "n 3"]) -> Triple:
    """Factors of red, green and blue that make the picture's greys grey, and leave their luma.

    The greys are the colours with little chroma. Where there are too few of them, all colours together are taken to be grey.

    Args:
        colors: (N, 3) sample of the graded picture, encoded, 0..1.

    Returns:
        Three factors; ones where there is no cast that could be seen, or no colour that could tell.
    """
    rgb = colors.detach().double().cpu()
    fair = rgb[(rgb.amin(dim=1) >= _FAIR[0]) & (rgb.amax(dim=1) <= _FAIR[1])]
    if len(fair) < _LEAST_COUNT:
        return _NO_CAST
    gains = torch.ones(3, dtype=torch.float64)
    for _ in range(_ROUNDS):
        near = srgb_to_lab((fair * gains).clamp(0.0, 1.0))[:, 1:].norm(dim=1) <= _NEARLY_GREY
        if int(near.sum()) < max(_LEAST_COUNT, _LEAST_SHARE * len(fair)):
            return _held((fair**_MINKOWSKI).mean(dim=0) ** (1 / _MINKOWSKI))
        greys = fair[near]
        gains = 1.0 / (greys / _luma(greys).unsqueeze(1)).median(dim=0).values
    return _held(1.0 / gains)


def _held(cast: Float[Tensor, " 3"]) -> Triple:
    """The factors against a cast, within limits; ones where nobody would see it."""
    grey = cast / _luma(cast)
    if float(srgb_to_lab((0.5 * grey).clamp(0.0, 1.0))[1:].norm()) < _SEEN:
        return _NO_CAST
    red, green, blue = (1.0 / grey).clamp(1.0 / _MOST, _MOST).tolist()
    return (red, green, blue)


def _luma(colors: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch"]:
    return colors @ torch.tensor(LUMA, dtype=colors.dtype)
