"""The text-to-image pipeline of this process. It is loaded when it is first needed, and paints one picture at a time."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition
from typing import TYPE_CHECKING

from guidance.catalogue import EMBEDDED_ID, EMBEDDED_IDS
from guidance.quantize.kinds import NONE

if TYPE_CHECKING:
    from guidance.loading import LoadedModel, OnProgress


class Turns:
    """A lock that is held in the order in which it was asked for. A plain one goes to anybody who waits."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._line: deque[object] = deque()  # the first of it holds the lock

    def join(self) -> object:
        """Take a place at the end of the line."""
        place = object()
        with self._changed:
            self._line.append(place)
        return place

    def wait(self, place: object, timeout: float | None) -> bool:
        """Wait for a place to be the first, in seconds; whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: self._line[0] is place, timeout)

    def leave(self, place: object) -> None:
        """Give the lock to the next, or the place in the line up."""
        with self._changed:
            self._line.remove(place)
            self._changed.notify_all()

    def acquire(self, timeout: float | None = None) -> bool:
        """Join, and wait for at most so many seconds; whether the lock is held then."""
        place = self.join()
        held = self.wait(place, timeout)
        if not held:
            self.leave(place)
        return held

    def release(self) -> None:
        """Give the lock to the next."""
        self.leave(self._line[0])

    def locked(self) -> bool:
        """Whether anybody holds the lock."""
        return bool(self._line)


_ONE_AT_A_TIME = Turns()  # a pipeline keeps the state of its call in itself
WAITING = "waiting for another picture"
"""What a job tells until it is its turn."""
_ASK_AGAIN = 0.2
"""Seconds after which a job that waits for its turn tells so once more, and so may be stopped."""
_kept: dict[tuple[str, str, str], LoadedModel] = {}
"""The model that was used last, by its id or folder, its device and its quantization. It holds one model at most, or the
embedded ones of one device: these are small, a ZeroGPU Space holds them all from its start, and who compares them waits for
neither."""


@contextmanager
def pipeline(
    model: str = EMBEDDED_ID, device: str = "auto", progress: OnProgress | None = None, quantize: str = NONE
) -> Iterator[LoadedModel]:
    """Use a pipeline, and keep all others waiting meanwhile. A model that is not the last one used takes its place in memory;
    only the embedded ones stay beside each other.

    Args:
        model: as for :func:`guidance.loading.load`.
        device: as for :func:`guidance.loading.load`.
        progress: as for :func:`guidance.loading.load`; it is also called while another picture is being painted. It may raise
            an exception, which ends the waiting or the loading.
        quantize: as for :func:`guidance.loading.load`.

    Raises:
        InputError: see :func:`guidance.loading.load`.
    """
    from guidance.loading import load

    with _turn(progress):
        key = (model.strip(), device, quantize)
        if key not in _kept:
            _make_room(*key)
            _kept[key] = load(model, device, progress, quantize=quantize)
        loaded = _kept[key]
        try:
            yield loaded
        except BaseException:
            if loaded.placement.offload == "model":
                loaded.pipe.maybe_free_model_hooks()  # what a call that was stopped left on the device
            raise


@contextmanager
def _turn(progress: OnProgress | None) -> Iterator[None]:
    """Wait until no other picture is being painted."""
    place = _ONE_AT_A_TIME.join()
    try:
        while not _ONE_AT_A_TIME.wait(place, None if progress is None else _ASK_AGAIN):
            assert progress is not None
            progress(0.0, WAITING)
        yield
    finally:
        _ONE_AT_A_TIME.leave(place)


def _make_room(model: str, device: str, quantize: str) -> None:
    """Give the memory of the last model back before the next one is loaded, whose place is chosen by what is free."""
    import torch

    for kept in list(_kept):
        if not (model in EMBEDDED_IDS and kept[0] in EMBEDDED_IDS and kept[1:] == (device, quantize)):
            del _kept[kept]
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
