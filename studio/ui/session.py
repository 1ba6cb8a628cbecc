"""What the app remembers for one open page. Nothing here is shared between two people."""

from __future__ import annotations

import atexit
import secrets
import shutil
import tempfile
from functools import cache
from itertools import count
from pathlib import Path
from threading import Lock
from weakref import WeakValueDictionary

from studio.ui.batch.state import BatchState
from studio.ui.clip.state import ClipState
from studio.ui.desk.state import Looks
from studio.ui.guide.state import GuideState
from studio.ui.match.state import MatchState
from studio.ui.stop import StopFile

FITS_AT_ONCE = 2
"""How many fits run at once, for all open pages together; the others wait in the queue."""


class Session:
    """One open page: its folder, and what each tab remembers.

    Not a dataclass: Gradio copies those into the page's configuration.

    Attributes:
        key: by which the page's own scripts ask for what it shows; nobody can guess it.
        desk: what its viewer can be asked for.
        match, batch, clip, guide: what the tabs remember.
    """

    def __init__(self) -> None:
        self.key = secrets.token_urlsafe(18)
        _sessions[self.key] = self
        self._empty()
        self._folder: Path | None = None
        self._folder_lock = Lock()
        self._files: dict[str, list[Path]] = {}
        self._numbers = count(1)

    def _empty(self) -> None:
        self.desk = Looks()
        self.match = MatchState()
        self.batch = BatchState()
        self.clip = ClipState()
        self.guide = GuideState()

    def begin_again(self) -> None:
        """Another page shows this session from now on: what the last one had begun stops.

        The new page is given what the tab *Match colours* remembers; the other tabs begin anew.
        """
        for tab in (self.match, self.batch, self.clip, self.guide):
            tab.press_stop()
        self.clip.close()
        self.batch, self.clip, self.guide = BatchState(), ClipState(), GuideState()

    def __deepcopy__(self, memo: dict[int, object]) -> Session:
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

    def new_file(self, suffix: str, *, keep: int = 8, kind: str = "preview") -> Path:
        """A fresh name for a passing picture, so that no browser shows an old one; only the last few of a kind stay on disk."""
        path = self.folder / f"{kind}-{next(self._numbers)}{suffix}"
        files = self._files.setdefault(kind, [])
        files.append(path)
        while len(files) > keep:
            files.pop(0).unlink(missing_ok=True)
        return path

    def new_place(self, name: str) -> Path:
        """A place for a download called ``name``, in a folder of its own so that names need no numbers."""
        folder = self.folder / str(next(self._numbers))
        folder.mkdir()
        return folder / name

    def new_subfolder(self, kind: str) -> Path:
        """An empty folder within the page's own; ``kind`` says in its name what it is for."""
        folder = self.folder / f"{kind}-{next(self._numbers)}"
        folder.mkdir()
        return folder

    def new_stop(self) -> StopFile:
        """The stop signal for a run that begins."""
        return StopFile(self.folder / f"stop-{next(self._numbers)}")


_sessions: WeakValueDictionary[str, Session] = WeakValueDictionary()


def session_of(key: str) -> Session | None:
    """The page of a key; None where it was closed long ago."""
    return _sessions.get(key)


def runs_folder() -> Path:
    """The folder in which all pages of this process keep their files until it ends.

    It lies in the folder that Gradio serves uploads from.
    """
    from gradio.utils import get_upload_folder

    return _runs_folder_in(Path(get_upload_folder()))


@cache
def _runs_folder_in(uploads: Path) -> Path:
    uploads.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="reswd-", dir=uploads))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def new_folder() -> Path:
    """A fresh folder in :func:`runs_folder`, for a caller who has no page; Gradio's clean-up removes it in time."""
    runs_folder().mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(dir=runs_folder()))


def forget(session: Session | None) -> None:
    """Close a closed page's decoders, delete its files, and what it remembers: Gradio may hold the session for another hour."""
    if session is None:
        return
    session.clip.close()
    session._empty()
    if session._folder is not None:
        shutil.rmtree(session._folder, ignore_errors=True)
