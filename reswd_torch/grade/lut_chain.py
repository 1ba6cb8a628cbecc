"""Tables one behind the other: a 1-D LUT alone, and a lattice behind curves or with a domain of its own."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.errors import InputError
from reswd_torch.grade.lut1d import Lut1D
from reswd_torch.grade.lut3d import LARGEST_OF_OPENCOLORIO, Lut3D, identity_axis, identity_lattice
from reswd_torch.grade.routes import as_array, in_chunks, in_parts
from reswd_torch.grade.transforms import grade_array, processor_of

_CHUNK = 1 << 17
"""Number of colours that the plain path grades at a time: it needs some 200 bytes of scratch memory for each."""
_ROUNDING = 4e-6
"""A move of a colour that is none: what float32 makes of places in long tables."""
_PROBES = 33
"""Points along one axis of the colours at which a chain is measured."""


@dataclass(frozen=True, eq=False)
class LutChain:
    """The LUT of another program as its file has it: nothing is sampled again.

    Attributes:
        steps: the tables, in the order in which a colour goes through them. A lattice can only be the last.
        share: how far a colour is moved: the result is ``colour + share * (steps(colour) - colour)``. 1 is the file itself.
    """

    steps: tuple[Lut1D | Lut3D, ...]
    share: float = 1.0

    def __post_init__(self) -> None:
        if not self.steps or any(isinstance(step, Lut3D) for step in self.steps[:-1]):
            raise InputError("a chain of LUTs needs at least one table, and a lattice only as the last")
        if not math.isfinite(self.share):
            raise InputError(f"share {self.share} of a LUT: give a finite number")

    @property
    def lattice(self) -> Lut3D | None:
        """The lattice at its end; None for curves alone."""
        last = self.steps[-1]
        return last if isinstance(last, Lut3D) else None

    @property
    def curves(self) -> tuple[Lut1D, ...]:
        """Its curves and domains."""
        return tuple(step for step in self.steps if isinstance(step, Lut1D))

    @property
    def is_identity(self) -> bool:
        """Whether it leaves the greys of all 16-bit codes and the colours of a lattice as they are, but for rounding."""
        greys = identity_axis(1 << 16).float()[:, None].repeat(1, 3)
        return max(float((self.apply(greys) - greys).abs().max()), self.movement()[1]) <= _ROUNDING

    def at_strength(self, strength: float) -> LutChain:
        """The same look, weaker (below 1) or stronger (above 1): every result is moved along its line from the source colour."""
        return replace(self, share=self.share * strength)

    def apply(self, rgb: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3"]:
        """Look colours up: linear between the entries of a curve, tetrahedral between lattice points, as OpenColorIO does it.

        Args:
            rgb: (..., 3), any values: each table clamps them to its domain. Any float dtype and device; differentiable.

        Returns:
            (..., 3), same dtype; outside 0..1 where the tables are.
        """
        array = as_array(rgb)
        if array is None or not self._suits_opencolorio:
            return self._plain(rgb)
        source = array.reshape(-1, 3)
        out, grade = np.empty(source.shape, np.float32), self.by_array()

        def work(part: slice) -> None:
            out[part] = grade(source[part])

        in_parts(work, len(source))
        return torch.from_numpy(out.reshape(array.shape))

    def by_array(self) -> Callable[[np.ndarray], np.ndarray]:
        """A function that grades float32 arrays (N, 3) into new ones. It is made once for many calls, from any thread."""
        if not self._suits_opencolorio:
            return lambda colours: self._plain(torch.from_numpy(colours)).numpy()
        processor = processor_of([one for step in self.steps for one in step.opencolorio()])
        mixes = self.lattice is not None

        def grade(colours: np.ndarray) -> np.ndarray:
            out = np.empty(colours.shape, np.float32)
            grade_array(processor, colours, out, mixes=mixes)
            return out if self.share == 1.0 else colours + np.float32(self.share) * (out - colours)

        return grade

    @property
    def _suits_opencolorio(self) -> bool:
        return self.lattice is None or self.lattice.size <= LARGEST_OF_OPENCOLORIO

    def _plain(self, rgb: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3"]:
        """The same by PyTorch's own operations: with gradients, on any device, and for lattices beyond OpenColorIO.

        The places in the tables are found in float64, since a table of 65536 entries leaves float32 eight bits between them.
        """
        exact = torch.float32 if rgb.device.type == "mps" else torch.float64  # Apple's devices have no float64
        lattice = self.lattice

        def grade(colours: Tensor) -> Tensor:
            source = found = colours.to(exact)
            for curve in self.curves:
                found = curve.apply(found)
            if lattice is not None:
                found = lattice.interpolated(found).to(exact)
            return (found if self.share == 1.0 else source + self.share * (found - source)).to(rgb.dtype)

        return in_chunks(grade, rgb, _CHUNK)

    def describe(self) -> str:
        """One line: what it is made of and how far it moves colours."""
        mean, most = (255 * share for share in self.movement())
        return f"{self.kind()}; moves colours by {mean:.1f}/255 on average, {most:.1f}/255 at most"

    def kind(self) -> str:
        """What it is made of, in a few words."""
        words = [
            f"1-D LUT, {curve.size} entries" for curve in self.curves if not curve.is_scale or self.lattice is None
        ]
        return " and ".join([*words, *([] if self.lattice is None else [self.lattice.kind()])])

    def movement(self) -> tuple[float, float]:
        """How far channels of pictures are moved, on average and at most, 0..1: at colours of a regular lattice over 0..1."""
        probes = identity_lattice(_PROBES)
        moved = (self.apply(probes).clamp(0.0, 1.0) - probes).abs()
        return float(moved.mean()), float(moved.max())
