"""Where the work of a run is done: threads, processes, or a Ray cluster. All are executors of the standard library's kind."""

from __future__ import annotations

import logging
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.context import SpawnContext, SpawnProcess
from threading import Thread
from typing import Any, Generic, TypeVar

from studio.fault import fault_line

Task = TypeVar("Task")
MAX_TRIES = 3
"""A task whose worker dies is tried this often, the later times with nothing else at work beside it."""


@dataclass(frozen=True, eq=False)
class Finished(Generic[Task]):
    """A task that is over.

    Attributes:
        task: which.
        value: what the function returned; None where it did not come to that.
        tries: 1, and one more for each worker that died.
        problem: why there is no value.
    """

    task: Task
    value: Any
    tries: int
    problem: str = ""


def run_all(
    workers: Executor,
    function: Callable[[Task], Any],
    tasks: Iterable[Task],
    *,
    window: int,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Finished[Task]]:
    """Run a function over tasks, in the order they finish, a few at a time so that nothing grows with their number.

    Args:
        workers: which do it.
        function: a task may be done twice.
        tasks: taken as they are needed.
        window: how many are handed out at once.
        stop: asked before each hand-out; once it is true, those handed out are finished and no more.
    """
    waiting = iter(tasks)
    running: dict[Future[Any], tuple[Task, int]] = {}
    suspects: deque[tuple[Task, int]] = deque()
    while True:
        while not stop() and len(running) < (1 if suspects else window):
            if suspects and not running:
                task, tries = suspects.popleft()
            elif suspects or (taken := next(waiting, None)) is None:
                break
            else:
                task, tries = taken, 0
            running[workers.submit(function, task)] = (task, tries + 1)
        if not running:
            return
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            task, tries = running.pop(future)
            try:
                yield Finished(task, future.result(), tries)
            except _died() as error:
                logging.getLogger(__name__).warning("a worker died: %s", type(error).__name__)
                if tries < MAX_TRIES:
                    suspects.append((task, tries))
                else:
                    yield Finished(task, None, tries, f"a worker process died over it {tries} times, also alone")
            except Exception as error:  # on the way to the worker or back: the others shall go on
                yield Finished(task, None, tries, fault_line(error))


def _died() -> tuple[type[BaseException], ...]:
    """What a future raises when its worker is gone; Ray's own only where Ray is at work."""
    import sys

    if "ray" not in sys.modules:
        return (BrokenProcessPool,)
    from ray.exceptions import NodeDiedError, OutOfMemoryError, WorkerCrashedError

    return (BrokenProcessPool, WorkerCrashedError, NodeDiedError, OutOfMemoryError)


def local(jobs: int) -> Executor:
    """Workers on this machine: processes, so that a decoder that crashes takes no other picture with it.

    One job needs no other process. From a script of your own, more than one want ``if __name__ == "__main__":``.
    """
    return threads(1) if jobs == 1 else _Processes(jobs)


def threads(jobs: int) -> Executor:
    """Workers in this process: for the browser app, where all is loaded already.

    Fits compute on one thread wherever they run, so that the cores are shared between pictures and the bytes are the same.
    """
    return ThreadPoolExecutor(jobs, thread_name_prefix="batch")


class _Processes(Executor):
    """A process pool that goes on after one of its processes died: the rest of the pool, which is lost, is made anew."""

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._pool = self._new()

    def _new(self) -> ProcessPoolExecutor:
        self._context = _Spawning()
        with _deaf():
            pool = ProcessPoolExecutor(self._jobs, mp_context=self._context, initializer=_begin)
            # A pool starts one process for each of its first tasks, and overlooks those that start while a task is at work: it
            # would neither notice that one died nor end it, and wait for ever. So all start now, over tasks that are nothing.
            for _ in range(self._jobs):
                pool.submit(os.getpid)
        return pool

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        try:
            future = self._pool.submit(fn, *args, **kwargs)
        except BrokenProcessPool:
            self._context.kill()
            self._pool.shutdown(wait=True)
            self._pool = self._new()
            future = self._pool.submit(fn, *args, **kwargs)
        future.add_done_callback(self._context.kill_if_broken)
        return future

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.shutdown(cancel_futures=kind is not None)  # stopped at once: what has not begun does not begin

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._pool.shutdown(wait, cancel_futures=cancel_futures)


class _Spawning(SpawnContext):
    """Processes are spawned, as a fork of one with threads (PyTorch's, OpenCV's) may hang, and those of a pool are known."""

    def __init__(self) -> None:
        self._started: list[SpawnProcess] = []

    def Process(self, *args: Any, **kwargs: Any) -> SpawnProcess:  # type: ignore[override]  # the name and place of multiprocessing's own
        self._started.append(SpawnProcess(*args, **kwargs))
        return self._started[-1]

    def kill(self) -> None:
        """End what is left of a pool that broke: the pool itself sends SIGTERM and waits, however long it takes."""
        for process in self._started:
            if process.pid is not None:  # it did start
                process.kill()

    def kill_if_broken(self, future: Future[Any]) -> None:
        """For a task that is over: :meth:`kill`, where a process of the pool died meanwhile."""
        if not future.cancelled() and isinstance(future.exception(), BrokenProcessPool):
            self.kill()


@contextmanager
def _deaf() -> Iterator[None]:
    """Processes that are started meanwhile never hear Ctrl+C, nor that their terminal is closed: the run ends in order.

    They are started with these signals blocked, so that they do not hear them before their first line of Python either.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    unheard = {signal.SIGINT, signal.SIGHUP}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, unheard)
    try:
        resource_tracker.ensure_running()  # deaf as well; as it starts, with the first process at the latest, it unblocks SIGINT
        signal.pthread_sigmask(signal.SIG_BLOCK, unheard)
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    """In a new process: one core, no Ctrl+C (:func:`_deaf`, which Windows lacks), and an end when the run was killed.

    SIGTERM ends it at once, as the pool itself does with processes that are left when one died.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from reswd_torch.threads import work_on_one_core

    work_on_one_core()
    Thread(target=_end_with_parent, daemon=True, name="end-with-parent").start()


def _end_with_parent() -> None:
    """A pool's processes outlive a parent that was killed, and might write into a run that goes on already."""
    from multiprocessing import connection, parent_process

    parent = parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    os._exit(1)
