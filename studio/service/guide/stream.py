"""Painting as a stream of events, for a page that shows each as it happens. A ZeroGPU Space lends its GPU for it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import TypeVar

import torch

from guidance.catalogue import EMBEDDED_ID, MODELS
from reswd_torch.errors import InputError
from reswd_torch.threads import allowed
from studio.jobs import GuideJob, PaintJob
from studio.service.guide.gpu import gpu, zero_gpu
from studio.service.guide.pipelines import pipeline
from studio.service.guide.run import GuideResult, PaintResult, run_guide, run_paint
from studio.watch import Cancelled, Event, Watch

Result = TypeVar("Result")


def streamed(run: Callable[[Watch], Result], stopped: Callable[[], bool] | None = None) -> Iterator[Event | Result]:
    """Run a job in a thread. Yields the events that it tells, as they happen, and its result at the end.

    Args:
        run: does the job, and tells its events to the watch that it is given. Once nobody listens any more, that watch stops
            the job.
        stopped: is asked at every event; once it returns True, the job is stopped.

    Raises:
        Cancelled: the job was stopped.
        Exception: whatever ``run`` raises.
    """
    events: SimpleQueue[Event | Result | BaseException] = SimpleQueue()
    left = False
    watch = Watch(events.put, lambda: left or (stopped is not None and stopped()))

    def work() -> None:
        if not zero_gpu():  # whose process is a fork, without the threads of its parent
            torch.set_num_threads(allowed())  # a thread that is started while a fit runs would else paint on one core
        try:
            events.put(run(watch))
        except BaseException as error:  # it is raised again on the other side
            events.put(error)

    Thread(target=work, name="streamed job", daemon=True).start()
    try:
        while True:
            event = events.get()
            if isinstance(event, BaseException):
                raise event
            yield event
            if not isinstance(event, Event):
                return
    finally:
        left = True  # whoever listened is gone: the next event ends the job


def paint_events(
    job: GuideJob | PaintJob, device: str = "auto", stopped: Callable[[], bool] | None = None
) -> Iterator[Event | GuideResult | PaintResult]:
    """Paint in this process. Yields every event, and the result at the end.

    Args:
        job: what is wanted.
        device: as for :func:`guidance.loading.load`.
        stopped: is asked at each step, while a model is loaded, and while another picture is being painted; once it returns
            True, the job is stopped.

    Raises:
        InputError: what cannot be done, in words for a person.
        Cancelled: the job was stopped. Nothing was saved.
    """
    if isinstance(job, GuideJob):
        return streamed(lambda watch: run_guide(job, device, watch), stopped)
    return streamed(lambda watch: run_paint(job, device, watch), stopped)


def _seconds(job: GuideJob | PaintJob, device: str, stop: Path) -> int:
    """Seconds that a job may take on the GPU of a Space, half as much again as its steps and its model's size make likely."""
    entry = MODELS.get(job.model.strip()) or MODELS[EMBEDDED_ID]
    wanted = job.generation
    megapixels = (wanted.width or entry.width) * (wanted.height or entry.height) / 1e6
    step = 0.03 + 0.05 * entry.denoiser * max(megapixels, 0.25)
    pictures = 2 if isinstance(job, GuideJob) and job.plain else 1
    return math.ceil(3 + 1.5 * step * wanted.steps * pictures)


@gpu(_seconds)
def _on_gpu(
    job: GuideJob | PaintJob, device: str, stop: Path
) -> Iterator[Event | GuideResult | PaintResult | InputError | Cancelled]:
    """Yield every event, then the result or the error. An error that is raised arrives as one of Gradio's on ZeroGPU."""

    def stopped() -> bool:
        return stop.exists() or not stop.parent.exists()  # a page that is closed takes its folder with it

    try:
        yield from paint_events(job, device, stopped)
    except (InputError, Cancelled) as error:
        yield error


def paint(job: GuideJob | PaintJob, device: str, stop: Path) -> Iterator[Event | GuideResult | PaintResult]:
    """Paint on the GPU that there is, or that a Space lends for the call. Yields every event, and the result at the end.

    Args:
        job: what is wanted.
        device: as for :func:`guidance.loading.load`.
        stop: a file that stops the job as soon as it exists, as does the end of its folder. Whoever stops listening makes
            this function write it: another process may be painting.

    Raises:
        InputError: what cannot be done, in words for a person.
        Cancelled: the job was stopped. Nothing was saved.
    """
    # A name of its own keeps this generator open until the file is there: closed before, it waits for its process forever.
    events = _on_gpu(job, device, stop)
    error: InputError | Cancelled | None = None
    try:
        for event in events:
            if isinstance(event, Exception):
                error = event  # the last that comes. Raised here, it would hold the other process until garbage is collected
            else:
                yield event
    except GeneratorExit:
        with suppress(OSError):
            stop.touch()
        raise
    if error is not None:
        raise error


def hold_models(models: tuple[str, ...], device: str) -> None:
    """On ZeroGPU, load one model after the other in the thread and process that starts the app, as ZeroGPU asks for.

    Elsewhere nothing is loaded before it is needed.
    """
    if zero_gpu():
        for model in models:
            with pipeline(model, device):
                pass
