"""The server inside the browser app, over streamable HTTP, for ``reswd serve --mcp``.

Gradio has a server of its own, which is not used: it takes files as addresses that it fetches, which this app refuses, or as text
in the call; it asks for no password itself; and a call that is cancelled goes on.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import anyio
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from studio.mcp.at_work import AtWork
from studio.mcp.server import build_server
from studio.media.allowed import Allowed

PATH = "/gradio_api/mcp"
"""Where clients that know Gradio look for tools."""
_MOST_SESSIONS = 64
_LOG = logging.getLogger("mcp.server.streamable_http")


class Mounted:
    """The tools as a part of another application.

    Args:
        places: where files may be read and written.
        users: who may call them, with their passwords; empty for everybody who reaches the app.

    Attributes:
        routes: for the application.
    """

    def __init__(self, places: Allowed, users: tuple[tuple[str, str], ...] = ()) -> None:
        _LOG.addFilter(_is_news)
        self._users = users
        self._at_work = AtWork()
        self._manager = StreamableHTTPSessionManager(build_server(places, self._at_work), max_sessions=_MOST_SESSIONS)
        self.routes = [Route(PATH, self), Route(f"{PATH}/", self)]

    @asynccontextmanager
    async def lifespan(self, app: Any) -> AsyncIterator[None]:
        """Around the life of the application. Sessions end with it, and their jobs are stopped."""
        async with self._manager.run():
            yield

    def end(self) -> None:
        """Let the job at work stop at its next step: the process ends."""
        self._at_work.end()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, of whoever may call."""
        request = Request(scope)
        if not _of_this_site(request):
            return await PlainTextResponse("Pages of other sites call no tools.", 403)(scope, receive, send)
        if self._users and not self._is_known(request.headers.get("authorization", "")):
            said = "Give the header Authorization: Basic with the user and password of this app."
            return await PlainTextResponse(said, 401)(scope, receive, send)
        await self._manager.handle_request(scope, receive, send)

    def _is_known(self, header: str) -> bool:
        """Whether a header names a user with the password (RFC 7617). Nothing asks a browser for it, which would remember it."""
        scheme, _, given = header.partition(" ")
        try:
            sent = base64.b64decode(given.strip(), validate=True)
        except (binascii.Error, ValueError):
            return False
        known = [hmac.compare_digest(sent, f"{name}:{password}".encode()) for name, password in self._users]
        return scheme.lower() == "basic" and any(known)


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a line of the SDK's log says more than that a session has ended, which it logs as an error with its traceback."""
    return not (record.exc_info and isinstance(record.exc_info[1], anyio.ClosedResourceError))


def _of_this_site(request: Request) -> bool:
    """Whether no page of another site calls. Programs send no origin."""
    origin = request.headers.get("origin")
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc.lower() == request.headers.get("host", "").lower()
    except ValueError:  # of no form that an address has
        return False
