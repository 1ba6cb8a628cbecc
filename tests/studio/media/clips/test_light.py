"""What HDR clips say about light, and how encoders are told of it."""

from __future__ import annotations

import struct
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest
from av.sidedata.sidedata import Type

from studio.media.clips.kept import beside
from studio.media.clips.light import LightLevels, light_of
from studio.media.clips.tags import read_tags

P3 = (34000, 16000, 13250, 34500, 7500, 3000, 15635, 16450)
DISPLAY = [number for value in P3 for number in (value, 50000)] + [1, 10000, 10_000_000, 10000]
CONTENT = struct.pack("=2I", 1000, 400)


def frame(display: bytes | None = None, content: bytes | None = None) -> Any:
    found = {Type.MASTERING_DISPLAY_METADATA: display, Type.CONTENT_LIGHT_LEVEL: content}
    return SimpleNamespace(side_data=found)


def test_all_of_it_is_read() -> None:
    light = light_of(frame(struct.pack("=22i", *DISPLAY, 1, 1), CONTENT))
    assert light is not None and light.content == (1000, 400) and light.display is not None
    assert light.display[:2] == (Fraction(34, 50), Fraction(16, 50)) and light.display[8:] == (Fraction(1, 10000), 1000)
    assert light_of(frame()) is None
    assert light_of(frame(content=CONTENT)) == LightLevels(None, (1000, 400))


@pytest.mark.parametrize(
    "display",
    [
        struct.pack("=22i", *DISPLAY, 1, 0),
        struct.pack("=22i", *DISPLAY, 0, 1),
        struct.pack("=22i", *([0] * 20), 1, 1),
        b"short",
    ],
)
def test_what_is_not_whole_is_none(display: bytes) -> None:
    """An encoder takes all ten numbers or none."""
    assert light_of(frame(display, CONTENT)) is None


def test_each_encoder_gets_its_own_words() -> None:
    """x265's and x264's documentation of master-display and mastering-display, SVT-AV1's of mastering-display."""
    light = light_of(frame(struct.pack("=22i", *DISPLAY, 1, 1), CONTENT))
    assert light is not None
    steps = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)"
    assert light.given_to("libx265", {"crf": "1", "x265-params": "log-level=none"}) == {
        "crf": "1",
        "x265-params": f"log-level=none:master-display={steps}:max-cll=1000,400",
    }
    assert light.given_to("libx264", {}) == {"x264-params": f"mastering-display={steps}:cll=1000,400"}
    given = light.given_to("libsvtav1", {})
    assert given is not None and "R(0.680000,0.320000)" in given["svtav1-params"]
    assert given["svtav1-params"].endswith("L(1000.000000,0.000100):content-light=1000,400")
    assert light.given_to("prores_ks", {}) is None


@pytest.mark.parametrize(("transfer", "matrix"), [(16, 9), (18, 9), (1, 1), (2, 1)])
def test_hdr_without_a_matrix_has_that_of_bt2020(transfer: int, matrix: int) -> None:
    """ITU-R BT.2100 knows no other for Y'CbCr."""
    said = SimpleNamespace(color_primaries=2, color_trc=transfer, colorspace=2, color_range=0)
    shown = SimpleNamespace(**vars(said), format=SimpleNamespace(name="yuv420p10le"), height=1080)
    tags = read_tags(shown, said)  # type: ignore[arg-type]
    assert (tags.used_matrix, tags.matrix, tags.is_hdr) == (matrix, 2, transfer > 2)


def test_what_describes_the_ungraded_picture_is_said() -> None:
    plus = SimpleNamespace(type=SimpleNamespace(name="DYNAMIC_HDR_PLUS"))
    vision = SimpleNamespace(type=SimpleNamespace(name="DOVI_RPU_BUFFER"))
    found = beside(SimpleNamespace(side_data=[plus, vision]), first=False)  # type: ignore[arg-type]
    assert found == {
        "its HDR10+ data, which describe the ungraded picture",
        "its Dolby Vision data, which describe the ungraded picture",
    }
