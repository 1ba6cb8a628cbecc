"""From files to files: what is written of a picture, a clip and numbered frames, and what is refused before any work."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reswd_torch import Cdl, Grade, MatchSettings, load_grade
from reswd_torch.errors import InputError
from studio.jobs import ClipJob, FramesJob, MatchJob, Outputs
from studio.media.images import read_picture
from studio.records.match import read_settings
from studio.references import ClipReference, PaletteReference, PictureReference, SavedGrade
from studio.remedies import JobRemedy
from studio.service import deliver, delivery, frames, job_for
from studio.service.clip import ClipResult, GradedFrame
from studio.service.frames import FramesResult
from studio.service.match import MatchResult, run_match
from studio.service.render import render
from studio.watch import Cancelled, Event, Watch
from tests.conftest import digest
from tests.studio.command_line import snapshot
from tests.studio.conftest import write
from tests.studio.media.clips.made import FRAMES, difference, make_clip, scene, shown
from tests.studio.pictures import make_deep


@pytest.fixture(autouse=True)
def one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames are matched in this process: others take seconds to start."""
    monkeypatch.setattr(os, "cpu_count", lambda: 1)


@pytest.fixture
def place(tmp_path: Path, warm: Path) -> Path:
    """A folder with picture.png, clip.mp4, three frames shot.1.png and so on, and warm.png, the reference."""
    assert warm.parent == tmp_path
    write(tmp_path / "picture.png", 1)
    make_clip(tmp_path / "clip.mp4", pictures=[scene(number) for number in range(6)], audio=False)
    for number in (1, 2, 3):
        write(tmp_path / f"shot.{number}.png", number)
    return tmp_path


SOURCES = {"picture": "picture.png", "clip": "clip.mp4", "frames": "shot.%d.png"}
RESULTS = {"picture": "out.png", "clip": "out.mkv", "frames": "out.%d.png"}


def job_in(place: Path, kind: str, settings: MatchSettings | None = None) -> MatchJob:
    return job_for(place / SOURCES[kind], PictureReference(place / "warm.png"), settings)


def test_the_name_of_a_source_says_what_it_is(place: Path) -> None:
    assert [type(job_in(place, kind)) for kind in SOURCES] == [MatchJob, ClipJob, FramesJob]


def test_a_picture(place: Path) -> None:
    outputs = Outputs(place / "out.png", place / "l.cc", place / "l.cube", place / "run.json", cube_size=17)
    told: list[Event] = []
    job = job_in(place, "picture", MatchSettings(transform="cdl"))
    done = deliver(job, outputs, Watch(told.append))
    names = {"output": "out.png", "cdl": "l.cc", "cube": "l.cube", "settings": "run.json"}
    assert done.written == {role: place / name for role, name in names.items()}
    assert done.whole and done.clip is None and isinstance(done.result, MatchResult)
    assert [event.share for event in told] == sorted(event.share for event in told) and told[0].share == 0.0
    alone = run_match(job)
    assert digest(alone.save_picture(place / "alone.png")) == digest(place / "out.png")
    assert done.grade.transform == alone.grade.transform
    colours = np.linspace(0, 1, 30).reshape(1, 10, 3)
    np.testing.assert_allclose(load_grade(place / "l.cc").apply(colours), done.grade.apply(colours), atol=1e-6)
    assert "LUT_3D_SIZE 17" in (place / "l.cube").read_text()
    assert json.loads((place / "run.json").read_text())["kind"] == "match settings"
    assert done.notes == alone.notes


def test_what_a_format_cannot_hold_is_noted(place: Path) -> None:
    job = job_for(make_deep(place), PictureReference(place / "warm.png"))
    assert "JPEG holds 8 bits" in " ".join(deliver(job, Outputs(place / "out.jpg")).notes)


def test_a_clip(place: Path) -> None:
    done = deliver(job_in(place, "clip"), Outputs(place / "out.mkv", place / "l.cc", place / "l.cube"))
    assert set(done.written) == {"output", "cdl", "cube"} and all(path.exists() for path in done.written.values())
    assert done.whole and done.clip is not None and done.clip.frames == 6 and isinstance(done.result, ClipResult)
    wanted = [render(frame, load_grade(place / "l.cc")) for frame in shown(place / "clip.mp4")]
    assert difference(wanted, shown(place / "out.mkv"))[0] < 1.5


def test_a_clip_that_breaks_off_is_not_whole(place: Path) -> None:
    grain = [np.random.default_rng(n).integers(0, 255, (72, 128, 3), np.uint8) for n in range(30)]
    data = make_clip(place / "whole.mkv", pictures=grain, audio=False).read_bytes()
    (place / "broken.mkv").write_bytes(data[: len(data) * 6 // 10])
    job = job_for(place / "broken.mkv", PictureReference(place / "warm.png"))
    done = deliver(job, Outputs(place / "out.mkv"))
    assert not done.whole and done.clip is not None and done.clip.broken_at is not None
    assert any("breaks off after" in note for note in done.notes)


def test_numbered_frames(place: Path) -> None:
    (place / "shot.4.png").write_bytes(b"")
    done = deliver(job_in(place, "frames"), Outputs(place / "out.##.png", place / "l.cc"))
    assert sorted(path.name for path in place.glob("out.*")) == ["out.01.png", "out.02.png", "out.03.png"]
    assert done.written == {"output": place / "out.##.png", "cdl": place / "l.cc"}
    assert isinstance(done.result, FramesResult) and (done.result.done, done.result.failed) == (3, 1)
    assert not done.whole
    before, after = read_picture(place / "shot.2.png").pixels, read_picture(place / "out.02.png").pixels
    assert np.abs(render(before, load_grade(place / "l.cc")).astype(int) - after.astype(int)).max() <= 1


@pytest.mark.parametrize("kind", SOURCES)
def test_files_that_exist_are_replaced_only_when_that_is_allowed(kind: str, place: Path) -> None:
    outputs = Outputs(place / RESULTS[kind], place / "l.cc", overwrite=True)
    deliver(job_in(place, kind), outputs)
    first = snapshot(place)
    with pytest.raises(InputError, match="the file exists") as caught:
        deliver(job_in(place, kind), replace(outputs, overwrite=False))
    assert caught.value.remedy is JobRemedy.OVERWRITE and snapshot(place) == first
    deliver(job_in(place, kind, MatchSettings(strength=0.3)), outputs)
    assert snapshot(place)["l.cc"] != first["l.cc"]


REFUSALS: dict[str, tuple[Callable[[Path, Outputs], Outputs], str]] = {
    "the result is the source": (lambda p, o: replace(o, result=p / "{source}"), "would replace"),
    "the result is the reference": (lambda p, o: replace(o, result=p / "warm.png"), "warm.png"),
    "the result's folder is missing": (lambda p, o: replace(o, result=p / "none" / o.result.name), "does not exist"),
    "the result is of no known format": (lambda p, o: replace(o, result=p / "out.%d.xyz"), r"\.xyz"),
    "the CDL has another suffix": (lambda p, o: replace(o, cdl=p / "l.cube"), r"ends in \.cc"),
    "the LUT has another suffix": (lambda p, o: replace(o, cube=p / "l.cc"), r"ends in \.cube"),
    "the LUT's folder is missing": (lambda p, o: replace(o, cube=p / "none" / "l.cube"), "does not exist"),
    "the CDL exists": (lambda p, o: replace(o, cdl=p / "there.cc"), "the file exists"),
    "the LUT is an input": (lambda p, o: replace(o, cube=p / "in.cube", inputs=(p / "in.cube",)), "replace an input"),
    "the LUT has an odd size": (lambda p, o: replace(o, cube_size=34), "34"),
    "the settings have another suffix": (lambda p, o: replace(o, settings=p / "run.txt"), r"run\.txt"),
}


@pytest.mark.parametrize("case", REFUSALS)
@pytest.mark.parametrize("kind", SOURCES)
def test_what_cannot_be_written_is_refused_before_any_work(
    kind: str, case: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "there.cc").write_text("mine")
    before = snapshot(place)
    change, said = REFUSALS[case]
    outputs = change(place, Outputs(place / RESULTS[kind], overwrite="exists" not in case))
    outputs = replace(outputs, result=Path(str(outputs.result).replace("{source}", SOURCES[kind])))
    refuse_work(monkeypatch)
    with pytest.raises(InputError, match=said):
        deliver(job_in(place, kind), outputs)
    assert snapshot(place) == before


def refuse_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on a picture is not read, a clip not sampled, and no frame matched."""
    for module, name in ((delivery, "run"), (frames, "run_prepared")):
        monkeypatch.setattr(module, name, None)  # calling one of them would raise


@pytest.mark.parametrize(
    ("kind", "outputs", "said"),
    [
        ("picture", Outputs(Path("out.mp4")), r"picture\.png is no clip: give an output that ends in \.png"),
        ("frames", Outputs(Path("out.%d.mp4")), r"is no clip: give an output that ends in \.png"),
        ("clip", Outputs(Path("out.png")), r"is a clip: give an output that ends in \.mp4"),
        ("frames", Outputs(Path("out.%d.png"), settings=Path("run.json")), "settings files are for single pictures"),
        ("frames", Outputs(Path("out.png")), "stands for many frames"),
    ],
)
def test_outputs_of_another_kind_than_the_source(
    kind: str, outputs: Outputs, said: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    before = snapshot(place)
    refuse_work(monkeypatch)
    with pytest.raises(InputError, match=said):
        deliver(job_in(place, kind), outputs)
    assert snapshot(place) == before


@pytest.mark.parametrize("kind", SOURCES)
def test_ten_numbers_that_cannot_hold_the_grade(kind: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_work(monkeypatch)
    outputs = Outputs(place / RESULTS[kind], cdl=place / "l.cc")
    with pytest.raises(InputError, match=r"l\.cc"):
        deliver(job_in(place, kind, MatchSettings(transform="lut")), outputs)
    saved = SavedGrade(load_grade(Grade(Cdl((0.5, 1.0, 1.0))).save(place / "saved.cube")))
    with pytest.raises(InputError, match=r"l\.cc"):
        deliver(job_for(place / SOURCES[kind], saved), outputs)


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("file", ["l.cc", "l.cube"])
def test_a_file_of_ten_numbers_chooses_ten_numbers(kind: str, file: str, place: Path) -> None:
    """Where the transform is left to the evidence, which may choose a LUT."""
    wanted = {"cdl" if file.endswith(".cc") else "cube": place / file}
    done = deliver(job_in(place, kind), Outputs(place / RESULTS[kind], **wanted))
    assert done.result.job.settings.transform == ("cdl" if "cdl" in wanted else "auto")
    assert (place / file).is_file()


@pytest.mark.parametrize("kind", SOURCES)
def test_a_saved_grade_is_applied(kind: str, place: Path) -> None:
    grade = Grade(Cdl((0.5, 1.0, 1.0)))
    done = deliver(job_for(place / SOURCES[kind], SavedGrade(grade)), Outputs(place / RESULTS[kind], place / "l.cc"))
    assert load_grade(place / "l.cc").transform == done.grade.transform == grade.transform


@pytest.mark.parametrize("kind", ["picture", "clip"])
def test_a_job_that_is_stopped_leaves_nothing(kind: str, place: Path) -> None:
    before = snapshot(place)
    told: list[Event] = []
    with pytest.raises(Cancelled):
        deliver(job_in(place, kind), Outputs(place / RESULTS[kind]), Watch(told.append, lambda: len(told) > 2))
    assert len(told) == 3 and snapshot(place) == before


@pytest.mark.parametrize("kind", SOURCES)
def test_a_whole_clip_and_one_frame_of_it_as_reference(kind: str, place: Path) -> None:
    """The clip is dark first and light afterwards: what is matched to it shows which of its frames were looked at."""
    dark, light = scene(0) // 4, 255 - scene(0) // 4
    clip = make_clip(place / "look.mp4", pictures=[dark] * 12 + [light] * 12, audio=False)
    settings = MatchSettings(scene="different", aim="colours")
    levels = {}
    for name, at in (("dark", 0.1), ("whole", None), ("light", 0.8)):
        folder = place / name
        folder.mkdir()
        job = job_for(place / SOURCES[kind], ClipReference(clip, at=at), settings)
        deliver(job, Outputs(folder / RESULTS[kind]))
        first = next(folder.iterdir())
        pixels = shown(first)[0] if kind == "clip" else read_picture(first).pixels
        levels[name] = float(pixels.mean())
    assert levels["dark"] + 30 < levels["whole"] < levels["light"] - 30


@pytest.mark.parametrize("kind", SOURCES)
def test_a_time_behind_the_end_of_the_reference(kind: str, place: Path) -> None:
    clip = make_clip(place / "look.mp4", audio=False)
    assert FRAMES / 25 < 1.0
    before = snapshot(place)
    with pytest.raises(InputError, match=r"look\.mp4: the clip ends before 1 s: give an earlier time"):
        deliver(job_for(place / SOURCES[kind], ClipReference(clip, at=1.0)), Outputs(place / RESULTS[kind]))
    assert snapshot(place) == before


def test_settings_of_a_match_to_a_frame_lead_to_the_same_bytes(place: Path) -> None:
    clip = make_clip(place / "look.mp4", audio=False)
    job = MatchJob(place / "picture.png", ClipReference(clip, at=0.4), MatchSettings(seed=7))
    deliver(job, Outputs(place / "a.png", settings=place / "run.json"))
    saved = read_settings(place / "run.json")
    deliver(MatchJob(job.source, saved.reference(), saved.settings), Outputs(place / "b.png"))
    assert digest(place / "a.png") == digest(place / "b.png")


def test_without_pyav_a_clip_is_refused_and_a_picture_is_not(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(InputError, match=r"reswd-studio\[video\]"):
        deliver(job_in(place, "clip"), Outputs(place / "out.mkv"))
    job = job_for(place / "picture.png", PaletteReference("#c08040, #203040"))
    assert deliver(job, Outputs(place / "out.png")).whole


def test_a_clip_of_a_match_made_before_has_the_same_bytes_at_its_strength(place: Path) -> None:
    settings = MatchSettings(strength=0.6)
    deliver(job_in(place, "clip", settings), Outputs(place / "at once.mp4"))
    result = delivery.run(job_in(place, "clip"))
    assert isinstance(result, ClipResult)
    weaker = result.at_strength(0.6)
    delivered = delivery.deliver_clip(weaker, place / "later.mp4")
    assert digest(delivered.written["output"]) == digest(place / "at once.mp4")
    fitted = delivery.run(job_in(place, "clip", settings))
    assert fitted.report is not None and weaker.report is not None
    assert weaker.report.distance_after == pytest.approx(fitted.report.distance_after)
    (frame,) = shown(place / "clip.mp4")[:1]
    assert np.array_equal(weaker.graded(frame), render(frame, fitted.grade))


def test_a_clip_tells_of_every_frame(place: Path) -> None:
    told: list[int] = []
    result = delivery.run(job_in(place, "clip"))
    assert isinstance(result, ClipResult)
    watch = Watch(lambda event: told.append(event.frames) if isinstance(event, GradedFrame) else None)
    delivery.deliver_clip(result, place / "out.mkv", watch)
    assert told == [1, 2, 3, 4, 5, 6]
