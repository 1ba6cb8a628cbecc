"""Parts of a painted picture that are steered towards references of their own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from studio.references import GuideReference, reference_files


@dataclass(frozen=True)
class KeptMask:
    """A mask as a guided PNG keeps it.

    Attributes:
        levels: base64 of the deflated (H, W) uint8 levels, 255 for white.
        width, height: its size, pixels.
        name: what its file was called; None where nobody knows.
    """

    levels: str
    width: int
    height: int
    name: str | None = None


@dataclass(frozen=True)
class GuidePlace:
    """A part of the picture with a reference of its own.

    Attributes:
        mask: a picture in the proportions of the one that is painted, white where the reference counts.
        reference: whose colours are wanted there.
    """

    mask: Path | KeptMask
    reference: GuideReference

    @property
    def files(self) -> list[Path]:
        """The files that it is read from."""
        mask = [] if isinstance(self.mask, KeptMask) else [self.mask]
        return [*mask, *reference_files(self.reference).values()]
