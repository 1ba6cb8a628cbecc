"""Walking of boxes. Oracle: the layout of a box in ISO/IEC 14496-12, 4.2."""

from __future__ import annotations

import io
import struct

import pytest

from studio.media.isobmff import boxes, boxes_in


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def test_boxes_follow_one_another_with_every_kind_of_length() -> None:
    long = struct.pack(">I4sQ", 1, b"long", 16 + 3) + b"abc"
    to_the_end = struct.pack(">I4s", 0, b"rest") + b"defg"
    data = box(b"free", b"") + long + to_the_end
    assert list(boxes_in(data)) == [(b"free", b""), (b"long", b"abc"), (b"rest", b"defg")]
    assert list(boxes(io.BytesIO(data), 8, len(data))) == [(b"long", 24, 27), (b"rest", 35, 39)]


@pytest.mark.parametrize(
    "bad",
    [struct.pack(">I4s", 7, b"tiny"), struct.pack(">I4sQ", 1, b"tiny", 15), struct.pack(">I4s", 1, b"cuts"), b"\0\0\0"],
    ids=["shorter than its head", "shorter than its long head", "long head cut off", "head cut off"],
)
def test_a_box_without_a_length_ends_the_walk(bad: bytes) -> None:
    assert list(boxes_in(box(b"good", b"1") + bad)) == [(b"good", b"1")]


def test_a_box_may_claim_more_than_there_is() -> None:
    data = struct.pack(">I4s", 1000, b"mdat") + b"ab"
    assert list(boxes(io.BytesIO(data), 0, len(data))) == [(b"mdat", 8, 1000)]
    assert list(boxes_in(data)) == [(b"mdat", b"ab")]
