"""JPEGs that end as they should, but hold too little, and those that hold a little too much.

The oracle of what is missing is the file itself: its entropy-coded data are cut, and the end of image is put behind the cut.
"""

from __future__ import annotations

import contextlib
import io
import re
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from reswd_torch.errors import InputError
from studio.media.images import read_picture, read_reduced
from tests.studio.media.images.conftest import scene
from tests.studio.media.images.files_for_tests import encoded, has, refused

END = b"\xff\xd9"
KINDS: dict[str, dict[str, Any]] = {
    "4:2:0": {},
    "4:2:2": {"subsampling": 1},
    "4:4:4": {"subsampling": 0, "optimize": True},
    "RGB": {"subsampling": 0, "keep_rgb": True},
    "progressive": {"progressive": True},
    "restarts": {"restart_marker_blocks": 3},
    "restarts of progressive": {"progressive": True, "restart_marker_rows": 1},
}


def scans(data: bytes) -> list[tuple[int, int]]:
    """Start and end of the entropy-coded data of each scan (ITU-T T.81, B.2.3)."""
    found = []
    for each in re.finditer(rb"\xff\xda", data):
        start = each.end() + struct.unpack_from(">H", data, each.end())[0]
        stop = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]").search(data, start)
        assert stop is not None
        found.append((start, stop.start()))
    return found


def files() -> dict[str, bytes]:
    made = {name: encoded(scene(120, 200), "JPEG", quality=90, **how) for name, how in KINDS.items()}
    made["grey"] = encoded(scene(120, 200)[..., 0].copy(), "JPEG")
    stream = io.BytesIO()
    Image.fromarray(scene(120, 200)).convert("CMYK").save(stream, "JPEG")
    made["CMYK"] = stream.getvalue()
    return made


@pytest.mark.parametrize("kind", [*KINDS, "grey", "CMYK"])
@pytest.mark.parametrize("share", [0.01, 0.3, 0.7, 0.97])
def test_missing_data_are_refused_though_the_file_ends_as_it_should(
    kind: str, share: float, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path, data = tmp_path / "a.jpg", files()[kind]
    path.write_bytes(data)
    read_picture(path)
    for start, end in scans(data):
        cut = min(start + int(share * (end - start)), end - 4)  # the last bits of a scan may say nothing
        path.write_bytes(data[:cut] + data[end:])
        refused(path, "cut short or damaged")
        path.write_bytes(data[:cut] + END)
        # What a progressive file lacks may be too fine for 1/4 of its size; a sequential one lacks blocks.
        whole = read_picture if "progressive" in kind else lambda place: read_reduced(place, at_least=20)
        refused(path, "cut short or damaged", call=whole)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("progressive", [False, True])
def test_missing_data_of_the_first_of_several_pictures(progressive: bool, tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    others = [Image.fromarray(scene(60, 60))]
    Image.fromarray(scene(120, 200)).save(path, "MPO", save_all=True, append_images=others, progressive=progressive)
    data = path.read_bytes()
    start, end = scans(data)[9 if progressive else 0]  # the last one of the first picture
    with Image.open(path) as image:
        np.testing.assert_array_equal(read_picture(path).pixels, np.asarray(image))
    path.write_bytes(data[: (start + end) // 2] + data[end:])
    refused(path, "cut short or damaged")


def test_lost_and_swapped_restarts_are_refused(tmp_path: Path) -> None:
    path, data = tmp_path / "a.jpg", files()["restarts"]
    places = [each.start() for each in re.finditer(rb"\xff[\xd0-\xd7]", data)]
    for first, last in ((2, 3), (0, 8)):  # one part lost, and eight of them, after which the numbers are right again
        path.write_bytes(data[: places[first]] + data[places[last] :])
        refused(path, "cut short or damaged")


@pytest.mark.parametrize("kind", [*KINDS, "grey", "CMYK"])
@pytest.mark.parametrize(
    "extra", [b"\0", b"abc", b"\xff" * 5 + b"\0" * 900, b"\xff"], ids=["zero", "few", "fill", "ff"]
)
def test_bytes_between_the_data_and_a_marker_harm_nothing(
    kind: str, extra: bytes, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Pillow decodes both files to the same picture."""
    path, data = tmp_path / "a.jpg", files()[kind]
    path.write_bytes(data)
    want = read_picture(path)
    _, end = scans(data)[-1]
    path.write_bytes(data[:end] + extra + data[end:])
    got = read_picture(path)
    np.testing.assert_array_equal(got.pixels, want.pixels)
    assert got.notes == want.notes
    assert capfd.readouterr() == ("", "")


def test_large_jpegs_with_bytes_too_many_are_as_silent(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """OpenCV, which decodes large ones, is not given those; from eight bytes on, or where the last bit is 0, they are found."""
    path, pixels = tmp_path / "a.jpg", np.repeat(np.repeat(scene(100, 200), 16, 0), 16, 1)
    data = encoded(pixels, "JPEG")
    (_, end) = scans(data)[-1]
    for extra in (b"", b"\x10", b"a word of others"):
        path.write_bytes(data[:end] + extra + data[end:])
        with Image.open(path) as image:
            np.testing.assert_array_equal(read_picture(path).pixels, np.asarray(image))
    assert capfd.readouterr() == ("", "")


def test_many_bytes_that_belong_to_no_block_are_mentioned(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path, data = tmp_path / "a.jpg", files()["4:2:0"]
    ((_, end),) = scans(data)
    path.write_bytes(data[:end] + bytes(range(1, 250)) + data[end:])
    assert has(read_picture(path).notes, "may be damaged")
    assert capfd.readouterr() == ("", "")


def test_odd_markers_are_silent(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """An unknown version of JFIF, an unknown transform in Adobe's marker, and bytes between two segments."""
    path, data = tmp_path / "a.jpg", encoded(scene(), "JPEG")
    adobe = b"\xff\xee" + struct.pack(">H5sHHHB", 14, b"Adobe", 100, 0, 0, 7)
    for odd in (data.replace(b"JFIF\0\1", b"JFIF\0\7"), data[:20] + adobe + data[20:], data[:20] + b"ab" + data[20:]):
        path.write_bytes(odd)
        assert read_picture(path).width == 40
    assert capfd.readouterr() == ("", "")


def test_scans_without_end_are_refused(tmp_path: Path) -> None:
    """A progressive JPEG whose first scan is there again and again takes as long as many pictures."""
    path, data = tmp_path / "a.jpg", files()["progressive"]
    start, (_, end), frame = data.index(b"\xff\xda"), scans(data)[0], data.index(b"\xff\xc2")
    path.write_bytes(data[:end] + data[start:end] * 30 + data[end:])
    np.testing.assert_array_equal(read_picture(path).pixels, np.asarray(Image.open(io.BytesIO(data))))
    large = data[: frame + 5] + struct.pack(">HH", 15_000, 16_000) + data[frame + 9 :]
    path.write_bytes(large[:end] + large[start:end] * 30 + large[end:])
    refused(path, "40 scans takes too long")


def test_restarts_without_end_are_refused(tmp_path: Path) -> None:
    path, data = tmp_path / "a.jpg", files()["4:2:0"]
    ((start, end),) = scans(data)
    many = b"".join(b"\x55\xff" + bytes((0xD0 + i % 8,)) for i in range(8)) * 130_000
    path.write_bytes(data[:start] + many + data[end:])
    refused(path, "more than a million restarts")


def test_a_progressive_picture_without_its_finest_scans_says_so(tmp_path: Path) -> None:
    """T.81 allows it (G.1.1.1), so it is no damage that could be told."""
    path, data = tmp_path / "a.jpg", files()["progressive"]
    path.write_bytes(data[: scans(data)[-2][1]] + END)
    assert has(read_picture(path).notes, "without its finest scans")
    path.write_bytes(data)
    assert read_picture(path).notes == ()


def arithmetic(size: int, first_scan: int = 0) -> bytes:
    """A grey square by arithmetic coding, whose data are zeros alone and therefore left out (T.81, D.1.8): a first scan of the
    means, whose data begin at ``first_scan`` if that is not 0, and one that refines them."""
    table, frame = b"\0" + bytes([9]) * 64, struct.pack(">BHHB3B", 8, size, size, 1, 1, 0x11, 0)
    parts = [(0xDB, table), (0xCA, frame), (0xDA, bytes((1, 1, 0, 0, 0, 0x01))), (0xDA, bytes((1, 1, 0, 0, 0, 0x10)))]
    if first_scan:
        parts.insert(0, (0xFE, bytes(first_scan - 2 - 4 - sum(len(body) + 4 for _, body in parts[:3]))))
    return b"\xff\xd8" + b"".join(struct.pack(">BBH", 0xFF, kind, len(body) + 2) + body for kind, body in parts) + END


def with_pillow(data: bytes) -> np.ndarray:
    """What Pillow decodes a JPEG to that it is given as a whole."""
    with Image.open(io.BytesIO(data)) as image:
        image.decodermaxblock = len(data)
        return np.asarray(image.convert("RGB"))


@pytest.mark.parametrize("data", [arithmetic(400), arithmetic(64, 65536)], ids=["few bytes", "long"])
def test_arithmetic_coding_may_leave_out_zeros_and_cannot_wait(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(data)
    np.testing.assert_array_equal(read_picture(path).pixels, with_pillow(data))
    read_reduced(path, at_least=8)


def test_tiny_pictures_of_every_grey_are_whole(tmp_path: Path) -> None:
    """The last row of one of them is what marks a row that does not come."""
    path = tmp_path / "a.jpg"
    for level in range(256):
        path.write_bytes(encoded(np.full((8, 8, 3), level, np.uint8), "JPEG", quality=100))
        assert abs(int(read_picture(path).pixels[0, 0, 0]) - level) <= 1


def test_a_height_behind_the_first_scan_is_read(tmp_path: Path) -> None:
    """T.81, B.2.5: the frame has 0 lines, and a DNL segment says how many they are. The oracle is the same file without it."""
    path, data = tmp_path / "a.jpg", files()["4:2:0"]
    at, ((_, end),) = data.index(b"\xff\xc0") + 5, scans(data)
    path.write_bytes(data[:at] + b"\0\0" + data[at + 2 : end] + b"\xff\xdc\0\x04" + data[at : at + 2] + data[end:])
    np.testing.assert_array_equal(read_picture(path).pixels, with_pillow(data))


@pytest.mark.parametrize("kind", ["12-bit", "hierarchical"])
def test_rare_kinds_are_named(kind: str, tmp_path: Path) -> None:
    path, data = tmp_path / "a.jpg", bytearray(files()["4:2:0"])
    at = data.index(b"\xff\xc0")
    if kind == "12-bit":
        data[at + 1 : at + 5] = bytes((0xC1, *data[at + 2 : at + 4], 12))
    else:
        data[at + 1] = 0xC5
    path.write_bytes(data)
    refused(path, f"{kind} JPEG is not read")


def test_what_libjpeg_has_to_say_of_small_files_is_not_printed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nothing tells that the last bits of a block are missing, but only OpenCV would print that, and decodes large ones alone."""
    path, data = tmp_path / "a.jpg", encoded(np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8), "JPEG")
    ((start, end),) = scans(data)
    for cut in range(start, end):
        path.write_bytes(data[:cut] + END)
        with contextlib.suppress(InputError):
            read_picture(path)
    assert capfd.readouterr() == ("", "")
