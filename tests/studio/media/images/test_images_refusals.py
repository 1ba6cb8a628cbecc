"""What cannot be read or written: one line with the path and what to do, nothing written, the source untouched."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from reswd_torch.errors import InputError
from studio.media.images import read_mask, read_picture, read_reduced, supported_output, write_picture
from tests.studio.media.images.conftest import scene, source


def refused(path: Path, *parts: str, call: Callable[[Path], object] = read_picture) -> None:
    """``call`` raises one line that begins with the path and holds ``parts``; the folder stays as it was."""
    before = {p: p.read_bytes() for p in path.parent.glob("*") if p.is_file()} if path.parent.is_dir() else {}
    with pytest.raises(InputError) as caught:
        call(path)
    line = str(caught.value)
    assert line.startswith(f"{path}: ") and "\n" not in line
    for part in parts:
        assert part in line
    if before:
        assert {p: p.read_bytes() for p in path.parent.glob("*") if p.is_file()} == before


@pytest.mark.parametrize("call", [read_picture, read_reduced, lambda p: read_mask(p, (2, 2))])
def test_what_is_no_picture(call: Callable[[Path], object], tmp_path: Path) -> None:
    refused(tmp_path / "none.jpg", "no such file", "check the name", call=call)
    refused(tmp_path, "folder", "give a picture file", call=call)
    (tmp_path / "empty.png").touch()
    refused(tmp_path / "empty.png", "empty", "copy or export", call=call)
    for name in ("text.jpg", "text"):
        (tmp_path / name).write_text("this is a text and no picture\n" * 9)
        refused(tmp_path / name, "not a picture", "give JPEG", call=call)
    (tmp_path / "drawing.png").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    refused(tmp_path / "drawing.png", "not a picture", call=call)


KINDS = {"CR2": "develop", "nef": "develop", "dng": "develop", "exr": "display encoding", "hdr": "16-bit"}
KINDS |= {"mov": "export still frames", "dpx": "log converted", "braw": "export still frames", "svg": "as PNG"}


@pytest.mark.parametrize(("suffix", "part"), KINDS.items())
def test_kinds_that_need_converting_first(suffix: str, part: str, tmp_path: Path) -> None:
    (tmp_path / f"a.{suffix}").write_bytes(b"II*\0" + bytes(99))
    refused(tmp_path / f"a.{suffix}", f".{suffix} ", part)


def encoded(pixels: np.ndarray, name: str, **options: object) -> bytes:
    stream = io.BytesIO()
    if name == "tifffile":
        tifffile.imwrite(stream, pixels, photometric="rgb", **options)
    elif name in ("png16", "lzw16"):
        import cv2

        suffix, params = (".png", []) if name == "png16" else (".tif", [cv2.IMWRITE_TIFF_COMPRESSION, 5])
        return cv2.imencode(suffix, pixels, params)[1].tobytes()
    else:
        Image.fromarray(pixels).save(stream, name, **options)
    return stream.getvalue()


FILES = {
    "jpg": encoded(scene(90, 120), "JPEG"),
    "progressive.jpg": encoded(scene(90, 120), "JPEG", progressive=True),
    "png": encoded(scene(90, 120), "PNG"),
    "16.png": encoded(scene(90, 120, np.uint16), "png16"),
    "webp": encoded(scene(90, 120), "WEBP"),
    "lossless.webp": encoded(scene(90, 120), "WEBP", lossless=True),
    "gif": encoded(scene(90, 120), "GIF"),
    "bmp": encoded(scene(90, 120), "BMP"),
    "avif": encoded(scene(90, 120), "AVIF"),
    "tif": encoded(scene(90, 120), "TIFF"),
    "lzw.tif": encoded(scene(90, 120), "TIFF", compression="tiff_lzw"),
    "16.tif": encoded(scene(90, 120, np.uint16), "tifffile"),
    "zip16.tif": encoded(scene(90, 120, np.uint16), "tifffile", compression="zlib"),
    "lzw16.tif": encoded(scene(90, 120, np.uint16), "lzw16"),
}


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


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.uint32, np.int16])
def test_tiffs_of_other_numbers(dtype: type, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((4, 4, 3), dtype), photometric="rgb")
    word = {"f": "floating-point", "u": "32-bit integer", "i": "signed"}[np.dtype(dtype).kind]
    refused(tmp_path / "a.tif", word, "save it as 16-bit integer RGB")


def test_reading_in_several_threads_keeps_pillows_limit(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    limit = Image.MAX_IMAGE_PIXELS
    for kind, data in FILES.items():
        (tmp_path / f"a.{kind}").write_bytes(data)
    with ThreadPoolExecutor(4) as pool:
        pictures = list(pool.map(read_picture, [tmp_path / f"a.{kind}" for kind in FILES] * 4))
    assert {p.width for p in pictures} == {120} and limit == Image.MAX_IMAGE_PIXELS is not None


def test_raw_files_named_tif(tmp_path: Path) -> None:
    version = (50706, 1, 4, b"\1\4\0\0", True)
    tifffile.imwrite(tmp_path / "a.tif", scene(), photometric="rgb", extratags=[version])
    refused(tmp_path / "a.tif", "DNG", "develop")


def test_heic_without_its_package_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    (tmp_path / "a.heic").write_bytes(bytes([0, 0, 0, 24]) + b"ftypheic" + bytes(99))
    refused(tmp_path / "a.heic", 'pip install "reswd-studio[heic]"')
    refused(tmp_path / "b.heic", 'pip install "reswd-studio[heic]"', call=supported_output)


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


def test_read_only_folder_and_unreadable_file(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # tests may run as root, who may do anything
    refused(photo, "reading is not permitted", "permissions")
    refused(photo.with_name("a.png"), "cannot be written to", "permissions", call=supported_output)


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
