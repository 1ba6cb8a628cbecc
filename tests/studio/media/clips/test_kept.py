"""Metadata, covers, XMP and side data of clips: kept, or named in a note.

Oracle: FFmpeg's own reading of the source and of the result.
"""

from __future__ import annotations

import io
import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from reswd_torch import Cdl, Grade
from studio.media.clips.kept import kept, said_of, wants_keys
from studio.service.apply import Applied, apply_to_file
from tests.studio.media.clips.made import make_clip, scene

LOOK = Grade(Cdl((0.9, 1.0, 1.1)))
XMP = b'<?xpacket begin=""?><x:xmpmeta xmlns:x="adobe:ns:meta/">' + b"A" * 300_000 + b"</x:xmpmeta>"
UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")


def graded(source: Path, name: str) -> tuple[Applied, Path]:
    place = source.with_name(name)
    return apply_to_file(LOOK, source, place), place


def words(path: Path) -> dict[str, str]:
    """What a file says about itself, by keys in small letters."""
    with av.open(str(path)) as container:
        return {key.lower(): value for key, value in container.metadata.items()}


def covered(path: Path) -> Path:
    """A clip with a cover picture."""
    with av.open(str(path), "w", format="mp4") as container:
        video, cover = container.add_stream("libx264", rate=25), container.add_stream("mjpeg", rate=1)
        video.width, video.height, video.pix_fmt = 128, 72, "yuv420p"
        cover.width, cover.height, cover.pix_fmt, cover.disposition = 32, 32, "yuvj420p", 1024
        for number in range(3):
            frame = av.VideoFrame.from_ndarray(scene(number)).reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(video.encode(frame))
        picture = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 90, np.uint8)).reformat(format="yuvj420p")
        picture.pts, picture.time_base = 0, Fraction(1, 25)
        container.mux(cover.encode(picture))
        container.mux(video.encode(None))
    return path


def covers_of(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        found = [stream for stream in container.streams.video if stream.disposition & 1024]
        return [bytes(next(container.demux(stream))) for stream in found]


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.mkv"])
def test_long_texts_and_keys_of_cameras_are_kept(name: str, tmp_path: Path) -> None:
    said = {
        "title": "T", "comment": "C" * 200_000,
        "com.android.version": "14", "com.apple.quicktime.location.ISO6709": "+48.2+016.3/",
        "creation_time": "2020-01-02T03:04:05.000000Z",
    }  # fmt: skip
    source = make_clip(tmp_path / name, metadata=said, movflags="+use_metadata_tags" if name != "a.mkv" else "")
    for suffix in (".mp4", ".mov", ".mkv"):
        applied, place = graded(source, f"out{suffix}")
        found = words(place)
        assert {key: found.get(key.lower()) for key in said} == said and applied.notes == ()


def test_what_a_container_does_not_hold_is_named(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mkv", metadata={"title": "T", "lens": "x" * 2000, "reel": "7"}, audio=False)
    applied, place = graded(source, "out.avi")
    assert words(place)["title"] == "T"
    assert applied.notes == ("metadata that such files do not hold are left out: LENS (2000 bytes), REEL",)


def test_names_of_tracks_are_kept(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        video = container.add_stream("libx264", rate=25)
        video.metadata["title"] = "Kamera 1"
        video.width, video.height, video.pix_fmt = 128, 72, "yuv420p"
        frame = av.VideoFrame.from_ndarray(scene(0)).reformat(format="yuv420p")
        frame.pts, frame.time_base = 0, Fraction(1, 25)
        container.mux(video.encode(frame))
        container.mux(video.encode(None))
    for name, key in (("o.mp4", "name"), ("o.mov", "name"), ("o.mkv", "title")):
        _, place = graded(tmp_path / "a.mp4", name)
        with av.open(str(place)) as container:
            assert container.streams[0].metadata[key] == "Kamera 1"


def test_xmp_goes_where_it_has_a_place(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4", audio=False)
    with source.open("ab") as file:
        file.write(struct.pack(">I", 24 + len(XMP)) + b"uuid" + UUID + XMP)
    applied, place = graded(source, "out.mp4")
    with av.open(str(place), container_options={"export_xmp": "1"}) as container:
        assert container.metadata["xmp"].encode() == XMP
    assert applied.notes == () and place.read_bytes().endswith(XMP)
    applied, place = graded(source, "out.mkv")
    assert applied.notes == (f"its XMP ({len(XMP)} bytes) is left out: such files do not hold it",)


def test_covers_are_kept_or_named(tmp_path: Path) -> None:
    source = covered(tmp_path / "a.mp4")
    wanted = covers_of(source)
    assert len(wanted) == 1 and Image.open(io.BytesIO(wanted[0])).size == (32, 32)
    for name in ("o.mp4", "o.mkv"):
        applied, place = graded(source, name)
        assert covers_of(place) == wanted and applied.notes == ()
    applied, place = graded(tmp_path / "o.mkv", "again.mkv")
    assert covers_of(place) == wanted and applied.notes == ()
    applied, place = graded(source, "o.avi")
    assert covers_of(place) == [] and applied.notes == ("its cover picture is left out: such files do not hold it",)


@pytest.mark.parametrize("timecode", ["banana", "99:99:99:99", "::::"])
def test_a_timecode_that_is_none_is_named(timecode: str, tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mkv", metadata={"timecode": timecode}, audio=False)
    applied, place = graded(source, "o.mov")
    assert applied.notes == ("metadata that such files do not hold are left out: TIMECODE",) and place.exists()


def test_captions_and_exif_of_frames_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert said_of({"its HDR light levels", "an X"}) == ["not kept: an X", "not kept: its HDR light levels"]
    frame = av.VideoFrame.from_ndarray(scene(0)).reformat(format="rgb24")
    frame.pts, frame.time_base = 0, Fraction(1, 25)
    with av.open(str(tmp_path / "a.mov"), "w") as container:  # FFmpeg's TIFF decoder gives every frame EXIF
        video = container.add_stream("tiff", rate=25)
        video.width, video.height, video.pix_fmt = 128, 72, "rgb24"
        container.mux(video.encode(frame))
        container.mux(video.encode(None))
    applied, place = graded(tmp_path / "a.mov", "o.mov")
    assert applied.notes == ("not kept: other data of its frames, such as EXIF",) and place.exists()


def test_keys() -> None:
    given: dict[str, Any] = {"ENCODER": "x", "BPS-eng": "1", "COM.APPLE.QUICKTIME.LOCATION.ISO6709": "+1", "xmp": "x"}
    assert kept(given) == {"com.apple.quicktime.location.ISO6709": "+1"}
    assert kept({"name": "n"}) == {"title": "n"} and kept({"name": "n", "title": "t"}) == {"title": "t"}
    assert not wants_keys({"TITLE": "t", "location-eng": "+1", "encoder": "x", "major_brand": "isom"})
    assert wants_keys({"com.android.version": "14"}) and wants_keys({"comment": "x" * 70_000})
