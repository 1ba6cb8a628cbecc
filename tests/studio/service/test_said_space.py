"""What colour space a file says that it is in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from studio.media.images import read_picture
from studio.service.said_space import SaidSpace, said_space
from tests.studio.media.images.film_for_tests import light, plain_exr
from tests.studio.media.images.profiles_for_tests import display_p3
from tests.studio.media.images.raw_for_tests import dng
from tests.studio.pictures import sixteen_bits, write_deep
from tests.studio.spaces_for_tests import PLACE

AP0 = (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767)
AP1 = (0.713, 0.293, 0.165, 0.83, 0.128, 0.044, 0.32168, 0.33767)


@pytest.mark.parametrize(
    ("attributes", "wanted"),
    [
        ({"colorInteropID": "lin_ap1_scene"}, SaidSpace("ACEScg", assumed=False)),
        ({"colorInteropID": "lin_p3d65_scene"}, SaidSpace("Linear P3-D65", assumed=False)),
        ({"chromaticities": AP0}, SaidSpace("ACES2065-1", assumed=False)),
        ({"chromaticities": AP1}, SaidSpace("ACEScg", assumed=False)),
        ({"colorInteropID": "srgb_rec709_scene"}, None),
        ({}, SaidSpace("Linear Rec.709 (sRGB)", assumed=True)),
    ],
)
def test_an_exr(attributes: dict[str, object], wanted: SaidSpace | None, tmp_path: Path) -> None:
    assert said_space(read_picture(plain_exr(tmp_path / "light.exr", **attributes)), PLACE) == wanted


def test_other_pictures(tmp_path: Path) -> None:
    tagged = read_picture(write_deep(tmp_path / "p3.tif", sixteen_bits(), display_p3()))
    assert said_space(tagged, PLACE) == SaidSpace("Display P3 - Display", assumed=False)
    assert said_space(read_picture(write_deep(tmp_path / "plain.tif", sixteen_bits())), PLACE) is None
    tifffile.imwrite(tmp_path / "light.tif", light().astype(np.float32), photometric="rgb")
    assert said_space(read_picture(tmp_path / "light.tif"), PLACE) == SaidSpace("Linear Rec.709 (sRGB)", assumed=True)
    assert said_space(read_picture(dng(tmp_path / "raw.dng")), PLACE) is None, "it is developed"
