"""What is dropped into the places for clips: what is said of it, what is refused, and what is open."""

from __future__ import annotations

import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from studio.media.clips.look import FrameLooker, read_index
from studio.media.clips.read import read_facts
from studio.ui import limits
from studio.ui.clip import words
from studio.ui.clip.choose import choose_source
from studio.ui.clip.clips import open_clip, square_frame
from studio.ui.clip.decoders import Decoders
from studio.ui.session import Session, forget
from tests.studio.media.clips.made import make_clip, scene


def test_what_is_said_of_a_clip(page: Session) -> None:
    clip = page.clip.source.clip
    assert clip is not None
    said = words.about(clip)
    for part in (
        "shot.mp4",
        "128 × 72",
        "25 frames/s",
        "40 frames, 1.6 s",
        "H.264 ",
        "8 bit",
        "Rec.709 video, limited",
    ):
        assert part in said, part
    assert words.place(clip, 11) == '<p class="clip-at"><b>Frame 12 of 40</b> at 0:00.44</p>'


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("holiday.jpg", b"x", "holiday.jpg: this is no video file by its name: give a clip such as .mp4"),
        ("empty.mp4", b"", "empty.mp4: the file is empty"),
        ("torn.mp4", b"\0\0\0\x18ftypisom" + b"x" * 99, "torn.mp4: this is not a video file that can be opened"),
        ("sound.webm", b"RIFF0000WAVEfmt ", "sound.webm: this is not a video file"),
    ],
)
def test_what_is_no_clip_is_refused_in_one_line_and_the_last_one_stays(
    matched: Session, tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    before, shown = matched.clip.source.clip, matched.clip.shown
    (tmp_path / name).write_bytes(content)
    refused = choose_source(matched, str(tmp_path / name))
    assert refused.startswith(said) and "\n" not in refused
    assert str(tmp_path) not in refused
    assert matched.clip.source.clip is before and matched.clip.shown is shown


def test_another_clip_takes_the_match_of_the_last_one_away(matched: Session, tmp_path: Path) -> None:
    old = matched.clip.source.clip
    assert old is not None
    square_frame(old, 3)
    other = make_clip(tmp_path / "other.mkv", audio=False)
    assert choose_source(matched, str(other)) == ""
    assert matched.clip.shown is None
    assert not old.looker.is_open, "its decoder is closed"


def test_a_public_server_says_before_the_work_what_is_too_long(page: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = page.clip.source.clip
    assert clip is not None and words.too_long(clip) == ""
    monkeypatch.setattr(limits, "_chosen", limits.PUBLIC)
    assert words.too_long(clip) == "" and "3:51 min of HD" in words.hint()
    monkeypatch.setattr(limits, "_chosen", limits.Limits(clip=0.2))
    said = words.too_long(clip)
    assert said.startswith("shot.mp4 lasts 1.6 s, and this server grades 0.87 s of its size: cut it shorter")
    assert said in words.about(clip)


def test_pixels_that_are_no_squares_and_turned_frames_are_seen_in_their_shape(tmp_path: Path) -> None:
    wide = open_clip(make_clip(tmp_path / "wide.mp4", aspect=Fraction(2)))
    assert square_frame(wide, 0).shape == (72, 256, 3)
    turned = open_clip(make_clip(tmp_path / "turned.mp4", aspect=Fraction(2), rotation=90))
    assert square_frame(turned, 0).shape == (128, 36, 3)
    for clip in (wide, turned):
        clip.looker.close()


def looker(path: Path) -> FrameLooker:
    facts = read_facts(path)
    return FrameLooker(facts, read_index(facts))


def test_only_so_many_decoders_are_open_and_none_for_long(tmp_path: Path) -> None:
    decoders = Decoders(most=2, idle=0.4)
    clips = [looker(make_clip(tmp_path / f"{number}.mp4", audio=False)) for number in range(3)]
    first = decoders.frame(clips[0], 5)
    for clip in clips[1:]:
        decoders.frame(clip, 5)
    assert [clip.is_open for clip in clips] == [False, True, True]
    assert np.array_equal(decoders.frame(clips[0], 5), first), "opened again"
    assert [clip.is_open for clip in clips] == [True, False, True]
    until = time.monotonic() + 10
    while any(clip.is_open for clip in clips) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(clip.is_open for clip in clips)
    assert decoders.frame(clips[1], 2).shape == scene(0).shape, "and again after all were closed"
    clips[1].close()


def test_a_closed_page_closes_its_decoders(page: Session) -> None:
    clip = page.clip.source.clip
    assert clip is not None
    square_frame(clip, 4)
    assert clip.looker.is_open
    forget(page)
    assert not clip.looker.is_open
