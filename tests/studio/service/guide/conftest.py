"""A reference, and the embedded pipeline as the process keeps it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio.service.guide import pipelines
from studio.service.guide.pipelines import pipeline
from tests.studio.service.guide.paintings_for_tests import is_untouched, warm_picture


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    """A picture in warm light."""
    return warm_picture(tmp_path)


@pytest.fixture
def kept() -> Iterator[Any]:
    """The embedded pipeline as the process keeps it. After the test it must be untouched again, and free for the next job."""
    with pipeline() as loaded:
        pass
    yield loaded.pipe
    assert is_untouched(loaded.pipe)
    assert pipelines._ONE_AT_A_TIME.acquire(timeout=5)
    pipelines._ONE_AT_A_TIME.release()
