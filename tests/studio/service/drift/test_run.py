"""Series that drift, from file to file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reswd_torch import Cdl
from reswd_torch.errors import InputError
from reswd_torch.paths import GradePath, KeyFrame
from studio.jobs.drift import DriftAnchor, DriftJob
from studio.media.clips.read import read_facts
from studio.media.edits.edl import read_edl
from studio.media.edits.path_csv import read_path, write_path
from studio.service.drift.run import DriftResult, run_drift
from studio.watch import Cancelled, Event, Watch
from tests.studio.media.clips.made import shown, sound_of, times_of
from tests.studio.service.drift.made import (
    COUNT,
    clean,
    drifted,
    lossless,
    make_clip,
    numbered,
    off,
    pictures,
    save,
)

LAST = f"f{COUNT - 1}"


def eight(frames: list[np.ndarray]) -> list[np.ndarray]:
    return [frame / 257 if frame.dtype == np.uint16 else frame for frame in frames]


@pytest.fixture
def anchors(tmp_path: Path) -> tuple[DriftAnchor, ...]:
    """The clean first and last frame."""
    frames = clean()
    return (
        DriftAnchor("0s", save(tmp_path / "first.png", frames[0])),
        DriftAnchor(LAST, save(tmp_path / "last.png", frames[-1])),
    )


def test_the_drift_of_a_clip_goes_and_everything_else_stays(tmp_path: Path, anchors: tuple[DriftAnchor, ...]) -> None:
    source = make_clip(tmp_path / "a.mp4", pixel_format="yuv444p", pictures=drifted(clean()))
    out = tmp_path / "b.mp4"
    told: list[float] = []
    result = run_drift(
        DriftJob(source, out, anchors, csv=tmp_path / "b.csv"), Watch(lambda event: told.append(event.share))
    )
    assert told == sorted(told) and told[-1] == pytest.approx(1.0, abs=0.05)
    assert (result.frames, result.whole, len(result.path.segments)) == (COUNT, True, 1)
    assert off(shown(source), clean()) > 15
    assert off(shown(out), clean()) < 3.0  # H.264 alone leaves 1.5
    assert times_of(out) == times_of(source)
    assert sound_of(out) == sound_of(source)
    assert read_facts(out).tags == read_facts(source).tags
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "b.csv", "b.mp4", "first.png", "last.png"]


def test_the_first_frame_alone_is_the_look_without_anchors(tmp_path: Path) -> None:
    source = numbered(tmp_path / "in", drifted(clean()))
    run_drift(DriftJob(source, tmp_path / "out.####.png"))
    found = pictures(tmp_path, "out.{}.png", COUNT, 1001)
    assert off(found, clean()) < 2.0
    changes = [
        np.mean([np.abs(b.astype(float) - a).mean() for a, b in zip(each, each[1:], strict=False)])
        for each in (found, clean())
    ]
    assert changes[0] < 1.1 * changes[1]


def test_a_folder_is_a_time_lapse_in_the_order_of_counting(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number, frame in enumerate(drifted(clean()), 1):
        save(folder / f"IMG {number}.png", frame)
    (folder / "notes.txt").write_text("rain", encoding="utf-8")
    result = run_drift(DriftJob(folder, tmp_path / "out" / "graded"))
    assert result.frames == COUNT
    assert off(pictures(tmp_path / "out" / "graded", "IMG {}.png", COUNT, 1), clean()) < 2.0


def test_read_back_the_csv_grades_the_same_bytes(tmp_path: Path, anchors: tuple[DriftAnchor, ...]) -> None:
    source = lossless(tmp_path / "a.mkv", drifted(clean()))
    run_drift(DriftJob(source, tmp_path / "b.mkv", anchors, csv=tmp_path / "b.csv"))
    assert off(eight(shown(tmp_path / "b.mkv")), clean()) < 1.5
    run_drift(DriftJob(source, tmp_path / "c.mkv", path=tmp_path / "b.csv"))
    both = (shown(tmp_path / name) for name in ("b.mkv", "c.mkv"))
    assert all(np.array_equal(one, other) for one, other in zip(*both, strict=True))


def test_a_path_breaks_at_a_cut_and_each_segment_has_its_own_first_frame(tmp_path: Path) -> None:
    two = [*clean(3), *clean(5)]
    bad = [*drifted(clean(3)), *drifted(clean(5))]
    source = numbered(tmp_path / "in", bad)
    result = run_drift(DriftJob(source, tmp_path / "out.####.png"))
    assert [segment[0].frame for segment in result.path.segments] == [1001, 1001 + COUNT]
    assert off(pictures(tmp_path, "out.{}.png", 2 * COUNT, 1001), two) < 2.0
    whole = run_drift(DriftJob(source, csv=tmp_path / "whole.csv", cuts="none"))
    assert len(whole.path.segments) == 1


def test_an_anchor_lies_in_its_segment_and_the_others_are_said(tmp_path: Path) -> None:
    source = numbered(tmp_path / "in", [*drifted(clean(3)), *drifted(clean(5))])
    look = save(tmp_path / "look.png", clean(5)[10])
    anchor = DriftAnchor(f"f{1001 + COUNT + 10}", look)
    result = run_drift(DriftJob(source, tmp_path / "out.####.png", (anchor,)))
    assert off(pictures(tmp_path, "out.{}.png", COUNT, 1001 + COUNT), clean(5)) < 2.0
    assert result.notes == ("frames 1001 to 1024 have no anchor: their first frame is taken to look right",)


def test_an_anchor_of_another_scene_gives_its_look(tmp_path: Path) -> None:
    source = numbered(tmp_path / "in", drifted(clean(3)))
    other = save(tmp_path / "other.png", clean(6)[0])
    result = run_drift(DriftJob(source, csv=tmp_path / "a.csv", anchors=(DriftAnchor("f1001", other),)))
    assert result.notes == ("other.png does not show what frame 1001 shows: its look is taken, as of any reference",)


def test_the_edl_covers_the_clip_and_has_what_the_ccc_has(tmp_path: Path, anchors: tuple[DriftAnchor, ...]) -> None:
    source = make_clip(tmp_path / "a.mov", pictures=drifted(clean()), metadata={"timecode": "01:00:00:00"})
    result = run_drift(DriftJob(source, None, anchors, edl=tmp_path / "a.edl", ccc=tmp_path / "a.ccc"))
    events = read_edl(tmp_path / "a.edl").events
    assert len(events) == len(result.stretches) > 1
    assert (events[0].source_in, events[-1].source_out) == ("01:00:00:00", f"01:00:00:{COUNT}")
    assert [event.source_in for event in events[1:]] == [event.source_out for event in events[:-1]]
    text = (tmp_path / "a.edl").read_text(encoding="utf-8")
    assert text.count("*ASC_SOP") == text.count("*ASC_SAT") == len(events)
    assert f"*ASC_SAT {result.stretches[0].cdl.saturation:.6f}" in text
    assert (tmp_path / "a.ccc").read_text(encoding="utf-8").count("<ColorCorrection ") == len(events)
    assert not (tmp_path / "b.mov").exists()


@pytest.mark.parametrize(("time", "frame"), [("0.5s", 12), ("f7", 7), ("01:00:00:20", 20), ("0s", 0), ("0.99s", 24)])
def test_times_of_anchors_lead_to_frames(time: str, frame: int, tmp_path: Path) -> None:
    frames = clean(3, 26)
    source = make_clip(tmp_path / "a.mov", pictures=frames, metadata={"timecode": "01:00:00:00"})
    bright = [np.minimum(frame.astype(int) * 1.2, 255).astype(np.uint8) for frame in frames]
    look = save(tmp_path / "look.png", bright[frame])
    result = run_drift(DriftJob(source, csv=tmp_path / "a.csv", anchors=(DriftAnchor(time, look),)))
    assert frame in [key.frame for key in result.path.keys]
    assert np.mean(result.path.at(frame).slope) == pytest.approx(1.2, abs=0.12)


def test_stopped_it_leaves_nothing_half_written(tmp_path: Path) -> None:
    source = lossless(tmp_path / "a.mkv", drifted(clean()))
    reached: list[str] = []

    def tell(event: Event) -> None:
        reached.append(event.text)

    watch = Watch(tell, lambda: any(text.startswith("grading,") for text in reached))
    with pytest.raises(Cancelled):
        run_drift(DriftJob(source, tmp_path / "b.mkv", csv=tmp_path / "b.csv"), watch)
    assert [path.name for path in tmp_path.iterdir()] == ["a.mkv"]


def refused(job: DriftJob) -> str:
    with pytest.raises(InputError) as raised:
        run_drift(job)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_what_cannot_be_is_refused_with_a_line(tmp_path: Path) -> None:
    source = numbered(tmp_path / "in", drifted(clean())[:5])
    look = save(tmp_path / "look.png", clean()[0])
    csv = tmp_path / "a.csv"

    def with_anchors(*anchors: DriftAnchor, **more: bool) -> str:
        return refused(DriftJob(source, csv=csv, anchors=anchors, **more))

    assert "f1009: shot.####.png has no such frame: it has 1001 to 1005" in with_anchors(DriftAnchor("f1009", look))
    assert "anchor 2s: shot.####.png has no such frame" in with_anchors(DriftAnchor("2s", look))
    assert "anchor 'soon' is no time" in with_anchors(DriftAnchor("soon", look))
    assert "is no timecode" in with_anchors(DriftAnchor("00:00:99:00", look))
    missing = tmp_path / "none.png"
    assert f"{missing}: there is no such picture for the anchor at f1001" in with_anchors(DriftAnchor("f1001", missing))
    same = with_anchors(DriftAnchor("f1002", look), DriftAnchor("0.05s", look))
    assert "anchors 0.05s and f1002 are for one frame, 1002" in same
    twice = with_anchors(DriftAnchor("f1001", look), anchor_first=True)
    assert "anchors f1001 and the first frame are for one frame" in twice
    one = numbered(tmp_path / "one", clean()[:1])
    assert "has one frame only" in refused(DriftJob(one, csv=csv))
    assert "no frames of this name" in refused(DriftJob(tmp_path / "in" / "no.####.png", csv=csv))
    assert "give a clip, a pattern" in refused(DriftJob(look, csv=csv))
    write_path(tmp_path / "far.csv", GradePath(((KeyFrame(1, Cdl()), KeyFrame(5, Cdl())),)), float)
    assert "give the path of this series" in refused(DriftJob(source, csv=csv, path=tmp_path / "far.csv"))
    assert "would replace the frames" in refused(DriftJob(tmp_path / "in", tmp_path / "in", overwrite=True))
    assert "would replace an input" in refused(
        DriftJob(source, csv=tmp_path / "far.csv", path=tmp_path / "far.csv", overwrite=True)
    )
    assert not csv.exists()


def test_what_exists_is_kept_unless_it_may_be_replaced(tmp_path: Path) -> None:
    source = numbered(tmp_path / "in", drifted(clean())[:4])
    csv = tmp_path / "a.csv"
    csv.write_text("mine", encoding="utf-8")
    assert "the file exists" in refused(DriftJob(source, csv=csv))
    assert csv.read_text(encoding="utf-8") == "mine"
    result: DriftResult = run_drift(DriftJob(source, csv=csv, overwrite=True))
    assert read_path(csv) == result.path
