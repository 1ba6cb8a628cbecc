"""One thread for a fit: the same bytes on every machine's number of threads, and no waiting on a busy one.

A sum that two threads share is added in another order than by one, so its last bit differs; a fit carries that bit into the
grade, and some pixels of the result differ by one. A fit looks at a few thousand colours, for which a second thread saves
nothing: PyTorch's threads meet after every operation, and where another process holds a core each of these meetings waits
for it. On such a machine a fit took up to twenty times as long on two threads as on one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock
from typing import TypeVar

import torch

First = TypeVar("First")
Second = TypeVar("Second")
_lock = Lock()
_opencv_users = 0
_opencv_threads = 1


@contextmanager
def one_thread() -> Iterator[None]:
    """Let PyTorch compute on one thread inside the block (or inside the function, as a decorator).

    PyTorch keeps the number of threads for each thread of Python, so fits that run side by side do not disturb each other.
    A thread that is started while some fit runs begins with one thread, as PyTorch hands on the number that was set last.
    """
    before = torch.get_num_threads()
    if before == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def opencv_on_one_thread() -> Iterator[None]:
    """Let OpenCV compute on one thread while any block like this runs.

    OpenCV's threads wait for each other as PyTorch's do. It has one number of threads for the whole process, which the last
    block to end puts back.
    """
    import cv2

    global _opencv_users, _opencv_threads
    with _lock:
        _opencv_users += 1
        if _opencv_users == 1:
            _opencv_threads = cv2.getNumThreads()
            cv2.setNumThreads(1)
    try:
        yield
    finally:
        with _lock:
            _opencv_users -= 1
            if _opencv_users == 0:
                cv2.setNumThreads(_opencv_threads)


_allowed = torch.get_num_threads()


def allowed() -> int:
    """How many threads work may be spread over whose result does not depend on their number, such as strips of a picture.

    What PyTorch said as the process began. What it says later depends on the thread of Python that asks: one that was
    started while a fit ran is told 1 for the rest of its life.
    """
    return _allowed


def side_by_side(first: Callable[[], First], second: Callable[[], Second]) -> tuple[First, Second]:
    """Do two independent things at once where more than one thread is allowed, else one after the other.

    Returns:
        What each returned. An error of the first is raised before one of the second.
    """
    if allowed() == 1:
        return first(), second()
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(second)
        mine = first()
        return mine, other.result()


def work_on_one_core() -> None:
    """Use one thread from now on, in this process: for workers of which there is one per core."""
    import cv2

    global _allowed
    _allowed = 1
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
