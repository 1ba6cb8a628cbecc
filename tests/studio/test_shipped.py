"""Where the example photographs are looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio import shipped
from tests.conftest import ASSETS


def test_in_a_repository_they_are_in_its_assets() -> None:
    assert shipped.ASSETS == ASSETS


def test_those_of_a_wheel_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "assets").mkdir()
    monkeypatch.setattr(shipped, "files", lambda package: tmp_path)
    assert shipped._photographs() == tmp_path / "assets"
