"""The photographs of assets/ toward whose colours pictures are painted or matched."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from guidance.reference import Reference, read_reference

ROOT = Path(__file__).resolve().parents[2]
REPORTED = (
    "astronaut-portrait",
    "autumn-mountain",
    "bridge-night",
    "dandelion-golden-light",
    "fig-red-bowl",
    "forest-stream",
    "lagoon-jetty",
    "mountain-sunset",
)
"""The reference photographs, in the order in which ``--references`` takes them."""


@dataclass(frozen=True, eq=False)
class Photograph:
    """One reference.

    Attributes:
        name: its file name in assets/, without the suffix.
        colors: the colours drawn from it, which guidance and the distances see.
    """

    name: str
    colors: Reference

    @property
    def path(self) -> Path:
        """The file, which matches of whole pictures read."""
        return path_of(self.name)


def path_of(name: str) -> Path:
    """The file of a photograph of assets/, named without its suffix."""
    return ROOT / "assets" / f"{name}.jpg"


def photograph(name: str) -> Photograph:
    """A photograph of assets/, named without its suffix."""
    with Image.open(path_of(name)) as opened:
        return Photograph(name, read_reference(opened))
