"""The pictures that a person chose, as the app remembers them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np

from studio.media.images import Picture, read_reduced
from studio.views.preview import PREVIEW_EDGE, shrink
from studio.views.pyramid import Pyramid


@dataclass(frozen=True, eq=False)
class Painted:
    """A mask that a person painted.

    Attributes:
        mask: (h, w) uint8 of the size of the picture's preview, 255 where it is whole.
        feather: how far its edge is softened, in pixels of the whole picture.
    """

    mask: np.ndarray
    feather: float = 0.0

    def __eq__(self, other: object) -> bool:
        """Whether both are the same mask."""
        if not isinstance(other, Painted):
            return NotImplemented
        return self.feather == other.feather and np.array_equal(self.mask, other.mask)

    __hash__ = None  # type: ignore[assignment]

    @property
    def share(self) -> float:
        """How much of the picture it covers, 0 to 1."""
        return float(self.mask.mean() / 255)


@dataclass(eq=False)
class Side:
    """A picture that a person chose, such as the source or the reference.

    Attributes:
        path: the uploaded file, untouched.
        preview: a small copy of it, in its own encoding.
        size: (height, width) of the whole picture.
        painted: the mask that is painted over it; None for no mask.
        placed: the file that stands for it on the page, once there is one.
        pyramid: its sizes for the viewer, once it was looked at.
    """

    path: Path
    preview: Picture
    size: tuple[int, int]
    painted: Painted | None = None
    placed: Path | None = None
    pyramid: Pyramid | None = None


def open_side(path: Path) -> Side:
    """Read a chosen picture for its preview. Raises InputError."""
    picture = read_reduced(path, at_least=PREVIEW_EDGE)
    return Side(path, shrink(picture), picture.full_size)


class ChosenPicture:
    """What is in one of the page's places for pictures.

    Not a dataclass: Gradio copies those into the page's configuration.

    Attributes:
        side: the picture; None while the place is empty.
        lock: held while a chosen picture is read and replaces the last one.
    """

    def __init__(self) -> None:
        self.side: Side | None = None
        self.lock = Lock()

    def catch_up(self, path: str | None) -> bool:
        """Take the picture that is in the place on the page, if it is not known yet.

        A run can start before the page has told of a new picture: the button was pressed while the picture was still being
        read, or the line is slow.

        Args:
            path: the file that is in the place now; None for an empty place.

        Returns:
            Whether the picture was not known.

        Raises:
            InputError: the file cannot be used.
        """
        with self.lock:
            side = self.side
            known = [] if side is None else [each.resolve() for each in (side.path, side.placed) if each is not None]
            if path is None and side is None or path is not None and Path(path).resolve() in known:
                return False
            self.side = None if path is None else open_side(Path(path))
            return True
