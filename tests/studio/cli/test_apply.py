"""reswd apply: a saved grade on pictures."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from reswd_torch import Cdl, Grade
from studio.media.images import read_picture
from tests.studio.command_line import Reswd, assert_refused, snapshot
from tests.studio.pictures import eight_bits, make_gif
from tests.studio.records import version_1


@pytest.mark.parametrize("suffix", [".cc", ".ccc", ".cdl", ".cube", ".json"])
def test_apply_gives_what_match_gave(reswd: Reswd, place: Path, suffix: str) -> None:
    flag = {".json": "--save-settings", ".cube": "--cube"}.get(suffix, "--cdl")
    pair = ("match", place / "source.png", place / "target.jpg", "-o", place / "out.png")
    assert reswd(*pair, flag, place / f"look{suffix}").code == 0
    ran = reswd("apply", place / f"look{suffix}", place / "source.png", "-o", place / "done" / "deep")
    assert ran.code == 0, ran.err
    assert ran.out.strip() == str(place / "done" / "deep" / "source.png")
    matched, applied = (read_picture(p).pixels.astype(int) for p in (place / "out.png", Path(ran.out.strip())))
    assert np.abs(matched - applied).max() <= (4 if suffix == ".cube" else 0 if suffix == ".json" else 1)


@pytest.fixture
def look(place: Path) -> Path:
    return Grade(Cdl((0.5, 0.8, 1.0))).save(place / "look.cc")


def test_apply_to_several_with_one_bad(reswd: Reswd, place: Path, look: Path) -> None:
    (place / "bad.png").write_text("no picture")
    make_gif(place)
    before = snapshot(place)
    ran = reswd("apply", look, place / "source.png", place / "bad.png", place / "odd.gif", "-o", place / "done")
    assert ran.code == 1
    assert [line for line in ran.err.splitlines() if line.startswith("reswd:")] == [
        line for line in ran.err.splitlines() if "bad.png" in line
    ]
    assert f"note: {place / 'odd.gif'}: first frame" in ran.err
    assert sorted(p.name for p in (place / "done").iterdir()) == ["odd.png", "source.png"]
    graded = read_picture(place / "done" / "source.png").pixels
    np.testing.assert_allclose(graded[..., 0], eight_bits(1)[..., 0] * 0.5, atol=0.51)
    assert {name: data for name, data in snapshot(place).items() if not name.startswith("done")} == before


def test_apply_strength(reswd: Reswd, place: Path, look: Path) -> None:
    assert reswd("apply", look, place / "source.png", "-o", place / "done", "--strength", 0).code == 0
    assert np.array_equal(read_picture(place / "done" / "source.png").pixels, eight_bits(1))
    assert_refused(reswd("apply", look, place / "source.png", "-o", place / "new", "--strength", 9), "strength 9.0")


def test_apply_refusals(reswd: Reswd, place: Path, look: Path) -> None:
    (place / "sub").mkdir()
    shutil.copy(place / "source.png", place / "sub" / "source.png")
    (place / "broken.cube").write_text("LUT_3D_SIZE 2\n0 0 0\n")
    source, new = place / "source.png", place / "new"
    before = snapshot(place)
    cases: list[tuple[list[object], tuple[str, ...]]] = [
        ([look, place / "nothing.png", "-o", new], ("nothing.png",)),
        ([place / "none.cc", source, "-o", new], ("none.cc",)),
        ([place / "broken.cube", source, "-o", new], ("broken.cube",)),
        ([source, source, "-o", new], ("source.png", "no Hald picture", "give a grade file")),
        ([look, source, "-o", place], ("source.png", "input")),
        ([look, source, "-o", look], ("look.cc", "is a file")),
        ([look, source, place / "sub" / "source.png", "-o", new], ("would both become",)),
        ([look, source, "-o", place / "sub"], ("source.png", "exists")),
    ]
    for arguments, said in cases:
        assert_refused(reswd("apply", *arguments), *said)
        assert snapshot(place) == before
        assert not new.exists()
    assert reswd("apply", look, source, "-o", place / "sub", "--overwrite").code == 0


def test_apply_refuses_a_folder_in_place_of_a_picture(reswd: Reswd, place: Path) -> None:
    assert (
        reswd(
            "match", place / "source.png", place / "target.jpg", "-o", place / "o.png", "--cube", place / "l.cube"
        ).code
        == 0
    )
    ran = reswd("apply", place / "l.cube", place, "-o", place / "graded")
    assert ran.code == 2
    assert "folder" in ran.err
    assert not (place / "graded").exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such files")
def test_folders_and_pipes_among_the_files_stop_none(reswd: Reswd, place: Path, look: Path) -> None:
    """As ``*`` finds them."""
    for name in ("sub", "sub.mp4", "source"):
        (place / name).mkdir()
    for name in ("pipe.png", "pipe.mp4", "pipe.cube"):
        os.mkfifo(place / name)
    odd = [place / name for name in ("sub", "sub.mp4", "source", "pipe.png", "pipe.mp4")]
    ran = reswd("apply", look, *odd, place / "source.png", "-o", place / "done")
    assert (ran.code, ran.out) == (1, f"{place / 'done' / 'source.png'}\n")
    for path, what in zip(odd, ["a folder"] * 3 + ["a device or a pipe"] * 2, strict=True):
        assert ran.err.count(f"{path}: ") == 1 and what in ran.err.split(f"{path}: ")[1].splitlines()[0]
    assert_refused(reswd("apply", place / "pipe.cube", place / "source.png", "-o", place / "new"), "a device or a pipe")


def test_apply_takes_settings_of_version_1(reswd: Reswd, tmp_path: Path) -> None:
    settings = version_1.write_settings(tmp_path)
    ran = reswd("apply", settings, tmp_path / "source.png", "-o", tmp_path / "done")
    assert (ran.code, ran.err) == (0, f"note: {settings}: the match had a mask; the grade is applied everywhere\n")
    assert (
        reswd("match", tmp_path / "source.png", "--from-settings", settings, "-o", tmp_path / "matched.png").code == 0
    )
    matched, applied = (read_picture(tmp_path / name).pixels.astype(int) for name in ("matched.png", "done/source.png"))
    assert np.abs(matched[:12] - applied[:12]).max() <= 1  # the upper half, where the mask is white
    assert not np.array_equal(matched[12:], applied[12:])
