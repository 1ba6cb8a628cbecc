"""reswd match with pictures: every flag, every kind of picture, every note."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reswd_torch import load_grade
from studio.media.images import read_picture
from tests.studio.command_line import Reswd, snapshot
from tests.studio.media.images.profiles_for_tests import display_p3
from tests.studio.pictures import ODD, eight_bits, make_deep, sixteen_bits, write_deep


def test_match(reswd: Reswd, place: Path) -> None:
    before = snapshot(place)
    ran = reswd("match", place / "source.png", place / "target.jpg", "-o", place / "out.png")
    assert ran.code == 0
    assert ran.err == ""
    assert "distance" in ran.out
    assert f"wrote {place / 'out.png'}" in ran.out
    after = snapshot(place)
    assert set(after) - set(before) == {"out.png"}
    assert {name: after[name] for name in before} == before  # sources untouched, byte for byte
    wanted, source, out = (read_picture(place / n).pixels.mean((0, 1)) for n in ("target.jpg", "source.png", "out.png"))
    assert np.abs(out - wanted).sum() < 0.5 * np.abs(source - wanted).sum()


def test_every_flag_of_match(reswd: Reswd, place: Path) -> None:
    mask = np.zeros((48, 64), np.uint8)
    mask[:, 32:] = 255
    Image.fromarray(mask).save(place / "mask.png")
    ran = reswd(
        *("match", place / "source.png", place / "target.jpg", "-o", place / "out.tif", "--method", "mkl"),
        *("--transform", "cdl", "--strength", 0.7, "--mask", place / "mask.png", "--target-mask", place / "mask.png"),
        *("--seed", 3, "--device", "cpu", "--cdl", place / "look.ccc", "--cube", place / "look.cube"),
        *("--cube-size", 17, "--save-settings", place / "run.json", "--json"),
    )
    assert ran.code == 0, ran.err
    report = json.loads(ran.out)
    assert report["distance_after"] < report["distance_before"]
    assert report["device"] == "cpu"
    assert report["cube_error"]["size"] == 17
    assert report["grade"]["strength"] == 0.7
    assert set(report["written"]) == {"output", "cdl", "cube", "settings"}
    assert all(Path(path).is_file() for path in report["written"].values())
    out = read_picture(place / "out.tif").pixels
    assert np.array_equal(out[:, :32], eight_bits(1)[:, :32])
    assert not np.array_equal(out[:, 32:], eight_bits(1)[:, 32:])
    graded = load_grade(place / "look.ccc").apply(eight_bits(1)[:, 32:] / 255.0)
    assert np.abs(graded * 255 - out[:, 32:]).max() <= 1
    settings = json.loads((place / "run.json").read_text())
    assert (settings["settings"]["method"], settings["settings"]["seed"]) == ("mkl", 3)
    assert set(settings["inputs"]) == {"source", "target", "mask", "target_mask"}


def test_palette_in_place_of_a_target(reswd: Reswd, place: Path) -> None:
    ran = reswd("match", place / "source.png", "--palette", "#d02020:2,#401010", "-o", place / "out.png")
    assert ran.code == 0
    red, green, _ = read_picture(place / "out.png").pixels.mean((0, 1))
    assert red > 2 * green


def test_strength_0_gives_the_source_back(reswd: Reswd, place: Path) -> None:
    reswd("match", place / "source.png", place / "target.jpg", "-o", place / "out.png", "--strength", 0)
    assert np.array_equal(read_picture(place / "out.png").pixels, eight_bits(1))


def test_overwrite(reswd: Reswd, place: Path) -> None:
    (place / "out.png").write_text("old")
    pair = ("match", place / "source.png", place / "target.jpg", "-o", place / "out.png")
    assert reswd(*pair, "--overwrite").code == 0
    assert read_picture(place / "out.png").width == 64


@pytest.mark.parametrize("case", ODD)
@pytest.mark.parametrize("role", ["source", "target"])
def test_odd_pictures_work_with_a_note(reswd: Reswd, place: Path, case: str, role: str) -> None:
    make, note = ODD[case]
    odd = make(place)
    pair = (odd, place / "target.jpg") if role == "source" else (place / "source.png", odd)
    before = snapshot(place)
    ran = reswd("match", *pair, "-o", place / "out.png", "--json", "--aim", "colours")
    assert ran.code == 0, ran.err
    report = json.loads(ran.out)
    assert report["distance_after"] < report["distance_before"]
    if note:
        assert any(note in line for line in ran.err.splitlines() if line.startswith("note: odd."))
        assert any(note in line for line in report["notes"])
    else:
        assert ran.err == ""
    assert {name: data for name, data in snapshot(place).items() if name != "out.png"} == before
    out = read_picture(place / "out.png")
    source = read_picture(pair[0])
    assert (out.height, out.width, out.bits) == (source.height, source.width, source.bits)
    if case == "alpha" and role == "source":
        assert np.array_equal(out.pixels[:10], source.pixels[:10])
        assert np.array_equal(out.alpha, source.alpha)


@pytest.mark.parametrize("method", ["fast", "reswd", "mkl", "histogram"])
def test_identical_pictures(reswd: Reswd, place: Path, method: str) -> None:
    shutil.copy(place / "source.png", place / "copy.png")
    pair = ("match", place / "source.png", place / "copy.png", "-o", place / "out.png")
    ran = reswd(*pair, "--method", method, "--json")
    assert json.loads(ran.out)["distance_before"] == 0
    assert np.array_equal(read_picture(place / "out.png").pixels, eight_bits(1))
    ran = reswd("match", place / "source.png", place / "source.png", "-o", place / "same.png", "--method", method)
    assert "distance 0.00 -> 0.00" in ran.out


@pytest.mark.parametrize("method", ["fast", "mkl"])
def test_deep_display_p3_matched_to_itself(reswd: Reswd, place: Path, method: str) -> None:
    """Pixels within 1/4096, reds outside sRGB included; the profile is embedded unchanged."""
    deep = sixteen_bits()
    deep[:6, :6] = [65535, 0, 0]
    source = write_deep(place / "p3.png", deep, display_p3())
    ran = reswd("match", source, source, "-o", place / "out.png", "--method", method)
    assert ran.code == 0
    out = read_picture(place / "out.png")
    assert out.icc == display_p3()
    assert np.abs(out.pixels.astype(int) - deep.astype(int)).max() <= 65535 / 4096


def test_the_grade_names_the_encoding_of_the_source(reswd: Reswd, place: Path) -> None:
    source = write_deep(place / "p3.png", sixteen_bits(), display_p3())
    ran = reswd("match", source, place / "target.jpg", "-o", place / "out.png", "--cdl", place / "look.cc")
    assert "converted from sRGB (assumed, untagged) to Display P3" in ran.err
    assert "Display P3" in (place / "look.cc").read_text()


def test_losses_are_noted(reswd: Reswd, place: Path) -> None:
    ran = reswd("match", make_deep(place), place / "target.jpg", "-o", place / "out.jpg")
    assert "note: JPEG holds 8 bits" in ran.err
