"""How every job says how far it is, and how it is stopped.

A job is given a :class:`Watch` and tells it what happens. Whoever started the job decides what becomes of that: a bar on a
terminal, a line on a page, nothing. Each time the job tells something, and wherever it asks, it learns whether it should stop.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace


@dataclass(frozen=True, eq=False)
class Event:
    """Something happened in a job.

    Attributes:
        share: how much of the whole job is done, 0 to 1.
        text: what is being done now, such as "reading the reference".
    """

    share: float
    text: str


class Cancelled(Exception):
    """The job was stopped before its end. Nothing that it was writing is left behind."""


class Watch:
    """Where a job tells its events, and where it asks whether to go on.

    Args:
        tell: called with every event, in the thread that does the job. Exceptions that it raises end the job.
        stopped: asked whether the job should stop.
    """

    def __init__(self, tell: Callable[[Event], None] | None = None, stopped: Callable[[], bool] | None = None) -> None:
        self._tell, self._stopped = tell, stopped

    def stopped(self) -> bool:
        """Whether the job should stop. A run over many pictures finishes those at work first."""
        return self._stopped is not None and self._stopped()

    def check(self) -> None:
        """Raise :class:`Cancelled` once the job should stop."""
        if self.stopped():
            raise Cancelled

    def event(self, event: Event) -> None:
        """Tell an event. Raises :class:`Cancelled` instead once the job should stop."""
        self.check()
        self.note(event)

    def note(self, event: Event) -> None:
        """Tell an event of a job that ends in order by itself; never raises :class:`Cancelled`."""
        if self._tell is not None:
            self._tell(event)

    def __call__(self, share: float, text: str) -> None:
        """Tell an event of two words, which is what the library's ``progress`` arguments call."""
        self.event(Event(share, text))

    def part(self, start: float, end: float) -> Watch:
        """The watch of a part of the job, whose own 0 to 1 is ``start`` to ``end`` of the whole."""
        return Watch(lambda event: self.note(replace(event, share=start + (end - start) * event.share)), self._stopped)


UNWATCHED = Watch()
"""Nobody looks, and nothing stops the job."""
