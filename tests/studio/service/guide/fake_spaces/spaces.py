"""Stands for Hugging Face's package of this name, as far as studio.service.guide.gpu uses it.

Like the real one it runs a decorated generator in a forked process, pickles what goes there and comes back, asks the duration
for the same arguments, and turns an exception into one of Gradio's that knows the name of the class only.
"""

from __future__ import annotations

import functools
import inspect
import multiprocessing
import os
import pickle
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gradio as gr

_FORK = multiprocessing.get_context("fork")


def GPU(duration: Callable[..., int]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a generator function."""

    def decorate(task: Callable[..., Any]) -> Callable[..., Any]:
        assert inspect.isgeneratorfunction(task)

        @functools.wraps(task)
        def lent(*args: Any) -> Iterator[Any]:
            _log(f"duration {duration(*args)}")
            events = _FORK.SimpleQueue()
            process = _FORK.Process(target=_run, args=(task, pickle.dumps(args), events), daemon=True)
            process.start()
            try:
                while True:
                    kind, value = pickle.loads(events.get())
                    if kind == "end":
                        break
                    if kind == "error":
                        raise gr.Error(value, title="ZeroGPU worker error")
                    _log("event")
                    yield value
            finally:
                while process.is_alive():  # the real one, too, waits here for a worker whose listener has left
                    if not events.empty():
                        events.get()
                        _log("event")
                    time.sleep(0.002)

        return lent

    return decorate


def _run(task: Callable[..., Any], args: bytes, events: Any) -> None:
    import torch

    torch.set_num_threads(1)  # the threads of the process that was forked are not here
    _log(f"process {os.getpid()}")
    try:
        for value in task(*pickle.loads(args)):
            events.put(pickle.dumps(("value", value)))
    except Exception as error:
        events.put(pickle.dumps(("error", type(error).__name__)))
    events.put(pickle.dumps(("end", None)))
    time.sleep(0.2)  # an end takes its time: whoever does not wait for it is found out
    _log("worker ended")


def _log(line: str) -> None:
    with Path(os.environ["FAKE_SPACES_LOG"]).open("a", encoding="utf-8") as out:
        out.write(line + "\n")
