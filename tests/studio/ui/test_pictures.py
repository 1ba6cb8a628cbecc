"""Pictures that a person chose."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from studio.ui.pictures import open_side


def test_sizes_of_turned_and_reduced_jpegs(tmp_path: Path) -> None:
    turned = tmp_path / "turned.jpg"
    exif = Image.Exif()
    exif[274] = 6
    Image.new("RGB", (4000, 3000), (90, 120, 30)).save(turned, exif=exif)
    side = open_side(turned)
    assert side.size == (4000, 3000)
    assert max(side.preview.pixels.shape) == 1600


def test_a_picture_past_pillows_limit_is_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    large = tmp_path / "large.jpg"
    Image.new("RGB", (2400, 1800), (90, 120, 30)).save(large)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1_000_000)
    assert open_side(large).size == (1800, 2400)
