"""One round of sliced transport on a decoded image: by how much each pixel's colour should move toward a reference's.

Along each of a few directions in Lab the image's pixels and the reference's colours are sorted, and each pixel is to move
to the place of its rank (the 1-D optimal coupling; N. Bonneel et al., "Sliced and Radon Wasserstein barycenters of
measures", 2015; F. Pitié et al., "Automated colour grading using colour distribution transfer", 2007). The moves along all
directions are joined by the pseudo-inverse of the directions.

Ranks are told apart by grain as well as by colour: in a flat area the finest noise decides which pixel becomes light and
which dark. So the map is smoothed by a guided filter (K. He et al., "Guided image filtering", 2013, eq. 5 to 8) that follows
the edges of the image's lightness.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from guidance.reference import Reference
from reswd_torch.color import lab_to_srgb, srgb_to_lab
from reswd_torch.directions import fibonacci_spiral
from reswd_torch.sorting import at_quantiles, sort

DIRECTIONS = 24
MOST_SIDE = 128
"""Pictures are looked at with at most this many pixels on the longer side: enough for colours, and for where they lie."""
RADIUS = 0.09
"""Of the guided filter and of the blur, in shares of the longer side."""
EDGE = 60.0
"""Of the guided filter: variance of lightness, in squared Lab units, from which an edge is an edge (about 8 units)."""
GRAIN_RADIUS = 2
"""Pixels: grain is as fine as the picture is, whatever its size."""

Picture = Float[Tensor, "b 3 h w"]


class SlicedTransport:
    """Moves pictures toward references, one each.

    Args:
        references: one for each picture of a batch.
        device: where pictures are.
    """

    def __init__(self, references: Sequence[Reference], device: torch.device | str = "cpu") -> None:
        self.directions = fibonacci_spiral(DIRECTIONS).to(device)
        self.join = torch.linalg.pinv(self.directions)
        colors = [srgb_to_lab(reference.colors.to(device)) for reference in references]
        self.targets = [sort(self.directions @ lab.T)[0] for lab in colors]
        self._at: dict[int, Tensor] = {}

    def __call__(self, pixels: Picture, *, blurred: bool = False, grain: float = 0.0) -> Picture:
        """Where the colours of a batch should go.

        Args:
            pixels: float32, sRGB-encoded, nominally 0..1 and cut to it.
            blurred: move what a blur leaves of the picture, and the rest along with it: for predictions in which only the
                large areas mean anything. Otherwise the move of each pixel is smoothed along the picture's edges.
            grain: differences between neighbours below so many Lab units are smoothed away, too. 0: none.

        Returns:
            Same shape, 0..1.
        """
        lab = _to_lab(pixels)
        small = _shrunk(lab)
        radius = max(1, round(max(small.shape[-2:]) * RADIUS))
        if blurred:
            soft = _box(_box(small, radius), radius)
            shift = resized(self._shift(soft), lab.shape[-2:])
        else:
            shift = _guided(self._shift(small), small, lab, radius)
        return _to_srgb((_without_grain(lab, grain) if grain else lab) + shift).clamp(0.0, 1.0)

    def _shift(self, lab: Picture) -> Picture:
        height = lab.shape[-2]
        points = rearrange(lab, "b c h w -> b c (h w)")
        placed = self.directions @ points
        ordered, order = sort(placed)
        shift = torch.empty_like(placed).scatter_(2, order, self._targets_at(placed.shape[2]) - ordered)
        return rearrange(self.join @ shift, "b c (h w) -> b c h w", h=height)

    def _targets_at(self, count: int) -> Float[Tensor, "b k count"]:
        if count not in self._at:
            self._at[count] = torch.stack([at_quantiles(target, count) for target in self.targets])
        return self._at[count]


def _to_lab(pixels: Picture) -> Picture:
    return rearrange(srgb_to_lab(rearrange(pixels.clamp(0.0, 1.0), "b c h w -> b h w c")), "b h w c -> b c h w")


def _to_srgb(lab: Picture) -> Picture:
    return rearrange(lab_to_srgb(rearrange(lab, "b c h w -> b h w c")), "b h w c -> b c h w")


def _shrunk(picture: Picture) -> Picture:
    share = MOST_SIDE / max(picture.shape[-2:])
    if share >= 1:
        return picture
    return F.interpolate(picture, [max(1, round(side * share)) for side in picture.shape[-2:]], mode="area")


def resized(picture: Float[Tensor, "b c h w"], size: Sequence[int]) -> Float[Tensor, "b c y x"]:
    """A picture, or latents, at another height and width."""
    if tuple(picture.shape[-2:]) == tuple(size):
        return picture
    return F.interpolate(picture, tuple(size), mode="bilinear", align_corners=False)


def edges(pixels: Picture) -> Float[Tensor, "b 1 h w"]:
    """Where a picture has edges, 0 in flat areas and nearly 1 at clear edges.

    Args:
        pixels: float32, sRGB-encoded, 0..1.
    """
    return _box(_contrast(_to_lab(pixels), EDGE), GRAIN_RADIUS)


def _contrast(lab: Picture, threshold: float) -> Float[Tensor, "b 1 h w"]:
    """Share of a pixel's neighbourhood's variance that is more than noise of the variance ``threshold`` would have."""
    # Not the mean of squares less the squared mean: in float32 that difference is all rounding.
    apart = lab - _box(lab, GRAIN_RADIUS)
    variance = _box(apart * apart, GRAIN_RADIUS).sum(dim=1, keepdim=True)
    return variance / (variance + threshold)


def _without_grain(lab: Picture, grain: float) -> Picture:
    """A picture smoothed by a guided filter that follows the picture itself."""
    keep = _contrast(lab, grain**2)
    level = (1.0 - keep) * _box(lab, GRAIN_RADIUS)
    return _box(keep, GRAIN_RADIUS) * lab + _box(level, GRAIN_RADIUS)


def _box(picture: Picture, radius: int) -> Picture:
    """Mean over a square window, cut off at the borders."""
    side = 2 * radius + 1
    return F.avg_pool2d(picture, side, stride=1, padding=radius, count_include_pad=False)


def _guided(shift: Picture, small: Picture, lab: Picture, radius: int) -> Picture:
    """``shift`` of the shrunk picture ``small``, smoothed but for the edges of lightness, at the size of ``lab``."""
    light = small[:, :1]
    light_mean, shift_mean = _box(light, radius), _box(shift, radius)
    covariance = _box(light * shift, radius) - light_mean * shift_mean
    variance = _box(light * light, radius) - light_mean * light_mean
    slope = covariance / (variance + EDGE)
    level = shift_mean - slope * light_mean
    slope, level = (resized(_box(each, radius), lab.shape[-2:]) for each in (slope, level))
    return slope * lab[:, :1] + level
