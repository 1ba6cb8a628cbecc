"""Whether whoever asked for a job is still there. A job whose caller has left stops at its next step."""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Lock

import gradio as gr
from gradio.context import LocalContext

from studio.ui.limits import limits
from studio.watch import Watch

PATIENCE = 60.0
"""Seconds after which a job stops whose caller never came to listen."""
JOBS = ("streamed job", "batch-run", "tool job")
"""Names of the threads in which jobs run."""
_REMEMBERED = 20_000
_ending = Event()
_lock = Lock()
_heard: OrderedDict[str, None] = OrderedDict()
_open: Counter[str] = Counter()
_left: OrderedDict[str, float] = OrderedDict()


def listens(caller: str) -> None:
    """Remember that a caller has begun to listen.

    Args:
        caller: the hash of a page's session, or the id of an event.
    """
    with _lock:
        _heard[caller] = None
        _heard.move_to_end(caller)
        while len(_heard) > _REMEMBERED:
            _heard.popitem(last=False)


@contextmanager
def here(page: str) -> Iterator[None]:
    """An open page: from its first sign of life until its connection ends.

    Args:
        page: the hash of its session.
    """
    with _lock:
        _open[page] += 1
    try:
        yield
    finally:
        with _lock:
            _open[page] -= 1
            if not _open[page]:
                del _open[page]
                _left[page] = time.monotonic()
                _left.move_to_end(page)
            while len(_left) > _REMEMBERED:
                _left.popitem(last=False)


def is_here(page: str) -> bool:
    """Whether a page is open."""
    return page in _open


def left_at(page: str) -> float | None:
    """When a page was closed, by ``time.monotonic``; None where it is open, or was never seen."""
    with _lock:
        return None if page in _open else _left.get(page)


def end_all() -> None:
    """Let every job stop: the server ends."""
    _ending.set()


def wait_for_jobs(seconds: float = 10.0) -> bool:
    """Wait until the jobs have ended that run in threads of their own; whether they have."""
    until = time.monotonic() + seconds
    jobs = [thread for thread in threading.enumerate() if thread.name in JOBS]
    for thread in jobs:
        thread.join(max(0.0, until - time.monotonic()))
    return not any(thread.is_alive() for thread in jobs)


def caller_left() -> Callable[[], bool]:
    """Tells of the job that Gradio runs in this thread whether its caller has left; called as the job begins.

    Gradio marks an event as dead once the stream of its answers is cut: the page was closed, or the program ended. An event
    that was cancelled is no longer known to it. A job that takes longer than this instance gives one has to stop as well.
    """
    blocks, event_id = LocalContext.blocks.get(None), LocalContext.event_id.get(None)
    if blocks is None or event_id is None:
        return _ending.is_set
    events, begun = blocks._queue.event_ids_to_events, time.monotonic()

    def left() -> bool:
        event = events.get(event_id)
        took = time.monotonic() - begun
        if _ending.is_set() or event is None or not event.alive or took > limits().work:
            return True
        if took < PATIENCE:
            return False
        return not (event_id in _heard or event.session_hash in _heard)

    return left


def page_watch(progress: gr.Progress, stop: Callable[[], bool] | None) -> Watch:
    """What a job of a page is told by: its progress is shown there, and it ends with *Stop* and with its caller.

    Args:
        progress: of the event.
        stop: whether *Stop* was pressed; None where there is no such button.
    """
    left = caller_left()
    return Watch(lambda event: progress(event.share, desc=event.text), lambda: left() or (stop is not None and stop()))
