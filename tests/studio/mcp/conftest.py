"""A folder of small pictures that tools may use."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.studio.conftest import write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """``allowed``: a picture, a reference in warm light, and a folder of three pictures."""
    allowed = tmp_path / "allowed"
    write(allowed / "a.png", 1)
    write(allowed / "warm.png", 99, tint=(1.0, 0.7, 0.4))
    for number, name in enumerate(["x.png", "y.jpg", "z.png"]):
        write(allowed / "shots" / name, number)
    return allowed
