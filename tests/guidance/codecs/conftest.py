"""Tiny pipelines for the tests of codecs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.guidance import tiny


@pytest.fixture(scope="module")
def pipes() -> dict[str, Any]:
    """A tiny pipeline of every family. Tests must not change them."""
    return {family: tiny.tiny_pipeline(family) for family in tiny.FAMILIES}


@pytest.fixture(params=tiny.FAMILIES)
def family(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def pipe(pipes: dict[str, Any], family: str) -> Any:
    return pipes[family]
