"""What the page remembers for the tab *Batch*."""

from __future__ import annotations

import shutil
from pathlib import Path

from studio.ui.stop import TabState


class BatchState(TabState):
    """What the page remembers for this tab.

    Attributes:
        folder: where the last run has its uploads, its results and its ZIP; None before the first one.
    """

    def __init__(self) -> None:
        super().__init__()
        self.folder: Path | None = None

    def replace_folder(self, folder: Path) -> Path:
        """Take an empty folder for the run that begins. The last run's goes, with all that is in it."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
        self.folder = folder
        return folder
