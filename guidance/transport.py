"""One round of sliced transport on a decoded image: how far each pixel's colour should move toward a reference's colours.

Along each of a few directions in CIE Lab the image's pixels and the reference's colours are sorted. Each pixel should move to
the reference's colour of the same rank, which is the optimal coupling in one dimension (N. Bonneel et al., "Sliced and Radon
Wasserstein barycenters of measures", 2015; F. Pitié et al., "Automated colour grading using colour distribution transfer",
2007). The pseudo-inverse of the directions joins the moves along all of them to one move of the colour.

A pixel's rank depends on grain as well as on colour: in a flat area the finest noise decides which pixel becomes light and
which dark. So the moves are smoothed by a guided filter (K. He et al., "Guided image filtering", 2013, eq. 5 to 8) that
follows the edges of the image's lightness.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from guidance.protocols import Pixels
from guidance.reference import Reference
from reswd_torch.color import lab_to_srgb, srgb_to_lab
from reswd_torch.directions import fibonacci_spiral
from reswd_torch.sorting import at_quantiles, sort

DIRECTIONS = 24
"""Number of directions in Lab along which colours are sorted."""
MOST_SIDE = 128
"""The most pixels on the longer side of the picture whose pixels are sorted; larger pictures are shrunk first. That many are
enough to tell the colours and where they lie."""
RADIUS = 0.09
"""Radius of the guided filter and of the blur, as a share of the picture's longer side."""
EDGE = 60.0
"""Variance of lightness, in squared Lab units, from which the guided filter takes a difference for an edge (a difference of
about 8 units)."""
GRAIN_RADIUS = 2
"""Radius in pixels within which grain is judged. It does not grow with the picture, since grain is as fine as the pixels."""
_NO_WEIGHT = 1e-6
"""Added to a sum of weights, which may be 0."""
Weights = Float[Tensor, "1 1 h w"]
"""How much each pixel counts, 0..1, the same in all pictures of a batch."""


class SlicedTransport:
    """Moves the colours of each picture of a batch toward those of its reference.

    Args:
        references: one reference for each picture.
        device: the device of the pictures.
    """

    def __init__(self, references: Sequence[Reference], device: torch.device | str = "cpu") -> None:
        self.directions = fibonacci_spiral(DIRECTIONS).to(device)
        self.join = torch.linalg.pinv(self.directions)
        colors = [srgb_to_lab(reference.colors.to(device)) for reference in references]
        self.targets = [sort(self.directions @ lab.T)[0] for lab in colors]
        self._at: dict[int, Tensor] = {}

    def __call__(self, pixels: Pixels, *, blurred: bool = False, grain: float = 0.0) -> Pixels:
        """The pictures with their colours moved by one round.

        Args:
            pixels: float32, sRGB-encoded, nominally 0..1 and clamped to it.
            blurred: sort the pixels of a blurred picture and move the picture's details along with it. This is for
                predictions in which only the large areas mean anything. Otherwise the moves are smoothed along the
                picture's edges.
            grain: difference between neighbouring pixels, in Lab units, below which it is smoothed away, too. 0 smooths
                nothing away.

        Returns:
            Pictures of the same shape, float32, sRGB-encoded, 0..1.
        """
        lab = _to_lab(pixels)
        shift = self.moves(lab, blurred=blurred)
        return _to_srgb((without_grain(lab, grain) if grain else lab) + shift).clamp(0.0, 1.0)

    def moves(self, lab: Pixels, *, blurred: bool, weights: Weights | None = None) -> Pixels:
        """How far each pixel should move in Lab, smoothed.

        Args:
            lab: the pictures in Lab.
            blurred: as for a call.
            weights: how much each pixel counts, (1, 1, height, width), 0..1, the same in all pictures: what counts for nothing
                has no influence, and gets some finite move. None where all count the same.
        """
        small = _shrunk(lab)
        radius = max(1, round(max(small.shape[-2:]) * RADIUS))
        few = None if weights is None else scaled(weights, small.shape[-2:])
        if blurred:
            soft = _box(_box(small, radius, few), radius, few)
            return resized(self._shift(soft, few), lab.shape[-2:])
        return _guided(self._shift(small, few), small, lab, radius, few)

    def _shift(self, lab: Pixels, weights: Weights | None = None) -> Pixels:
        """How far each pixel should move in Lab."""
        height = lab.shape[-2]
        points = rearrange(lab, "b c h w -> b c (h w)")
        placed = self.directions @ points
        ordered, order = sort(placed)
        if weights is None:
            targets = self._targets_at(placed.shape[2])
        else:
            ranks = weights.flatten()[order]
            ranks = (ranks.cumsum(dim=2) - ranks / 2) / ranks.sum(dim=2, keepdim=True)
            targets = torch.stack([_at(*each) for each in zip(self.targets, ranks, strict=True)])
        shift = torch.empty_like(placed).scatter_(2, order, targets - ordered)
        return rearrange(self.join @ shift, "b c (h w) -> b c h w", h=height)

    def _targets_at(self, count: int) -> Float[Tensor, "b k count"]:
        """The references' colours along each direction, in order, at as many quantiles as there are pixels."""
        if count not in self._at:
            self._at[count] = torch.stack([at_quantiles(target, count) for target in self.targets])
        return self._at[count]


def _at(ordered: Float[Tensor, "k m"], shares: Float[Tensor, "k n"]) -> Float[Tensor, "k n"]:
    """Values of sorted samples at quantiles 0..1, as :func:`reswd_torch.sorting.at_quantiles` has them at even ones."""
    size = ordered.shape[1]
    place = (shares * size - 0.5).clamp(0, size - 1)
    low = place.floor().long()
    high = (low + 1).clamp(max=size - 1)
    share = (place - low).to(ordered)
    return ordered.gather(1, low) * (1 - share) + ordered.gather(1, high) * share


def _to_lab(pixels: Pixels) -> Pixels:
    return rearrange(srgb_to_lab(rearrange(pixels.clamp(0.0, 1.0), "b c h w -> b h w c")), "b h w c -> b c h w")


def _to_srgb(lab: Pixels) -> Pixels:
    return rearrange(lab_to_srgb(rearrange(lab, "b c h w -> b h w c")), "b h w c -> b c h w")


def _shrunk(picture: Pixels) -> Pixels:
    """The picture at no more than ``MOST_SIDE`` pixels on its longer side."""
    share = MOST_SIDE / max(picture.shape[-2:])
    if share >= 1:
        return picture
    return F.interpolate(picture, [max(1, round(side * share)) for side in picture.shape[-2:]], mode="area")


def resized(picture: Float[Tensor, "b c h w"], size: Sequence[int]) -> Float[Tensor, "b c y x"]:
    """A picture, or a grid of latents, at another height and width, by bilinear interpolation."""
    if tuple(picture.shape[-2:]) == tuple(size):
        return picture
    return F.interpolate(picture, tuple(size), mode="bilinear", align_corners=False)


def scaled(picture: Float[Tensor, "b c h w"], size: Sequence[int]) -> Float[Tensor, "b c y x"]:
    """A picture at another height and width: where it is shrunk, each pixel is the mean of those that it stands for."""
    down = [min(old, new) for old, new in zip(picture.shape[-2:], size, strict=True)]
    return resized(F.interpolate(picture, down, mode="area"), size)


def edges(pixels: Pixels) -> Float[Tensor, "b 1 y x"]:
    """A map of a picture's edges: 0 in flat areas and nearly 1 at clear edges.

    Args:
        pixels: float32, sRGB-encoded, 0..1.
    """
    return _box(_contrast(_to_lab(pixels), EDGE), GRAIN_RADIUS)


def _contrast(lab: Pixels, threshold: float) -> Float[Tensor, "b 1 y x"]:
    """How far the colours around each pixel vary, as ``variance / (variance + threshold)``, which is 0..1."""
    # The mean of squares less the squared mean would be the same in theory, but in float32 it is all rounding error.
    apart = lab - _box(lab, GRAIN_RADIUS)
    variance = _box(apart * apart, GRAIN_RADIUS).sum(dim=1, keepdim=True)
    return variance / (variance + threshold)


def without_grain(lab: Pixels, grain: float) -> Pixels:
    """A picture smoothed by a guided filter that follows the picture's own edges.

    Args:
        lab: the picture in Lab.
        grain: differences below this many Lab units are smoothed away.
    """
    keep = _contrast(lab, grain**2)
    level = (1.0 - keep) * _box(lab, GRAIN_RADIUS)
    return _box(keep, GRAIN_RADIUS) * lab + _box(level, GRAIN_RADIUS)


def _box(picture: Pixels, radius: int, weights: Weights | None = None) -> Pixels:
    """The mean over the square window around each pixel, weighted if there are weights. At the borders the window is cut off."""
    side = 2 * radius + 1
    if weights is not None:
        return _box(picture * weights, radius) / (_box(weights, radius) + _NO_WEIGHT)
    return F.avg_pool2d(picture, side, stride=1, padding=radius, count_include_pad=False)


def _guided(shift: Pixels, small: Pixels, lab: Pixels, radius: int, weights: Weights | None = None) -> Pixels:
    """Smooth the moves of pixels, but not across edges of lightness.

    Args:
        shift: moves of the pixels of the shrunk picture.
        small: the shrunk picture in Lab.
        lab: the full-size picture in Lab.
        radius: radius of the filter in pixels of the shrunk picture.
        weights: how much the pixels of the shrunk picture count; None where all count the same.

    Returns:
        Moves of the pixels of the full-size picture.
    """
    light = small[:, :1]
    light_mean, shift_mean = _box(light, radius, weights), _box(shift, radius, weights)
    covariance = _box(light * shift, radius, weights) - light_mean * shift_mean
    variance = _box(light * light, radius, weights) - light_mean * light_mean
    slope = covariance / (variance + EDGE)
    level = shift_mean - slope * light_mean
    slope, level = (resized(_box(each, radius, weights), lab.shape[-2:]) for each in (slope, level))
    return slope * lab[:, :1] + level
