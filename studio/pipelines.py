"""The text-to-image pipeline of this process: loaded when it is first needed, one at a time, serving one picture at a time."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

from guidance.models import EMBEDDED_ID

if TYPE_CHECKING:
    from guidance.loading import LoadedModel

Progress = Callable[[float, str], None]
_ONE_AT_A_TIME = Lock()  # a pipeline keeps the state of its call in itself
_kept: dict[tuple[str, str], LoadedModel] = {}


@contextmanager
def pipeline(model: str = EMBEDDED_ID, device: str = "auto", progress: Progress | None = None) -> Iterator[LoadedModel]:
    """Use a pipeline; others wait. Another model than the last one takes its place in memory.

    Args:
        model: as for :func:`guidance.loading.load`.
        device: likewise.
        progress: likewise; may raise to stop.

    Raises:
        InputError: see :func:`guidance.loading.load`.
    """
    from guidance.loading import load

    with _ONE_AT_A_TIME:
        key = (model, device)
        if key not in _kept:
            _kept.clear()
            gc.collect()  # a large model's memory is needed before the next one's
            _kept[key] = load(model, device, progress)
        yield _kept[key]
