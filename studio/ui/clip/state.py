"""What the page remembers for the tab *Grade a clip*."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np

from reswd_torch.grade.trims import NEUTRAL, Trims
from studio.references import SavedGrade
from studio.service.clip import ClipResult
from studio.ui.clip.choice import ClipChoice
from studio.ui.clip.clips import ChosenClip, OpenedClip
from studio.ui.pictures import ChosenPicture
from studio.ui.stop import TabState
from studio.views.pyramid import Pyramid


@dataclass(frozen=True, eq=False)
class Seen:
    """The frame of the clip that was looked at last.

    Attributes:
        clip: whose it is.
        number: which, from 0.
        exact: whether it is that frame; else a key frame before it, for a hand that still moves.
        pixels: (H, W, 3) uint8 or uint16, at its full size, ungraded.
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
        shown: the match on the screen, at the strength of the slider and with its trims.
        strength: where the slider was moved to; None while it was not moved.
        trims: what the sliders of the trims say.
        number: of the frame on which the slider of the frames rests, from 0.
        told: the controls as the page last told of them; None before that.
        seen: the frame that was looked at last.
        sizes: those of the latest frames, for the viewer; the last one at the end.
        folder_of_sizes: where their files lie.
        folder: where the last graded clip lies.
        lock: held while ``shown`` is replaced.
        looking: held while a frame is decoded.
        lock_sizes: held while ``sizes`` changes.
    """

    def __init__(self) -> None:
        super().__init__()
        self.source, self.reference_clip = ChosenClip(), ChosenClip()
        self.reference = ChosenPicture()
        self.grade: SavedGrade | None = None
        self.shown: ClipResult | None = None
        self.strength: float | None = None
        self.trims: Trims = NEUTRAL
        self.number = 0
        self.told: ClipChoice | None = None
        self.seen: Seen | None = None
        self.sizes: dict[tuple[OpenedClip, int], Pyramid] = {}
        self.folder_of_sizes: Path | None = None
        self.folder: Path | None = None
        self.lock, self.looking, self.lock_sizes = Lock(), Lock(), Lock()

    def replace_folder(self, folder: Path) -> None:
        """Keep the folder of a clip that was just graded. The last one goes, with all that is in it."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
        self.folder = folder

    def close(self) -> None:
        """Give up the decoders: the page is closed."""
        self.source.close()
        self.reference_clip.close()
