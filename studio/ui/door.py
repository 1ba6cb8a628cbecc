"""The door of the app: which requests of strangers reach Gradio at all.

Gradio brings routes that this app does not use. Some can be turned against a public instance: an icon is resized to any size that
the address names, a recording is handed to ffmpeg, other servers are fetched. Only what the page and its endpoints need is open.

On this machine alone the app also asks by which name it was called. A page from elsewhere can make a browser call 127.0.0.1 by a
name of its own (DNS rebinding), and would then act as the person who sits there.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import nullcontext
from typing import Any
from urllib.parse import parse_qs, urlsplit

from studio.loopback import is_loopback, plain_name
from studio.ui.bodies import Body
from studio.ui.failures import Ending
from studio.ui.narrow import forget_old_uploads
from studio.ui.visits import here, listens

_OPEN = {"", "config", "info", "openapi.json", "app_id", "startup-events", "theme.css", "robots.txt", "favicon.ico"}
_OPEN |= {"manifest.json", "static", "assets", "svelte", "login", "logout", "login_check", "user", "token"}
_OPEN |= {"queue", "call", "run", "api", "cancel", "reset", "heartbeat", "upload", "upload_progress", "desk"}
_ICON_SIZES = ("", "192", "512")
"""Sizes of the icon that manifest.json names."""
_PREFIX = "gradio_api"
_UNKNOWN = "This app answers to the names of this machine alone. Whoever starts it can give it more names."
_PORTS = {"http": 80, "https": 443}
_LONGEST_QUERY, _LONGEST_PATH, _LONGEST_PART = 2000, 8000, 300
"""Most bytes of a query, and characters of a path and of what stands between two of its slashes. No file has a longer name."""
_RANGE = re.compile(rb"(?i:bytes)=(\d{1,15}-\d{0,15}|-\d{1,15})")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Door:
    """ASGI middleware that answers closed routes and unknown names itself.

    Args:
        app: the application behind.
        names: host names by which the app may be called; empty for every name.
        also: further routes that are open, by the first part of their paths below Gradio's prefix.
    """

    def __init__(self, app: App, names: tuple[str, ...] = (), also: frozenset[str] = frozenset()) -> None:
        self._app, self._also = app, also
        self._names = frozenset(map(plain_name, names))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        route = _route(scope)
        if not is_open(route) and _parts(route)[0] not in self._also:
            return await _answer(scope, send, 404, "There is nothing here.")
        if self._names and not self._is_known(scope):
            return await _answer(scope, send, 403, _UNKNOWN)
        if _is_too_long(route, scope):
            return await _answer(scope, send, 414, "This address is too long.")
        ending = Ending(send)
        try:
            await self._let_in(route, {**scope, "headers": _headers(scope)}, receive, ending.send)
        except Exception as error:
            await ending.in_words(error, route, lambda status, text: _answer(scope, send, status, text))

    async def _let_in(self, route: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, once its size is known to be fit."""
        if (caller := _listener(route, scope)) is not None:
            listens(caller)
        if _parts(route)[0] in ("upload", "upload_progress"):
            forget_old_uploads()
        if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD"):
            body = Body(receive, scope, is_upload=_parts(route)[0] == "upload")
            if body.told_too_large:
                await body.drop()
                return await _answer(scope, send, 413, body.too_large)
            receive = body.receive
        parts = _parts(route)
        with here(parts[-1]) if parts[0] == "heartbeat" else nullcontext():
            await self._app(scope, receive, send)

    def _is_known(self, scope: Scope) -> bool:
        """Whether the host that was called, and the page that calls, are among the names.

        Another program of this machine may serve pages under the same names at another port. Such a page is a stranger.
        """
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if b"origin" in headers and not headers[b"origin"]:
            return False
        origin = headers.get(b"origin", "")
        scheme = origin.partition(":")[0].lower()
        (called, port), (page, page_port) = (
            _address(each, scheme) for each in (f"//{headers.get(b'host', '')}", origin)
        )
        if called not in self._names or not origin:
            return called in self._names
        if page not in self._names:
            return False
        return not (is_loopback(page) and is_loopback(called)) or page_port == port


def _route(scope: Scope) -> str:
    """The path of a request below the one that a web server in front gives the app. It may have been cut off already."""
    path, root = str(scope["path"]), str(scope.get("root_path") or "").rstrip("/")
    return path[len(root) :] if root and path.startswith(f"{root}/") else path


def is_open(path: str) -> bool:
    """Whether a route is one that the page or an endpoint needs.

    Args:
        path: of the request, such as ``/gradio_api/queue/join``.
    """
    parts = _parts(path)
    first = parts[0]
    if first.startswith("file="):
        return not path.split("file=", 1)[1].lower().startswith(("http:", "https:"))
    if first == "pwa_icon":
        return len(parts) <= 2 and "".join(parts[1:]) in _ICON_SIZES
    return first in _OPEN


def _parts(path: str) -> list[str]:
    """The parts of a path below Gradio's own; at least one."""
    parts = path.strip("/").split("/")
    return (parts[1:] or [""]) if parts[0] == _PREFIX else parts


def _is_too_long(path: str, scope: Scope) -> bool:
    """Whether a request asks for something under a name that nothing has. Gradio would keep it, or fail on it."""
    query = scope.get("query_string", b"")
    return len(query) > _LONGEST_QUERY or len(path) > _LONGEST_PATH or max(map(len, path.split("/"))) > _LONGEST_PART


def _headers(scope: Scope) -> list[tuple[bytes, bytes]]:
    """The headers of a request, with at most one range, which Starlette answers.

    Gradio answers one of two numbers itself: it fails on others, and sends the headers of the request back as the answer's.
    It knows "bytes" by small letters alone; others know them by any.
    """
    kept = []
    for name, value in scope["headers"]:
        if name.lower() == b"range":
            found = _RANGE.fullmatch(value.strip())
            value = b"Bytes=" + found[1] if found else b""
        if name.lower() != b"range" or value:
            kept.append((name, value))
    return kept


def _listener(path: str, scope: Scope) -> str | None:
    """Who begins to listen for the answers of a job: the id of the job or of a page's session; None for another request."""
    parts = _parts(path)
    if parts[0] == "call" and len(parts) > 2 and scope.get("method") == "GET":
        return parts[-1]
    if parts[:2] == ["queue", "data"]:
        return (parse_qs(scope.get("query_string", b"").decode("latin-1")).get("session_hash") or [None])[0]
    return None


def _address(address: str, scheme: str) -> tuple[str, int | None]:
    """Host and port of an address; no host where there is none, and the usual port of a scheme where it names none."""
    try:
        parts = urlsplit(address)
        return plain_name(parts.hostname or ""), parts.port or _PORTS.get(scheme)
    except ValueError:
        return "", None


async def _answer(scope: Scope, send: Send, status: int, text: str) -> None:
    if scope["type"] == "websocket":
        return await send({"type": "websocket.close", "code": 1008})
    body = text.encode("utf-8")
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
