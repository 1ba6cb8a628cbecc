"""Parts of Gradio made fit for strangers: what an upload may hold, what a page may call itself, how long a start may take."""

from __future__ import annotations

import threading
import time
from collections.abc import MutableMapping
from typing import Any

import gradio.http_server
import gradio.route_utils
import gradio.routes
from fastapi import HTTPException
from gradio.exceptions import ServerFailedToStartError
from gradio.state_holder import SessionState, StateHolder
from starlette.formparsers import MultiPartException

LONGEST_NAME = 64
"""Most characters of the name that a page gives itself: Gradio keeps it, and its own page takes eleven."""
_LONGEST_START = 120.0
_MOST_UPLOADS = 1000
"""Uploads whose progress is remembered for the page that asks."""


class FilesAlone(gradio.route_utils.GradioMultiPartParser):
    """The reader of uploads. Fields that are no files would be held in memory, however large, and nothing reads them."""

    def on_headers_finished(self) -> None:
        """The next part begins.

        Raises:
            MultiPartException: it is no file for the app.
        """
        super().on_headers_finished()
        part = self._current_part
        if part.file is None or part.field_name != "files":
            raise MultiPartException('An upload holds files alone, each in a field "files"')


class Pages(StateHolder):
    """What Gradio remembers of every page."""

    def __getitem__(self, session_id: str) -> SessionState:
        """A page, by its name.

        Raises:
            HTTPException: nobody calls a page that.
        """
        if len(session_id) > LONGEST_NAME:
            raise HTTPException(400, f"session_hash has more than {LONGEST_NAME} characters")
        return super().__getitem__(session_id)


class PatientServer(gradio.http_server.Server):
    """The server, which may take its time to listen: Gradio gives up after 5 seconds, as on a busy machine."""

    def run_in_thread(self) -> None:
        """Start, and wait until it listens.

        Raises:
            ServerFailedToStartError: it ended before, as where the port is taken, or takes longer than two minutes.
        """
        self.thread = threading.Thread(target=self.run, daemon=True)
        if self.reloader:
            self.watch_thread = threading.Thread(target=self.watch, daemon=True)
            self.watch_thread.start()
        self.thread.start()
        until = time.monotonic() + _LONGEST_START
        while not self.started:
            if not self.thread.is_alive() or time.monotonic() > until:
                raise ServerFailedToStartError("the server could not begin to listen")
            time.sleep(0.005)


def narrow() -> None:
    """Put them in the place of Gradio's, before it builds its server."""
    gradio.route_utils.GradioMultiPartParser = FilesAlone  # type: ignore[misc]
    gradio.routes.StateHolder = Pages  # type: ignore[misc,attr-defined]
    gradio.http_server.Server = PatientServer  # type: ignore[misc]


def forget_old_uploads() -> None:
    """Forget the progress of old uploads: Gradio keeps it until somebody asks for it, and what was asked for in vain for ever."""
    statuses = gradio.routes.file_upload_statuses
    kept: MutableMapping[str, Any]
    for kept in (statuses._statuses, statuses._signals):
        while len(kept) > _MOST_UPLOADS:
            del kept[next(iter(kept))]
