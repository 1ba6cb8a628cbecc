"""Fewer moments, for the sake of time: what is tested here does not depend on their number."""

from __future__ import annotations

import pytest

from studio.service.drift import moments
from tests.studio.service.drift.made import MOMENTS


@pytest.fixture(autouse=True)
def few_moments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moments, "MOMENTS", MOMENTS)
