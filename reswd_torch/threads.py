"""One thread for a fit: the same bytes on every machine's number of threads, and no waiting on a busy one.

A sum that two threads share is added in another order than by one, so its last bit differs; a fit carries that bit into the
grade, and some pixels of the result differ by one. A fit looks at a few thousand colours, for which a second thread saves
nothing: PyTorch's threads meet after every operation, and where another process holds a core each of these meetings waits
for it. On such a machine a fit took up to twenty times as long on two threads as on one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


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
