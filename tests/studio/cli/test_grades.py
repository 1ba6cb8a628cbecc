"""reswd convert, reswd how, and reswd match --grade."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch

from reswd_torch import Cdl, Grade, load_grade
from studio.cli.one_liners import one_liners
from studio.media.images import read_picture
from tests.studio.command_line import Reswd, assert_refused, snapshot

COLOURS = torch.rand(500, 3, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def look(place: Path) -> Path:
    return Grade(Cdl((0.5, 0.8, 1.0), (0.1, 0.0, 0.0))).save(place / "look.cc")


def test_a_match_is_saved_in_several_files(reswd: Reswd, place: Path) -> None:
    files = [place / f"look{suffix}" for suffix in (".clf", ".hald.png", ".icc", ".3dl", ".spi3d")]
    flags = [word for file in files for word in ("--grade", file)]
    pair = ("match", place / "source.png", place / "target.jpg", "-o", place / "out.png")
    ran = reswd(*pair, *flags, "--cube", place / "look.cube")
    assert ran.code == 0, ran.err
    assert [line for line in ran.out.splitlines() if line.startswith("wrote")] == [
        f"wrote {path}" for path in (place / "out.png", place / "look.cube", *files)
    ]
    assert ".hald.png, 36 points: at most" in ran.out and ".clf, 33 points" not in ran.out
    wanted = load_grade(place / "look.cube").apply(COLOURS)
    for file in files:
        torch.testing.assert_close(load_grade(file).apply(COLOURS), wanted, atol=5e-3, rtol=0)


def test_ten_numbers_are_asked_for_by_a_name(reswd: Reswd, place: Path) -> None:
    pair = ("match", place / "source.png", place / "target.jpg", "-o", place / "out.png")
    assert reswd(*pair, "--grade", place / "look.ccc", "--grade", place / "look.clf").code == 0
    numbers, listed = load_grade(place / "look.ccc"), load_grade(place / "look.clf")
    assert isinstance(numbers.transform, Cdl) and isinstance(listed.transform, Cdl)
    torch.testing.assert_close(numbers.transform.vector(), listed.transform.vector(), atol=1e-12, rtol=1e-12)
    before = snapshot(place)
    twice = reswd(*pair, "--overwrite", "--grade", place / "a.clf", "--cube", place / "a.clf")
    assert_refused(twice, "a.clf", "two grade files")
    assert_refused(reswd(*pair, "--overwrite", "--grade", place / "a.tif"), "a.tif", "give a name that ends in .cc or")
    assert_refused(
        reswd(*pair, "--overwrite", "--grade", place / "look.clf", "--grade", place / "source.png"), "source.png"
    )
    assert snapshot(place) == before


def test_convert(reswd: Reswd, place: Path, look: Path) -> None:
    outputs = [place / f"other{suffix}" for suffix in (".clf", ".cube", ".icc", ".ccc")]
    ran = reswd("convert", look, *outputs, "--cube-size", 65)
    assert ran.code == 0 and ran.out.splitlines() == [f"wrote {path}" for path in outputs]
    assert isinstance(load_grade(outputs[0]).transform, Cdl)
    assert load_grade(outputs[1]).transform.size == 65  # type: ignore[union-attr]
    half = reswd("convert", look, place / "half.clf", "--strength", 0.5, "--exposure", 1)
    assert half.code == 0
    wanted = load_grade(look).at_strength(0.5)
    assert not torch.allclose(load_grade(place / "half.clf").apply(COLOURS), wanted.apply(COLOURS), atol=0.05), (
        "trimmed"
    )
    before = snapshot(place)
    assert_refused(reswd("convert", outputs[1], place / "numbers.cc"), "numbers.cc", "ten CDL numbers cannot hold it")
    assert_refused(reswd("convert", look, place / "other.clf"), "other.clf", "exists")
    assert_refused(reswd("convert", look, look, "--overwrite"), "look.cc")
    assert_refused(reswd("convert", look, place / "look.doc"), "look.doc", "saved as")
    assert_refused(reswd("convert", place / "none.cc", place / "x.clf"), "none.cc", "no such file")
    assert snapshot(place) == before, "nothing is written where one cannot be"


def test_how_says_who_opens_it(reswd: Reswd, place: Path, look: Path) -> None:
    ran = reswd("how", look)
    assert ran.code == 0 and ran.out.startswith(".cc is opened by OpenColorIO, Nuke.")
    assert f"oiiotool IN.png --ociofiletransform {look} -o OUT.png" in ran.out and "ffmpeg" not in ran.out
    assert_refused(reswd("how", place / "none.cube"), "none.cube", "no such file")
    assert_refused(reswd("how", place / "source.png"), "source.png", "not a grade file")


@pytest.mark.skipif(
    shutil.which("ffmpeg") is None, reason="needs the program ffmpeg; PyAV's filters are tested without it"
)
@pytest.mark.parametrize("suffix", [".cube", ".hald.png"])
def test_ffmpegs_line_grades_as_we_do(suffix: str, place: Path) -> None:
    """Copied as it is, with a name that has to be escaped twice, on a picture in place of a clip."""
    grade = Grade(Cdl((0.5, 0.8, 1.0), (0.1, 0.0, 0.0), (1.1, 0.9, 1.0)))
    path = grade.save(place / f"it's, [a]; look{suffix}", cube_size=65)
    (line,) = [one.line for one in one_liners(path) if one.program == "ffmpeg"]
    picture, out = read_picture(place / "source.png"), place / "graded.png"
    words = [{"IN.mov": str(place / "source.png"), "OUT.mov": str(out)}.get(word, word) for word in shlex.split(line)]
    ran = subprocess.run([words[0], "-loglevel", "error", *words[1:]], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    graded = read_picture(out).pixels.astype(float)
    wanted = grade.apply(picture.pixels.astype(np.float32) / 255) * 255
    assert np.abs(graded - wanted).mean() < 2.0 < np.abs(graded - picture.pixels).mean()
