"""What the page remembers for the tab *Batch*."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from studio.service.batch.uploads import UploadedBatch
from studio.ui.batch.desk import Desk
from studio.ui.stop import TabState

WHOLE, TRIAL, SINGLE = "whole", "trial", "single"
"""Kinds of runs: all pictures that are not done, some of them to see how they turn out, one that is done again."""


class BatchState(TabState):
    """What the page remembers for this tab: all that showing it again would need.

    Attributes:
        desk: the pictures of the last run, and everything about them; None before the first one.
        looks: where the small pictures of the references lie; None where none were chosen.
        running: whether a run is at work.
        runs: how many there were: the page looks at the sheet anew as one begins.
        tried: whether the last one was a trial.
    """

    def __init__(self) -> None:
        super().__init__()
        self.desk: Desk | None = None
        self.looks: Path | None = None
        self.running = False
        self.runs = 0
        self.tried = False

    def begin(self, kind: str) -> None:
        """A run begins: one of :data:`WHOLE`, :data:`TRIAL` and :data:`SINGLE`; the last leaves the sheet as it is seen."""
        self.running = True
        if kind != SINGLE:
            self.tried = kind == TRIAL
            self.runs += 1

    def replace_looks(self, folder: Path | None) -> None:
        """Take a folder for the small pictures of other references. The one before goes."""
        if self.looks is not None:
            shutil.rmtree(self.looks, ignore_errors=True)
        self.looks = folder

    def desk_for(self, wanted: UploadedBatch, new_folder: Callable[[], Path]) -> Desk:
        """The desk that holds the pictures of a run, or a new one. The one before goes, with all that is on it."""
        if self.desk is None or not self.desk.holds(wanted) or not self.desk.folder.is_dir():
            if self.desk is not None:
                self.desk.close()
            self.desk = Desk(new_folder())
        return self.desk

    def sheet_value(self) -> dict[str, Any] | None:
        """What the page is told of the sheet; None where there is none. See :meth:`studio.ui.batch.sheet.Sheet.value`."""
        if self.desk is None or self.desk.sheet is None or not self.desk.folder.is_dir():
            return None
        facts = {
            "busy": self.running,
            "run": self.runs,
            "show": "done" if self.tried else "all",
            "able": self.desk.run is not None,
        }
        settings = None if self.desk.wanted is None else self.desk.wanted.settings
        return self.desk.sheet.value(strength=1.0 if settings is None else settings.strength, **facts)
