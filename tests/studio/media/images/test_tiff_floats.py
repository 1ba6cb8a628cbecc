"""TIFFs of floats, of 16 and 32 bits."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from reswd_torch.profiles import profile_name
from studio.media.images import read_picture, write_picture
from studio.media.images.limits import Limits
from studio.media.images.scene import linear_profile
from tests.studio.media.images.conftest import xmp_packet
from tests.studio.media.images.files_for_tests import has, refused

oiio = pytest.importorskip("OpenImageIO")
from tests.studio.media.images.film_for_tests import HEIGHT, WARMER, WIDTH, light, regraded  # noqa: E402

AP1 = ("mine", ((0.713, 0.293), (0.165, 0.83), (0.128, 0.044)), (0.32168, 0.33767))


def written(path: Path, values: np.ndarray, **options: Any) -> Path:
    tifffile.imwrite(path, values, photometric="rgb", **options)
    return path


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}, {"planarconfig": "separate"}, {"tile": (16, 16)}])
def test_no_grade_gives_the_same_values(dtype: type, options: dict[str, Any], tmp_path: Path) -> None:
    values = light().astype(dtype)
    stored = np.moveaxis(values, -1, 0) if "planarconfig" in options else values
    path = written(tmp_path / "a.tif", stored, resolution=(300, 300), **options)
    picture = read_picture(path)
    np.testing.assert_array_equal(picture.pixels, values)
    again = read_picture(regraded(path))
    np.testing.assert_array_equal(again.pixels, values)
    assert again.pixels.dtype == dtype and again.container == picture.container


def test_negative_and_bright_values_survive(tmp_path: Path) -> None:
    after = tifffile.imread(regraded(written(tmp_path / "a.tif", light()), WARMER))
    assert after.dtype == np.float32 and after.min() < 0 and after.max() > 5


def test_what_they_mean(tmp_path: Path) -> None:
    path = written(tmp_path / "a.tif", light())
    assert (
        has(read_picture(path).notes, "taken as scene-linear light")
        and profile_name(read_picture(path).icc)[:6] == "Linear"
    )
    with tifffile.TiffFile(regraded(path)) as file:
        assert 34675 not in file.pages.first.tags
    icc, packet = linear_profile(*AP1), xmp_packet()
    path = written(tmp_path / "b.tif", light(), iccprofile=icc, extratags=[(700, 1, len(packet), packet, True)])
    picture = read_picture(regraded(path))
    assert picture.icc == icc and picture.container.xmp == packet and not picture.notes


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("kind", ["assocalpha", "unassalpha"])
def test_opacity(kind: str, dtype: type, tmp_path: Path) -> None:
    values = np.dstack([light(), light(1).clip(0, 1)]).astype(dtype)
    path = written(tmp_path / "a.tif", values, extrasamples=[kind])
    assert (read_picture(path).multiplied_by is not None) == (kind == "assocalpha")
    with tifffile.TiffFile(regraded(path)) as file:
        np.testing.assert_array_equal(file.pages.first.asarray(), values)
        assert file.pages.first.extrasamples == ((1,) if kind == "assocalpha" else (2,))


@pytest.mark.parametrize("form", ["float", "half"])
@pytest.mark.parametrize("alpha", [0, 1])
@pytest.mark.parametrize("compression", ["lzw", "zip"])
def test_those_that_openimageio_packs(form: str, alpha: int, compression: str, tmp_path: Path) -> None:
    """With a predictor for floats, or LZW, which tifffile does not undo."""
    values = np.dstack([light(), light(1).clip(0, 1)])[..., : 3 + alpha]
    spec = oiio.ImageSpec(WIDTH, HEIGHT, 3 + alpha, oiio.TypeDesc(form))
    spec.attribute("compression", compression)
    spec.attribute("oiio:UnassociatedAlpha", 1)
    spec.attribute("tiff:half", 1)
    writer = oiio.ImageOutput.create("tiff")
    path = tmp_path / "a.tif"
    assert writer.open(str(path), spec) and writer.write_image(np.ascontiguousarray(values)) and writer.close()
    picture = read_picture(path)
    tolerance = 1e-6 if alpha else 0.0  # OpenImageIO itself has multiplied and divided
    np.testing.assert_allclose(picture.pixels, values[..., :3], atol=0, rtol=tolerance)
    again = read_picture(regraded(path))
    np.testing.assert_array_equal(again.pixels, picture.pixels)


def test_packed_ones_without_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = oiio.ImageSpec(WIDTH, HEIGHT, 3, oiio.FLOAT)
    spec.attribute("compression", "lzw")
    writer = oiio.ImageOutput.create("tiff")
    path = tmp_path / "a.tif"
    assert writer.open(str(path), spec) and writer.write_image(light()) and writer.close()
    monkeypatch.setitem(sys.modules, "OpenImageIO", None)
    refused(path, 'pip install "reswd-studio[vfx]"')


def test_what_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused(written(tmp_path / "a.tif", light().astype(np.float64)), "64-bit floating-point TIFF is not read")
    tifffile.imwrite(tmp_path / "b.tif", light(1)[..., 0], photometric="minisblack")
    refused(tmp_path / "b.tif", "floats that is not RGB")
    path = written(tmp_path / "c.tif", light())
    picture = read_picture(path)
    refused(
        tmp_path / "c.png", "TIFF of floats", "ends in .tif", call=lambda p: write_picture(p, picture, picture.pixels)
    )
    path.write_bytes(path.read_bytes()[:-1])
    refused(path, "cut short or damaged")
    monkeypatch.setattr("studio.media.images.read.current", lambda: Limits(apart=True))
    refused(written(tmp_path / "d.tif", light()), "32-bit floating-point TIFF is not read")
