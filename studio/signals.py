"""How a process is told to end: SIGTERM (a service or a container that stops) and SIGHUP (a terminal that closes) end it as
Ctrl+C does, by an exception that unwinds it: temporary files go, finished ones stay.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

_ENDINGS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Windows has no SIGHUP."""
_came: list[int] = []
Handler = Callable[[int, FrameType | None], None]


class Told(KeyboardInterrupt):
    """The process was told to end by a signal. Whatever ends in order after Ctrl+C ends in order after it.

    Attributes:
        code: what the process ends with: 128 and the number of the signal, as shells have it.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.code = 128 + number


def exit_code() -> int | None:
    """What the process ends with, by the first signal that told it to end (143, 129; 130 for Ctrl+C); None for none."""
    return 128 + _came[0] if _came else None


def end_in_order(told: Callable[[Told], None] | None = None) -> None:
    """Let SIGTERM and SIGHUP raise :class:`Told` in the main thread, where Ctrl+C raises KeyboardInterrupt.

    Further ones are ignored, so that nothing disturbs the tidying up. A signal that the process was started to ignore stays
    ignored, as ``nohup`` wants it.

    Args:
        told: called first, with what is raised then.
    """

    def tell(number: int, frame: FrameType | None) -> None:
        _came.append(number)
        for one in _ENDINGS:
            signal.signal(one, signal.SIG_IGN)
        end = Told(number)
        if told is not None:
            told(end)
        raise end

    _listen(_ENDINGS, tell)


def call_in_order(end: Callable[[], object]) -> None:
    """Let the first Ctrl+C, SIGTERM or SIGHUP call a function in place of raising: for the loop of a toolkit, through which no
    exception may pass. Further ones are ignored. What the process ends with says :func:`exit_code`."""
    numbers = (signal.SIGINT, *_ENDINGS)

    def tell(number: int, frame: FrameType | None) -> None:
        _came.append(number)
        for one in numbers:
            signal.signal(one, signal.SIG_IGN)
        end()

    _listen(numbers, tell)


@contextmanager
def unwinding() -> Iterator[None]:
    """:func:`end_in_order` while the block runs."""
    with _as_before(_ENDINGS):
        end_in_order()
        yield


@contextmanager
def first_in_order(say: str) -> Iterator[Callable[[], bool]]:
    """While the block runs, the first Ctrl+C, SIGTERM or SIGHUP only changes what the yielded function returns: to True.

    The second one raises :class:`Told`, whatever is at work.

    Args:
        say: a line for stderr at the first.
    """
    pressed: list[int] = []

    def press(number: int, frame: FrameType | None) -> None:
        _came.append(number)
        if pressed:
            raise Told(number)
        pressed.append(number)
        with suppress(OSError, RuntimeError, ValueError):  # the terminal is gone, or a line is being written just now
            print(say, file=sys.stderr)

    numbers = (signal.SIGINT, *_ENDINGS)
    with _as_before(numbers):
        _listen(numbers, press)
        yield lambda: bool(pressed)


def _listen(numbers: tuple[int, ...], handler: Handler) -> None:
    """Send signals to a handler, those that are ignored excepted. Only the main thread may; elsewhere nothing changes."""
    if threading.current_thread() is threading.main_thread():
        for number in numbers:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, handler)


@contextmanager
def _as_before(numbers: tuple[int, ...]) -> Iterator[None]:
    """Put the handlers back when the block ends, and forget the signals of an earlier block."""
    _came.clear()
    before = {number: signal.getsignal(number) for number in numbers}
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            for number, handler in before.items():
                signal.signal(number, handler)
