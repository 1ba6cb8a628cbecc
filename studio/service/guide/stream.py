"""Painting as a stream of events, for a page that shows each as it happens; on a ZeroGPU Space by the GPU that it lends."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import TypeVar

from guidance.catalogue import EMBEDDED_ID, MODELS
from reswd_torch.errors import InputError
from studio.jobs import GuideJob, PaintJob
from studio.service.guide.gpu import gpu, zero_gpu
from studio.service.guide.pipelines import pipeline
from studio.service.guide.run import GuideResult, PaintResult, run_guide, run_paint
from studio.watch import Cancelled, Event, Watch

Result = TypeVar("Result")


def streamed(run: Callable[[Watch], Result], stopped: Callable[[], bool] | None = None) -> Iterator[Event | Result]:
    """Run a job in a thread; yields the events that it tells as they happen, and its result at the end.

    Args:
        run: does the job under the watch that it is given. Once nobody listens any more, that stops it.
        stopped: asked at every event; once it says yes, the job is stopped.

    Raises:
        Cancelled: it was stopped.
        Exception: whatever ``run`` raises.
    """
    events: SimpleQueue[Event | Result | BaseException] = SimpleQueue()
    left = False
    watch = Watch(events.put, lambda: left or (stopped is not None and stopped()))

    def work() -> None:
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
    """Paint in this process: yields every event, and the result at the end.

    Args:
        job: what is wanted.
        device: as for :func:`guidance.loading.load`.
        stopped: asked at each step, while a model is on its way, and while another picture is being painted.

    Raises:
        InputError: what cannot be done, in words for a person.
        Cancelled: it was stopped. Nothing was saved.
    """
    if isinstance(job, GuideJob):
        return streamed(lambda watch: run_guide(job, device, watch), stopped)
    return streamed(lambda watch: run_paint(job, device, watch), stopped)


def _seconds(job: GuideJob | PaintJob, device: str, stop: Path) -> int:
    """What a picture may take on the GPU of a Space, from its steps and the size of the model. Generous by half."""
    entry = MODELS.get(job.model) or MODELS[EMBEDDED_ID]
    wanted = job.generation
    megapixels = (wanted.width or entry.width) * (wanted.height or entry.height) / 1e6
    step = 0.03 + 0.05 * entry.denoiser * max(megapixels, 0.25)
    pictures = 2 if isinstance(job, GuideJob) and job.plain else 1
    return math.ceil(3 + 1.5 * step * wanted.steps * pictures)


@gpu(_seconds)
def _on_gpu(
    job: GuideJob | PaintJob, device: str, stop: Path
) -> Iterator[Event | GuideResult | PaintResult | InputError | Cancelled]:
    """Events, then the result, or what went wrong: raised, it would arrive as something else on ZeroGPU."""

    def stopped() -> bool:
        return stop.exists() or not stop.parent.exists()  # a page that is closed takes its folder with it

    try:
        yield from paint_events(job, device, stopped)
    except (InputError, Cancelled) as error:
        yield error


def paint(job: GuideJob | PaintJob, device: str, stop: Path) -> Iterator[Event | GuideResult | PaintResult]:
    """Paint with the GPU that there is, be it one that a Space lends for the call: events, and the result at the end.

    Args:
        job: what is wanted.
        device: as for :func:`guidance.loading.load`.
        stop: as soon as this file is there, or its folder is not, painting stops.

    Raises:
        InputError: what cannot be done, in words for a person.
        Cancelled: it was stopped.
    """
    # Held here: it may only be closed, and wait for its process, after the file is there.
    events = _on_gpu(job, device, stop)
    try:
        for event in events:
            if isinstance(event, Exception):
                raise event
            yield event
    except GeneratorExit:  # whoever listened has left, and it may be another process that paints
        with suppress(OSError):
            stop.touch()
        raise


def hold_models(models: tuple[str, ...], device: str) -> None:
    """On ZeroGPU, load models in the thread and process that starts the app, as it asks for."""
    if zero_gpu():
        for model in models:
            with pipeline(model, device):
                pass
