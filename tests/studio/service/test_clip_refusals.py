"""Clips that cannot be used, wholly or in part, and places that cannot be written."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from reswd_torch import InputError
from studio.service.render import render
from studio.watch import Event, Watch
from tests.studio.jobs_for_tests import clip_job, match_clip
from tests.studio.media.clips.made import FRAMES, drift, make_clip, reference, shown


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return reference(tmp_path / "look.png")


def refused(source: Path, out: Path, says: str, **job: object) -> None:
    before = {path: path.read_bytes() for path in out.parent.iterdir() if path.is_file()}
    with pytest.raises(InputError) as caught:
        match_clip(clip_job(source, **job), out)
    assert says in str(caught.value) and "\n" not in str(caught.value)
    assert {path: path.read_bytes() for path in out.parent.iterdir() if path.is_file()} == before


def cut(source: Path, name: str, share: float) -> Path:
    data = source.read_bytes()
    place = source.with_name(name)
    place.write_bytes(data[: int(len(data) * share)])
    return place


@pytest.mark.parametrize("name, codec", [("a.mp4", "libx264"), ("a.mkv", "libx264"), ("a.avi", "mjpeg")])
def test_a_broken_tail_gives_what_is_before_it(name: str, codec: str, tmp_path: Path, target: Path) -> None:
    pictures = [np.roll(np.random.default_rng(n).integers(0, 255, (72, 128, 3), np.uint8), n) for n in range(FRAMES)]
    pixel_format = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    whole = make_clip(
        tmp_path / name,
        codec,
        pixel_format,
        pictures=pictures,
        audio=codec != "mjpeg",
        movflags="faststart" if name.endswith("mp4") else "",
        options={"qmin": "2"} if codec == "mjpeg" else None,
    )
    broken = cut(whole, f"broken{whole.suffix}", 0.6)
    out = tmp_path / f"out{whole.suffix}"
    result = match_clip(clip_job(broken, target), out)
    assert 0.3 * FRAMES < result.frames < 0.9 * FRAMES
    assert result.broken_at == pytest.approx(result.frames / 25, abs=0.1)
    assert result.seconds == pytest.approx(result.frames / 25, abs=0.1)
    assert any("broken" in note and "breaks off after" in note and out.name in note for note in result.notes)
    graded = shown(out)
    assert len(graded) == result.frames
    if codec == "mjpeg":
        return
    expected = [render(frame, result.grade) for frame in shown(broken)]
    assert drift(expected, graded) < 1  # these are noise, which no codec keeps: only the mean colour is looked at
    assert match_clip(clip_job(whole, target), tmp_path / f"whole{whole.suffix}").broken_at is None


def test_damage_in_the_middle_is_told(tmp_path: Path, target: Path) -> None:
    pictures = [np.random.default_rng(n).integers(0, 255, (72, 128, 3), np.uint8) for n in range(60)]
    whole = make_clip(
        tmp_path / "a.mkv", "ffv1", pictures=pictures, audio=False, options={"slicecrc": "1", "level": "3"}
    )
    data = bytearray(whole.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 400] = bytes(400)
    (tmp_path / "hole.mkv").write_bytes(data)
    result = match_clip(clip_job(tmp_path / "hole.mkv", target), tmp_path / "out.mkv")
    assert result.broken_at is None or 0.5 < result.broken_at < 2.0
    assert result.frames >= 50


def test_what_is_no_clip_is_refused(tmp_path: Path, target: Path) -> None:
    (tmp_path / "text.mp4").write_text("no clip at all\n" * 50)
    (tmp_path / "empty.mp4").touch()
    out = tmp_path / "out.mp4"
    refused(tmp_path / "text.mp4", out, "text.mp4: this is not a video file", target=target)
    refused(tmp_path / "empty.mp4", out, "empty.mp4: the file is empty", target=target)
    refused(tmp_path / "none.mp4", out, "none.mp4: there is no such file", target=target)
    refused(cut(make_clip(tmp_path / "a.mp4"), "cut.mp4", 0.5), out, "cut.mp4: this is not a video file", target=target)


def test_sound_without_a_picture_is_refused(tmp_path: Path, target: Path) -> None:
    with av.open(str(tmp_path / "song.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=48000)
        for number in range(8):
            frame = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), format="fltp", layout="stereo")
            frame.rate, frame.pts = 48000, number * 1024
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    refused(tmp_path / "song.mp4", tmp_path / "out.mp4", "song.mp4: the file holds no video stream", target=target)


def test_scene_linear_clips_are_refused(tmp_path: Path, target: Path) -> None:
    source = make_clip(tmp_path / "light.mp4", pixel_format="yuv420p10le", tags=(1, 8, 1, 1), audio=False)
    refused(source, tmp_path / "out.mp4", "is scene-linear", target=target)


def test_places_that_cannot_be_written_are_refused_before_any_work(tmp_path: Path, target: Path) -> None:
    source = make_clip(tmp_path / "a.mp4")
    refused(source, source, "would replace an input", target=target)
    refused(source, tmp_path / "out.gif", "a clip is written as .3g2", target=target)
    refused(source, tmp_path / "out.webm", "out.webm: its audio (aac) is copied as it is", target=target)
    (tmp_path / "there.mp4").write_bytes(b"mine")
    refused(source, tmp_path / "there.mp4", "the file exists", target=target)


def test_a_mask_of_another_size_is_refused(tmp_path: Path, target: Path) -> None:
    Image.fromarray(np.full((20, 20), 255, np.uint8)).save(tmp_path / "mask.png")
    mask = tmp_path / "mask.png"
    refused(make_clip(tmp_path / "a.mp4"), tmp_path / "out.mp4", "the mask is 20 x 20", target=target, mask=mask)


def test_a_stop_leaves_nothing_behind(tmp_path: Path, target: Path) -> None:
    source = make_clip(tmp_path / "a.mp4")
    before = sorted(tmp_path.iterdir())

    def stop(event: Event) -> None:
        if event.share > 0.6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        match_clip(clip_job(source, target), tmp_path / "out.mp4", watch=Watch(stop))
    assert sorted(tmp_path.iterdir()) == before
