"""Pictures that a person chose."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from reswd_torch.errors import InputError
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


def test_floats_are_left_to_the_command_line(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "light.tif", np.zeros((9, 9, 3), np.float32), photometric="rgb")
    with pytest.raises(InputError, match="pictures of floats are not shown here: match this one by the command line"):
        open_side(tmp_path / "light.tif")
