"""Camera raw on the command line: match, apply and batch, and each refusal in one line."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reswd_torch import Cdl, Grade
from studio.media.images import profile_name, read_picture
from tests.studio.batches_for_tests import rows
from tests.studio.command_line import Reswd, assert_refused

pytest.importorskip("rawpy")
from tests.studio.media.images.raw_for_tests import camera_directory, chart, dng  # noqa: E402


@pytest.fixture
def photo(place: Path) -> Path:
    """A camera raw file beside target.jpg."""
    return dng(place / "photo.dng", exif=camera_directory(), orientation=6)


def test_match(reswd: Reswd, place: Path, photo: Path) -> None:
    out = place / "graded.tif"
    ran = reswd("match", photo, place / "target.jpg", "-o", out, "--cdl", place / "look.cc")
    assert ran.code == 0, ran.err
    picture = read_picture(out)
    assert picture.pixels.shape == (128, 64, 3) and picture.bits == 16
    assert profile_name(picture.icc) == "Rec.2020 with sRGB's curve"
    with Image.open(out) as image:
        assert image.getexif().get_ifd(0x8769)[0xA434] == "A lens 35 mm"
    applied = reswd("apply", place / "look.cc", photo, "-o", place / "out")
    assert applied.code == 0 and applied.out.strip() == str(place / "out" / "photo.tif")
    difference = read_picture(place / "out" / "photo.tif").pixels.astype(int) - picture.pixels
    assert np.abs(difference).max() <= 8
    backwards = reswd("match", place / "source.png", photo, "-o", place / "back.png")
    assert backwards.code == 0 and read_picture(place / "back.png").bits == 8


def test_batch(reswd: Reswd, place: Path) -> None:
    (place / "raws").mkdir()
    for number in range(3):
        dng(place / "raws" / f"{number}.NEF", chart() * (0.5 + 0.2 * number))
    ran = reswd("batch", place / "raws", "--target", place / "target.jpg", "-o", place / "out", "--jobs", 1)
    assert ran.code == 0 and "3 of 3 pictures done" in ran.out
    assert [row["file"] for row in rows(place / "out")] == ["0.NEF", "1.NEF", "2.NEF"]
    for number in range(3):
        assert read_picture(place / "out" / f"{number}.tif").bits == 16
    options = ("--series", "--format", "jpeg", "--jobs", 1)
    ran = reswd("batch", place / "raws", "--target", place / "target.jpg", "-o", place / "series", *options)
    assert ran.code == 0 and sorted(path.name for path in (place / "series").glob("*.jpg")) == [
        "0.jpg",
        "1.jpg",
        "2.jpg",
    ]


def test_refusals(reswd: Reswd, place: Path, photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target, look = place / "target.jpg", Grade(Cdl((0.5, 0.8, 1.0))).save(place / "look.cc")
    out = place / "out.tif"
    assert_refused(reswd("match", photo, target, "-o", place / "out.dng"), "out.dng", "ends in .tif")
    assert_refused(reswd("match", photo, target, "-o", place / "out.exr"), "out.exr", "camera raw", ".tif")
    spaces = ("--source-space", "ACEScg", "-o", out)
    assert_refused(reswd("match", photo, target, *spaces), "photo.dng", "'ACEScg'", "leave the space out")
    cut = place / "cut.dng"
    cut.write_bytes(photo.read_bytes()[:5000])
    assert_refused(reswd("match", cut, target, "-o", out), "cut.dng", "cut short or damaged")
    assert_refused(reswd("match", target, cut, "-o", out), "cut.dng", "cut short or damaged")
    (place / "view.cr2").write_bytes(b"II*\0\x10\0\0\0CR\2\0" + bytes(999))
    assert_refused(reswd("match", place / "view.cr2", target, "-o", out), "view.cr2", "16-bit TIFF")
    monkeypatch.setitem(sys.modules, "rawpy", None)
    assert_refused(reswd("match", photo, target, "-o", out), "photo.dng", 'pip install "reswd-studio[raw]"')
    ran = reswd("apply", look, photo, "-o", place / "done")
    assert ran.code in (1, 2) and 'pip install "reswd-studio[raw]"' in ran.err and not (place / "done").exists()
    assert not out.exists()
