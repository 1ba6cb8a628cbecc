"""The kinds of grade, and what is done with any of them: prepared for a .cube, kept in range."""

from __future__ import annotations

import torch
from torch import Tensor

from reswd_torch.grade.cdl import Cdl
from reswd_torch.grade.lut1d import Lut1D
from reswd_torch.grade.lut3d import LARGEST_OF_OPENCOLORIO, Lut3D, identity_axis, lattice_of
from reswd_torch.grade.lut_chain import LutChain

Transform = Cdl | Lut3D | LutChain
"""Ten numbers, a lattice over 0..1, or the tables of another program's LUT."""


FINE = 65
"""Lattice points along one axis for tables that no .cube has a place for."""


def in_range(transform: Transform, graded: Tensor) -> Tensor:
    """What a grade has made of colours, clipped to 0..1 where the grade can leave it.

    Args:
        transform: the grade.
        graded: (..., 3), what it has made.
    """
    stays = isinstance(transform, Cdl) or (isinstance(transform, Lut3D) and not transform.leaves_range)
    return graded if stays else graded.clamp(0.0, 1.0)


def sampled(transform: Transform, size: int) -> Lut3D:
    """A grade on a lattice, for a file that holds nothing else.

    Args:
        transform: the grade.
        size: lattice points along one axis. Tables of another program get at least ``FINE``.
    """
    return lattice_of(transform, max(size, FINE) if isinstance(transform, LutChain) else size)


def in_cube(transform: Transform, size: int) -> Lut3D | LutChain:
    """What a .cube of a grade holds: a lattice, or the tables of a LUT of another program where the format has a place for them.

    Args:
        transform: the grade.
        size: lattice points along one axis. Tables that have to be sampled get at least ``FINE``.
    """
    if not isinstance(transform, LutChain):
        return lattice_of(transform, size)
    if transform.lattice is None:
        return transform if transform.share == 1.0 else LutChain((_mixed(transform),))
    return transform if _can_be_written(transform) else lattice_of(transform, max(size, FINE))


def _can_be_written(chain: LutChain) -> bool:
    """Whether a .cube holds curves and lattice: at full share, and with ranges that are the same for all channels.

    A lattice with a domain alone may have a range for each channel. One that OpenColorIO could not read is not written.
    """
    first, lattice = chain.curves[0], chain.lattice
    if chain.share != 1.0 or lattice is None or lattice.size > LARGEST_OF_OPENCOLORIO:
        return False
    uniform = all(len({*curve.low}) == len({*curve.high}) == 1 for curve in chain.curves)
    return (first.is_scale and len(chain.curves) == 1) or (uniform and all(each.is_scale for each in chain.curves[1:]))


def _mixed(chain: LutChain) -> Lut1D:
    """Curves at their share as curves. They stay on their own entries where these cover 0..1, since a mix is straight between."""
    first = chain.curves[0]
    if len(chain.curves) > 1 or max(first.low) > 0.0 or min(first.high) < 1.0:
        low, high, size = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), 65536
    else:
        low, high, size = first.low, first.high, first.size
    least, most = torch.tensor([low, high], dtype=torch.float64)
    inputs = least + (most - least) * identity_axis(size)[:, None]
    return Lut1D(chain.apply(inputs), low, high)
