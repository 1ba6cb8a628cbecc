"""The line of those who wait: whoever was served last waits behind those who were not, and nobody fills it alone."""

from __future__ import annotations

import ipaddress
import random
import time
from collections import Counter, OrderedDict
from typing import Any

from gradio.queueing import Event, EventQueue, Queue

from studio.ui.limits import limits
from studio.ui.narrow import LONGEST_NAME

ONE_EACH = frozenset({"generate"})
"""Lines in which a visitor has one job at work: it holds the one pipeline, or waits for it."""
_REMEMBERED = 10_000
_MOST_TOLD = 1500
"""Callers for whom answers are kept. Gradio keeps 2000, and forgets the oldest, who may wait for a job."""


def visitor(request: Any, session: str | None) -> str:
    """Who asks: the address of the caller; behind a web server that does not pass it on, and on this machine, the page.

    Args:
        request: as it came in.
        session: the hash that the caller gave itself; None where it gave none.
    """
    client = None if request is None else request.client
    address = "" if client is None else str(client.host)
    try:
        told = ipaddress.ip_address(address).is_global
    except ValueError:
        told = False
    return address if told or session is None else session


def visitor_of(event: Event) -> str:
    """Who asked for a job. Gradio gives a caller without a session the name of the job for one."""
    return visitor(event.request, None if event.session_hash == event._id else event.session_hash)


class Line(Queue):
    """Gradio's queue of jobs, in which visitors take turns.

    Of the jobs that wait for the same thing, the first goes of whoever has the fewest before it: those at work, and those
    further to the front. Between equals goes who came first, where whoever was served came again when that ended.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._served: OrderedDict[str, float] = OrderedDict()

    async def push(self, body: Any, request: Any, username: str | None) -> Any:
        """Let a job in, or say why not. The words reach the page and the caller of an endpoint."""
        allowed = limits()
        if len(body.session_hash or "") > LONGEST_NAME:
            return False, f"session_hash has more than {LONGEST_NAME} characters", "error"
        if body.fn_index is not None and body.fn_index not in self.blocks.fns:
            return False, "There is no event of this number", "error"
        if self.max_size is not None and len(self) >= self.max_size:
            return False, f"{len(self)} jobs are waiting here already: try again in a minute", "queue_full"
        asks = visitor(request, body.session_hash)
        lines = list(self.event_queue_per_concurrency_id.values())
        waiting = sum(visitor_of(event) == asks for line in lines for event in line.queue)
        if waiting >= allowed.waiting_each:
            return False, f"{waiting} of your jobs are waiting: wait until one of them is done", "queue_full"
        self._make_room()
        return await super().push(body, request, username)

    def send_message(self, event: Event, event_message: Any) -> None:
        """Tell a caller something; nothing to one who was forgotten."""
        if event.session_hash in self.pending_messages_per_session:
            super().send_message(event, event_message)

    def _make_room(self) -> None:
        """Forget the answers of those who called first and have no job by now: they never came to listen."""
        told, jobs = self.pending_messages_per_session, self.pending_event_ids_session
        if len(told) <= _MOST_TOLD:
            return
        busy = {event.session_hash for event in self.event_ids_to_events.values()}
        for session in [each for each in told if each not in busy][: len(told) - _MOST_TOLD + 100]:
            del told[session]
        for session in [each for each in jobs if each not in told]:
            del jobs[session]

    def get_events(self) -> tuple[list[Event], bool, str] | None:
        """The job whose turn it is, out of its line."""
        names = list(self.event_queue_per_concurrency_id)
        random.shuffle(names)
        for name in names:
            line = self.event_queue_per_concurrency_id[name]
            if line.concurrency_limit is not None and line.current_concurrency >= line.concurrency_limit:
                continue
            event = self._next(name, line)
            if event is not None:
                line.queue.remove(event)
                return [event], False, name
        return None

    async def process_events(self, events: list[Event], *rest: Any) -> None:
        """Do a job, and remember when its visitor was served."""
        try:
            await super().process_events(events, *rest)
        finally:
            for event in events:
                self._served[visitor_of(event)] = time.monotonic()
                self._served.move_to_end(visitor_of(event))
                self._forget(event)
            while len(self._served) > _REMEMBERED:
                self._served.popitem(last=False)

    def _forget(self, event: Event) -> None:
        """Forget what Gradio keeps for the page of a caller that has no page: 0.5 MB a call, and pages would go for it."""
        if event.session_hash == event._id and self.server_app is not None:
            holder = self.server_app.state_holder
            with holder.lock:
                holder.session_data.pop(event._id, None)
                holder.time_last_used.pop(event._id, None)

    def _next(self, name: str, line: EventQueue) -> Event | None:
        at_work = Counter(
            visitor_of(event) for job in self.active_jobs if job for event in job if event.concurrency_id == name
        )
        found: list[tuple[int, float, Event]] = []
        for event in line.queue:
            visitor = visitor_of(event)
            found.append((at_work[visitor], max(event.enqueue_time, self._served.get(visitor, 0.0)), event))
            at_work[visitor] += 1
        if not found:
            return None
        before, _, event = min(found, key=lambda each: each[:2])
        return None if before and name in ONE_EACH else event
