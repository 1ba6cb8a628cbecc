"""EXR in and out: half and float stay what they are, and all but the colours is copied."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import numpy as np
import pytest

from reswd_torch.errors import InputError
from studio.media.images import Picture, read_picture, supported_output, write_picture
from studio.media.images.limits import Limits
from studio.service.render import render
from tests.studio.media.images.conftest import scene, source
from tests.studio.media.images.files_for_tests import has, refused

pytest.importorskip("OpenImageIO")
from tests.studio.media.images.film_for_tests import (  # noqa: E402
    HEIGHT,
    WARMER,
    WIDTH,
    ExrPart,
    channels_of,
    exr,
    header_bytes,
    light,
    patched,
    plain_exr,
    regraded,
    with_attribute,
)

HALVES, FLOATS = ("half",) * 3, ("float",) * 3
WHOLE = (0, 0, 80, 60)
RENDERED = ExrPart(
    np.concatenate([light(), light(1, 1).clip(0, 1), light(1, 2), np.full((HEIGHT, WIDTH, 1), 0.25)], axis=2).astype(
        float
    ),
    ("R", "G", "B", "A", "Z", "id"),
    (*HALVES, "half", "float", "uint"),
    attributes={
        "owner": "somebody",
        "my/number": 3,
        "screenWindowWidth": 2.0,
        "compression": "zips",
        "capDate": "2020",
    },
    origin=(5, -3),
    display=(0, 0, 128, 64),
)


@pytest.mark.parametrize(
    "part",
    [
        ExrPart(light()),
        ExrPart(light(), kinds=FLOATS),
        ExrPart(light(), kinds=("half", "float", "half")),
        ExrPart(light(), tile=16),
        ExrPart(light(), tile=16, attributes={"openexr:lineOrder": "randomY"}),
        ExrPart(light(), attributes={"compression": "piz"}, origin=(-7, 100), display=(0, 0, 200, 300)),
        ExrPart(light(4), ("R", "G", "B", "A"), (*HALVES, "half")),
        RENDERED,
    ],
    ids=["half", "float", "mixed", "tiles", "random tiles", "window", "alpha", "layers"],
)
def test_no_grade_gives_the_same_bytes(part: ExrPart, tmp_path: Path) -> None:
    path = exr(tmp_path / "a.exr", part)
    assert regraded(path).read_bytes() == path.read_bytes()


def test_all_but_the_colours_is_kept(tmp_path: Path) -> None:
    path = exr(tmp_path / "a.exr", RENDERED)
    graded = regraded(path, WARMER)
    before, after = channels_of(path), channels_of(graded)
    assert header_bytes(graded) == header_bytes(path)
    for name, values in before.items():
        assert after[name].dtype == values.dtype
        assert np.array_equal(after[name], values) == (name not in "RGB")


def test_negative_and_bright_values_survive(tmp_path: Path) -> None:
    path = plain_exr(tmp_path / "a.exr")
    picture = read_picture(path)
    assert picture.pixels.dtype == np.float16 and picture.pixels.min() < 0 and picture.pixels.max() > 5
    after = read_picture(regraded(path, WARMER)).pixels
    np.testing.assert_array_equal(after, render(picture.pixels, WARMER))
    assert after.min() < 0 and after.max() > 5 and not np.array_equal(after, picture.pixels)


def test_parts_are_kept_and_the_first_with_colours_is_graded(tmp_path: Path) -> None:
    parts = (
        ExrPart(light(1, 3), ("Z",), ("float",), attributes={"oiio:subimagename": "depth"}, display=WHOLE),
        ExrPart(
            light(4, 4),
            ("R", "G", "B", "A"),
            (*HALVES, "half"),
            attributes={"oiio:subimagename": "beauty"},
            display=WHOLE,
        ),
        ExrPart(
            light(3, 5), attributes={"oiio:subimagename": "again", "compression": "rle"}, origin=(3, 4), display=WHOLE
        ),
    )
    path = exr(tmp_path / "a.exr", *parts)
    assert has(read_picture(path).notes, "part 2 of 3 (beauty) is graded, the others stay as they are")
    assert regraded(path).read_bytes() == path.read_bytes()
    graded = regraded(path, WARMER)
    assert header_bytes(graded) == header_bytes(path)
    for part in range(3):
        before, after = channels_of(path, part), channels_of(graded, part)
        for name, values in before.items():
            assert np.array_equal(after[name], values) == (part != 1 or name == "A")


def test_tiled_parts_are_kept(tmp_path: Path) -> None:
    path = exr(tmp_path / "a.exr", ExrPart(light(), tile=16), ExrPart(light(1, 3), ("Z",), ("float",), tile=32))
    assert regraded(path).read_bytes() == path.read_bytes()


def test_the_result_does_not_depend_on_threads_or_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = plain_exr(tmp_path / "a.exr")
    first = regraded(path, WARMER).read_bytes()
    monkeypatch.setattr("reswd_torch.threads.allowed", lambda: 3)
    monkeypatch.setattr("reswd_torch.grade.codes.allowed", lambda: 3)
    monkeypatch.setattr("reswd_torch.grade.codes._STRIP_PIXELS", WIDTH * 5)
    assert regraded(path, WARMER, "b.exr").read_bytes() == first
    assert b"capDate" not in first


def test_opacity_is_taken_out_for_the_grade(tmp_path: Path) -> None:
    alpha = np.tile(np.linspace(0, 1, WIDTH, dtype=np.float32), (HEIGHT, 1)).astype(np.float16).astype(np.float32)
    colours = np.broadcast_to(np.float32([0.5, 0.25, 0.125]), (HEIGHT, WIDTH, 3))
    path = exr(
        tmp_path / "a.exr",
        ExrPart(np.dstack([colours * alpha[..., None], alpha]), ("R", "G", "B", "A"), (*FLOATS, "half")),
    )
    picture = read_picture(path)
    assert picture.alpha is not None and picture.container.associated
    np.testing.assert_allclose(picture.in_range[:, 1:], colours[:, 1:], rtol=1e-5)
    graded = render(picture.pixels, WARMER, multiplied_by=picture.multiplied_by)
    opaque = render(np.ascontiguousarray(colours), WARMER)
    np.testing.assert_allclose(graded[:, 1:], (opaque * alpha[..., None])[:, 1:], rtol=1e-4, atol=1e-6)


def test_an_opaque_alpha_is_none(tmp_path: Path) -> None:
    values = np.dstack([light(), np.ones((HEIGHT, WIDTH), np.float32)])
    path = exr(tmp_path / "a.exr", ExrPart(values, ("R", "G", "B", "A"), (*HALVES, "half")))
    assert read_picture(path).alpha is None
    assert regraded(path).read_bytes() == path.read_bytes()


def test_nan_and_infinity_are_kept_counted_and_told(tmp_path: Path) -> None:
    values = light()
    values[0, 0, 1], values[3, 4] = np.nan, (np.inf, -np.inf, 1)
    path = exr(tmp_path / "a.exr", ExrPart(values))
    assert has(read_picture(path).notes, "2 pixels hold NaN or Inf, which is kept as it is")
    after = read_picture(regraded(path, WARMER)).pixels
    for place in ((0, 0), (3, 4)):
        np.testing.assert_array_equal(after[place], values[place].astype(np.float16))
    assert np.isfinite(after).all(axis=-1).sum() == HEIGHT * WIDTH - 2


def test_what_is_lost_is_told(tmp_path: Path) -> None:
    lossy = plain_exr(tmp_path / "a.exr", compression="dwaa:45")
    assert has(read_picture(lossy).notes, "dwaa, loses a little")
    odd = with_attribute(plain_exr(tmp_path / "b.exr"), "thumb", "preview", struct.pack("<2I", 1, 1) + bytes(4))
    assert has(read_picture(odd).notes, "attributes of rare types are left out: thumb")
    known = with_attribute(plain_exr(tmp_path / "c.exr"), "zoom", "v2f", struct.pack("<2f", 1, 2))
    assert regraded(known).read_bytes() == known.read_bytes()


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("box2i", struct.pack("<4i", 1, 2, 3, 4)),
        ("box2f", struct.pack("<4f", 1, 2, 3, 4)),
        ("double", struct.pack("<d", 0.1)),
        ("keycode", struct.pack("<7i", 1, 2, 3, 4, 5, 64, 80)),
        ("m33f", struct.pack("<9f", *range(9))),
        ("m44f", struct.pack("<16f", *range(16))),
        ("m44d", struct.pack("<16d", *range(16))),
        ("m33d", struct.pack("<9d", *range(9))),
        ("rational", struct.pack("<iI", 24000, 1001)),
        ("string", "grün".encode()),
        ("stringvector", struct.pack("<I", 1) + b"a" + struct.pack("<I", 2) + b"bc"),
        ("timecode", struct.pack("<2I", 0x01020304, 5)),
        ("v2d", struct.pack("<2d", 1, 2)),
        ("v2i", struct.pack("<2i", 1, 2)),
        ("v3f", struct.pack("<3f", 1, 2, 3)),
        ("v3d", struct.pack("<3d", 1, 2, 3)),
        ("v3i", struct.pack("<3i", 1, 2, 3)),
        ("floatvector", struct.pack("<2f", 1, 2)),
        ("envmap", b"\1"),
        ("deepImageState", b"\1"),
        ("mine", b"abc"),
    ],
)
def test_an_attribute_is_kept_or_told(kind: str, value: bytes, tmp_path: Path) -> None:
    path = with_attribute(plain_exr(tmp_path / "a.exr"), "zz", kind, value)
    told = has(read_picture(path).notes, "attributes of rare types are left out: zz")
    assert (header_bytes(regraded(path)) == header_bytes(path)) != told


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([ExrPart(light(1), ("Z",), ("float",))], ("no part", "R, G and B", "it has Z")),
        ([ExrPart(light(), ("diffuse.R", "diffuse.G", "diffuse.B"))], ("it has diffuse.", "write them as R, G, B")),
        ([ExrPart(light(2), ("R", "G"), HALVES[:2])], ("it has G, R",)),
        ([ExrPart(abs(light()).clip(0, 1).astype(float), kinds=("uint",) * 3)], ("of half or float",)),
        ([ExrPart(light(), ("Y", "RY", "BY"))], ("luminance and chroma",)),
    ],
)
def test_no_colours(parts: list[ExrPart], words: tuple[str, ...], tmp_path: Path) -> None:
    refused(exr(tmp_path / "a.exr", *parts), *words)


def test_channels_that_are_not_whole(tmp_path: Path) -> None:
    path = exr(tmp_path / "a.exr", ExrPart(light(4), ("R", "G", "B", "Z"), (*HALVES, "half")))
    at = path.read_bytes().index(b"Z\0\1\0\0\0") + 2 + 8
    refused(patched(path, (at, struct.pack("<2i", 2, 2))), "fewer values than pixels are not read: Z")


def test_deep_pictures_are_refused(tmp_path: Path) -> None:
    path = patched(plain_exr(tmp_path / "a.exr"), (5, b"\x08"))
    refused(path, "deep EXR", "flatten it first")


def test_damaged_files(tmp_path: Path) -> None:
    whole = plain_exr(tmp_path / "whole.exr").read_bytes()
    head = len(header_bytes(tmp_path / "whole.exr"))
    for size in (5, 60, head - 1, head + 3, len(whole) // 2, len(whole) - 1):
        (tmp_path / "a.exr").write_bytes(whole[:size])
        refused(tmp_path / "a.exr", "cut short or damaged")


def test_a_small_file_does_not_make_a_huge_picture(tmp_path: Path) -> None:
    path = plain_exr(tmp_path / "a.exr")
    box = path.read_bytes().index(b"dataWindow\0box2i\0") + len(b"dataWindow\0box2i\0") + 4
    patched(path, (box, struct.pack("<4i", 0, 0, 2**31 - 2, 2**31 - 2)))
    refused(path, "cut short or damaged")  # it has no room for the table of its chunks
    patched(path, (box, struct.pack("<4i", 0, 0, 2**31 - 2, 40)))
    refused(path, "megapixels and the limit is")
    with pytest.raises(InputError, match="the limit is"):
        read_picture(plain_exr(tmp_path / "b.exr"), max_pixels=1000)


def test_too_many_channels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.media.images.exr._MOST_SAMPLES", WIDTH * HEIGHT * 2)
    refused(plain_exr(tmp_path / "a.exr"), "billion samples", "split the file")
    monkeypatch.setattr("studio.media.images.exr._MOST_CHANNELS", 2)
    refused(tmp_path / "a.exr", "1 parts with up to 3 channels", "split the file")


def test_strangers_send_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.media.images.read.current", lambda: Limits(apart=True))
    refused(plain_exr(tmp_path / "a.exr"), "not read by an app that others share")


def test_without_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = plain_exr(tmp_path / "a.exr")
    monkeypatch.setitem(sys.modules, "OpenImageIO", None)
    refused(path, 'pip install "reswd-studio[vfx]"')
    refused(tmp_path / "b.exr", 'pip install "reswd-studio[vfx]"', call=supported_output)


@pytest.mark.parametrize("name", ["b.png", "b.tif", "b.dpx", "b.jpg"])
def test_no_other_format_is_made_of_it(name: str, tmp_path: Path) -> None:
    picture = read_picture(plain_exr(tmp_path / "a.exr"))
    with pytest.raises(InputError, match=r"the source is EXR, .* give a name that ends in \.exr"):
        write_picture(tmp_path / name, picture, picture.pixels)
    assert not (tmp_path / name).exists()


def test_it_is_made_of_no_other_format(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"give a name that ends in \.png"):
        write_picture(tmp_path / "b.exr", source(scene()), scene())


def test_a_source_that_changed_is_not_copied_from(tmp_path: Path) -> None:
    path = plain_exr(tmp_path / "a.exr")
    picture: Picture = read_picture(path)
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(InputError, match="it has changed since it was read"):
        write_picture(tmp_path / "b.exr", picture, picture.pixels)
    path.unlink()
    with pytest.raises(InputError, match="it is gone"):
        write_picture(tmp_path / "b.exr", picture, picture.pixels)
    assert list(tmp_path.iterdir()) == []


def test_the_content_decides_and_not_the_name(tmp_path: Path) -> None:
    path = plain_exr(tmp_path / "a.exr").rename(tmp_path / "a.png")
    assert read_picture(path).container.format == "EXR"
