"""The colours that AV1 streams name, in AVIF files without a colour box."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image

from studio.media.images import profile_name, read_picture
from studio.media.images.av1 import stream_numbers
from studio.media.images.boxes import ColourBox, colour_boxes
from tests.studio.media.images.conftest import scene
from tests.studio.media.images.files_for_tests import refused


def without_box(path: Path, numbers: tuple[int, int, int], **options: object) -> Path:
    """An AVIF whose stream alone says what its colours are. The encoder writes (1, 13, 6), which are exchanged bit by bit."""
    Image.fromarray(scene(64, 96)).save(path, quality=90, **options)
    data = path.read_bytes().replace(b"colr", b"free")
    at = data.index(b"mdat") + 4
    bits = "".join(f"{byte:08b}" for byte in data[at : at + 40])
    old, new = ("".join(f"{each:08b}" for each in some) for some in ((1, 13, 6), numbers))
    assert old in bits
    bits = bits.replace(old, new, 1)
    path.write_bytes(data[:at] + int(bits, 2).to_bytes(40, "big") + data[at + 40 :])
    return path


@pytest.mark.parametrize(("range_", "full"), [("full", 1), ("limited", 0)])
@pytest.mark.parametrize("subsampling", ["4:2:0", "4:4:4", "4:0:0"])
def test_the_numbers_of_the_stream_hold(subsampling: str, range_: str, full: int, tmp_path: Path) -> None:
    """Oracle: the tags that FFmpeg reads from the same stream."""
    import av

    path = without_box(tmp_path / "a.avif", (12, 13, 6), subsampling=subsampling, range=range_)
    assert colour_boxes(path) == ColourBox(None, (12, 13, 6, full))
    with av.open(str(path)) as file:
        frame = next(file.decode(video=0))
    assert (int(frame.color_primaries), int(frame.color_trc), int(frame.colorspace)) == (12, 13, 6)
    assert int(frame.color_range) == (2 if full else 1)
    assert profile_name(read_picture(path).icc) == "Display P3"


def test_hdr_in_the_stream_is_refused(tmp_path: Path) -> None:
    refused(without_box(tmp_path / "a.avif", (9, 16, 9)), "is HDR (PQ")


def test_streams_that_end_early_say_nothing(tmp_path: Path) -> None:
    path = without_box(tmp_path / "a.avif", (12, 13, 6))
    data = path.read_bytes()
    stream = data[data.index(b"mdat") + 4 :]
    assert stream_numbers(stream) == (12, 13, 6, 1) and stream_numbers(b"") is None
    for end in range(1, 20):
        with suppress(IndexError):
            assert stream_numbers(stream[:end]) in (None, (12, 13, 6, 1))
    for place in range(data.index(b"mdat") + 20):
        path.write_bytes(data[:place] + b"\xff" + data[place + 1 :])
        colour_boxes(path)
