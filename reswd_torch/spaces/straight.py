"""A grade and the conversions around it as tables, for programs that read a .cube and no list of operations."""

from __future__ import annotations

import numpy as np
import torch

from reswd_torch.grade.kinds import Transform
from reswd_torch.grade.lut1d import Lut1D
from reswd_torch.grade.lut3d import Lut3D, identity_lattice
from reswd_torch.grade.lut_chain import LutChain
from reswd_torch.spaces.chain import through
from reswd_torch.spaces.choice import SpaceChoice
from reswd_torch.spaces.config import load_config
from reswd_torch.spaces.names import LINEAR, kind_of

BRIGHTEST = 16.0
"""The largest light in the domain of tables for scene-linear code values, 6.5 stops above middle grey."""
_ENTRIES = 1 << 16
_CUT, _SLOPE, _SHIFT = 0.0078125, 10.5402377416545, 0.0729055341958355
"""The straight part of ACEScct (S-2016-001, 4.4)."""


def straight_tables(choice: SpaceChoice, transform: Transform | None, size: int) -> Lut3D | LutChain:
    """What takes code values of the source to those of the result, as tables.

    Code values of a logarithm or a display go into a lattice. Scene-linear ones go through a curve first, that of ACEScct, so
    that the lattice has as many points for each stop; above :data:`BRIGHTEST` they are cut.

    Args:
        choice: the spaces.
        transform: the grade, at its strength; None for the conversions alone.
        size: lattice points along one axis.
    """
    whole, codes = through(choice, transform), identity_lattice(size)
    if kind_of(load_config(choice.config), choice.source) != LINEAR:
        return Lut3D(_finite(whole(codes.numpy())))
    light = np.linspace(0.0, BRIGHTEST, _ENTRIES)
    curve = torch.from_numpy(_acescct(light)).float()
    top = float(curve[-1])
    inside = _from_acescct(codes.double().numpy() * top)  # the lattice covers what the curve gives, and no more
    return LutChain(
        (
            Lut1D(curve[:, None].expand(-1, 3) / top, high=(BRIGHTEST,) * 3),
            Lut3D(_finite(whole(inside.astype(np.float32)))),
        )
    )


def _finite(values: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.nan_to_num(values, posinf=65504.0, neginf=-65504.0))


def _acescct(light: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.where(light <= _CUT, _SLOPE * light + _SHIFT, (np.log2(np.maximum(light, 1e-9)) + 9.72) / 17.52)


def _from_acescct(codes: np.ndarray) -> np.ndarray:
    return np.where(codes > _SLOPE * _CUT + _SHIFT, np.exp2(codes * 17.52 - 9.72), (codes - _SHIFT) / _SLOPE)
