"""reswd match and reswd apply with clips."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from reswd_torch import load_grade
from studio.cli import main
from studio.service.render import render
from tests.studio.media.clips.made import FRAMES, difference, make_clip, reference, scene, shown, sound_of


def run(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    monkeypatch.setattr(sys, "argv", ["reswd", *map(str, words)])
    with pytest.raises(SystemExit) as caught:
        main()
    return int(caught.value.code or 0)


def test_match_and_apply(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    clip, look = make_clip(tmp_path / "clip.mp4"), reference(tmp_path / "look.png")
    out, cube = tmp_path / "out.mp4", tmp_path / "look.cube"
    assert run(monkeypatch, "match", clip, look, "-o", out, "--cube", cube, "--json") == 0
    record = json.loads(capsys.readouterr().out)
    assert record["distance_after"] < record["distance_before"]
    assert (record["frames"], record["broken_at"], record["encoding"]) == (FRAMES, None, "Rec.709 video")
    assert sound_of(clip) == sound_of(out)
    assert run(monkeypatch, "apply", cube, clip, look, "-o", tmp_path / "graded") == 0
    assert sorted(path.name for path in (tmp_path / "graded").iterdir()) == ["clip.mp4", "look.png"]
    wanted = [render(frame, load_grade(cube)) for frame in shown(clip)]
    assert difference(wanted, shown(tmp_path / "graded" / "clip.mp4"))[0] < 1.5


def test_a_broken_clip_ends_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures = [
        np.random.default_rng(n).integers(0, 255, (72, 128, 3), np.uint8) // 4 + scene(n) // 2 for n in range(30)
    ]
    data = make_clip(tmp_path / "whole.mkv", pictures=pictures).read_bytes()
    (tmp_path / "clip.mkv").write_bytes(data[: len(data) * 6 // 10])
    look, out = reference(tmp_path / "look.png"), tmp_path / "out.mkv"
    cdl = tmp_path / "look.cc"
    assert run(monkeypatch, "match", tmp_path / "clip.mkv", look, "-o", out, "--cdl", cdl) == 1
    assert "clip.mkv breaks off after" in capsys.readouterr().err
    assert len(shown(out)) > 8
    assert run(monkeypatch, "apply", cdl, tmp_path / "clip.mkv", "-o", tmp_path / "graded") == 1
    assert (tmp_path / "graded" / "clip.mkv").is_file()


@pytest.mark.parametrize(
    "words, says",
    [
        (["clip.mp4", "look.png", "-o", "out.png"], "out.png: the source clip.mp4 is a clip"),
        (["look.png", "look.png", "-o", "out.mp4"], "out.mp4: the source look.png is no clip"),
        (
            ["clip.mp4", "look.png", "-o", "out.mp4", "--save-settings", "a.json"],
            "a.json: settings files are for pictures",
        ),
        (
            ["clip.mp4", "look.png", "-o", "out.mp4", "--from-settings", "a.json"],
            "a.json: settings files are for pictures",
        ),
        (["clip.mp4", "-o", "out.mp4"], "no reference"),
        (["look.png", "look.png", "-o", "out.png", "--mask", "clip.mp4"], "is footage"),
    ],
)
def test_one_line_says_what_does_not_go_together(
    words: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    make_clip(Path("clip.mp4"), pictures=[scene(0)] * 3)
    reference(Path("look.png"))
    assert run(monkeypatch, "match", *words) == 2
    told = capsys.readouterr().err
    assert says in told and told.count("\n") == 1
    assert sorted(path.name for path in Path().iterdir()) == ["clip.mp4", "look.png"]


def test_without_pyav_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clip, look = make_clip(tmp_path / "clip.mp4", pictures=[scene(0)] * 3), reference(tmp_path / "look.png")
    monkeypatch.setitem(sys.modules, "av", None)
    assert run(monkeypatch, "match", clip, look, "-o", tmp_path / "out.mp4") == 2
    assert 'pip install "reswd-studio[video]"' in capsys.readouterr().err
