"""The ASC Color Decision List (CDL): ten numbers that every grading program understands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.errors import InputError
from reswd_torch.grade.constants import LUMA, Triple
from reswd_torch.grade.routes import as_array, by_kernel, in_parts

LARGEST = float(np.finfo(np.float32).max)
"""Numbers beyond it cannot grade pictures, which are computed in float32."""
_TILE = 1 << 13
"""Number of colours that are graded at a time: 96 KiB an array, so that all arrays of a step fit into the second-level cache."""


@dataclass(frozen=True)
class Cdl:
    """Slope, offset, power per channel, and saturation (ASC CDL v1.2).

    Attributes:
        slope: three factors, greater than 0.
        offset: three summands, in units of the 0..1 code value.
        power: three exponents, greater than 0.
        saturation: 1 leaves saturation as it is, 0 is grey. At least 0.
    """

    slope: Triple = (1.0, 1.0, 1.0)
    offset: Triple = (0.0, 0.0, 0.0)
    power: Triple = (1.0, 1.0, 1.0)
    saturation: float = 1.0

    def __post_init__(self) -> None:
        numbers = (*self.slope, *self.offset, *self.power, self.saturation)
        if [len(self.slope), len(self.offset), len(self.power)] != [3, 3, 3] or not all(
            abs(n) <= LARGEST for n in numbers
        ):
            raise InputError(f"a CDL needs ten finite numbers, none beyond {LARGEST:.3g}, got {numbers}")
        if min(self.slope) < 0 or min(self.power) <= 0 or self.saturation < 0:
            raise InputError(
                f"slope {self.slope}, power {self.power}, saturation {self.saturation}: ASC CDL wants slope and "
                "saturation at least 0 and power greater than 0"
            )

    @classmethod
    def from_vector(cls, vector: Tensor) -> Cdl:
        """From a tensor of ten numbers: slope, offset, power (three each), saturation."""
        n = [float(v) for v in vector.detach().cpu().double()]
        return cls((n[0], n[1], n[2]), (n[3], n[4], n[5]), (n[6], n[7], n[8]), n[9])

    def vector(self) -> Float[Tensor, " 10"]:
        """Slope, offset, power, saturation as one float64 tensor."""
        return torch.tensor([*self.slope, *self.offset, *self.power, self.saturation], dtype=torch.float64)

    @property
    def is_identity(self) -> bool:
        """Whether it leaves all colours in 0..1 as they are."""
        return self == Cdl()

    def at_strength(self, strength: float) -> Cdl:
        """The same grade, weaker (below 1) or stronger (above 1).

        The numbers are blended with the identity: slope and power geometrically, so that they stay positive however far the grade
        is extrapolated; offset and saturation linearly, saturation not below 0.

        Raises:
            InputError: a number would be too large for a float.
        """
        try:
            return Cdl(
                slope=triple(s**strength for s in self.slope),
                offset=triple(o * strength for o in self.offset),
                power=triple(p**strength for p in self.power),
                saturation=max(0.0, 1.0 + strength * (self.saturation - 1.0)),
            )
        except OverflowError as error:
            raise InputError(f"this grade at strength {strength:g} leaves the range of numbers: {self}") from error

    def apply(self, rgb: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3"]:
        """Grade colours as ASC CDL v1.2 says, clamped to 0..1 after the offset and after the saturation.

        Args:
            rgb: (..., 3), encoded as the grade was fitted, 0..1. Any float dtype and device; differentiable.

        Returns:
            (..., 3), 0..1, same dtype.
        """
        graded = by_kernel(
            rgb, lambda kernels, flat: kernels.cdl(flat, self.slope, self.offset, self.power, self.saturation)
        )
        if graded is not None:
            return graded
        array = as_array(rgb)
        return self._plain(rgb) if array is None else torch.from_numpy(self._by_array(array))

    def _plain(self, rgb: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3"]:
        """The steps by PyTorch's own operations: the reference for the other routes."""
        dtype = rgb.dtype
        work = rgb if dtype in (torch.float32, torch.float64) else rgb.float()
        slope, offset, power, weights = (
            torch.tensor(t, dtype=work.dtype, device=work.device) for t in (self.slope, self.offset, self.power, LUMA)
        )
        graded = (work * slope + offset).clamp(0.0, 1.0)
        if self.power != (1.0, 1.0, 1.0):
            graded = _power(graded, power)
        if self.saturation != 1.0:
            luma = (graded * weights).sum(dim=-1, keepdim=True)
            graded = (luma + self.saturation * (graded - luma)).clamp(0.0, 1.0)
        return graded.to(dtype)

    def _by_array(self, rgb: np.ndarray) -> np.ndarray:
        """The same steps on float32 (..., 3) by NumPy, which takes powers four times as fast, in tiles that fit the cache."""
        source = rgb.reshape(-1, 3)
        out = np.empty_like(source)
        tile = min(_TILE, max(1, len(source)))
        # Each number is repeated for every colour: a step that broadcasts over three channels would take ten times as long.
        slope, offset, power = (
            np.tile(np.array(t, np.float32), (tile, 1)) for t in (self.slope, self.offset, self.power)
        )
        luma_matrix = np.tile(np.array(LUMA, np.float32), (3, 1))

        def work(part: slice) -> None:
            import cv2

            scratch = np.empty((2, tile, 3), np.float32)
            with np.errstate(all="ignore"):  # NaN and infinity pass, as they do in PyTorch
                for start in range(part.start, part.stop, tile):
                    here = slice(start, min(start + tile, part.stop))
                    count = here.stop - start
                    colours, luma = scratch[:, :count]
                    np.multiply(source[here], slope[:count], out=colours)
                    np.add(colours, offset[:count], out=colours)
                    np.clip(colours, 0.0, 1.0, out=colours)
                    if self.power != (1.0, 1.0, 1.0):
                        np.power(colours, power[:count], out=colours)
                    if self.saturation != 1.0:
                        cv2.transform(colours[None], luma_matrix, luma[None])  # luma in all three channels
                        np.subtract(colours, luma, out=colours)
                        np.multiply(colours, np.float32(self.saturation), out=colours)
                        np.add(colours, luma, out=colours)
                        np.clip(colours, 0.0, 1.0, out=colours)
                    out[here] = colours

        in_parts(work, len(source))
        return out.reshape(rgb.shape)

    def saturation_matrix(self) -> Float[Tensor, "3 3"]:
        """The saturation step as a float64 matrix on (R, G, B)."""
        luma = torch.tensor(LUMA, dtype=torch.float64).expand(3, 3)
        return self.saturation * torch.eye(3, dtype=torch.float64) + (1.0 - self.saturation) * luma

    def describe(self) -> str:
        """The ten numbers on four short lines."""
        rows = (("slope", self.slope), ("offset", self.offset), ("power", self.power))
        lines = [f"{name:10s}" + "  ".join(f"{v + 0.0:8.4f}" for v in values) for name, values in rows]
        return "\n".join([*lines, f"{'saturation':10s}{self.saturation:8.4f}"])


def _power(base: Tensor, power: Tensor) -> Tensor:
    """``base ** power``. At 0, where a power below 1 has no finite slope, the gradient is 0."""
    if not base.requires_grad:
        return base**power
    tiny = torch.finfo(base.dtype).tiny
    return torch.where(base > 0, base.clamp(min=tiny) ** power, torch.zeros_like(base))


def triple(values: Iterable[float]) -> Triple:
    """Three floats, one for each channel.

    Raises:
        ValueError: there are more or fewer than three.
    """
    red, green, blue = values
    return (float(red), float(green), float(blue))
