"""What only the window knows: the system's own dialogues, and the paths of what was dropped onto it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote


class Dialogs(Protocol):
    """What a person says by hand, outside the page. A test has one of its own."""

    def folder(self, start: str) -> str | None:
        """A folder that the person chose in a dialogue; None where they did not.

        Args:
            start: the folder to begin in; empty for the system's choice.
        """

    def save(self, name: str) -> str | None:
        """The path for a file that the person chose; None where they did not. The dialogue asks before it replaces a file.

        Args:
            name: the one to propose.
        """

    def dropped(self) -> Sequence[str]:
        """The paths of what was dropped onto the window since this was asked last."""


class NativeDialogs:
    """Those of pywebview's window, which is there once it is shown.

    Attributes:
        window: pywebview's.
    """

    def __init__(self, window: Any) -> None:
        self.window = window

    def listen(self) -> None:
        """Have pywebview note what is dropped. It does so while somebody listens for drops on a part of the page, and asks the
        page which; here the page asks, and the paths never come from a script."""
        noted = _noted()
        noted["num_listeners"] = max(1, noted["num_listeners"])

    def folder(self, start: str) -> str | None:
        """See :class:`Dialogs`."""
        from webview import FileDialog

        return _first(self.window.create_file_dialog(FileDialog.FOLDER, directory=start))

    def save(self, name: str) -> str | None:
        """See :class:`Dialogs`."""
        from webview import FileDialog

        return _first(self.window.create_file_dialog(FileDialog.SAVE, save_filename=name))

    def dropped(self) -> Sequence[str]:
        """See :class:`Dialogs`."""
        noted = _noted()
        dropped, noted["paths"] = noted["paths"], []
        return [_as_it_lies(str(path)) for _, path in dropped]


def _noted() -> dict[str, Any]:
    """Where pywebview notes names and paths of what is dropped. It is the only place that no script of a page can write to."""
    from webview import dom

    noted: dict[str, Any] = dom._dnd_state
    return noted


def _first(chosen: Any) -> str | None:
    """The one path of a dialogue: pywebview gives a tuple, on some systems the text itself, and nothing where it was left."""
    found = chosen if isinstance(chosen, str) else next(iter(chosen or ()), None)
    return str(found) if found else None


def _as_it_lies(path: str) -> str:
    """A path without the marks of an address (``%20``), which some toolkits leave in it."""
    return path if Path(path).exists() else unquote(path)
