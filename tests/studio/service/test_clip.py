"""A clip from file to file: the picture is graded as a picture would be, everything else stays."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from reswd_torch import MatchSettings, load_grade
from reswd_torch.profiles import to_profile
from reswd_torch.profiles.coded import coded_profile
from studio.jobs import ClipJob, MatchJob
from studio.media.clips.read import read_facts
from studio.references import ClipReference
from studio.service import clip_colours as sample
from studio.service.clip import run_clip
from studio.service.clip_colours import sample_clip
from studio.service.match import run_match
from studio.service.render import render
from studio.watch import Watch
from tests.studio.jobs_for_tests import clip_job, match_clip
from tests.studio.media.clips.made import (
    FRAMES,
    SIZE,
    difference,
    drift,
    make_clip,
    reference,
    scene,
    shown,
    sound_of,
    times_of,
)

KINDS: dict[str, tuple[str, dict[str, Any], float]] = {  # file, how it is made, largest mean difference in 1/255
    "h264": ("a.mp4", {}, 1.5),
    "h264 10 bit": ("a.mkv", {"pixel_format": "yuv420p10le"}, 1.5),
    "h264 4:4:4": ("a.mov", {"pixel_format": "yuv444p"}, 1.5),
    "h264 full range": ("a.mp4", {"tags": (1, 1, 1, 2)}, 1.5),
    "h264 Rec.2020": ("a.mp4", {"tags": (9, 14, 9, 1), "pixel_format": "yuv420p10le"}, 1.5),
    "h264 untagged": ("a.mp4", {"tags": (2, 2, 2, 0)}, 1.5),
    "hevc 10 bit": ("a.mov", {"codec": "libx265", "pixel_format": "yuv420p10le"}, 1.5),
    "prores": ("a.mov", {"codec": "prores_ks", "pixel_format": "yuv422p10le", "options": {"profile": "3"}}, 0.5),
    "vp9": ("a.webm", {"codec": "libvpx-vp9", "audio": False, "options": {"crf": "5", "b": "0"}}, 1.5),
    "ffv1 RGB": ("a.mkv", {"codec": "ffv1", "pixel_format": "gbrp10le", "tags": (1, 13, 0, 2)}, 0.1),
    "ffv1": ("a.mkv", {"codec": "ffv1", "pixel_format": "yuv444p"}, 0.6),
    "mjpeg": ("a.avi", {"codec": "mjpeg", "pixel_format": "yuvj420p", "audio": False, "options": {"qmin": "1"}}, 1.5),
    "mpeg-2": ("a.ts", {"codec": "mpeg2video", "options": {"qmin": "1", "qmax": "2"}}, 1.5),
}
LOSSY = 1.5
"""Mean difference in 1/255 that H.264 at the quality chosen here may add to these small, soft pictures; 1.0 was measured."""


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return reference(tmp_path / "look.png")


@pytest.mark.parametrize("kind", KINDS)
def test_graded_frames_are_those_of_the_saved_grade_and_the_rest_is_kept(
    kind: str, tmp_path: Path, target: Path
) -> None:
    name, how, within = KINDS[kind]
    source = make_clip(tmp_path / name, **how)
    out = tmp_path / f"out{source.suffix}"
    told: list[float] = []
    result = match_clip(
        clip_job(source, target, settings=MatchSettings(aim="colours")),
        out,
        watch=Watch(lambda event: told.append(event.share)),
    )
    assert told == sorted(told) and told[-1] == 1.0
    assert (result.frames, result.broken_at) == (FRAMES, None)
    assert len(result.notes) == (1 if "Rec.2020" in result.encoding else 0)  # which sRGB references do not fit
    assert result.report is not None and result.report.distance_after < result.report.distance_before
    grade = load_grade(result.save_grade(tmp_path / "look.cc"))
    wanted, written = [render(frame, grade) for frame in shown(source)], shown(out)
    mean, largest = difference(wanted, written)
    assert mean < within and largest < 20
    # A wrong matrix, range or rounding would shift everything by half a step and more; H.264 of 8 bits alone by up to 0.35.
    assert drift(wanted, written) < 0.4
    before, after = read_facts(source), read_facts(out)
    for fact in ("codec", "profile", "pixel_format", "size", "tags", "rate", "aspect"):
        assert getattr(before, fact) == getattr(after, fact), fact
    assert times_of(source) == times_of(out)
    if how.get("audio", True):
        assert len(sound_of(source)) > 10
        assert sound_of(source) == sound_of(out)
        with av.open(str(out)) as container:
            assert container.streams.audio[0].language in ("fra", None if source.suffix == ".ts" else "fra")


def test_uneven_times_shape_of_pixels_and_metadata_stay(tmp_path: Path, target: Path) -> None:
    times = [0, 40, 80, 200, 230, 233, 400, 1000]
    source = make_clip(
        tmp_path / "vfr.mp4",
        pictures=[scene(n) for n in range(8)],
        times=times,
        time_base=Fraction(1, 1000),
        aspect=Fraction(4, 3),
        metadata={"title": "Ein Titel", "creation_time": "2024-05-06T07:08:09.000000Z"},
    )
    out = tmp_path / "out.mp4"
    match_clip(clip_job(source, target), out)
    assert times_of(out) == [Fraction(time, 1000) for time in times] == times_of(source)
    assert read_facts(out).aspect == Fraction(4, 3)
    with av.open(str(source)) as was, av.open(str(out)) as now:
        assert now.metadata["title"] == "Ein Titel"
        assert now.metadata["creation_time"] == was.metadata["creation_time"]
        assert now.streams.video[0].duration * now.streams.video[0].time_base == pytest.approx(
            was.streams.video[0].duration * was.streams.video[0].time_base, abs=0.001
        )


@pytest.mark.parametrize("rotation", [90, -90, 180])
def test_turned_clips_are_written_upright(rotation: int, tmp_path: Path, target: Path) -> None:
    source = make_clip(tmp_path / "phone.mp4", rotation=rotation, aspect=Fraction(2, 1), tags=(2, 2, 2, 0))
    stored = [np.rot90(frame, rotation // 90) for frame in shown(make_clip(tmp_path / "plain.mp4", tags=(2, 2, 2, 0)))]
    assert difference(stored, shown(source)) == (0.0, 0.0)  # av_display_rotation_get counts counterclockwise
    out = tmp_path / "out.mp4"
    result = match_clip(clip_job(source, target), out)
    facts = read_facts(out)
    assert facts.turn.is_none
    assert facts.size == (SIZE[::-1] if rotation != 180 else SIZE)
    assert facts.aspect == (Fraction(1, 2) if rotation != 180 else Fraction(2, 1))
    assert difference([render(frame, result.grade) for frame in stored], shown(out))[0] < LOSSY


def test_a_still_clip_stays_still(tmp_path: Path, target: Path) -> None:
    flat = np.full((*SIZE, 3), (90, 120, 160), np.uint8)
    source = make_clip(tmp_path / "flat.mp4", pictures=[flat] * FRAMES)
    out = tmp_path / "out.mp4"
    match_clip(clip_job(source, target), out)
    graded = np.stack(shown(out)).astype(int)
    assert np.ptp(graded, axis=0).max() <= 1


def test_a_mask_holds_for_every_frame(tmp_path: Path, target: Path) -> None:
    left = np.zeros(SIZE, np.uint8)
    left[:, : SIZE[1] // 2] = 255
    Image.fromarray(left).save(tmp_path / "mask.png")
    source = make_clip(tmp_path / "a.mov", "prores_ks", "yuv422p10le")
    out = tmp_path / "out.mov"
    result = match_clip(clip_job(source, target, mask=tmp_path / "mask.png"), out)
    was, now = shown(source), shown(out)
    middle = SIZE[1] // 2
    assert difference([frame[:, middle + 8 :] for frame in was], [frame[:, middle + 8 :] for frame in now])[0] < 0.4
    wanted = [render(frame, result.grade)[:, : middle - 8] for frame in was]
    assert difference(wanted, [frame[:, : middle - 8] for frame in now])[0] < 0.5
    assert difference([frame[:, : middle - 8] for frame in was], wanted)[0] > 5


def test_strength_0_keeps_the_decoded_pixels(tmp_path: Path, target: Path) -> None:
    source = make_clip(tmp_path / "a.mkv", "ffv1", "yuv420p")
    out = tmp_path / "out.mkv"
    match_clip(clip_job(source, target, settings=MatchSettings(strength=0.0)), out)
    assert difference(shown(source), shown(out)) == (0.0, 0.0)


@pytest.mark.parametrize("options", [{"palette": "#204060:2,#e0c090"}, {"target": "clip"}, {"grade": "saved"}])
def test_a_palette_a_clip_or_a_saved_grade_may_be_the_reference(
    options: dict[str, Any], tmp_path: Path, target: Path
) -> None:
    source = make_clip(tmp_path / "a.mp4")
    if "target" in options:
        pictures = [scene(n)[..., ::-1] // 2 for n in range(FRAMES)]
        options = {"target": make_clip(tmp_path / "look.mkv", pictures=pictures)}
    if "grade" in options:
        first = match_clip(clip_job(source, target), tmp_path / "first.mp4")
        options = {"grade": load_grade(first.save_grade(tmp_path / "look.cube"))}
    result = match_clip(clip_job(source, **options), tmp_path / "out.mp4")
    wanted = [render(frame, result.grade) for frame in shown(source)]
    assert difference(wanted, shown(tmp_path / "out.mp4"))[0] < LOSSY
    if "grade" in options:
        assert result.report is None
        assert result.grade.transform == options["grade"].transform
    else:
        assert result.report is not None and result.report.distance_after < result.report.distance_before


def test_another_container_with_another_codec_says_so(tmp_path: Path, target: Path) -> None:
    source = make_clip(tmp_path / "a.mov", "prores_ks", "yuv422p10le")
    result = match_clip(clip_job(source, target), tmp_path / "out.mp4")
    assert result.notes == ("a.mov: prores cannot be written there: the result is h264",)
    facts = read_facts(tmp_path / "out.mp4")
    assert (facts.codec, facts.pixel_format) == ("h264", "yuv422p10le")
    assert [sound[0] for sound in sound_of(source)] == [sound[0] for sound in sound_of(tmp_path / "out.mp4")]


def test_chapters_and_subtitles_are_kept_or_named(tmp_path: Path, target: Path) -> None:
    plain, source = make_clip(tmp_path / "plain.mkv"), tmp_path / "a.mkv"
    with av.open(str(plain)) as given, av.open(str(source), "w") as made:
        streams = {stream.index: made.add_stream_from_template(stream, opaque=True) for stream in given.streams}
        words = made.add_mux_stream("subrip", time_base=Fraction(1, 1000))
        words.metadata["language"] = "deu"
        chapter = {"id": 1, "start": 0, "end": 900, "time_base": Fraction(1, 1000), "metadata": {"title": "Eins"}}
        made.set_chapters([chapter])
        line = av.Packet(b"Guten Tag")
        line.stream, line.time_base, line.pts, line.dts, line.duration = words, Fraction(1, 1000), 100, 100, 500
        made.mux_one(line)
        for packet in given.demux():
            if packet.size:
                packet.stream = streams[packet.stream_index]
                made.mux_one(packet)
    assert match_clip(clip_job(source, target), tmp_path / "out.mkv").notes == ()
    with av.open(str(tmp_path / "out.mkv")) as container:
        assert [part["metadata"]["title"] for part in container.chapters()] == ["Eins"]
        assert container.streams.subtitles[0].language == "deu"
        said = [(bytes(packet), packet.pts) for packet in container.demux(subtitles=0) if packet.size]
    assert said == [(b"Guten Tag", 100)]
    told = match_clip(clip_job(source, target), tmp_path / "out.mp4").notes
    assert told == ("a.mkv: stream 2 (subtitle, srt) is left out: .mp4 files do not hold it",)


@pytest.mark.parametrize("given", ["mp4", "mov"])
@pytest.mark.parametrize("wanted", ["mp4", "mkv"])
def test_chapters_of_mp4_are_no_stream_to_stumble_over(given: str, wanted: str, tmp_path: Path, target: Path) -> None:
    """FFmpeg shows the track that holds them as a stream of data."""
    plain, source = make_clip(tmp_path / "plain.mp4"), tmp_path / f"a.{given}"
    chapter = {"id": 1, "start": 0, "end": 900, "time_base": Fraction(1, 1000), "metadata": {"title": "Eins"}}
    with av.open(str(plain)) as read, av.open(str(source), "w") as made:
        streams = {stream.index: made.add_stream_from_template(stream, opaque=True) for stream in read.streams}
        made.set_chapters([chapter])
        for packet in read.demux():
            if packet.size:
                packet.stream = streams[packet.stream_index]
                made.mux_one(packet)
    result = match_clip(clip_job(source, target), tmp_path / f"out.{wanted}")
    assert result.notes == ()
    with av.open(str(result.path)) as container:
        assert [part["metadata"]["title"] for part in container.chapters()] == ["Eins"]
    assert [sound[0] for sound in sound_of(source)] == [sound[0] for sound in sound_of(result.path)]


@pytest.mark.parametrize("pixel_format", ["yuv422p10le", "yuv444p10le"])
def test_prores_keeps_its_matrix(pixel_format: str, tmp_path: Path, target: Path) -> None:
    source = make_clip(tmp_path / "a.mov", "prores_ks", pixel_format, tags=(9, 14, 9, 1))
    match_clip(clip_job(source, target), tmp_path / "out.mov")
    assert read_facts(source).tags.matrix == read_facts(tmp_path / "out.mov").tags.matrix == 9


def test_a_picture_that_starts_late_is_whole(tmp_path: Path, target: Path) -> None:
    source = make_clip(tmp_path / "a.mkv", times=[25 + n for n in range(FRAMES)], audio=False)
    result = match_clip(clip_job(source, target), tmp_path / "out.mkv")
    assert (result.broken_at, result.notes, result.frames) == (None, (), FRAMES)


def test_a_long_clip_is_sampled_from_end_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = [np.full((36, 64, 3), n // 2, np.uint8) for n in range(300)]
    source = make_clip(tmp_path / "long.mp4", pictures=pictures, audio=False, options={"crf": "8", "g": "25"})
    facts, settings = read_facts(source), MatchSettings(samples=2048)
    whole = sample_clip(facts, settings).fit.mean(1) * 255
    monkeypatch.setattr(sample, "_SHORT", 100)
    sought = sample_clip(facts, settings).fit.mean(1) * 255
    for colors in (whole, sought):  # from 0 to 149, all alike
        assert colors.min() < 8 and colors.max() > 140
        assert float(colors.mean()) == pytest.approx(74.5, abs=4)


@pytest.mark.parametrize("tags", [(12, 13, 0, 2), (9, 14, 0, 2)])
def test_a_wide_clip_and_srgb_are_references_for_each_other_by_their_real_colours(
    tmp_path: Path, tags: tuple[int, int, int, int]
) -> None:
    """One picture in both encodings is one picture: nothing is to be graded."""
    plain = scene(0)
    wide = to_profile(plain, None, coded_profile(tags[0], 13))
    assert np.abs(plain.astype(int) - wide).mean() > 5
    clip = make_clip(tmp_path / "wide.mkv", "ffv1", "gbrp10le", pictures=[wide] * 3, tags=tags)
    still = tmp_path / "plain.png"
    Image.fromarray(plain).save(still)
    by_clip = run_clip(clip_job(clip, still))
    by_still = run_match(MatchJob(still, ClipReference(clip)))
    by_itself = run_clip(ClipJob(clip, ClipReference(clip)))
    for one in (by_clip, by_still, by_itself):
        assert one.report is not None and one.report.distance_before < 0.3
    assert np.abs(by_clip.graded(wide).astype(int) - wide).mean() < 1
    assert np.abs(by_still.graded_pixels().astype(int) - plain).mean() < 1.5
    name = "Display P3" if tags[0] == 12 else "Rec.2020"
    assert any(f"reference colours were converted from sRGB to {name}" in note for note in by_clip.notes)
    assert not by_itself.notes
