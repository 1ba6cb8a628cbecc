"""Two CDLs, one behind the other, as one: where a formula holds and no clamp between them shows."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from reswd_torch.errors import InputError
from reswd_torch.grade.cdl import Cdl, triple
from reswd_torch.grade.lut3d import identity_axis, identity_lattice

AGREES = 1 / 65535
"""Largest difference in any channel between the one CDL and the two: a step of 16 bits."""
_PROBE = 17
_GREYS = 1025
_SCATTERED = 1 << 12


def folded(first: Cdl, second: Cdl) -> Cdl | None:
    """One CDL that does what two do, to a step of 16 bits in all of the cube; None where no formula gives one.

    Args:
        first: is done first, and clamps what it makes to 0..1.
        second: is done to that.
    """
    if first.is_identity or second.is_identity:
        return second if first.is_identity else first
    one = _by_formula(first, second)
    if one is None:
        return None
    colours = _probe()
    apart = (one.apply(colours) - second.apply(first.apply(colours))).abs().max()
    return one if float(apart) <= AGREES else None


def _by_formula(first: Cdl, second: Cdl) -> Cdl | None:
    """The one CDL, were it not for the clamps between the two; None where there is none.

    A saturation goes past a straight line that is the same for all channels, since luma does; a factor goes back through a power,
    a summand does not.
    """
    uniform = all(len(set(each)) == 1 for each in (second.slope, second.offset)) and set(second.power) == {1.0}
    if first.saturation != 1.0 and not uniform:
        return None
    slope, offset, power = [], [], []
    for number in range(3):
        factor, summand, bend = second.slope[number], second.offset[number], first.power[number]
        if bend != 1.0 and summand != 0.0:
            return None
        before = factor ** (1.0 / bend)
        slope.append(first.slope[number] * before)
        offset.append(first.offset[number] * before + summand)
        power.append(bend * second.power[number])
    try:
        return Cdl(triple(slope), triple(offset), triple(power), first.saturation * second.saturation)
    except InputError:  # a number beyond what a CDL can have
        return None


@lru_cache(maxsize=1)
def _probe() -> Tensor:
    """(N, 3) float32 colours at which two grades are compared: a lattice, many greys, and colours anywhere."""
    lattice = identity_lattice(_PROBE).reshape(-1, 3)
    greys = identity_axis(_GREYS).float()[:, None].expand(-1, 3)
    scattered = torch.rand(_SCATTERED, 3, generator=torch.Generator().manual_seed(0))
    return torch.cat((lattice, greys, scattered))
