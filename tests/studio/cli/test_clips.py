"""reswd match and reswd apply with clips, and with clips as references."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from reswd_torch import load_grade
from studio.media.images import read_picture
from studio.service.render import render
from tests.conftest import digest
from tests.studio.command_line import Reswd, assert_refused
from tests.studio.media.clips.made import FRAMES, difference, make_clip, reference, scene, shown, sound_of


def test_match_and_apply(reswd: Reswd, tmp_path: Path) -> None:
    clip, look = make_clip(tmp_path / "clip.mp4"), reference(tmp_path / "look.png")
    out, cube = tmp_path / "out.mp4", tmp_path / "look.cube"
    ran = reswd("match", clip, look, "-o", out, "--cube", cube, "--json")
    assert ran.code == 0
    record = json.loads(ran.out)
    assert record["distance_after"] < record["distance_before"]
    assert (record["frames"], record["broken_at"], record["encoding"]) == (FRAMES, None, "Rec.709 video")
    assert sound_of(clip) == sound_of(out)
    assert reswd("apply", cube, clip, look, "-o", tmp_path / "graded").code == 0
    assert sorted(path.name for path in (tmp_path / "graded").iterdir()) == ["clip.mp4", "look.png"]
    wanted = [render(frame, load_grade(cube)) for frame in shown(clip)]
    assert difference(wanted, shown(tmp_path / "graded" / "clip.mp4"))[0] < 1.5


def test_settings_of_a_clip_run_again_to_the_same_bytes(reswd: Reswd, tmp_path: Path) -> None:
    clip, look = make_clip(tmp_path / "clip.mp4"), reference(tmp_path / "look.png")
    settings = tmp_path / "run.json"
    first = ("-o", tmp_path / "first.mp4", "--strength", "0.6", "--save-settings", settings)
    assert reswd("match", clip, look, *first).code == 0
    assert reswd("match", clip, "--from-settings", settings, "-o", tmp_path / "again.mp4").err == ""
    assert digest(tmp_path / "again.mp4") == digest(tmp_path / "first.mp4")


def test_a_broken_clip_ends_with_1(reswd: Reswd, tmp_path: Path) -> None:
    pictures = [
        np.random.default_rng(n).integers(0, 255, (72, 128, 3), np.uint8) // 4 + scene(n) // 2 for n in range(30)
    ]
    data = make_clip(tmp_path / "whole.mkv", pictures=pictures).read_bytes()
    (tmp_path / "clip.mkv").write_bytes(data[: len(data) * 6 // 10])
    look, out = reference(tmp_path / "look.png"), tmp_path / "out.mkv"
    cdl = tmp_path / "look.cc"
    ran = reswd("match", tmp_path / "clip.mkv", look, "-o", out, "--cdl", cdl)
    assert ran.code == 1 and "clip.mkv breaks off after" in ran.err
    assert len(shown(out)) > 8
    assert reswd("apply", cdl, tmp_path / "clip.mkv", "-o", tmp_path / "graded").code == 1
    assert (tmp_path / "graded" / "clip.mkv").is_file()


@pytest.mark.parametrize(
    "words, says",
    [
        (["clip.mp4", "look.png", "-o", "out.png"], "out.png: the source clip.mp4 is a clip"),
        (["look.png", "look.png", "-o", "out.mp4"], "out.mp4: the source look.png is no clip"),
        (
            ["clip.mp4", "look.png", "-o", "out.mp4", "--save-settings", "a.txt"],
            "a.txt: give a name that ends in .json",
        ),
        (
            ["clip.mp4", "look.png", "-o", "out.mp4", "--from-settings", "a.json"],
            "a.json: no such file: give a settings file saved by --save-settings",
        ),
        (["clip.mp4", "-o", "out.mp4"], "no reference"),
        (["look.png", "look.png", "-o", "out.png", "--mask", "clip.mp4"], "is footage"),
        (["clip.mp4", "look.png", "-o", "look.png"], "look.png: the source clip.mp4 is a clip"),
        (["look.png", "clip.mp4", "-o", "out.png", "--at", "0.12"], "clip.mp4: the clip ends before 0.12 s"),
        (["look.png", "clip.mp4", "-o", "out.png", "--at", "-1"], "clip.mp4: -1 is no time in a clip"),
        (["look.png", "clip.mp4", "-o", "out.png", "--at", "nan"], "clip.mp4: nan is no time in a clip"),
        (["look.png", "clip.mp4", "-o", "out.png", "--at", "noon"], "'noon' is not a number"),
        (["look.png", "look.png", "-o", "out.png", "--at", "0"], "look.png: a time is for clips"),
        (["look.png", "--palette", "#fff", "-o", "out.png", "--at", "0"], "the time 0 s needs a clip as reference"),
        (["look.png", "clip.mp4", "-o", "clip.mp4", "--overwrite"], "clip.mp4: the source look.png is no clip"),
        (["clip.mp4", "clip.mp4", "-o", "clip.mp4", "--overwrite"], "would replace an input"),
        (["clip.mp4", "look.png", "-o", "out.mp4", "--target-mask", "clip.mp4"], "is footage"),
    ],
)
def test_one_line_says_what_does_not_go_together(
    words: list[str], says: str, reswd: Reswd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make_clip(Path("clip.mp4"), pictures=[scene(0)] * 3)
    reference(Path("look.png"))
    assert_refused(reswd("match", *words), says)
    assert sorted(path.name for path in Path().iterdir()) == ["clip.mp4", "look.png"]


def test_without_pyav_the_extra_is_named(reswd: Reswd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip, look = make_clip(tmp_path / "clip.mp4", pictures=[scene(0)] * 3), reference(tmp_path / "look.png")
    monkeypatch.setitem(sys.modules, "av", None)
    for words in ((clip, look, "-o", tmp_path / "out.mp4"), (look, clip, "-o", tmp_path / "out.png")):
        assert_refused(reswd("match", *words), 'pip install "reswd-studio[video]"')


@pytest.fixture
def dark_then_light(tmp_path: Path) -> Path:
    """A clip that is dark for half a second and then light: what is matched to it shows which frames were looked at."""
    pictures = [scene(0) // 4] * 12 + [255 - scene(0) // 4] * 12
    return make_clip(tmp_path / "look.mp4", pictures=pictures, audio=False)


def test_a_picture_is_matched_to_a_whole_clip_or_to_one_frame(
    reswd: Reswd, dark_then_light: Path, tmp_path: Path
) -> None:
    source = reference(tmp_path / "source.png")
    levels = []
    for name, more in (("dark", ["--at", "0.1"]), ("whole", []), ("light", ["--at", "0.8"])):
        out, settings = tmp_path / f"{name}.png", tmp_path / f"{name}.json"
        asked = ("--aim", "colours", "--save-settings", settings, "--json", *more)
        ran = reswd("match", source, dark_then_light, "-o", out, *asked)
        assert ran.code == 0, ran.err
        assert json.loads(ran.out)["distance_after"] < json.loads(ran.out)["distance_before"]
        levels.append(read_picture(out).pixels.mean())
        record = json.loads(settings.read_text())
        assert record["at"] == (float(more[1]) if more else None)
        assert record["inputs"]["target"] == {"path": str(dark_then_light), "sha256": digest(dark_then_light)}
        again = tmp_path / f"{name} again.png"
        ran = reswd("match", source, "--from-settings", settings, "-o", again)
        assert (ran.code, ran.err) == (0, "")
        assert digest(out) == digest(again)
    assert levels[0] + 30 < levels[1] < levels[2] - 30


def test_another_time_wins_over_that_of_the_settings(reswd: Reswd, dark_then_light: Path, tmp_path: Path) -> None:
    source, settings = reference(tmp_path / "source.png"), tmp_path / "run.json"
    pair = ("match", source, dark_then_light)
    assert reswd(*pair, "--at", 0.1, "-o", tmp_path / "a.png", "--save-settings", settings).code == 0
    saved = ("match", source, "--from-settings", settings)
    assert reswd(*pair, "--at", 0.8, "-o", tmp_path / "wanted.png").code == 0
    assert reswd(*saved, "--at", 0.8, "-o", tmp_path / "b.png").code == 0
    assert digest(tmp_path / "b.png") == digest(tmp_path / "wanted.png")
    assert_refused(reswd(*saved, "--at", 2, "-o", tmp_path / "c.png"), "look.mp4: the clip ends before 2 s")
    make_clip(dark_then_light, audio=False)
    ran = reswd(*saved, "-o", tmp_path / "d.png")
    assert ran.code == 0 and "note: the target is not the file that the settings were saved with" in ran.err


def test_a_clip_is_matched_to_one_frame_of_another_and_by_saved_settings(
    reswd: Reswd, dark_then_light: Path, tmp_path: Path
) -> None:
    clip, picture = make_clip(tmp_path / "clip.mp4", pictures=[scene(0)] * 6), reference(tmp_path / "source.png")
    aim = ("--aim", "colours")
    assert reswd("match", clip, dark_then_light, "--at", 0.1, "-o", tmp_path / "dark.mkv", *aim).code == 0
    assert reswd("match", clip, dark_then_light, "--at", 0.8, "-o", tmp_path / "light.mkv", *aim).code == 0
    dark, light = (shown(tmp_path / name)[0].mean() for name in ("dark.mkv", "light.mkv"))
    assert dark + 60 < light
    settings = tmp_path / "run.json"
    pair = ("match", picture, dark_then_light, "--at", 0.1, "-o", tmp_path / "out.png", *aim)
    assert reswd(*pair, "--save-settings", settings).code == 0
    assert reswd("match", clip, "--from-settings", settings, "-o", tmp_path / "again.mkv").code == 0
    assert difference(shown(tmp_path / "again.mkv"), shown(tmp_path / "dark.mkv")) == (0, 0)
