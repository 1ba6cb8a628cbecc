"""What the numbers of a file mean: primaries and curve that it names, else what OpenEXR says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reswd_torch.profiles import profile_name, to_profile
from studio.media.images import read_picture
from studio.media.images.scene import encoding_of_floats
from tests.studio.media.images.files_for_tests import has, refused

pytest.importorskip("OpenImageIO")
from tests.studio.media.images.film_for_tests import plain_exr, regraded, with_attribute  # noqa: E402

AP1 = (0.713, 0.293, 0.165, 0.83, 0.128, 0.044, 0.32168, 0.33767)
REC709 = (0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3127, 0.329)
CAMERA = (0.7, 0.3, 0.2, 0.75, 0.12, 0.05, 0.3127, 0.329)


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ({}, "Linear, Rec.709"),
        ({"chromaticities": REC709}, "Linear, Rec.709"),
        ({"chromaticities": AP1}, "Linear, ACES AP1"),
        ({"chromaticities": CAMERA}, "Linear, primaries of the file"),
        ({"colorInteropID": "lin_rec2020_scene"}, "Linear, Rec.2020"),
        ({"colorInteropID": "lin_ap1_scene", "chromaticities": REC709}, "Linear, ACES AP1"),
        ({"colorInteropID": "unknown", "chromaticities": AP1}, "Linear, ACES AP1"),
        ({"colorInteropID": "srgb_rec709_scene"}, "sRGB (assumed, untagged)"),
    ],
)
def test_what_a_file_says_of_its_colours(attributes: dict[str, object], name: str, tmp_path: Path) -> None:
    picture = read_picture(plain_exr(tmp_path / "a.exr", **attributes))
    assert profile_name(picture.icc) == name
    assert has(picture.notes, "the file names none") == (not attributes)


def test_an_aces_container(tmp_path: Path) -> None:
    path = plain_exr(tmp_path / "a.exr", acesImageContainerFlag=1, compression="none")
    assert profile_name(read_picture(path).icc) == "Linear, ACES AP0"
    assert regraded(path).read_bytes() == path.read_bytes()
    # one that is compressed is none, but its colours are those that it says
    path = with_attribute(plain_exr(tmp_path / "b.exr"), "acesImageContainerFlag", "int", b"\1\0\0\0")
    picture = read_picture(path)
    assert has(picture.notes, "acesImageContainerFlag is left out")
    again = read_picture(regraded(path))
    assert profile_name(again.icc) == profile_name(picture.icc) == "Linear, ACES AP0"
    np.testing.assert_array_equal(again.pixels, picture.pixels)


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"colorInteropID": "g22_ap1_scene"}, ("'g22_ap1_scene' is not known here", "convert it")),
        ({"colorInteropID": "data"}, ("'data' is not known here",)),
        ({"chromaticities": (0.3,) * 8}, ("are no colours of a picture",)),
        ({"chromaticities": (*REC709[:6], 0.9, 0.9)}, ("are no colours of a picture",)),
    ],
)
def test_what_would_be_a_wrong_picture_is_refused(
    attributes: dict[str, object], words: tuple[str, ...], tmp_path: Path
) -> None:
    refused(plain_exr(tmp_path / "a.exr", **attributes), *words)


def test_a_camera_s_primaries_are_used(tmp_path: Path) -> None:
    """Red of wide primaries is more than sRGB shows: it is not taken for sRGB's own red."""
    wide = read_picture(plain_exr(tmp_path / "a.exr", chromaticities=CAMERA)).icc
    grey, leaf = to_profile(np.float32([[0.2, 0.2, 0.2], [0.2, 0.3, 0.1]]), wide, encoding_of_floats().icc)
    np.testing.assert_allclose(grey, 0.2, atol=2e-4)
    assert abs(leaf - [0.2, 0.3, 0.1]).max() > 0.02
