"""Camera raw that is developed: colours of known light, orientation, profile, EXIF, and every file that cannot be."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from studio.media.images import profile_name, read_picture, read_reduced, supported_output, write_picture
from studio.media.images.limits import Limits
from tests.conftest import ROOT
from tests.studio.media.images.conftest import camera_exif, scene
from tests.studio.media.images.files_for_tests import encoded, has, refused

pytest.importorskip("rawpy")
from studio.media.images import raw as module  # noqa: E402
from tests.studio.media.images.raw_for_tests import (  # noqa: E402
    PATCH,
    TUNGSTEN,
    camera_directory,
    centres,
    chart,
    developed,
    dng,
    patches,
)

STEP = 1.5 / 14336
"""A step and a half of the sensor, in light."""


def codes(path: Path) -> np.ndarray:
    return read_picture(path).pixels / 65535


@pytest.mark.parametrize("neutral", [(0.5, 1.0, 0.6), TUNGSTEN, (1.0, 1.0, 1.0)])
@pytest.mark.parametrize("thumbnail", [True, False])
def test_patches_have_the_colours_of_the_light(neutral: tuple[float, ...], thumbnail: bool, tmp_path: Path) -> None:
    path = dng(tmp_path / "a.dng", neutral=neutral, thumbnail=thumbnail)
    picture = read_picture(path)
    assert picture.pixels.shape == (2 * PATCH, 4 * PATCH, 3) and picture.pixels.dtype == np.uint16
    found = centres(picture.pixels) / 65535
    np.testing.assert_allclose(found, developed(patches()), atol=0.002)
    assert np.ptp(found[0], axis=-1).max() < 0.002, "greys are grey"
    assert (picture.bits, picture.container.format, picture.alpha) == (16, "RAW", None)


def test_the_profile_says_what_the_codes_are(tmp_path: Path) -> None:
    """Oracle: Little CMS takes the picture to sRGB by the profile that the written file embeds."""
    picture = read_picture(dng(tmp_path / "a.dng"))
    assert profile_name(picture.icc) == "Rec.2020 with sRGB's curve"
    write_picture(tmp_path / "a.png", picture, (picture.pixels >> 8).astype(np.uint8))
    with Image.open(tmp_path / "a.png") as image:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
        shown = ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"))
    light = patches()
    wanted = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    assert shown is not None
    np.testing.assert_allclose(centres(np.array(shown)) / 255, wanted, atol=0.02)


def test_white_and_black_are_the_sensors_and_nothing_follows_from_the_picture(tmp_path: Path) -> None:
    dark = np.array([[(0.3, 0.3, 0.3), (0.01, 0.01, 0.01)]])
    found = centres(codes(dng(tmp_path / "dark.dng", chart(dark))))
    np.testing.assert_allclose(found, developed(dark), atol=0.002)
    ends = np.array([[(0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (3.0, 2.5, 2.0), (0.5, 0.5, 0.5)]])
    found = centres(read_picture(dng(tmp_path / "ends.dng", chart(ends))).pixels)
    assert found[0, 0].max() <= 12.92 * STEP * 65535 and found[0, 1].min() > 65500
    assert found[0, 2].min() > 65500, "highlights that are cut are white"


TURNS = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
    8: lambda a: np.rot90(a),
}
"""EXIF's orientations: what is done to the stored rows."""


@pytest.mark.parametrize("orientation", TURNS)
def test_the_picture_is_turned_upright(orientation: int, tmp_path: Path) -> None:
    exif = camera_directory()
    picture = read_picture(dng(tmp_path / "a.dng", orientation=orientation, exif=exif))
    plain = read_picture(dng(tmp_path / "b.dng"))
    np.testing.assert_array_equal(picture.pixels, TURNS[orientation](plain.pixels))
    assert picture.full_size == picture.pixels.shape[:2]
    inner = Image.Exif()
    assert picture.container.exif is not None
    inner.load(picture.container.exif)
    assert (inner.get_ifd(0x8769)[0xA003], inner.get_ifd(0x8769)[0xA002]) == picture.full_size


@pytest.mark.parametrize("suffix", [".tif", ".jpg", ".png"])
def test_exif_travels_without_what_belongs_to_the_raw_file(suffix: str, tmp_path: Path) -> None:
    picture = read_picture(dng(tmp_path / "a.dng", exif=camera_directory(), orientation=6))
    assert picture.notes == ()
    path = write_picture(tmp_path / f"b{suffix}", picture, picture.pixels)
    with Image.open(path) as image:
        exif = image.getexif()
        inner = exif.get_ifd(0x8769)
        assert (exif[271], exif[272], exif.get(274, 1)) == ("ReSWD", "Test 1", 1)
        assert image.size == picture.full_size[::-1]
    assert (float(inner[0x829A]), inner[0x8827], inner[0xA434]) == (0.004, 400, "A lens 35 mm")
    assert inner[0x9003] == "2026:11:30 12:13:14" and inner[0xA001] == 0xFFFF and 0x927C not in inner
    again = read_picture(path)
    assert again.icc == picture.icc and again.bits == (8 if suffix == ".jpg" else 16)
    if suffix != ".jpg":
        np.testing.assert_array_equal(again.pixels, picture.pixels)


def test_exif_of_a_file_that_is_no_tiff_comes_from_its_jpeg(tmp_path: Path) -> None:
    path = tmp_path / "a.raf"
    path.write_bytes(b"FUJIFILMCCD-RAW")
    jpeg = io.BytesIO()
    Image.fromarray(scene()).save(jpeg, "JPEG", exif=camera_exif(6))
    held = SimpleNamespace(extract_thumb=lambda: SimpleNamespace(data=jpeg.getvalue()))
    exif = Image.Exif()
    found = module._exif(path, held)
    assert found is not None
    exif.load(found)
    assert (exif[271], exif[272]) == ("Maker", "Model 1") and 274 not in exif
    assert exif.get_ifd(0x8769)[0x9003] == "2024:05:06 07:08:09"
    for data in (b"\xff\xd8 no picture", np.zeros((2, 2, 3), np.uint8)):
        held = SimpleNamespace(extract_thumb=lambda data=data: SimpleNamespace(data=data))
        assert module._exif(path, held) is None


def test_what_is_not_there_or_left_out_is_said(tmp_path: Path) -> None:
    packet = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description crs:Exposure2012="+1.00"/></x:xmpmeta>'
    picture = read_picture(dng(tmp_path / "a.dng", neutral=None, xmp=packet))
    assert has(picture.notes, "no white balance") and has(picture.notes, "its XMP is left out")
    assert picture.container.xmp is None
    np.testing.assert_allclose(centres(picture.pixels) / 65535, developed(patches()), atol=0.002)  # whose light it was
    stranger = read_picture(dng(tmp_path / "b.tif", version=False, neutral=(1.0, 1.0, 1.0)))
    assert has(stranger.notes, "does not know the camera's colours")


def test_a_sensor_without_colours(tmp_path: Path) -> None:
    greys = np.array([[(each,) * 3 for each in (0.9, 0.5, 0.18, 0.02)]])
    picture = read_picture(dng(tmp_path / "a.dng", chart(greys), colours=False))
    assert np.ptp(picture.pixels, axis=-1).max() == 0
    np.testing.assert_allclose(centres(picture.pixels)[..., 0] / 65535, developed(greys)[..., 0], atol=0.002)


@pytest.mark.parametrize(("at_least", "half"), [(1, True), (64, True), (65, False)])
def test_reduced_reading_makes_a_pixel_of_each_block(at_least: int, half: bool, tmp_path: Path) -> None:
    path = dng(tmp_path / "a.dng", orientation=6)
    picture = read_reduced(path, at_least=at_least)
    assert picture.full_size == (128, 64) and picture.pixels.shape[:2] == ((64, 32) if half else (128, 64))
    step = PATCH // 2 if half else PATCH
    found = np.rot90(picture.pixels)[step // 2 :: step, step // 2 :: step]
    np.testing.assert_allclose(found / 65535, developed(patches()), atol=0.002)
    for size in ((128, 64), (64, 128)):
        assert read_reduced(path, at_least=1, whole_if=size).pixels.shape == (128, 64, 3)


def test_sizes_that_are_odd(tmp_path: Path) -> None:
    path = dng(tmp_path / "a.dng", chart()[:51, :77])
    assert read_picture(path).pixels.shape == (51, 77, 3)
    small = read_reduced(path, at_least=1)
    assert small.pixels.shape == (26, 39, 3) and small.full_size == (51, 77)
    mono = dng(tmp_path / "b.dng", chart()[:51, :77], colours=False)
    assert read_reduced(mono, at_least=1).pixels.shape[:2] in ((26, 39), (51, 77))


def test_the_content_decides_and_not_the_name(tmp_path: Path) -> None:
    content = dng(tmp_path / "a.dng").read_bytes()
    for name in ("a.tif", "a.jpg", "a.nef"):
        (tmp_path / name).write_bytes(content)
        assert read_picture(tmp_path / name).container.format == "RAW"
    (tmp_path / "b.nef").write_bytes(encoded(scene(), "JPEG"))
    assert read_picture(tmp_path / "b.nef").container.format == "JPEG"


def test_the_bytes_are_the_same_on_any_number_of_threads(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    path = dng(tmp_path / "a.dng", rng.uniform(0, 1, (700, 900, 3)))
    ask = "import sys, hashlib; from studio.media.images import read_picture; "
    ask += "print(hashlib.sha256(read_picture(sys.argv[1]).pixels.tobytes()).hexdigest())"
    found = set()
    for threads in ("1", "2", "5"):
        env = os.environ | {"OMP_NUM_THREADS": threads, "PYTHONPATH": str(ROOT)}
        found.add(subprocess.run([sys.executable, "-c", ask, path], env=env, capture_output=True, check=True).stdout)
    assert len(found) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="counts threads where Linux lists them")
@pytest.mark.parametrize(("threads", "more"), [(1, 0), (3, 2)])
def test_libraw_keeps_to_the_threads_that_pytorch_has(threads: int, more: int, tmp_path: Path) -> None:
    """In a process of its own, where no threads were started yet."""
    ask = """
import os, sys, torch
from studio.media.images import read_picture
torch.set_num_threads(int(sys.argv[1]))
before = len(os.listdir("/proc/self/task"))
read_picture(sys.argv[2])
print(len(os.listdir("/proc/self/task")) - before)
"""
    path = dng(tmp_path / "a.dng", np.full((1100, 1100, 3), 0.2))
    env = {key: value for key, value in os.environ.items() if key != "OMP_NUM_THREADS"} | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", ask, str(threads), path]
    ran = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert int(ran.stdout) == more


def test_a_file_that_is_cut_short_is_refused_silently(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    content = dng(tmp_path / "a.dng").read_bytes()
    for length in (len(content) - 1, len(content) // 2, 700, 9):
        (tmp_path / "cut.dng").write_bytes(content[:length])
        refused(tmp_path / "cut.dng")
    assert capfd.readouterr() == ("", "")


def test_files_that_libraw_does_not_develop(tmp_path: Path) -> None:
    for name in ("plain.nef", "plain.dng"):
        (tmp_path / name).write_bytes(encoded(scene(), "TIFF"))
        refused(tmp_path / name, "LibRaw knows no camera raw file like this", "16-bit TIFF")
    version = (50706, 1, 4, b"\1\7\1\0", True)
    tifffile.imwrite(tmp_path / "big.dng", scene(), photometric="rgb", extratags=[version], bigtiff=True)
    refused(tmp_path / "big.dng", "does not develop a DNG of this kind")
    (tmp_path / "text.arw").write_text("This is not a picture.\n" * 99)
    refused(tmp_path / "text.arw", "LibRaw knows no camera raw file")


def test_its_size_is_checked_before_it_is_unpacked(tmp_path: Path) -> None:
    path = dng(tmp_path / "a.dng")
    path.write_bytes(path.read_bytes()[:-5000])  # which unpacking would find
    refused(path, "128 x 64", "limit", call=lambda path: read_picture(path, max_pixels=8000))


def test_without_its_package_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rawpy", None)
    refused(dng(tmp_path / "a.dng"), 'pip install "reswd-studio[raw]"')


def test_an_app_that_others_share_develops_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = dng(tmp_path / "a.dng")
    monkeypatch.setattr("studio.media.images.read.current", lambda: Limits(apart=True))
    refused(path, "not read by an app that others share")


@pytest.mark.skipif(sys.platform == "win32", reason="names there are always text")
def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.dng"))
    dng(tmp_path / "a.dng").rename(path)
    refused(path, "its name is not UTF-8")


def test_none_is_written(tmp_path: Path) -> None:
    picture = read_picture(dng(tmp_path / "a.dng"))
    for name in ("b.dng", "b.NEF"):
        refused(tmp_path / name, "never written", "ends in .tif", call=supported_output)
    refused(tmp_path / "b.exr", "ends in .tif", call=lambda path: write_picture(path, picture, picture.pixels))
