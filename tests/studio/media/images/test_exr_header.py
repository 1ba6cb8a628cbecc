"""The header of an EXR as this program reads it, next to what OpenImageIO says of the same file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reswd_torch.errors import InputError

pytest.importorskip("OpenImageIO")
from studio.media.images.exr_header import read_header  # noqa: E402
from tests.studio.media.images.film_for_tests import (  # noqa: E402
    ExrPart,
    exr,
    header_bytes,
    light,
    plain_exr,
    with_attribute,
)

WHOLE = (0, 0, 80, 60)


def test_parts_and_channels(tmp_path: Path) -> None:
    values = np.dstack([light(), light(1)])
    named = ExrPart(
        values, ("R", "G", "B", "Z"), ("half", "half", "half", "float"), 16, {"oiio:subimagename": "a"}, (2, 3), WHOLE
    )
    first, second = read_header(exr(tmp_path / "a.exr", named, ExrPart(light(1), ("Y",), ("float",), 8, display=WHOLE)))
    assert {each.name: each.kind for each in first.channels} == {"B": "half", "G": "half", "R": "half", "Z": "float"}
    assert (first.width, first.height, first.tile, first.deep) == (70, 41, (16, 16, 0), False)
    assert first.chunks == 5 * 3 and first.text("name") == "a" and second.tile == (8, 8, 0)
    assert all(each.sampled for each in (*first.channels, *second.channels))


@pytest.mark.parametrize(("name", "lines"), [("none", 1), ("zips", 1), ("zip", 16), ("piz", 32), ("dwab", 256)])
def test_compression_and_chunks(name: str, lines: int, tmp_path: Path) -> None:
    (part,) = read_header(plain_exr(tmp_path / "a.exr", compression=name))
    assert part.compression == name and part.chunks == -(-41 // lines)


def test_attributes_by_their_types(tmp_path: Path) -> None:
    path = plain_exr(tmp_path / "a.exr", owner="someone")
    with_attribute(path, "n", "int", b"\7\0\0\0")
    with_attribute(path, "thumbs", "preview", bytes(1 << 17))  # a header longer than what is read at first
    (part,) = read_header(path)
    assert (part.text("owner"), part.number("n"), part.floats("screenWindowCenter", "v2f")) == (
        "someone",
        7,
        (0.0, 0.0),
    )
    assert part.text("n") is part.number("owner") is part.floats("owner", "v2f") is part.text("none") is None


def test_every_cut_is_refused(tmp_path: Path) -> None:
    whole = plain_exr(tmp_path / "a.exr")
    head = header_bytes(whole)
    for size in range(0, len(head), 7):
        (tmp_path / "b.exr").write_bytes(head[:size])
        with pytest.raises(InputError, match="cut short or damaged"):
            read_header(tmp_path / "b.exr")
