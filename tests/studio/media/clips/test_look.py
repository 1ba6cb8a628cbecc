"""Looking at single frames: the frame that is asked for, in whatever order, of every kind of clip that is read."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reswd_torch import InputError
from studio.media.clips.look import FrameLooker, read_index
from studio.media.clips.read import read_facts
from tests.studio.media.clips.made import RATE, make_clip, scene, shown

FRAMES = 60
X264 = {"crf": "12", "g": "20", "bf": "3"}
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "h264": ("a.mp4", {"options": X264}),
    "h264 open GOP": ("a.mkv", {"options": X264 | {"x264-params": "open-gop=1:scenecut=0"}}),
    "h264 one GOP": ("a.mov", {"options": X264 | {"g": "500"}}),
    "hevc": ("a.mp4", {"codec": "libx265", "options": {"crf": "12", "x265-params": "log-level=none:keyint=20"}}),
    "transport stream": ("a.ts", {"options": X264, "audio": False}),
    "vp9": ("a.webm", {"codec": "libvpx-vp9", "audio": False, "options": {"crf": "12", "b": "0", "g": "20"}}),
    "mpeg-4 in AVI": ("a.avi", {"codec": "mpeg4", "audio": False, "options": {"g": "20", "bf": "2", "qmax": "2"}}),
    "mjpeg": ("a.avi", {"codec": "mjpeg", "pixel_format": "yuvj420p", "audio": False, "options": {"qmin": "1"}}),
    "10 bit, turned": ("a.mp4", {"pixel_format": "yuv420p10le", "rotation": 90}),
    "irregular": ("a.mkv", {"times": [n * 2 + n // 7 * 9 for n in range(FRAMES)], "options": X264}),
}


def looker(path: Path) -> FrameLooker:
    facts = read_facts(path)
    return FrameLooker(facts, read_index(facts))


@pytest.mark.parametrize("kind", KINDS)
def test_every_frame_is_the_one_that_is_asked_for(kind: str, tmp_path: Path) -> None:
    name, how = KINDS[kind]
    path = make_clip(tmp_path / name, pictures=[scene(3 * number) for number in range(FRAMES)], **how)
    wanted = shown(path)
    look = looker(path)
    assert len(look.index) == len(wanted) == FRAMES
    order = [0, FRAMES - 1, *random.Random(1).sample(range(FRAMES), 20), 30, 31, 32, 31, 30, 29, 18, 17]
    for number in order:
        assert np.array_equal(look.frame(number), wanted[number]), number
    look.close()
    assert not look.is_open
    assert np.array_equal(look.frame(41), wanted[41]), "opened again by the next look"
    look.close()


def test_places_and_times(tmp_path: Path) -> None:
    index = looker(make_clip(tmp_path / "a.mp4", options=X264)).index
    assert index.seconds(5) == pytest.approx(5 / RATE)
    assert [index.number_at(seconds) for seconds in (-1, 0, 0.21, 5 / RATE, 99)] == [0, 0, 5, 5, len(index) - 1]


def test_in_a_hurry_the_key_frame_will_do(tmp_path: Path) -> None:
    pictures = [scene(3 * number) for number in range(FRAMES)]
    path = make_clip(tmp_path / "a.mp4", pictures=pictures, options=X264 | {"g": "50", "sc_threshold": "0"})
    look, wanted = looker(path), shown(path)
    assert np.array_equal(look.frame(45, hurried=True), wanted[0]), "45 frames after the key frame"
    assert np.array_equal(look.frame(55, hurried=True), wanted[55]), "five frames after the next one"
    assert np.array_equal(look.frame(45), wanted[45])
    assert np.array_equal(look.frame(44, hurried=True), wanted[44]), "at hand"
    look.close()


def test_a_clip_that_breaks_off_is_seen_as_far_as_it_goes(tmp_path: Path) -> None:
    pictures = [np.random.default_rng(n).integers(0, 255, (72, 128, 3), np.uint8) for n in range(FRAMES)]
    data = make_clip(tmp_path / "whole.mkv", pictures=pictures, audio=False).read_bytes()
    path = tmp_path / "broken.mkv"
    path.write_bytes(data[: len(data) // 2])
    look = looker(path)
    assert 10 < len(look.index) < FRAMES - 10
    assert look.frame(10_000).shape == (72, 128, 3)
    look.close()


@pytest.mark.parametrize("gop", ["20", "500"])
def test_damage_in_the_middle_leaves_the_rest(tmp_path: Path, gop: str) -> None:
    pictures = [scene(3 * number) for number in range(FRAMES)]
    how: dict[str, Any] = {"pictures": pictures, "audio": False, "options": X264 | {"g": gop}}
    path = make_clip(tmp_path / "a.mp4", **how)
    data = bytearray(path.read_bytes())
    middle = data.index(b"mdat") + (len(data) - data.index(b"mdat")) // 3
    data[middle : middle + 400] = bytes(400)
    path.write_bytes(data)
    look = looker(path)
    for number in (30, 29, FRAMES - 1, 12, 0, *range(15, 45)):
        assert look.frame(number).shape == (72, 128, 3), number
    assert np.array_equal(look.frame(0), shown(path)[0])
    look.close()


def test_more_frames_than_are_looked_at_are_refused(tmp_path: Path) -> None:
    facts = read_facts(make_clip(tmp_path / "a.mp4"))
    with pytest.raises(InputError, match="has more than 10 frames"):
        read_index(facts, most=10)


def test_a_clip_that_has_gone_is_said(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4")
    look = looker(path)
    path.unlink()
    with pytest.raises(InputError, match=r"a\.mp4: there is no such file"):
        look.frame(3)
