"""What a matching method declares about itself.

Plain Python: importing this module, and every module that declares a method, loads no torch. What a fit needs is imported
inside its function.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from reswd_torch.errors import InputError
from reswd_torch.matching.request import FitRequest

if TYPE_CHECKING:
    from reswd_torch.grade.cdl import Cdl
    from reswd_torch.grade.lut3d import Lut3D

TransformKind = Literal["cdl", "lut", "auto"]
"""What a grade is made of: ten ASC CDL numbers, a 3-D LUT, or whichever of them the evidence carries."""


Fit = Callable[[FitRequest], "Cdl | Lut3D"]
"""Fits the grade that a request describes, at full strength."""


@dataclass(frozen=True)
class Method:
    """One way to find a grade.

    Attributes:
        name: what settings and the command line call it.
        label: what a menu calls it.
        description: what it does, in one line without a full stop.
        default_transform: what its grade is made of where the caller does not choose.
        fit: finds the grade.
        looks_for_scene: whether it can use points that correspond, where both pictures show one scene. Such a method is
            given the pictures as thumbnails, the others colours alone.
        takes_aims: whether it knows look and mood. Such a method is told the aim, the others match the whole distribution.
        weights: the file of trained weights that it needs; None for a method without any.
    """

    name: str
    label: str
    description: str
    default_transform: TransformKind
    fit: Fit
    looks_for_scene: bool = False
    takes_aims: bool = False
    weights: Path | None = None

    def check_weights(self) -> None:
        """Refuse a method whose weights are not on this machine.

        Raises:
            InputError: the file is missing.
        """
        if self.weights is not None and not self.weights.is_file():
            raise InputError(
                f"method {self.name} needs its weights, and {self.weights} is not there: put the file there, or choose "
                "another method"
            )
