"""A folder to work in."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.studio.pictures import eight_bits


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with source.png and target.jpg in it."""
    Image.fromarray(eight_bits(1)).save(tmp_path / "source.png")
    Image.fromarray(eight_bits(2)).save(tmp_path / "target.jpg", quality=95)
    return tmp_path
