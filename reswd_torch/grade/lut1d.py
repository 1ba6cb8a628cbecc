"""Three curves, one for each channel, as a table: the 1-D LUT of a .cube, and the curves in front of a lattice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.errors import InputError
from reswd_torch.grade.cdl import triple
from reswd_torch.grade.constants import Triple
from reswd_torch.grade.transforms import curve_transforms

if TYPE_CHECKING:
    import PyOpenColorIO as ocio


@dataclass(frozen=True, eq=False)
class Lut1D:
    """One curve a channel, given at equal steps and linear between them.

    Attributes:
        values: (N, 3) float32 on the CPU, N at least 2. Row i holds the outputs of input ``low + (high - low) * i / (N - 1)``.
        low, high: the least and the largest input of each channel. Inputs beyond them are clamped to them.
    """

    values: Float[Tensor, "size 3"]
    low: Triple = (0.0, 0.0, 0.0)
    high: Triple = (1.0, 1.0, 1.0)

    def __post_init__(self) -> None:
        shape = tuple(self.values.shape)
        if len(shape) != 2 or shape[1] != 3 or shape[0] < 2:
            raise InputError(f"a 1-D LUT needs shape (N, 3) with N at least 2, got {shape}")
        if not bool(torch.isfinite(self.values).all()):
            raise InputError("the 1-D LUT holds NaN or Inf: every entry must be a finite number")
        object.__setattr__(self, "low", triple(self.low))
        object.__setattr__(self, "high", triple(self.high))
        if not all(1e-30 < high - low < 1e38 for low, high in zip(self.low, self.high, strict=True)):
            raise InputError(f"a 1-D LUT from {self.low} to {self.high}: every channel needs a range of inputs")
        object.__setattr__(self, "values", self.values.detach().float().cpu().contiguous())

    @classmethod
    def scale(cls, low: Triple, high: Triple) -> Lut1D:
        """The straight lines that take ``low`` to 0 and ``high`` to 1: the domain of a lattice behind them."""
        return cls(torch.tensor([[0.0] * 3, [1.0] * 3]), low, high)

    @property
    def size(self) -> int:
        """Number of entries of each curve."""
        return int(self.values.shape[0])

    @property
    def is_scale(self) -> bool:
        """Whether it is a domain alone, as :meth:`scale` makes it."""
        return self.size == 2 and self.values.tolist() == [[0.0] * 3, [1.0] * 3]

    def apply(self, rgb: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3"]:
        """Bend colours by the curves.

        Args:
            rgb: (..., 3), float32 or float64, any values; NaN stays NaN. Differentiable.

        Returns:
            (..., 3), same dtype; outside 0..1 where the table is.
        """
        low, high, table = (
            torch.as_tensor(each, dtype=rgb.dtype, device=rgb.device) for each in (self.low, self.high, self.values)
        )
        position = ((rgb - low) / (high - low)).clamp(0.0, 1.0) * (self.size - 1)
        left = position.detach().floor().clamp(max=self.size - 2).nan_to_num(0.0)  # NaN has no cell
        index = left.long().reshape(-1, 3)
        below, above = (table.gather(0, each).reshape(rgb.shape) for each in (index, index + 1))
        return below + (position - left) * (above - below)

    def opencolorio(self) -> list[ocio.Transform]:
        """The same as transforms of OpenColorIO."""
        return curve_transforms(self.values.numpy(), self.low, self.high)
