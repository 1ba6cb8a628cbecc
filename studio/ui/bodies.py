"""What a request brings along: counted as it comes, and refused in words once it is too much."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.formparsers import MultiPartException

from studio.ui.limits import in_words, limits

Message = MutableMapping[str, Any]
_DROPPING = 30.0
"""Seconds for which the rest of a body that is too large is read: a browser sends it all before it shows an answer."""


class Body:
    """The body of one request.

    Args:
        receive: where its parts come from.
        scope: of the request.
        is_upload: whether files are uploaded; everything else is small.

    Attributes:
        too_large: why a body is refused, for the visitor.
    """

    def __init__(self, receive: Callable[[], Awaitable[Message]], scope: Message, *, is_upload: bool) -> None:
        allowed = limits()
        self._receive, self._is_upload = receive, is_upload
        self._most = allowed.upload if is_upload else allowed.message
        what = "One upload, all its files together," if is_upload else "One request"
        # Gradio answers 413 where its own words are in the text.
        self.too_large = f"{what} has a maximum allowed size of {in_words(self._most)} here: send less at once"
        lengths = [value for name, value in scope["headers"] if name.lower() == b"content-length"]
        self.told_too_large = any(
            not value.isdigit() or len(value) > 18 or int(value) > self._most for value in lengths
        )
        self._taken = 0
        self._ended = False

    async def receive(self) -> Message:
        """The next part. Raises MultiPartException, on which Gradio removes what it has of the files, for an upload that is too
        large, or is broken off."""
        message = await self._receive()
        if message["type"] == "http.disconnect" and self._is_upload and not self._ended:
            raise MultiPartException("The upload was broken off")
        if message["type"] == "http.request":
            self._taken += len(message.get("body", b""))
            self._ended = not message.get("more_body", False)
            if self._taken > self._most:
                await self.drop()
                raise MultiPartException(self.too_large)
        return message

    async def drop(self) -> None:
        """Read the rest of the body, for a while, and forget it."""
        until = time.monotonic() + _DROPPING
        while not self._ended and time.monotonic() < until:
            message = await self._receive()
            self._ended = message["type"] != "http.request" or not message.get("more_body", False)
