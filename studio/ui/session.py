"""What the app remembers for one open page. Nothing here is shared between two people."""

from __future__ import annotations

import atexit
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from reswd_torch.grade import Grade
from studio.media.images import Picture
from studio.service.match import MatchResult
from studio.watch import Cancelled

if TYPE_CHECKING:
    from studio.service.guide.run import GuideJob
    from studio.ui.guide.run import Painted

FITS_AT_ONCE = 2
"""Of all open pages together; the others wait in the queue."""


@dataclass(eq=False)
class Side:
    """A chosen picture, source or reference.

    Attributes:
        path: the uploaded file, untouched.
        preview: small copy of it, in its own encoding.
        size: (height, width) of the whole picture.
        painted: small (H, W) bool mask painted over the preview, or None.
        placed: the file that stands for it on the page, once there is one.
    """

    path: Path
    preview: Picture
    size: tuple[int, int]
    painted: np.ndarray | None = None
    placed: Path | None = None


class Session:
    """One open page.

    Not a dataclass: Gradio copies those into the page's configuration.

    Attributes:
        source, reference: the chosen pictures.
        grade: a saved grade to apply.
        shown: the result on the screen, at preview size and at the strength of the slider.
        compared: results of *Compare methods*, in the order of the gallery.
        before: the ungraded preview as a file.
        painting: the roles whose masks are being painted right now.
        strength: where the slider was moved to; None while it was not.
        judged: what was chosen when the words under the button were said.
        stop: set by the Stop button, read by whatever runs.
        stop_batch: the same for the tab *Batch*.
        guide_reference: the picture whose colours the tab *Guide a generation* steers towards.
        guide_kept: a picture whose settings were restored there; its colours are those of *Kept colours*.
        painted: what was painted there in this visit, the newest first.
        shown_painted: the one on the screen.
        stop_file: the Stop button of that tab makes this file; it may be another process that looks for it.
        lock: held while ``shown`` is replaced.
        choosing: held while a chosen picture is read and replaces the last one.
    """

    def __init__(self, source: Side | None = None, reference: Side | None = None) -> None:
        self.source = source
        self.reference = reference
        self.grade: Grade | None = None
        self.shown: MatchResult | None = None
        self.compared: list[MatchResult] = []
        self.before: Path | None = None
        self.painting: set[str] = set()
        self.strength: float | None = None
        self.judged: tuple[Any, ...] | None = None
        self.stop = False
        self.stop_batch = False
        self.guide_reference: Side | None = None
        self.guide_kept: GuideJob | None = None
        self.painted: list[Painted] = []
        self.shown_painted: Painted | None = None
        self.stop_file: Path | None = None
        self._batch: Path | None = None
        self.lock = Lock()
        self.choosing = Lock()
        self._folder: Path | None = None
        self._folder_lock = Lock()
        self._files: list[Path] = []
        self._numbers = count(1)

    def __deepcopy__(self, memo: dict[int, Any]) -> Session:
        """Gradio copies the initial value for every page that is opened: each starts empty."""
        return Session()

    @property
    def folder(self) -> Path:
        """A folder of this page's own, with a name that cannot be guessed, where Gradio may serve from."""
        with self._folder_lock:
            if self._folder is None or not self._folder.is_dir():
                self._folder = runs_folder() / secrets.token_urlsafe(18)
                self._folder.mkdir(parents=True)
            return self._folder

    def new_file(self, suffix: str, *, keep: int = 8) -> Path:
        """A fresh name for a passing picture, so that no browser shows an old one; only the last few stay on disk."""
        path = self.folder / f"preview-{next(self._numbers)}{suffix}"
        self._files.append(path)
        while len(self._files) > keep:
            self._files.pop(0).unlink(missing_ok=True)
        return path

    def new_place(self, name: str) -> Path:
        """A place for a download called ``name``, in a folder of its own so that names need no numbers."""
        folder = self.folder / str(next(self._numbers))
        folder.mkdir()
        return folder / name

    def new_stop_file(self) -> Path:
        """A name for the stop file of one run; the file is not there yet."""
        self.stop_file = self.folder / f"stop-{next(self._numbers)}"
        return self.stop_file

    def new_batch(self) -> Path:
        """An empty folder for a run of the tab *Batch*; the last run's is gone with it."""
        if self._batch is not None:
            shutil.rmtree(self._batch, ignore_errors=True)
        self._batch = self.folder / f"batch-{next(self._numbers)}"
        self._batch.mkdir()
        return self._batch

    def check_stop(self) -> None:
        """Raise :class:`~studio.watch.Cancelled` once Stop was pressed."""
        if self.stop:
            raise Cancelled


def runs_folder() -> Path:
    """Where all pages of this process keep their files, until it ends: in the folder that Gradio serves uploads from."""
    from gradio.utils import get_upload_folder

    return _runs_folder_in(Path(get_upload_folder()))


@cache
def _runs_folder_in(uploads: Path) -> Path:
    uploads.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="reswd-", dir=uploads))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def new_folder() -> Path:
    """A fresh folder there, for a caller who has no page; Gradio's clean-up removes it in time."""
    runs_folder().mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(dir=runs_folder()))


def forget(session: Session | None) -> None:
    """Delete a closed page's files."""
    if session is not None and session._folder is not None:
        shutil.rmtree(session._folder, ignore_errors=True)
