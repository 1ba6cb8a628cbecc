"""Pictures that a person chose."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from reswd_torch.errors import InputError
from studio.media.images import limits
from studio.ui.pictures import open_side
from studio.ui.words import about
from tests.studio.media.images.film_for_tests import dpx, plain_exr
from tests.studio.media.images.raw_for_tests import dng


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


def test_floats_and_camera_raw_are_chosen_as_any_picture(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "light.tif", np.full((9, 8, 3), 4.0, np.float32), photometric="rgb")
    side = open_side(tmp_path / "light.tif")
    assert side.size == (9, 8) and float(side.preview.pixels.max()) == 4.0
    assert "TIFF, 32-bit float · Linear, Rec.709" in about(side)
    half = open_side(plain_exr(tmp_path / "light.exr"))
    assert half.preview.pixels.dtype == np.float16 and "EXR, 16-bit float" in about(half)
    assert "RAW, 16 bit" in about(open_side(dng(tmp_path / "raw.dng")))
    ten = open_side(dpx(tmp_path / "film.dpx"))
    assert "DPX, 10 bit" in about(ten)


def test_an_app_that_others_share_reads_none_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tifffile.imwrite(tmp_path / "light.tif", np.full((9, 8, 3), 4.0, np.float32), photometric="rgb")
    made = [tmp_path / "light.tif", plain_exr(tmp_path / "light.exr"), dng(tmp_path / "raw.dng")]
    monkeypatch.setattr(limits, "_public", True)
    for path in made:
        with pytest.raises(InputError, match="16-bit"):
            open_side(path)
