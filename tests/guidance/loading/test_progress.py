"""Progress never falls, and what stopped it is remembered."""

from __future__ import annotations

import pytest

from guidance.loading.progress import MonotoneProgress
from tests.guidance.loading.local_hub import recorder


def test_the_share_never_falls_and_ends_at_one() -> None:
    told, tell = recorder()
    progress = MonotoneProgress(tell)
    for share in (0.0, 0.5, 0.2, 1.3):
        progress(share, "a file")
    assert told == [(0.0, "a file"), (0.5, "a file"), (0.5, "a file"), (1.0, "a file")]
    assert progress.stopped is None
    MonotoneProgress(None)(0.5, "nobody listens")


def test_the_exception_that_stopped_it_is_kept() -> None:
    reason = KeyboardInterrupt()

    def stop(share: float, text: str) -> None:
        raise reason

    progress = MonotoneProgress(stop)
    with pytest.raises(KeyboardInterrupt):
        progress(0.1, "a file")
    assert progress.stopped is reason
