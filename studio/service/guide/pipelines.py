"""The text-to-image pipeline of this process: loaded when it is first needed, one at a time, serving one picture at a time."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

from guidance.catalogue import EMBEDDED_ID

if TYPE_CHECKING:
    from guidance.loading import LoadedModel, OnProgress

_ONE_AT_A_TIME = Lock()  # a pipeline keeps the state of its call in itself
_ASK_AGAIN = 0.2
"""Seconds between two times that whoever waits may say that they do not want to any more."""
_kept: dict[tuple[str, str], LoadedModel] = {}


@contextmanager
def pipeline(
    model: str = EMBEDDED_ID, device: str = "auto", progress: OnProgress | None = None
) -> Iterator[LoadedModel]:
    """Use a pipeline; others wait. Another model than the last one takes its place in memory.

    Args:
        model: as for :func:`guidance.loading.load`.
        device: likewise.
        progress: likewise, and while another picture is being painted; may raise to stop.

    Raises:
        InputError: see :func:`guidance.loading.load`.
    """
    from guidance.loading import load

    with _turn(progress):
        key = (model.strip(), device)
        if key not in _kept:
            _make_room()
            _kept[key] = load(model, device, progress)
        loaded = _kept[key]
        try:
            yield loaded
        except BaseException:
            if loaded.placement.offload == "model":
                loaded.pipe.maybe_free_model_hooks()  # what a call that was stopped left on the device
            raise


@contextmanager
def _turn(progress: OnProgress | None) -> Iterator[None]:
    while not _ONE_AT_A_TIME.acquire(timeout=-1 if progress is None else _ASK_AGAIN):
        assert progress is not None
        progress(0.0, "waiting for another picture")
    try:
        yield
    finally:
        _ONE_AT_A_TIME.release()


def _make_room() -> None:
    """Give the last model's memory back: it is needed before the next one's, whose place is chosen by what is free."""
    import torch

    _kept.clear()
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
