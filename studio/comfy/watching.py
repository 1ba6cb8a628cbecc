"""ComfyUI's bar, and its interruption, as what a job tells and asks."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable
from typing import Any

from studio.watch import UNWATCHED, Event, Watch

LOG = logging.getLogger("reswd")


def watching(steps: int = 100) -> Watch:
    """A watch that moves the bar of the node at work, and that ends it where a person interrupts; outside of ComfyUI none."""
    utils: Any = sys.modules.get("comfy.utils")
    management: Any = sys.modules.get("comfy.model_management")
    if utils is None or management is None:
        return UNWATCHED
    bar = utils.ProgressBar(max(1, steps))

    def tell(event: Event) -> None:
        management.throw_exception_if_processing_interrupted()
        bar.update_absolute(round(event.share * max(1, steps)))

    return Watch(tell)


def note(notes: Iterable[str]) -> None:
    """What was assumed, into ComfyUI's log."""
    for one in notes:
        LOG.info("ReSWD: %s", one)
