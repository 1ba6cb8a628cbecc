"""The record of a picture, and the names of files that go with it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from studio.media.images.picture import Container, natural_suffix, result_name
from tests.studio.media.images.conftest import scene, source


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("a.jpg", "a.jpg"),
        ("day 2/a.TIF", "day 2/a.TIF"),
        ("a.gif", "a.png"),
        ("day.2/a.psd", "day.2/a.png"),
        ("a", "a.png"),
        ("day.2/a.NEF", "day.2/a.tif"),
    ],
)
def test_a_graded_copy_keeps_a_name_that_can_be_written(name: str, wanted: str) -> None:
    assert result_name(name) == wanted


@pytest.mark.parametrize(
    ("form", "suffix"), [("JPEG", ".jpg"), ("TIFF", ".tif"), ("HEIF", ".heic"), ("GIF", ".png"), ("RAW", ".tif")]
)
def test_natural_suffix(form: str, suffix: str) -> None:
    assert natural_suffix(Container(form)) == suffix


def test_size_and_depth() -> None:
    picture = source(scene(5, 7, np.uint16))
    assert (picture.height, picture.width, picture.bits, picture.full_size) == (5, 7, 16, (5, 7))
    assert replace(picture, whole=(40, 56)).full_size == (40, 56)
