"""How a request ends that fails in Gradio's hands: in one line for the visitor, and in one of the log where it made no sense."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.exceptions import HTTPException

_LOG = logging.getLogger(__name__)
_MISTAKES = (TypeError, ValueError, LookupError, AttributeError, RecursionError)
"""What Gradio raises about a request that makes no sense: a number of no event, a name of no endpoint."""
NO_SENSE = "This request makes no sense here: the page /gradio_api/info says what this app takes"
UNFORESEEN = "Something went wrong that was not foreseen; the server's log says what"

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Answer = Callable[[int, str], Awaitable[None]]


class Ending:
    """The end of one request.

    Args:
        send: where the parts of the answer go.

    Attributes:
        begun: whether an answer has begun, so that no other one can be given.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self.begun = False

    async def send(self, message: Message) -> None:
        """Pass a part of the answer on."""
        self.begun = self.begun or message["type"] in ("http.response.start", "websocket.accept")
        await self._send(message)

    async def in_words(self, error: Exception, route: str, answer: Answer) -> None:
        """End a request that failed. Raises the error again where the answer has begun and breaks off.

        Args:
            error: what was raised.
            route: that was asked for.
            answer: gives an answer by its status and words.
        """
        if self.begun:
            if not isinstance(error.__cause__, HTTPException):
                raise error
            return await self._send(
                {"type": "http.response.body", "body": b"", "more_body": False}
            )  # it was told already
        if isinstance(error, _MISTAKES) or _is_gradios(error):
            where = traceback.extract_tb(error.__traceback__)[-1]
            _LOG.warning("no sense in a request for %.80r: %.200r (%s:%s)", route, error, where.filename, where.lineno)
            return await answer(400, NO_SENSE)
        _LOG.error("a request for %.80r failed", route, exc_info=error)
        return await answer(500, UNFORESEEN)


def _is_gradios(error: Exception) -> bool:
    """Whether it is an error of Gradio's own about what it was asked for."""
    from gradio.route_utils import FnIndexInferError

    return isinstance(error, FnIndexInferError)
