"""When frames are shown: by what the container says, and told where a result cannot say the same.

Oracle: the times that the frames were encoded with.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from reswd_torch import Cdl, Grade
from studio.media.clips.read import FASTEST, read_facts
from studio.service.apply import apply_to_file
from tests.studio.media.clips.made import FRAMES, RATE, SIZE, make_clip, scene, times_of

LOOK = Grade(Cdl((0.9, 1.0, 1.1)))
UNEVEN = [0, 1, 2, 10, 11, 40, 41, 42, 43, 90]


@pytest.mark.parametrize("name", ["a.avi", "a.h264", "a.mkv", "a.mp4", "a.ts", "a.flv"])
@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_frames_that_refer_to_later_ones_come_evenly(name: str, codec: str, tmp_path: Path) -> None:
    if name.endswith((".h264", ".flv")):
        codec = "libx264"
    path = make_clip(tmp_path / name, codec, audio=False, options={"bf": "2"})
    times = np.array(times_of(path), float)
    assert len(times) == FRAMES and np.abs(np.diff(times) - 1 / RATE).max() < 0.0011


@pytest.mark.parametrize("name", ["o.mkv", "o.mp4", "o.mov", "o.webm"])
def test_uneven_times_are_kept(name: str, tmp_path: Path) -> None:
    pictures = [scene(number) for number in range(len(UNEVEN))]
    source = make_clip(tmp_path / "a.mkv", audio=False, pictures=pictures, times=UNEVEN)
    place = tmp_path / name
    applied = apply_to_file(LOOK, source, place)
    assert np.abs(np.array(times_of(place), float) - np.array(UNEVEN) / RATE).max() < 0.0011
    assert not [note for note in applied.notes if "early or late" in note]


def test_a_container_of_even_times_says_what_it_does_to_uneven_ones(tmp_path: Path) -> None:
    pictures = [scene(number, (72, 128)) for number in range(len(UNEVEN))]
    source = make_clip(tmp_path / "a.mkv", "mpeg2video", audio=False, pictures=pictures, times=UNEVEN)
    applied = apply_to_file(LOOK, source, tmp_path / "o.mxf")
    assert applied.notes == (
        "such a file shows frames up to 3.2 s early or late: an output that ends in .mkv keeps their times",
    )


def test_a_rate_that_cannot_be_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "a.mov"
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=Fraction(10**6))
        video.height, video.width, video.pix_fmt = *SIZE, "yuv420p"
        video.time_base = video.codec_context.time_base = Fraction(1, 10**6)
        for number in range(5):
            frame = av.VideoFrame.from_ndarray(scene(number)).reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 10**6)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    rate = read_facts(path).rate
    assert rate is None or rate <= FASTEST
    for name in ("o.mov", "o.mkv", "o.avi", "o.webm"):
        apply_to_file(LOOK, path, tmp_path / name)
        assert len(times_of(tmp_path / name)) == 5


def test_a_picture_that_changes_its_size_is_scaled_and_said(tmp_path: Path) -> None:
    parts = [
        make_clip(tmp_path / f"{side}.ts", audio=False, pictures=[np.full((side, 128, 3), 90, np.uint8)] * 12)
        for side in (72, 144)
    ]
    both = tmp_path / "both.ts"
    both.write_bytes(b"".join(part.read_bytes() for part in parts))
    applied = apply_to_file(LOOK, both, tmp_path / "o.ts")
    assert applied.notes[0].startswith(
        "its picture changes from 128 x 72 to 128 x 144 pixels before 0.5 s: all of it is scaled"
    )
    assert len(times_of(tmp_path / "o.ts")) == 24 and read_facts(tmp_path / "o.ts").size == (72, 128)
