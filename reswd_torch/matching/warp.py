"""Two smooth ways to take a few colours of a lattice to other places in CIE Lab.

A bend adds displacements that fade with the distance from the source colours (H. Wendland, "Piecewise polynomial, positive
definite and compactly supported radial functions of minimal degree", 1995). It is local, but a long way within a short reach
turns colours inside out. A flow takes graded colours along in many small steps, none of which does that (G. Christensen,
R. Rabbitt and M. Miller, "Deformable templates using large deformation kinematics", 1996), but takes along whatever is graded to
the same place.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.color import lab_to_srgb, srgb_to_lab
from reswd_torch.grade.constants import LUMA
from reswd_torch.grade.lut3d import Lut3D, identity_lattice
from reswd_torch.matching.smoothness import at_clamp, folded

_ROUNDS = 4
"""Times that what is left between a colour and its answer is put right: between lattice points a warp is not what was solved."""
_RIDGE = 1e-6
"""Added to the equations, so that two source colours that are nearly one do not throw them off."""
_ROUNDING = 1e-6
_STEP = 0.15
"""Longest step of a flow, as a share of its reach: the fade falls by at most 2.2 over its reach."""


class Warp:
    """A lattice that is to be warped.

    Args:
        base: the lattice.
        source: (K, 3) colours of the source, 0..1.
        wanted: (K, 3) what each should become, 0..1.
    """

    def __init__(self, base: Lut3D, source: Float[Tensor, "k 3"], wanted: Float[Tensor, "k 3"]) -> None:
        self.base = base
        self.source = source.float().cpu()
        self.centres, self.wanted = (srgb_to_lab(each.double().cpu()) for each in (source, wanted))
        places = srgb_to_lab(identity_lattice(base.size).reshape(-1, 3))
        self.distance = torch.cdist(places, self.centres.float())
        self.graded = srgb_to_lab(base.values.reshape(-1, 3).clamp(0.0, 1.0))
        self.starts = self._reached(base)
        self._clamped = at_clamp(base.values)  # where the fit is flat, nothing is turned inside out
        self._folded = folded(base.values.double(), self._clamped)
        self._darkens = _darkens(base)

    def is_upright(self, lut: Lut3D) -> bool:
        """Whether no colours are turned inside out that were not, and lighter greys get no darker where they did not."""
        new = folded(lut.values.double(), self._clamped) & ~self._folded
        return not bool(new.any()) and not bool((_darkens(lut) & ~self._darkens).any())

    def bent(self, reach: float) -> Lut3D:
        """The lattice, bent within a distance of the source colours, CIE Lab."""
        between = _fade(torch.cdist(self.centres, self.centres), reach)
        between.diagonal().add_(_RIDGE)
        near = (self.distance < reach).any(dim=1)
        fade = _fade(self.distance[near], reach)
        weights, lut = torch.zeros_like(self.centres), self.base
        for _ in range(_ROUNDS):
            weights = weights + torch.linalg.solve(between, self.wanted - self._reached(lut))
            lut = self._with(near, self.graded[near] + fade @ weights.float())
        return lut

    def flowed(self, reach: float, share: float = 1.0, rounds: int = _ROUNDS) -> Lut3D:
        """The lattice, its graded colours taken along within a distance of the ways of the pairs, CIE Lab.

        Args:
            reach: that distance.
            share: of the ways.
            rounds: how often the ends are put right.
        """
        ends = self.starts + share * (self.wanted - self.starts)
        aims, lut = ends, self.base
        for _ in range(rounds):
            lut = self._along(aims, reach)
            aims = aims + ends - self._reached(lut)
        return lut

    def _along(self, aims: Float[Tensor, "k 3"], reach: float) -> Lut3D:
        """The lattice after one flow from where the pairs' colours are to where they shall be."""
        way = aims - self.starts
        steps = max(1, math.ceil(float(way.norm(dim=1).max()) / (_STEP * reach)))
        near = (torch.cdist(self.graded, self.starts.float()) < reach + way.norm(dim=1).float()).any(dim=1)
        places, at = self.graded[near], self.starts
        for _ in range(steps):
            between = _fade(torch.cdist(at, at), reach)
            between.diagonal().add_(_RIDGE)
            weights = torch.linalg.solve(between, way / steps)
            places = places + _fade(torch.cdist(places, at.float()), reach) @ weights.float()
            at = at + way / steps
        return self._with(near, places)

    def _reached(self, lut: Lut3D) -> Float[Tensor, "k 3"]:
        """What a lattice makes of the source colours, CIE Lab."""
        return srgb_to_lab(lut.apply(self.source).double().clamp(0.0, 1.0))

    def _with(self, near: Tensor, lab: Float[Tensor, "n 3"]) -> Lut3D:
        """The lattice with other colours at some of its points."""
        values = self.base.values.reshape(-1, 3).clone()
        values[near] = lab_to_srgb(lab).clamp(0.0, 1.0)
        return Lut3D(values.reshape(self.base.values.shape))


def _darkens(lut: Lut3D) -> Tensor:
    """(size - 1,): the steps of the grey ramp at which luma falls, away from the clamp."""
    up = torch.arange(lut.size)
    greys, clamped = lut.values[up, up, up], at_clamp(lut.values)[up, up, up]
    falls = (greys @ torch.tensor(LUMA)).diff() < -_ROUNDING
    return falls & ~clamped[1:] & ~clamped[:-1]


def _fade(distance: Tensor, reach: float) -> Tensor:
    """Wendland's function of three dimensions, twice differentiable: 1 at the colour, 0 from the reach on."""
    share = (distance / reach).clamp(max=1.0)
    return (1.0 - share) ** 4 * (4.0 * share + 1.0)
