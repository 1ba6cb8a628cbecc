"""What the page remembers for the tab *Guide a generation*."""

from __future__ import annotations

import shutil

from studio.service.guide.run import GuideJob
from studio.ui.guide.run import Painted
from studio.ui.pictures import ChosenPicture
from studio.ui.stop import TabState

KEEP = 12
"""How many pictures of a visit are kept."""


class GuideState(TabState):
    """What the page remembers for this tab.

    Attributes:
        reference: the picture whose colours are wanted.
        kept: the job of a picture whose settings were restored; its colours are those of *Kept colours*.
        painted: what was painted in this visit, the newest first.
        shown: the picture on the screen.
    """

    def __init__(self) -> None:
        super().__init__()
        self.reference = ChosenPicture()
        self.kept: GuideJob | None = None
        self.painted: list[Painted] = []
        self.shown: Painted | None = None

    def keep(self, painted: Painted) -> None:
        """Remember a picture and show it. The oldest ones go, with their files."""
        self.shown = painted
        self.painted.insert(0, painted)
        while len(self.painted) > KEEP:
            shutil.rmtree(self.painted.pop().picture.parent, ignore_errors=True)
