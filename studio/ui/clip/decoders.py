"""The decoders of all open pages: only so many are open at once, and none that nobody uses."""

from __future__ import annotations

import time
from collections import OrderedDict
from threading import Lock, Thread

import numpy as np

from studio.media.clips.look import FrameLooker

MOST_OPEN = 6
"""Decoders that are open at once. One of a 4K clip takes some 200 MB."""
IDLE = 120.0
"""Seconds after which a decoder is closed that nobody used, as of a page that was left."""


class Decoders:
    """Keeps the decoders that were used last, and closes the others. A clip that is looked at again opens one again.

    Args:
        most: how many are open at once.
        idle: seconds after which one is closed that nobody used.
    """

    def __init__(self, most: int = MOST_OPEN, idle: float = IDLE) -> None:
        self._most, self._idle = most, idle
        self._used: OrderedDict[FrameLooker, float] = OrderedDict()
        self._lock = Lock()
        self._sweeper: Thread | None = None

    def frame(self, looker: FrameLooker, number: int, *, hurried: bool = False) -> np.ndarray:
        """A frame of a clip: :meth:`FrameLooker.frame`, which see."""
        try:
            return looker.frame(number, hurried=hurried)
        finally:
            self._note(looker)

    def close(self, looker: FrameLooker) -> None:
        """Close the decoder of a clip that nobody looks at any more."""
        with self._lock:
            self._used.pop(looker, None)
        looker.close()

    def _note(self, looker: FrameLooker) -> None:
        with self._lock:
            self._used[looker] = time.monotonic()
            self._used.move_to_end(looker)
            old = [self._used.popitem(last=False)[0] for _ in range(len(self._used) - self._most)]
            if self._sweeper is None:
                self._sweeper = Thread(target=self._sweep, name="decoders", daemon=True)
                self._sweeper.start()
        for each in old:
            each.close()

    def _sweep(self) -> None:
        """Close those that nobody used, until none is left."""
        while True:
            time.sleep(self._idle / 4)
            with self._lock:
                before = time.monotonic() - self._idle
                old = [looker for looker, used in self._used.items() if used < before]
                for looker in old:
                    del self._used[looker]
                over = not self._used
                if over:
                    self._sweeper = None
            for looker in old:
                looker.close()
            if over:
                return


DECODERS = Decoders()
"""Those of this process."""
