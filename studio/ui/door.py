"""The door of the app: which requests of strangers reach Gradio at all.

Gradio brings routes that this app does not use. Some can be turned against a public instance: an icon is resized to any size that
the address names, a recording is handed to ffmpeg, other servers are fetched. Only what the page and its endpoints need is open.

On this machine alone the app also asks by which name it was called. A page from elsewhere can make a browser call 127.0.0.1 by a
name of its own (DNS rebinding), and would then act as the person who sits there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

_OPEN = {"", "config", "info", "openapi.json", "app_id", "startup-events", "theme.css", "robots.txt", "favicon.ico"}
_OPEN |= {"manifest.json", "static", "assets", "svelte", "login", "logout", "login_check", "user", "token"}
_OPEN |= {"queue", "call", "run", "api", "cancel", "reset", "heartbeat", "upload", "upload_progress"}
_ICON_SIZES = ("", "192", "512")
"""Sizes of the icon that manifest.json names."""
_PREFIX = "gradio_api"
_UNKNOWN = "This app answers to the names of this machine alone. Whoever starts it can give it more names."
LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""Names of this machine that only it can call."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Door:
    """ASGI middleware that answers closed routes and unknown names itself.

    Args:
        app: the application behind.
        names: host names by which the app may be called; empty for every name.
    """

    def __init__(self, app: App, names: tuple[str, ...] = ()) -> None:
        self._app = app
        self._names = frozenset(name.lower() for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            if not is_open(_route(scope)):
                return await _answer(scope, send, 404, "There is nothing here.")
            if self._names and not self._is_known(scope):
                return await _answer(scope, send, 403, _UNKNOWN)
        await self._app(scope, receive, send)

    def _is_known(self, scope: Scope) -> bool:
        """Whether the host that was called, and the page that calls, are among the names."""
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        called = _host(f"//{headers.get(b'host', '')}")
        origin = headers.get(b"origin")
        return called in self._names and (origin is None or _host(origin) in self._names)


def _route(scope: Scope) -> str:
    """The path of a request below the one that a web server in front gives the app. It may have been cut off already."""
    path, root = str(scope["path"]), str(scope.get("root_path") or "").rstrip("/")
    return path[len(root) :] if root and path.startswith(f"{root}/") else path


def is_open(path: str) -> bool:
    """Whether a route is one that the page or an endpoint needs.

    Args:
        path: of the request, such as ``/gradio_api/queue/join``.
    """
    parts = path.strip("/").split("/")
    if parts[0] == _PREFIX:
        parts = parts[1:] or [""]
    first = parts[0]
    if first.startswith("file="):
        return not path.split("file=", 1)[1].lower().startswith(("http:", "https:"))
    if first == "pwa_icon":
        return len(parts) <= 2 and "".join(parts[1:]) in _ICON_SIZES
    return first in _OPEN


def _host(address: str) -> str:
    """The host of an address, without port; empty where there is none."""
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""


async def _answer(scope: Scope, send: Send, status: int, text: str) -> None:
    if scope["type"] == "websocket":
        return await send({"type": "websocket.close", "code": 1008})
    body = text.encode("utf-8")
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
