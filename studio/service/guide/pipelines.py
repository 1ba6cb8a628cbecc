"""The text-to-image pipeline of this process. It is loaded when it is first needed, and paints one picture at a time."""

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
"""Seconds after which a job that waits for its turn tells so once more, and so may be stopped."""
_kept: dict[tuple[str, str], LoadedModel] = {}
"""The model that was used last, by its id or folder and its device. It holds one model at most."""


@contextmanager
def pipeline(
    model: str = EMBEDDED_ID, device: str = "auto", progress: OnProgress | None = None
) -> Iterator[LoadedModel]:
    """Use a pipeline, and keep all others waiting meanwhile. A model that is not the last one used takes its place in memory.

    Args:
        model: as for :func:`guidance.loading.load`.
        device: as for :func:`guidance.loading.load`.
        progress: as for :func:`guidance.loading.load`; it is also called while another picture is being painted. It may raise
            an exception, which ends the waiting or the loading.

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
    """Wait until no other picture is being painted."""
    while not _ONE_AT_A_TIME.acquire(timeout=-1 if progress is None else _ASK_AGAIN):
        assert progress is not None
        progress(0.0, "waiting for another picture")
    try:
        yield
    finally:
        _ONE_AT_A_TIME.release()


def _make_room() -> None:
    """Give the memory of the last model back before the next one is loaded, whose place is chosen by what is free."""
    import torch

    _kept.clear()
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
