"""What the page remembers for the tab *Grade a clip*."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np

from studio.references import SavedGrade
from studio.service.clip import ClipResult
from studio.ui.clip.clips import ChosenClip, OpenedClip
from studio.ui.pictures import ChosenPicture
from studio.ui.stop import TabState


@dataclass(frozen=True, eq=False)
class Seen:
    """A frame on the screen.

    Attributes:
        clip: whose it is.
        number: which, from 0.
        exact: whether it is that frame; else a key frame before it, for a hand that still moves.
        pixels: (H, W, 3) uint8 or uint16, at the size of a screen, ungraded.
    """

    clip: OpenedClip
    number: int
    exact: bool
    pixels: np.ndarray


class ClipState(TabState):
    """What the page remembers for this tab.

    Attributes:
        source: the clip whose colours shall change.
        reference: a picture whose colours are wanted.
        reference_clip: a clip whose colours are wanted.
        grade: a saved grade to apply.
        shown: the match on the screen, at the strength of the slider.
        strength: where the slider was moved to since the last match began; None while it was not moved.
        seen: the frame on the screen.
        folder: where the last graded clip lies.
        lock: held while ``shown`` or ``seen`` is replaced.
    """

    def __init__(self) -> None:
        super().__init__()
        self.source, self.reference_clip = ChosenClip(), ChosenClip()
        self.reference = ChosenPicture()
        self.grade: SavedGrade | None = None
        self.shown: ClipResult | None = None
        self.strength: float | None = None
        self.seen: Seen | None = None
        self.folder: Path | None = None
        self.lock = Lock()

    def replace_folder(self, folder: Path) -> None:
        """Keep the folder of a clip that was just graded. The last one goes, with all that is in it."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
        self.folder = folder

    def close(self) -> None:
        """Give up the decoders: the page is closed."""
        self.source.close()
        self.reference_clip.close()
