"""How this process is told to end: SIGTERM and SIGHUP end it as Ctrl+C does, with everything put away."""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import FrameType

_NAMES = ("SIGTERM", "SIGHUP")  # Windows has no SIGHUP


class Told(KeyboardInterrupt):
    """The process was told to end by a signal. Whatever ends in order after Ctrl+C ends in order after it.

    Attributes:
        code: what the process ends with: 128 and the number of the signal, as shells have it.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.code = 128 + number


def end_in_order(told: Callable[[Told], None] | None = None) -> None:
    """Let SIGTERM and SIGHUP raise :class:`Told` in the main thread, where Ctrl+C raises KeyboardInterrupt.

    A signal that the process was started to ignore stays ignored, as ``nohup`` wants it.

    Args:
        told: called first, with what is raised then.
    """

    def tell(number: int, frame: FrameType | None) -> None:
        end = Told(number)
        if told is not None:
            told(end)
        raise end

    for name in _NAMES:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, tell)
