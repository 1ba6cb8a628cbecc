"""A 3-D lookup table on a regular lattice, applied with tetrahedral interpolation."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.errors import InputError
from reswd_torch.grade.routes import as_array, by_kernel, in_chunks, in_parts
from reswd_torch.grade.transforms import grade_array, lut_transform, processor_of

if TYPE_CHECKING:
    import PyOpenColorIO as ocio

LARGEST_OF_OPENCOLORIO = 129
"""Largest number of lattice points along one axis that OpenColorIO accepts."""
_CHUNK = 1 << 18
"""Number of colours that the plain path grades at a time: it needs some 100 bytes of scratch memory for each."""


def identity_axis(size: int) -> Float[Tensor, " size"]:
    """The places of lattice points along one axis, in float64: from 0 to 1 in equal steps."""
    return torch.linspace(0.0, 1.0, size, dtype=torch.float64)


def identity_lattice(size: int, dtype: torch.dtype = torch.float32) -> Float[Tensor, "size size size 3"]:
    """The lattice points of the unit cube: ``[r, g, b]`` is (r, g, b) / (size - 1)."""
    axis = identity_axis(size)
    return torch.stack(torch.meshgrid(axis, axis, axis, indexing="ij"), dim=-1).to(dtype)


@dataclass(frozen=True, eq=False)
class Lut3D:
    """Output colours on a regular lattice over the unit cube.

    Attributes:
        values: (N, N, N, 3) float32 on the CPU, ``values[r, g, b]`` is the colour of input (r, g, b) / (N - 1). Those of a fit
            lie in 0..1; a file of another program can have any, and what comes of them is clipped when a picture is written.
        foreign: whether it comes from a file. At a strength above 1 its entries may leave 0..1, so that colours are mixed before
            they are clipped. Those of a fit stay in 0..1.
    """

    values: Float[Tensor, "size size size 3"]
    foreign: bool = False

    def __post_init__(self) -> None:
        shape = tuple(self.values.shape)
        if len(shape) != 4 or shape[3] != 3 or len(set(shape[:3])) != 1 or shape[0] < 2:
            raise InputError(f"a 3-D LUT needs shape (N, N, N, 3) with N at least 2, got {shape}")
        if not all(math.isfinite(float(most)) for most in torch.aminmax(self.values.detach())):  # NaN shows in both
            raise InputError("the 3-D LUT holds NaN or Inf: every entry must be a finite number")
        object.__setattr__(self, "values", self.values.detach().float().cpu().contiguous())

    @classmethod
    def sample(cls, function: Callable[[Tensor], Tensor], size: int = 33) -> Lut3D:
        """The LUT of a colour map from (N, 3) to (N, 3), evaluated at every lattice point and clamped to 0..1."""
        lattice = identity_lattice(size)
        return cls(function(lattice.reshape(-1, 3)).reshape(lattice.shape).clamp(0.0, 1.0))

    @property
    def size(self) -> int:
        """Number of lattice points along one axis."""
        return int(self.values.shape[0])

    @functools.cached_property
    def leaves_range(self) -> bool:
        """Whether some lattice point has a colour outside 0..1."""
        low, high = torch.aminmax(self.values)
        return bool(low < 0.0) or bool(high > 1.0)

    @property
    def is_identity(self) -> bool:
        """Whether every lattice point keeps its colour."""
        return bool((self.values == identity_lattice(self.size)).all())

    def at_strength(self, strength: float) -> Lut3D:
        """The same look, weaker (below 1) or stronger (above 1): every entry is moved along its line from the identity.

        That moves all colours along theirs, since they lie between the entries. A fitted lattice stays inside 0..1.
        """
        identity = identity_lattice(self.size)
        moved = identity + strength * (self.values - identity)
        keeps = not (self.foreign or self.leaves_range)
        return Lut3D(moved.clamp(0.0, 1.0) if keeps else moved, self.foreign)

    def apply(self, rgb: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3"]:
        """Look colours up, with tetrahedral interpolation between lattice points.

        The interpolation is tetrahedral because that is what grading programs use at their best setting, and because it keeps
        greys on the line between two lattice greys.

        Args:
            rgb: (..., 3), 0..1; colours outside are clamped to the cube. Any float dtype and device; differentiable.

        Returns:
            (..., 3), same dtype; outside 0..1 where the lattice is.
        """
        graded = by_kernel(rgb, lambda kernels, flat: kernels.lut(flat, self._table(flat), self.size))
        if graded is not None:
            return graded
        array = as_array(rgb)
        # OpenColorIO first makes a lattice of its own, in about the time that the plain path needs for a third as many colours.
        if array is not None and array.size > self.size**3 and self.size <= LARGEST_OF_OPENCOLORIO:
            return torch.from_numpy(self._by_opencolorio(array))
        return self._plain(rgb)

    def _plain(self, rgb: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3"]:
        """The interpolation by PyTorch's own operations: the reference for the other routes."""
        table = self._table(rgb)
        return in_chunks(lambda flat: self._interpolate(flat, table).to(rgb.dtype), rgb, _CHUNK)

    def _table(self, rgb: Tensor) -> Float[Tensor, "entries 3"]:
        """The lattice as rows, on the device of the colours and in the dtype that they are computed in."""
        return self.values.reshape(-1, 3).to(device=rgb.device, dtype=_working_dtype(rgb))

    def _by_opencolorio(self, rgb: np.ndarray) -> np.ndarray:
        """The same interpolation of float32 (..., 3) by OpenColorIO, in a sixteenth of the time. NaN stays NaN."""
        processor = processor_of(self.opencolorio())
        source = rgb.reshape(-1, 3)
        out = np.empty(source.shape, np.float32)

        def work(part: slice) -> None:
            grade_array(processor, source[part], out[part], mixes=True)

        in_parts(work, len(source))
        return out.reshape(rgb.shape)

    def opencolorio(self) -> list[ocio.Transform]:
        """The same as transforms of OpenColorIO, for up to ``LARGEST_OF_OPENCOLORIO`` points."""
        return [lut_transform(self.values.numpy())]

    def interpolated(self, rgb: Float[Tensor, "n 3"]) -> Float[Tensor, "n 3"]:
        """Look colours up by the plain path, for a caller who has tables in front of this one.

        Args:
            rgb: (N, 3) float32 or float64; the places between the lattice points are found in this dtype.

        Returns:
            (N, 3) float32.
        """
        return self._interpolate(rgb, self.values.reshape(-1, 3).to(rgb.device))

    def looked_up(self, rgb: Float[Tensor, "n 3"], table: Float[Tensor, "entries 3"]) -> Float[Tensor, "n 3"]:
        """Look colours up in other entries than this lattice's own, for a caller who has a gradient to them.

        Args:
            rgb: (N, 3) float32 or float64.
            table: (size ** 3, 3) on the same device and of the same dtype; red changes slowest.

        Returns:
            (N, 3), same dtype.
        """
        return self._interpolate(rgb, table)

    def _interpolate(self, rgb: Float[Tensor, "n 3"], table: Float[Tensor, "entries 3"]) -> Float[Tensor, "n 3"]:
        """Tetrahedral interpolation of colours in a lattice given as rows, in the dtype of the rows.

        Float64 colours keep their places between the rows in float64.
        """
        steps = self.size - 1
        scaled = (rgb if rgb.dtype == torch.float64 else rgb.to(table.dtype)).clamp(0.0, 1.0) * steps
        corner = scaled.detach().floor().clamp(max=steps - 1).nan_to_num(0.0)  # NaN has no cell; its fraction stays NaN
        fraction = scaled - corner
        strides = torch.tensor([self.size**2, self.size, 1], device=rgb.device)
        entry = (corner.long() * strides).sum(dim=-1)
        # The walk from the low corner to the high one takes the axis with the largest fraction first (Kuhn simplices).
        order = fraction.detach().argsort(dim=-1, descending=True)
        ranked = fraction.gather(-1, order).to(table.dtype)
        jumps = strides[order]
        result = table[entry] * (1.0 - ranked[:, :1])
        bounds = torch.cat((ranked, torch.zeros_like(ranked[:, :1])), dim=-1)
        for axis in range(3):
            entry = entry + jumps[:, axis]
            result = result + table[entry] * (bounds[:, axis] - bounds[:, axis + 1]).unsqueeze(-1)
        return result

    def resampled(self, size: int) -> Lut3D:
        """The same map on another lattice. It is exact where the new lattice holds every point of this one (33 to 65)."""
        if size == self.size:
            return self
        values = self.apply(identity_lattice(size).reshape(-1, 3)).reshape(size, size, size, 3)
        return Lut3D(values if self.leaves_range else values.clamp(0.0, 1.0))

    def kind(self) -> str:
        """What it is, in a few words."""
        return f"3-D LUT, {self.size} points a side"

    def describe(self) -> str:
        """One line: size and how far it moves colours."""
        mean, most = (255 * share for share in self.movement())
        return f"3-D LUT, {self.size} points; moves colours by {mean:.1f}/255 on average, {most:.1f}/255 at most"

    def movement(self) -> tuple[float, float]:
        """How far channels of pictures are moved at the lattice points, on average and at most, 0..1."""
        axis = identity_axis(self.size).float()
        moved = self.values.clamp(0.0, 1.0)
        for channel, shape in enumerate(((-1, 1, 1), (1, -1, 1), (1, 1, -1))):
            moved[..., channel] -= axis.reshape(shape)
        moved = moved.abs_()
        return float(moved.mean()), float(moved.max())


@runtime_checkable
class Applies(Protocol):
    """A grade of any kind."""

    def apply(self, rgb: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3"]:
        """Grade colours (..., 3)."""


def lattice_of(transform: Applies, size: int) -> Lut3D:
    """A grade at every point of a lattice, outside 0..1 where the grade leaves it.

    Args:
        transform: the grade.
        size: lattice points along one axis.
    """
    if isinstance(transform, Lut3D):
        return transform.resampled(size)
    lattice = identity_lattice(size)
    return Lut3D(transform.apply(lattice.reshape(-1, 3)).reshape(lattice.shape))


def _working_dtype(rgb: Tensor) -> torch.dtype:
    """The dtype that colours are computed in: half precision in float32."""
    return torch.float64 if rgb.dtype == torch.float64 else torch.float32
