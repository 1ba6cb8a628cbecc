"""What reading gives for files of every kind, whole, damaged or too large."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from reswd_torch.errors import InputError
from studio.media.images import (
    read_picture,
    read_reduced,
    supported_output,
    write_picture,
)
from tests.studio.media.images.conftest import camera_exif, scene, source
from tests.studio.media.images.files_for_tests import FILES, has, refused
from tests.studio.media.images.profiles_for_tests import cmyk_profile, display_p3


@pytest.mark.parametrize("share", [0.03, 0.3, 0.7, 0.98])
@pytest.mark.parametrize("kind", FILES)
def test_truncated_files(kind: str, share: float, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / f"a.{kind}"
    data = FILES[kind]
    path.write_bytes(data)
    read_picture(path)
    path.write_bytes(data[: int(len(data) * share)])
    refused(path, "cut short or damaged", "copy or export")
    assert capfd.readouterr() == ("", "")


@settings(max_examples=60, deadline=None)
@given(kind=st.sampled_from(sorted(FILES)), data=st.data())
def test_damaged_files_are_read_or_refused_with_one_line(
    tmp_path_factory: pytest.TempPathFactory, kind: str, data: st.DataObject
) -> None:
    raw = bytearray(FILES[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("damaged") / f"a.{kind}"
    path.write_bytes(raw)
    try:
        picture = read_picture(path, max_pixels=1_000_000)
    except InputError as error:
        assert str(error).startswith(f"{path}: ") and "\n" not in str(error)
    else:
        assert picture.pixels.ndim == 3 and picture.pixels.dtype in (np.uint8, np.uint16)


@pytest.mark.parametrize("kind", FILES)
def test_the_limit_is_checked_before_decoding(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{kind}"
    path.write_bytes(FILES[kind])
    limited: Callable[[Path], object] = lambda p: read_picture(p, max_pixels=90 * 120 - 1)  # noqa: E731
    refused(path, "120 x 90", "limit is 0.010799", "scale the picture down", call=limited)
    assert read_picture(path, max_pixels=90 * 120).width == 120


def test_huge_headers_are_refused_at_once_and_quietly(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    limit = Image.MAX_IMAGE_PIXELS
    huge = bytearray(FILES["bmp"])
    huge[18:26] = (30000).to_bytes(4, "little") + (20000).to_bytes(4, "little")
    (tmp_path / "huge.bmp").write_bytes(huge)
    refused(tmp_path / "huge.bmp", "30000 x 20000 is 600 megapixels and the limit is 250")
    assert not recwarn.list and limit == Image.MAX_IMAGE_PIXELS


def test_the_name_does_not_decide_the_format(tmp_path: Path) -> None:
    Image.fromarray(scene()).save(tmp_path / "a.png", pnginfo=PngImagePlugin.PngInfo())
    (tmp_path / "a.png").rename(tmp_path / "a.jpg")
    assert read_picture(tmp_path / "a.jpg").container.format == "PNG"


def test_odd_profiles_never_stop_a_picture(tmp_path: Path) -> None:
    broken = display_p3()[:200] + bytes(200)
    Image.fromarray(scene()).save(tmp_path / "a.png", icc_profile=broken)
    picture = read_picture(tmp_path / "a.png")
    assert picture.icc == broken and has(picture.notes, "not readable")
    Image.fromarray(scene()).save(tmp_path / "b.png", icc_profile=cmyk_profile())
    picture = read_picture(tmp_path / "b.png")
    assert picture.icc is None and has(picture.notes, "not for RGB")


def test_animations_and_pages_give_the_first(tmp_path: Path) -> None:
    frames = [Image.fromarray(scene(seed=i)) for i in range(3)]
    for name in ("a.gif", "a.webp", "a.png"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], lossless=True)
        picture = read_picture(tmp_path / name)
        assert has(picture.notes, "first frame of an animation"), name
        assert np.abs(picture.pixels.astype(int) - scene()).mean() < 6
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:])
    picture = read_picture(tmp_path / "a.tif")
    assert picture.notes == ("first of 3 pages",)
    np.testing.assert_array_equal(picture.pixels, scene())
    frames[0].save(tmp_path / "a.mpo", save_all=True, append_images=frames[1:])
    picture = read_picture(tmp_path / "a.mpo")
    assert has(picture.notes, "first of several pictures") and picture.container.format == "JPEG"


@pytest.mark.parametrize(("suffix", "bits"), [(".avif", 10), (".avif", 12), (".jp2", 16), (".ppm", 16)])
def test_deep_formats_read_with_8_bits_say_so(suffix: str, bits: int, tmp_path: Path) -> None:
    import cv2

    params = [cv2.IMWRITE_AVIF_DEPTH, bits] if suffix == ".avif" else []
    values = scene(64, 64, dtype=np.uint16) >> (16 - bits)
    cv2.imwrite(str(tmp_path / f"a{suffix}"), values[..., ::-1], params)
    picture = read_picture(tmp_path / f"a{suffix}")
    assert has(picture.notes, f"{bits}-bit") and has(picture.notes, "read with 8 bits")
    assert np.abs(picture.pixels - (values >> (bits - 8)).astype(int)).mean() < 8
    Image.fromarray(scene(64, 64)).save(tmp_path / f"b{suffix}")
    assert read_picture(tmp_path / f"b{suffix}").notes == ()


@pytest.mark.parametrize(("at_least", "scale"), [(1, 8), (100, 4), (101, 2), (200, 2), (201, 1), (4000, 1)])
def test_reduced_reading_keeps_the_long_edge(tmp_path: Path, at_least: int, scale: int) -> None:
    Image.fromarray(scene(120, 400)).save(tmp_path / "a.jpg", exif=Image.Exif().tobytes())
    small = read_reduced(tmp_path / "a.jpg", at_least=at_least)
    assert (small.height, small.width) == (120 // scale, 400 // scale)
    whole = read_picture(tmp_path / "a.jpg")
    if scale == 1:
        np.testing.assert_array_equal(small.pixels, whole.pixels)
    assert np.abs(small.pixels.mean((0, 1)) - whole.pixels.mean((0, 1))).max() < 1.0


def test_reduced_reading_of_other_formats_is_whole(tmp_path: Path) -> None:
    pixels = scene(dtype=np.uint16)
    path = write_picture(tmp_path / "a.png", source(pixels), pixels)
    np.testing.assert_array_equal(read_reduced(path, at_least=1).pixels, pixels)


def test_heic_without_its_package_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    (tmp_path / "a.heic").write_bytes(bytes([0, 0, 0, 24]) + b"ftypheic" + bytes(99))
    refused(tmp_path / "a.heic", 'pip install "reswd-studio[heic]"')
    refused(tmp_path / "b.heic", 'pip install "reswd-studio[heic]"', call=supported_output)


@pytest.mark.parametrize("orientation", [1, 6])
def test_heic_where_its_package_is_installed(orientation: int, tmp_path: Path) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    pillow_heif.register_heif_opener()
    exif = camera_exif(orientation)
    Image.fromarray(scene(48, 80)).save(tmp_path / "a.heic", quality=95, exif=exif, icc_profile=display_p3())
    picture = read_picture(tmp_path / "a.heic")
    assert picture.pixels.shape == ((48, 80, 3) if orientation == 1 else (80, 48, 3))
    again = read_picture(write_picture(tmp_path / "b.heic", picture, picture.pixels))
    assert (again.icc, again.container) == (picture.icc, picture.container) and picture.icc == display_p3()
    assert np.abs(again.pixels.astype(int) - picture.pixels).mean() < 3


def test_importing_the_package_loads_no_codec() -> None:
    import subprocess
    import sys

    code = "import sys, studio.media.images; print([m for m in ('cv2', 'tifffile', 'torch', 'PIL.Image') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
