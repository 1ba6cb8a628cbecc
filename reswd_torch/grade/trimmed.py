"""A fitted grade and the trims behind it as one transform: ten numbers where they come to the same, else a lattice.

The latest ones are kept, so that a slider is live: what a trim is done to (the fit at its strength, with its lightness or colour
alone) is sampled once, and every move of a slider grades that lattice only.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from reswd_torch.color import lab_to_srgb, srgb_to_lab
from reswd_torch.grade.cdl import Cdl
from reswd_torch.grade.constants import Triple
from reswd_torch.grade.folding import folded
from reswd_torch.grade.kinds import Transform, in_range
from reswd_torch.grade.lut3d import LARGEST_OF_OPENCOLORIO, Lut3D, identity_lattice, lattice_of
from reswd_torch.grade.trims import ALL, LIGHTNESS, Trims
from reswd_torch.threads import one_thread

_LEAST_SIZE, _SIZE = 33, 65
"""Lattice points along one axis that the lattice of a fit needs to be kept as it is, and of every other lattice."""


@lru_cache(maxsize=8)
@one_thread()
def trimmed(transform: Transform, strength: float, trims: Trims, gains: Triple) -> Transform:
    """One transform for the fit at its strength and the trims behind it.

    Made on one thread: where two share a lattice, a value of it can come out another by its last bit, and a page and the command
    line would save other files.

    Args:
        transform: the fit, at full strength.
        strength: of the fit alone.
        trims: behind it.
        gains: the factors against the picture's whole cast, for ``trims.neutralise``.
    """
    if (one := as_cdl(transform, strength, trims, gains)) is not None:
        return one
    node, sampled = trims.cdl(gains), _sampled(transform, strength, trims.only)
    return sampled if node.is_identity else Lut3D(node.apply(sampled.values))


@lru_cache(maxsize=16)
def as_cdl(transform: Transform, strength: float, trims: Trims, gains: Triple) -> Cdl | None:
    """The same as ten numbers; None where they cannot hold it. Nothing is sampled. Arguments as for :func:`trimmed`."""
    node = trims.cdl(gains)
    if strength == 0.0:  # of no match there is neither lightness nor colour
        return node
    fit = at_strength(transform, strength)
    return folded(fit, node) if trims.only == ALL and isinstance(fit, Cdl) else None


def at_strength(transform: Transform, strength: float) -> Transform:
    """The fit at its strength."""
    return transform if strength == 1.0 else transform.at_strength(strength)


def untrimmed(transform: Transform, strength: float, only: str, colors: Tensor) -> Tensor:
    """Colours in front of the tonal trims: the fit at its strength, its lightness or its colour alone where that is wanted.

    Args:
        transform: the fit, at full strength.
        strength: of the fit.
        only: as :attr:`Trims.only`.
        colors: (..., 3), 0..1.

    Returns:
        (..., 3), 0..1.
    """
    if strength == 0.0:
        return colors
    fit = at_strength(transform, strength)
    graded = in_range(fit, fit.apply(colors))
    return graded if only == ALL else _kept(only, srgb_to_lab(colors), graded)


@lru_cache(maxsize=4)
def _sampled(transform: Transform, strength: float, only: str) -> Lut3D:
    """The fit at its strength on a lattice, its lightness or its colour alone where that is wanted."""
    fit = at_strength(transform, strength)
    keeps = isinstance(fit, Lut3D) and _LEAST_SIZE <= fit.size <= LARGEST_OF_OPENCOLORIO
    size = fit.size if isinstance(fit, Lut3D) and keeps else _SIZE
    values = in_range(fit, lattice_of(fit, size).values)
    return Lut3D(values if only == ALL else _kept(only, _lattice_lab(size), values))


@lru_cache(maxsize=2)
def _lattice_lab(size: int) -> Tensor:
    return srgb_to_lab(identity_lattice(size))


def _kept(only: str, source_lab: Tensor, graded: Tensor) -> Tensor:
    """The lightness of one colour with the chroma of another, cut to what can be shown."""
    graded_lab = srgb_to_lab(graded)
    light, chroma = (graded_lab, source_lab) if only == LIGHTNESS else (source_lab, graded_lab)
    return lab_to_srgb(torch.cat((light[..., :1], chroma[..., 1:]), dim=-1)).clamp(0.0, 1.0)
