"""Timelines are read clip by clip, and written with ten numbers in their metadata."""

from __future__ import annotations

from pathlib import Path

import opentimelineio as otio
import pytest

from reswd_torch import Cdl
from reswd_torch.errors import InputError
from studio.media.edits.otio import read_otio

LOOK = Cdl((1.1, 1.0, 0.9), (0.01, 0.0, -0.02), (1.0, 1.2, 1.0), 0.85)


def timeline(folder: Path, tracks: int = 1) -> Path:
    """Two clips with a gap between on each track, and a clip of sound."""
    made = otio.schema.Timeline("reel")
    for _ in range(tracks):
        track = otio.schema.Track("V", kind=otio.schema.TrackKind.Video)
        for name, url, start in (("one", "file:///rushes/one%20take.mp4", 25), ("two", "D:\\rushes\\two.mov", 90000)):
            track.append(
                otio.schema.Clip(
                    name,
                    otio.schema.ExternalReference(url),
                    otio.opentime.TimeRange(otio.opentime.RationalTime(start, 25), otio.opentime.RationalTime(50, 25)),
                    {"mine": {"kept": 1}},
                )
            )
        track.insert(1, otio.schema.Gap(duration=otio.opentime.RationalTime(10, 25)))
        made.tracks.append(track)
    sound = otio.schema.Track("A", kind=otio.schema.TrackKind.Audio)
    sound.append(otio.schema.Clip("noise", source_range=made.tracks[0][0].source_range))
    made.tracks.append(sound)
    path = folder / "reel.otio"
    otio.adapters.write_to_file(made, str(path))
    return path


def test_clips_with_a_picture(tmp_path: Path) -> None:
    events = read_otio(timeline(tmp_path)).events
    assert [each.names for each in events] == [("one", "/rushes/one take.mp4"), ("two", "D:\\rushes\\two.mov")]
    assert [(each.source_in, each.source_out) for each in events] == [
        ("00:00:01:00", "00:00:03:00"),
        ("01:00:00:00", "01:00:02:00"),
    ]


def test_ten_numbers_are_in_the_timeline_and_in_an_edl(tmp_path: Path) -> None:
    texts = read_otio(timeline(tmp_path)).graded({1: LOOK})
    graded = otio.adapters.read_from_string(texts[".otio"], "otio_json")
    one, two = graded.video_tracks()[0].find_clips()
    assert "cdl" not in one.metadata and two.metadata["mine"]["kept"] == 1
    assert list(two.metadata["cdl"]["asc_sop"]["slope"]) == [1.1, 1.0, 0.9] and two.metadata["cdl"]["asc_sat"] == 0.85
    assert len(graded.tracks) == 2 and len(graded.tracks[0]) == 3, "the gap and the sound are still there"
    assert texts[".edl"].count("ASC_SOP") == 1 and "ASC_SAT" in texts[".edl"]


def test_two_picture_tracks_make_no_edl(tmp_path: Path) -> None:
    edit = read_otio(timeline(tmp_path, tracks=2))
    assert len(edit.events) == 4 and set(edit.graded({0: LOOK})) == {".otio"}


def test_a_clip_that_does_not_say_what_it_shows(tmp_path: Path) -> None:
    made = otio.schema.Timeline("reel")
    made.tracks.append(otio.schema.Track("V", [otio.schema.Clip("one")], kind=otio.schema.TrackKind.Video))
    otio.adapters.write_to_file(made, str(tmp_path / "reel.otio"))
    edit = read_otio(tmp_path / "reel.otio")
    assert edit.events[0].names == ("one",) and edit.events[0].source_out == "00:00:00:00"
    assert "asc_sop" in edit.graded({0: LOOK})[".otio"]


@pytest.mark.parametrize(
    "text", ["", "{}", "[1, 2]", '{"OTIO_SCHEMA": "Clip.1", "name": "a"}', '{"OTIO_SCHEMA": "Timeline.1"}']
)
def test_no_timeline_is_one_line(text: str, tmp_path: Path) -> None:
    path = tmp_path / "reel.otio"
    path.write_text(text)
    with pytest.raises(InputError) as raised:
        read_otio(path)
    assert str(raised.value).startswith(f"{path}: ") and "\n" not in str(raised.value)
