"""The key of the window: the app in it answers to that window alone, whoever else of this machine calls its port.

The window is sent to an address with a key that counts once. It is answered with a cookie, and everything else asks for that.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from threading import Lock
from urllib.parse import parse_qs

from studio.ui.door import App, Receive, Scope, Send

COOKIE = "reswd-window"
_QUERY = "window"
_STARTS = ("/startup-events", "/gradio_api/startup-events")
"""What Gradio calls as it starts, from this process, without a cookie. It starts the queue once and tells nothing."""
_REFUSED = b"This app is shown in a window of its own. For a browser there is reswd serve --browser."


@dataclass(eq=False)
class Key:
    """What the window is known by. Nobody can guess it, and it is written nowhere.

    Attributes:
        cookie: the value of the cookie.
    """

    cookie: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    _once: str | None = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def address(self, url: str) -> str:
        """The address that the window is sent to; of use once.

        Args:
            url: of the app, with a slash at its end.
        """
        return f"{url}?{_QUERY}={self._once}"

    def take(self, sent: str) -> bool:
        """Whether this is the key that counts once, and nobody has used it."""
        with self._lock:
            fits = self._once is not None and secrets.compare_digest(sent.encode(), self._once.encode())
            if fits:
                self._once = None
        return fits

    def fits(self, scope: Scope) -> bool:
        """Whether a request has the cookie."""
        cookies = (value.decode("latin-1") for name, value in scope["headers"] if name.lower() == b"cookie")
        return any(map(self._is_in, cookies))

    def _is_in(self, text: str) -> bool:
        try:
            found = SimpleCookie(text).get(COOKIE)
        except CookieError:
            return False
        return found is not None and secrets.compare_digest(found.value.encode(), self.cookie.encode())


class Locked:
    """ASGI middleware that lets nobody in but the window.

    Args:
        app: the application behind.
        key: of the window.
    """

    def __init__(self, app: App, key: Key) -> None:
        self._app, self._key = app, key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or self._key.fits(scope):
            return await self._app(scope, receive, send)
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close", "code": 1008})
        if scope["method"] == "GET" and scope["path"] in _STARTS:
            return await self._app(scope, receive, send)
        if scope["method"] == "GET" and scope["path"] in ("", "/") and self._key.take(_sent(scope)):
            cookie = f"{COOKIE}={self._key.cookie}; Path=/; HttpOnly; SameSite=Strict"
            return await _answer(send, 303, b"", [(b"location", b"/"), (b"set-cookie", cookie.encode())])
        await _answer(send, 401, _REFUSED, [])


def _sent(scope: Scope) -> str:
    """The key in a request's address."""
    return (parse_qs(scope.get("query_string", b"").decode("latin-1")).get(_QUERY) or [""])[0]


async def _answer(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    kind = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    length = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*kind, *length, *headers]})
    await send({"type": "http.response.body", "body": body})
