"""What the page in the window may ask of it, by pywebview's bridge: to choose a folder, to save a file, to open a link outside.

The page names no path here. A folder is allowed because a person chose it in a dialogue or dropped it, and only that one.
Every answer is a record: ``path`` or ``problem``, or neither where the person left the dialogue. pywebview has nothing raised
into it.
"""

from __future__ import annotations

import webbrowser
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from threading import Event, Lock
from typing import Any
from urllib.parse import urlsplit

from reswd_torch.errors import InputError
from reswd_torch.written import written_beside
from studio.ui.guard import words_for
from studio.ui.paths import visitors_know
from studio.ui.window.dialogs import Dialogs
from studio.ui.window.key import COOKIE
from studio.watch import Cancelled

Answer = dict[str, str]
_OUTSIDE = ("http", "https", "mailto")
_LONGEST_NAME = 200
_PIECE = 1 << 20


def _answered(ask: Callable[..., Answer]) -> Callable[..., Answer]:
    """A method whose complaints are answers."""

    @wraps(ask)
    def answer(self: Bridge, *sent: Any) -> Answer:
        try:
            self._check_page()
            return ask(self, *sent)
        except Cancelled:
            return {}
        except OSError as error:
            return {"problem": f"{error.filename or 'The file'}: {error.strerror or error}"}
        except Exception as error:
            return {"problem": words_for(error, "the window")}

    return answer


class Bridge:
    """The functions that the page may call, and what they need.

    Args:
        url: of the app, with a slash at its end. A page from elsewhere is answered nothing.
        cookie: what the app knows the window by.
        allowed: folders of this machine that may be named on the page; those that a person chooses are added.
        dialogs: of the window.
        shown: the address of the page that the window shows.
    """

    def __init__(
        self, url: str, cookie: str, allowed: list[Path], dialogs: Dialogs, shown: Callable[[], str | None]
    ) -> None:
        self._url, self._cookie, self._allowed, self._dialogs, self._shown = url, cookie, allowed, dialogs, shown
        self._closed, self._saving = Event(), Lock()

    @property
    def functions(self) -> tuple[Callable[..., Answer], ...]:
        """What the page can call, by their names."""
        return self.choose, self.dropped, self.save, self.outside

    @_answered
    def choose(self) -> Answer:
        """Ask for a folder in the system's dialogue, and allow it."""
        start = self._allowed[-1] if self._allowed else None
        chosen = self._dialogs.folder("" if start is None else str(start))
        return {} if chosen is None else {"path": str(self._allow(chosen))}

    @_answered
    def dropped(self, wanted: Any) -> Answer:
        """Allow the folder that was dropped just now.

        Args:
            wanted: whether it is wanted; else what was noted of a drop is forgotten, such as of pictures that are uploaded.
        """
        folders = [path for path in dict.fromkeys(self._dialogs.dropped()) if Path(path).is_dir()]
        if wanted is not True:
            return {}
        if len(folders) != 1:
            raise InputError(
                "Drop one folder." if folders else "The window was not told where the folder lies: choose it."
            )
        return {"path": str(self._allow(folders[0]))}

    @_answered
    def save(self, address: Any, name: Any) -> Answer:
        """Save a file of the app where the person says.

        Args:
            address: of the file.
            name: to propose.
        """
        if not isinstance(address, str) or not self._is_ours(address):
            raise InputError("Only files of this app are saved from here.")
        place = self._dialogs.save(_plain(name))
        if place is None:
            return {}
        with self._saving:
            self._fetch(address, Path(place))
        return {"path": place}

    @_answered
    def outside(self, address: Any) -> Answer:
        """Open a link in the system's browser."""
        if not isinstance(address, str) or urlsplit(address).scheme not in _OUTSIDE or self._is_ours(address):
            raise InputError("This link leads nowhere outside.")
        webbrowser.open(address)
        return {}

    def close(self) -> None:
        """The window is closed: a file that is being saved is given up, and nothing is left of it."""
        self._closed.set()
        with self._saving:
            pass

    def _allow(self, chosen: str) -> Path:
        """Allow a folder that a person chose: it and what lies in it, and nothing above."""
        path = Path(chosen)
        if not path.is_dir():
            raise InputError(f"{path}: there is no such folder.")
        found = path.resolve()
        if found == Path(found.anchor):
            raise InputError(f"{path} is the whole disk: choose a folder with pictures.")
        try:
            str(found).encode("utf-8")
        except UnicodeEncodeError:
            raise InputError(f"{found!r:.200}: the page cannot show this name: rename the folder.") from None
        if not any(found.is_relative_to(root) for root in self._allowed):
            self._allowed.append(found)
            visitors_know(tuple(self._allowed))
        return found

    def _fetch(self, address: str, place: Path) -> None:
        """Write a file of the app to its place; all of it, or nothing."""
        import httpx

        cookies = {"cookie": f"{COOKIE}={self._cookie}"}
        with (
            httpx.stream("GET", address, headers=cookies, timeout=60, trust_env=False) as answer,
            written_beside(place) as beside,
            beside.open("wb") as opened,
        ):
            if answer.status_code != 200:
                raise InputError("This file is no longer there: make it again.")
            for piece in answer.iter_bytes(_PIECE):
                if self._closed.is_set():
                    raise Cancelled
                opened.write(piece)

    def _is_ours(self, address: str) -> bool:
        return address.startswith(self._url)

    def _check_page(self) -> None:
        if not self._is_ours(self._shown() or ""):
            raise InputError("This page is not of this app.")


def _plain(name: Any) -> str:
    """The last part of a name that the page proposed."""
    text = str(name).replace("\\", "/").split("/")[-1].strip().lstrip(".")[-_LONGEST_NAME:] if name else ""
    return text or "file"
