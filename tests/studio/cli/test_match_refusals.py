"""What reswd match refuses: one line that quotes the input, and nothing on the disk has changed."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from tests.studio.command_line import Reswd, assert_refused, snapshot

REFUSALS: dict[str, tuple[Callable[[Path], list[object]], tuple[str, ...]]] = {
    "missing": (lambda p: [p / "nothing.png", p / "target.jpg"], ("nothing.png",)),
    "missing target": (lambda p: [p / "source.png", p / "nothing.jpg"], ("nothing.jpg",)),
    "empty": (lambda p: [p / "empty.png", p / "target.jpg"], ("empty.png", "empty")),
    "truncated JPEG": (lambda p: [p / "short.jpg", p / "target.jpg"], ("short.jpg", "cut short")),
    "truncated target": (lambda p: [p / "source.png", p / "short.jpg"], ("short.jpg", "cut short")),
    "not a picture": (lambda p: [p / "words.png", p / "target.jpg"], ("words.png",)),
    "directory": (lambda p: [p / "folder", p / "target.jpg"], ("folder", "this is a folder")),
    "directory as target": (lambda p: [p / "source.png", p / "folder"], ("folder",)),
    "black mask": (lambda p: [p / "source.png", p / "target.jpg", "--mask", p / "black.png"], ("black.png",)),
    "mask of another size": (lambda p: [p / "source.png", p / "target.jpg", "--mask", p / "small.png"], ("small.png",)),
    "target mask of another size": (
        lambda p: [p / "source.png", p / "target.jpg", "--target-mask", p / "small.png"],
        ("small.png", "3 x 2"),
    ),
    "missing mask": (lambda p: [p / "source.png", p / "target.jpg", "--mask", p / "none.png"], ("none.png",)),
    "method": (lambda p: [p / "source.png", p / "target.jpg", "--method", "best"], ("'best'", "fast")),
    "transform": (lambda p: [p / "source.png", p / "target.jpg", "--transform", "cube"], ("'cube'", "cdl")),
    "device": (lambda p: [p / "source.png", p / "target.jpg", "--device", "tpu"], ("'tpu'", "auto")),
    "absent device": (lambda p: [p / "source.png", p / "target.jpg", "--device", "mps"], ("'mps'", "not available")),
    "strength": (lambda p: [p / "source.png", p / "target.jpg", "--strength", "7"], ("7.0", "0 to 4")),
    "strength NaN": (lambda p: [p / "source.png", p / "target.jpg", "--strength", "nan"], ("nan", "0 to 4")),
    "seed": (lambda p: [p / "source.png", p / "target.jpg", "--seed", "-1"], ("-1",)),
    "palette": (lambda p: [p / "source.png", "--palette", "#12"], ("'#12'",)),
    "no reference": (lambda p: [p / "source.png"], ("no reference",)),
    "two references": (lambda p: [p / "source.png", p / "target.jpg", "--palette", "#fff"], ("more than one",)),
    "missing settings": (lambda p: [p / "source.png", "--from-settings", p / "no.json"], ("no.json",)),
    "settings that are none": (lambda p: [p / "source.png", "--from-settings", p / "words.png"], ("words.png",)),
    "cube size": (
        lambda p: [p / "source.png", p / "target.jpg", "--cube", p / "l.cube", "--cube-size", "20"],
        ("20", "33"),
    ),
    "cdl for a lattice": (
        lambda p: [p / "source.png", p / "target.jpg", "--transform", "lut", "--cdl", p / "look.cc"],
        ("look.cc", "--transform cdl"),
    ),
    "cdl for a closed form": (
        lambda p: [p / "source.png", p / "target.jpg", "--method", "mkl", "--cdl", p / "look.cdl"],
        ("look.cdl", "--transform cdl"),
    ),
    "cdl of another suffix": (
        lambda p: [p / "source.png", p / "target.jpg", "--cdl", p / "look.cube"],
        ("look.cube", ".ccc"),
    ),
    "cube that exists": (
        lambda p: [p / "source.png", p / "target.jpg", "--cube", p / "there.cube"],
        ("there.cube", "--overwrite"),
    ),
    "settings in a missing folder": (
        lambda p: [p / "source.png", p / "target.jpg", "--save-settings", p / "gone" / "run.json"],
        ("run.json", "gone"),
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_bad_input_is_refused(reswd: Reswd, place: Path, case: str) -> None:
    jpeg = (place / "target.jpg").read_bytes()
    (place / "empty.png").write_bytes(b"")
    (place / "short.jpg").write_bytes(jpeg[: len(jpeg) // 2])
    (place / "words.png").write_text("this is not a picture")
    (place / "there.cube").write_text("mine")
    (place / "folder").mkdir()
    Image.new("L", (64, 48)).save(place / "black.png")
    Image.new("L", (3, 2), 255).save(place / "small.png")
    before = snapshot(place)
    arguments, said = REFUSALS[case]
    assert_refused(reswd("match", *arguments(place), "-o", place / "out.png"), *said)
    assert snapshot(place) == before


OUTPUTS: dict[str, tuple[str, list[str], tuple[str, ...]]] = {
    "equal to the source": ("source.png", ["--overwrite"], ("source.png", "input")),
    "equal to the target": ("target.jpg", ["--overwrite"], ("target.jpg", "input")),
    "equal through another spelling": ("folder/../source.png", ["--overwrite"], ("source.png", "input")),
    "a link to the source": ("link.png", ["--overwrite"], ("link.png", "input")),
    "exists": ("there.png", [], ("there.png", "exists")),
    "missing folder": ("gone/out.png", [], ("gone",)),
    "a folder": ("folder", [], ("folder",)),
    "unknown suffix": ("out.xyz", [], (".xyz",)),
    "no suffix": ("out", [], ("out", "suffix")),
}


@pytest.mark.parametrize("case", OUTPUTS)
def test_bad_output_is_refused(reswd: Reswd, place: Path, case: str) -> None:
    (place / "folder").mkdir()
    (place / "link.png").symlink_to(place / "source.png")
    (place / "there.png").write_text("mine")
    before = snapshot(place)
    name, flags, said = OUTPUTS[case]
    ran = reswd("match", place / "source.png", place / "target.jpg", "-o", f"{place}/{name}", *flags)
    assert_refused(ran, *said)
    assert snapshot(place) == before


def test_no_output(reswd: Reswd, place: Path) -> None:
    assert_refused(reswd("match", place / "source.png", place / "target.jpg"), "-o OUT")


def test_over_the_pixel_limit(reswd: Reswd, place: Path) -> None:
    """A PNG header that states 40,000 x 40,000 is refused before anything is decoded."""
    png = bytearray((place / "source.png").read_bytes())
    png[16:24] = struct.pack(">II", 40000, 40000)
    png[29:33] = struct.pack(">I", zlib.crc32(png[12:29]))
    (place / "huge.png").write_bytes(png)
    ran = reswd("match", place / "huge.png", place / "target.jpg", "-o", place / "out.png")
    assert_refused(ran, "huge.png", "1600 megapixels", "250")


def test_a_cube_size_not_in_use_is_refused_before_anything_is_written(reswd: Reswd, place: Path) -> None:
    for more in ((), ("--json",), ("--cube", place / "look.cube")):
        ran = reswd(
            "match", place / "source.png", place / "target.jpg", "-o", place / "o.png", "--cube-size", 34, *more
        )
        assert ran.code == 2
        assert "34" in ran.err
        assert not (place / "o.png").exists()
