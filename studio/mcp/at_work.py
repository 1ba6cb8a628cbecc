"""Jobs of tools: in a worker thread, one at a time, with their progress told and stopped by whoever asked for them."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import anyio
import anyio.lowlevel
import anyio.to_thread

from studio.watch import Event, Watch

Result = TypeVar("Result")
Tell = Callable[[Event], Awaitable[None]]
THREAD = "tool job"
"""The name of a thread while a job runs in it, by which the app that ends waits for it."""
WAITING = Event(0.0, "waiting for another job")
_EVERY = 0.1
"""Seconds from one look at the progress to the next: a clip tells every frame, and nobody reads so many lines."""


class AtWork:
    """The one place where jobs are done."""

    def __init__(self) -> None:
        self._one_at_a_time = anyio.CapacityLimiter(1)
        self._in_line = 0
        self._ending = threading.Event()

    def end(self) -> None:
        """Let the job at work stop at its next step, and every later one at its first. From any thread."""
        self._ending.set()

    async def run(self, work: Callable[[Watch], Result], tell: Tell) -> Result:
        """Do a job when it is its turn.

        Where the task is cancelled, the job is stopped at its next step, and this waits for that: then nothing of it is left
        half-written, and the next job does not begin beside it.

        Args:
            work: the job, which is given the watch that tells and stops it.
            tell: is awaited with the latest event, some times a second. Shares only grow, as the protocol wants it.

        Raises:
            Exception: whatever the job raises.
        """
        self._in_line += 1
        try:
            waits = self._in_line > 1
            if waits:
                await tell(WAITING)
            return await self._done(_Job(work, self._ending, WAITING.share if waits else -1.0), tell)
        finally:
            self._in_line -= 1

    async def _done(self, job: _Job[Result], tell: Tell) -> Result:
        async with anyio.create_task_group() as both:
            both.start_soon(job.look_after, tell)
            await anyio.to_thread.run_sync(job.do, limiter=self._one_at_a_time)
            both.cancel_scope.cancel()
        await anyio.lowlevel.checkpoint_if_cancelled()  # meanwhile: whoever asked wants no answer
        await job.tell_latest(tell)
        return job.outcome()


class _Job(Generic[Result]):
    def __init__(self, work: Callable[[Watch], Result], ending: threading.Event, told: float) -> None:
        self._work, self._ending = work, ending
        self._stop = threading.Event()
        self._latest: Event | None = None
        self._told = told
        self._results: list[Result] = []
        self._error: BaseException | None = None

    def do(self) -> None:
        """In the worker thread. Errors are kept, since a group of tasks would wrap them."""
        thread = threading.current_thread()
        name, thread.name = thread.name, THREAD
        try:
            self._results.append(self._work(Watch(self._happened, self._stopped)))
        except BaseException as error:
            self._error = error
        finally:
            thread.name = name

    def _stopped(self) -> bool:
        return self._stop.is_set() or self._ending.is_set()

    def _happened(self, event: Event) -> None:
        self._latest = event

    def outcome(self) -> Result:
        if self._error is not None:
            raise self._error
        return self._results[0]

    async def look_after(self, tell: Tell) -> None:
        """Tell the progress until the job is over; once this task is cancelled, the job stops."""
        try:
            while True:
                await anyio.sleep(_EVERY)
                await self.tell_latest(tell)
        finally:
            self._stop.set()

    async def tell_latest(self, tell: Tell) -> None:
        latest = self._latest
        if latest is not None and latest.share > self._told:
            self._told = latest.share
            await tell(latest)
