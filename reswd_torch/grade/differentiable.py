"""A grade whose strength is a tensor: the same numbers as at that strength, with a gradient to it."""

from __future__ import annotations

import torch
from torch import Tensor

from reswd_torch.errors import InputError
from reswd_torch.grade.cdl import Cdl
from reswd_torch.grade.constants import LUMA
from reswd_torch.grade.kinds import Transform
from reswd_torch.grade.lut3d import Lut3D, identity_lattice
from reswd_torch.settings import MOST_STRENGTH


def at_strength_of(transform: Transform, rgb: Tensor, strength: Tensor) -> Tensor:
    """Grade colours at a strength that may require a gradient.

    Args:
        transform: the fit at full strength: ten numbers or a lattice.
        rgb: (..., 3) of any float dtype, 0..1.
        strength: one number as a tensor, on any device. It is held to what a grade may have, 0..4; beyond, its gradient is 0.

    Returns:
        (..., 3), same dtype, 0..1.

    Raises:
        InputError: a LUT of another program with curves of its own, whose strength is a plain number.
    """
    work = rgb if rgb.dtype in (torch.float32, torch.float64) else rgb.float()
    share = strength.to(work).reshape(()).clamp(0.0, MOST_STRENGTH)
    if isinstance(transform, Cdl):
        graded = _by_numbers(transform, work, share)
    elif isinstance(transform, Lut3D):
        graded = _by_lattice(transform, work, share)
    else:
        raise InputError(f"a grade of {transform.kind()} takes no tensor for its strength: give a number")
    return graded.clamp(0.0, 1.0).to(rgb.dtype)


def _by_numbers(cdl: Cdl, work: Tensor, share: Tensor) -> Tensor:
    """As :meth:`Cdl.at_strength` and :meth:`Cdl.apply` do it: slope and power geometrically, the others linearly."""
    slope, offset, power, weights = (
        torch.tensor(each, dtype=work.dtype, device=work.device) for each in (cdl.slope, cdl.offset, cdl.power, LUMA)
    )
    tiny = torch.finfo(work.dtype).tiny
    bent = (work * slope.clamp(min=tiny) ** share + offset * share).clamp(0.0, 1.0)
    bent = torch.where(bent > 0, bent.clamp(min=tiny) ** (power**share), torch.zeros_like(bent))
    luma = (bent * weights).sum(dim=-1, keepdim=True)
    return luma + (1.0 + share * (cdl.saturation - 1.0)).clamp(min=0.0) * (bent - luma)


def _by_lattice(lut: Lut3D, work: Tensor, share: Tensor) -> Tensor:
    """As :meth:`Lut3D.at_strength` and :meth:`Lut3D.apply` do it: every entry on its line from the identity."""
    identity = identity_lattice(lut.size).to(work)
    moved = identity + share * (lut.values.to(work) - identity)
    table = (moved if lut.foreign else moved.clamp(0.0, 1.0)).reshape(-1, 3)
    return lut.looked_up(work.reshape(-1, 3), table).reshape(work.shape)
