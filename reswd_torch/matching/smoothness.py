"""When a 3-D LUT counts as smooth, and drawing one back until it does.

A LUT that breaks a condition is blended with the identity, or with another good LUT, until every condition of
:class:`Smoothness` holds. The identity satisfies them all, so that always succeeds.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.grade.lut3d import Lut3D, identity_lattice

LATTICE = 33
"""Lattice points along one axis of the fitted LUT."""
MAX_SECOND_DIFFERENCE = 1 / 128
"""The limit on second differences per step of a 33-point lattice."""


@dataclass(frozen=True)
class Smoothness:
    """How smooth a LUT is, measured on a 33-point lattice.

    Attributes:
        grey_rises: every channel is non-decreasing along the grey ramp.
        folds: number of cells away from the clamp in which the map turns colours inside out (its Jacobian determinant is not
            positive in one of the six tetrahedra).
        second_difference: the largest second difference per lattice step along thirteen ramps: grey, black to each of six
            hues, and each hue to white.
    """

    grey_rises: bool
    folds: int
    second_difference: float

    @property
    def good(self) -> bool:
        """Whether every condition holds."""
        return self.grey_rises and self.folds == 0 and self.second_difference <= MAX_SECOND_DIFFERENCE


def smoothness(lut: Lut3D) -> Smoothness:
    """Measure a LUT, re-sampled to 33 points so that figures of different sizes compare."""
    values = lut.resampled(LATTICE).values.double()
    along = ramps(values)
    second = (along[:, 2:] - 2 * along[:, 1:-1] + along[:, :-2]).abs().max()
    return Smoothness(rises_along_grey(values), int(folded(values).sum()), float(second))


def rises_along_grey(values: Float[Tensor, "size size size 3"]) -> bool:
    """Whether every channel is non-decreasing along the grey ramp of a lattice."""
    up = torch.arange(values.shape[0])
    return bool((values[up, up, up].diff(dim=0) >= 0).all())


def at_clamp(values: Float[Tensor, "size size size 3"]) -> Tensor:
    """(size, size, size): the points with a channel that is cut to 0 or to 1."""
    return ((values <= 0) | (values >= 1)).any(dim=-1)


def drawn_back(values: Float[Tensor, "... 3"], base: Float[Tensor, "size size size 3"] | None = None) -> Lut3D:
    """The blend with a good lattice, the identity if left out, that has the largest share of a fitted one and still satisfies
    every condition."""
    good = identity_lattice(LATTICE, torch.float64) if base is None else base
    full = values.reshape(good.shape)

    def blend(share: float) -> Lut3D:
        return Lut3D((good + share * (full - good)).clamp(0.0, 1.0))

    low, high = 0.0, 1.0
    whole = blend(1.0)
    if smoothness(whole).good:
        return whole
    for _ in range(8):
        middle = (low + high) / 2
        low, high = (middle, high) if smoothness(blend(middle)).good else (low, middle)
    return blend(low)


def ramps(values: Float[Tensor, "size size size 3"]) -> Float[Tensor, "ramps size 3"]:
    """The values along thirteen ramps: grey, black to each of six hues, and each hue to white."""
    size = values.shape[0]
    up, low, top = torch.arange(size), torch.zeros(size).long(), torch.full((size,), size - 1)
    picks: list[tuple[Tensor, ...]] = [(up, up, up)]
    for hue in range(1, 7):
        bits = [bool(hue & bit) for bit in (4, 2, 1)]
        picks.append(tuple(up if on else low for on in bits))
        picks.append(tuple(top if on else up for on in bits))
    return torch.stack([values[pick] for pick in picks])


def folded(values: Float[Tensor, "size size size 3"], clamped: Tensor | None = None) -> Tensor:
    """The cells away from the clamp whose Jacobian determinant is not positive in one of their six tetrahedra.

    Args:
        values: a lattice.
        clamped: (size, size, size) where to look away besides: points at which another lattice is at the clamp.

    Returns:
        (size - 1, size - 1, size - 1), true where the map turns colours inside out.
    """
    last = values.shape[0] - 1
    beside = at_clamp(values) if clamped is None else at_clamp(values) | clamped
    away = torch.nn.functional.max_pool3d(beside[None, None].float(), 2, stride=1)[0, 0] == 0
    channels = values.permute(3, 0, 1, 2).contiguous()
    steps = [channels.diff(dim=1 + axis) for axis in range(3)]
    inside_out = torch.zeros_like(away)
    for order in ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)):
        at = [0, 0, 0]
        columns = [torch.empty(0)] * 3
        for axis in order:
            columns[axis] = steps[axis][
                (slice(None), *(slice(low, last + (low if k != axis else 0)) for k, low in enumerate(at)))
            ]
            at[axis] = 1
        (a, b, c), (d, e, f), (g, h, i) = columns
        inside_out |= a * (e * i - f * h) + b * (f * g - d * i) + c * (d * h - e * g) <= 0
    return inside_out & away
