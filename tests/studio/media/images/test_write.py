"""Every format, depth and transparency comes back as it was, and nothing is written that should not be."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, JpegImagePlugin

from reswd_torch.errors import InputError
from studio.media.images import (
    losses,
    natural_suffix,
    read_picture,
    supported_output,
    write_picture,
)
from studio.media.images.exact import to_depth
from studio.media.images.metadata import iptc_segment
from tests.conftest import digest
from tests.studio.media.images.conftest import camera_exif, scene, source
from tests.studio.media.images.files_for_tests import refused
from tests.studio.media.images.profiles_for_tests import display_p3


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("sampling", [0, 1, 2])
@pytest.mark.parametrize("quality", [60, 97])
def test_jpeg_tables_and_sampling_are_kept(quality: int, sampling: int, progressive: bool, tmp_path: Path) -> None:
    Image.fromarray(scene()).save(tmp_path / "a.jpg", quality=quality, subsampling=sampling, progressive=progressive)
    picture = read_picture(tmp_path / "a.jpg")
    write_picture(tmp_path / "b.jpg", picture, picture.pixels)
    with Image.open(tmp_path / "a.jpg") as one, Image.open(tmp_path / "b.jpg") as other:
        assert other.quantization == one.quantization
        assert JpegImagePlugin.get_sampling(other) == JpegImagePlugin.get_sampling(one) == sampling
        assert bool(other.info.get("progressive")) == progressive


def test_jpeg_grey_rgb_comment_and_iptc(tmp_path: Path) -> None:
    record = b"\x1c\x02\x78\x00\x07Caption"
    grey, rgb = tmp_path / "g.jpg", tmp_path / "r.jpg"
    Image.fromarray(scene()[..., 0].copy()).save(grey, comment=b"hello", extra=iptc_segment(record), dpi=(240, 240))
    Image.fromarray(scene()).save(rgb, keep_rgb=True)
    picture = read_picture(grey)
    with Image.open(write_picture(tmp_path / "g2.jpg", picture, picture.pixels)) as out:
        assert out.info["comment"] == b"hello" and out.info["dpi"] == (240, 240)
        assert out.info["photoshop"][0x0404] == record
        assert out.quantization[0] == list(picture.container.jpeg_tables[0])
    picture = read_picture(rgb)
    with Image.open(write_picture(tmp_path / "r2.jpg", picture, picture.pixels)) as out:
        assert out.info.get("adobe_transform") == 0
    with Image.open(write_picture(tmp_path / "g.tif", read_picture(grey), picture.pixels)) as out:
        assert out.tag_v2[33723] == record


def test_other_sources_become_jpeg_at_95_with_full_chroma(tmp_path: Path) -> None:
    pixels = scene()
    with Image.open(write_picture(tmp_path / "a.jpg", source(pixels), pixels)) as out:
        reference = io.BytesIO()
        Image.fromarray(pixels).save(reference, "JPEG", quality=95)
        assert out.quantization == Image.open(reference).quantization
        assert JpegImagePlugin.get_sampling(out) == 0


def test_webp_stays_lossless_or_lossy(tmp_path: Path) -> None:
    for lossless in (True, False):
        Image.fromarray(scene()).save(tmp_path / "a.webp", lossless=lossless, quality=90)
        picture = read_picture(tmp_path / "a.webp")
        again = read_picture(write_picture(tmp_path / "b.webp", picture, picture.pixels, overwrite=True))
        assert picture.container.lossless is again.container.lossless is lossless
        assert np.array_equal(again.pixels, picture.pixels) or not lossless


def test_blocks_too_long_for_jpeg_are_left_out_with_a_line(tmp_path: Path) -> None:
    from studio.media.images import Container, losses

    pixels = scene()
    held = Container("GIF", exif=camera_exif() + bytes(70000), comment=b"x" * 70000, iptc=b"\x1c" * 70000)
    picture = source(pixels, container=held)
    back = read_picture(write_picture(tmp_path / "a.jpg", picture, pixels))
    assert back.container.exif is None and back.container.comment is None and back.container.iptc is None
    assert len(losses(tmp_path / "a.jpg", picture)) == 3
    assert losses(tmp_path / "a.webp", picture) == ("WEBP holds no IPTC: it is left out",)


def test_outputs_refused_before_any_work(tmp_path: Path, photo: Path) -> None:
    write: Callable[[Path], object] = lambda p: write_picture(p, source(scene()), scene())  # noqa: E731
    for call in (supported_output, write):
        refused(tmp_path / "a.xyz", ".xyz", "give .jpg", call=call)
        refused(tmp_path / "a.gif", ".gif", "give .jpg", call=call)
        refused(tmp_path / "a", "suffix", "give .jpg", call=call)
        refused(tmp_path / "none" / "a.png", str(tmp_path / "none"), "make it or choose another", call=call)
        refused(photo, "exists", "overwriting", call=call)
    same: Callable[[Path], object] = lambda p: supported_output(p, inputs=[photo], overwrite=True)  # noqa: E731
    refused(photo, "would replace an input", call=same)
    link = tmp_path / "link.jpg"
    link.symlink_to(photo)
    refused(link, "would replace an input", call=same)
    supported_output(photo, inputs=[tmp_path / "other.jpg"], overwrite=True)
    supported_output(tmp_path / "new.png", inputs=[photo])


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
def test_a_failed_write_leaves_nothing_and_keeps_what_was_there(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_picture(tmp_path / f"a{suffix}", source(scene()), scene())
    before = path.read_bytes()

    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full_disk)
    with pytest.raises(InputError, match=re.escape(f"{path}: it could not be written (No space left on device)")):
        write_picture(path, source(scene()), scene(seed=1), overwrite=True)
    assert list(tmp_path.iterdir()) == [path] and path.read_bytes() == before


def test_reading_and_writing_leave_the_source_alone(photo: Path, tmp_path: Path) -> None:
    before, stamp = photo.read_bytes(), photo.stat().st_mtime_ns
    picture = read_picture(photo)
    write_picture(tmp_path / "b.jpg", picture, 255 - picture.pixels)
    assert (photo.read_bytes(), photo.stat().st_mtime_ns) == (before, stamp)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["b.jpg", "photo.jpg"]


def test_arrays_of_another_kind_are_the_callers_mistake(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="float32"):
        write_picture(tmp_path / "a.png", source(scene()), scene().astype(np.float32))
    with pytest.raises(ValueError, match="alpha"):
        write_picture(tmp_path / "a.png", source(scene(), scene()[..., 0]), scene(5, 5))


DEEP = (".png", ".tif", ".tiff")


LOSSLESS = (*DEEP, ".webp", ".bmp")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("transparent", [False, True])
@pytest.mark.parametrize("suffix", LOSSLESS)
def test_lossless_formats_give_back_every_bit(suffix: str, dtype: type, transparent: bool, tmp_path: Path) -> None:
    pixels = scene(dtype=dtype)
    alpha = scene(dtype=dtype, channels=4)[..., 3].copy() if transparent else None
    path = write_picture(tmp_path / f"a{suffix}", source(pixels, alpha, display_p3()), pixels)
    back = read_picture(path)
    want = dtype if suffix in DEEP else np.uint8
    assert back.bits == np.dtype(want).itemsize * 8
    np.testing.assert_array_equal(back.pixels, to_depth(pixels, want))
    assert back.pixels.flags.c_contiguous and back.path == path
    if transparent and suffix != ".bmp":
        np.testing.assert_array_equal(back.alpha, to_depth(alpha, want))
    else:
        assert back.alpha is None
    assert back.icc == (None if suffix == ".bmp" else display_p3())


@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp", ".jpg", ".bmp", ".avif"])
def test_written_again_unchanged_the_record_is_equal(suffix: str, tmp_path: Path) -> None:
    pixels = scene()
    first = read_picture(write_picture(tmp_path / f"a{suffix}", source(pixels, icc=display_p3()), pixels))
    second = read_picture(write_picture(tmp_path / f"b{suffix}", first, first.pixels))
    assert second.container == first.container
    assert (second.icc, second.notes, natural_suffix(second.container)) == (first.icc, (), suffix)
    if first.container.lossless:
        np.testing.assert_array_equal(second.pixels, first.pixels)
    else:
        assert np.abs(second.pixels.astype(int) - first.pixels).mean() < 3


@pytest.mark.parametrize("rows", [40, 256, 600])
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp", ".bmp"])
def test_pixels_that_are_needed_no_more_make_the_same_file(suffix: str, rows: int, tmp_path: Path) -> None:
    pixels = scene(rows, 30)
    picture = source(pixels)
    kept = write_picture(tmp_path / f"a{suffix}", picture, pixels)
    size = pixels.size
    last = write_picture(tmp_path / f"b{suffix}", picture, pixels.copy(), last=True)
    assert digest(last) == digest(kept)
    assert pixels.size == size


def test_pixels_of_someone_else_are_left_alone(tmp_path: Path) -> None:
    whole = scene(50, 30)
    rows = whole[10:]
    write_picture(tmp_path / "a.jpg", source(rows), rows, last=True)
    np.testing.assert_array_equal(whole, scene(50, 30))


@pytest.mark.parametrize("suffix", [".jpg", ".avif", ".webp"])
def test_deep_pixels_into_shallow_formats_round_and_say_so(suffix: str, tmp_path: Path) -> None:
    pixels = np.full((16, 16, 3), 32767 + 129, np.uint16)  # 128.0 after rounding, 127 when cut off
    picture = source(pixels, pixels[..., 0].copy())
    back = read_picture(write_picture(tmp_path / f"a{suffix}", picture, pixels))
    assert np.abs(back.pixels.astype(int) - 128).max() <= 1
    assert any("8 bits" in line for line in losses(tmp_path / f"a{suffix}", picture))
    assert (back.alpha is None) == (suffix == ".jpg")
    assert any("alpha" in line for line in losses(tmp_path / f"a{suffix}", picture)) == (suffix == ".jpg")


def test_same_format_keeps_the_source_depth_and_another_format_that_of_the_pixels(tmp_path: Path) -> None:
    pixels = scene()
    first = read_picture(write_picture(tmp_path / "a.png", source(pixels), pixels))
    deep = to_depth(pixels, np.uint16)
    assert read_picture(write_picture(tmp_path / "b.png", first, deep)).bits == 8
    assert read_picture(write_picture(tmp_path / "b.tif", first, deep)).bits == 16
    dropped = source(pixels, pixels[..., 0].copy())
    assert read_picture(write_picture(tmp_path / "c.png", dropped, pixels, alpha="drop")).alpha is None


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    height=st.integers(1, 9),
    width=st.integers(1, 9),
    dtype=st.sampled_from([np.uint8, np.uint16]),
    suffix=st.sampled_from(DEEP),
    transparent=st.booleans(),
    seed=st.integers(0, 99),
)
def test_tiny_pictures_survive(
    tmp_path: Path, height: int, width: int, dtype: type, suffix: str, transparent: bool, seed: int
) -> None:
    pixels = np.random.default_rng(seed).integers(0, np.iinfo(dtype).max + 1, (height, width, 3), dtype=dtype)
    alpha = pixels[..., 1].copy() if transparent else None
    back = read_picture(write_picture(tmp_path / f"a{suffix}", source(pixels, alpha), pixels, overwrite=True))
    np.testing.assert_array_equal(back.pixels, pixels)
    assert (back.alpha is None) if alpha is None else np.array_equal(back.alpha, alpha)
