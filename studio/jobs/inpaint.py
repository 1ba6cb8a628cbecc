"""A job for a region that a model has repainted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reswd_torch.checks import number_within
from reswd_torch.grade.formats import format_for
from reswd_torch.inpainting.names import FEATHER, WIDEST


@dataclass(frozen=True)
class InpaintJob:
    """Put a repainted region into a picture, with the colours of what lies around it.

    Attributes:
        image: the picture that was repainted.
        generated: what the model gave, of the same size.
        mask: white where it repainted, of the same size.
        output: where the result goes.
        grades: files for the grade of the generated picture, each in the format of its suffix.
        feather: pixels inside the edge over which the image passes into the generated picture, 0 to 256.
        overwrite: whether files that exist are replaced.
    """

    image: Path
    generated: Path
    mask: Path
    output: Path
    grades: tuple[Path, ...] = ()
    feather: float = FEATHER
    overwrite: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "feather", number_within("feather", self.feather, 0.0, WIDEST))

    @property
    def inputs(self) -> tuple[Path, ...]:
        """The files that are read."""
        return self.image, self.generated, self.mask

    @property
    def wants_ten_numbers(self) -> bool:
        """Whether one of the grade files holds ten CDL numbers only."""
        formats = [format_for(path) for path in self.grades]
        return any(one is not None and not one.holds_lattice for one in formats)
