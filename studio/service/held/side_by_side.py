"""Frames side by side, each of them on one thread.

That costs less than a frame after the other, each on all threads, which would meet after every step of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from reswd_torch.threads import allowed, one_thread, opencv_on_one_thread

Given = TypeVar("Given")
Made = TypeVar("Made")
MOST_THREADS = 8


def spread_over(work: Callable[[Given], Made], items: Sequence[Given]) -> list[Made]:
    """What ``work`` returns for each item, in their order, on as many threads as are allowed. The first error is raised, once
    what is at work by then has ended."""

    def alone(item: Given) -> Made:
        with one_thread():
            return work(item)

    threads = min(allowed(), len(items), MOST_THREADS)
    with opencv_on_one_thread():
        if threads < 2:
            return [alone(item) for item in items]
        with ThreadPoolExecutor(threads) as pool:
            futures = [pool.submit(alone, item) for item in items]
            try:
                return [future.result() for future in futures]
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
