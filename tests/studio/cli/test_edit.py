"""reswd batch --edl and --shots: a whole edit as an EDL and a .ccc."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import opentimelineio as otio
import PyOpenColorIO as ocio
import pytest
from PIL import Image

from reswd_torch.settings import MatchSettings
from studio.jobs import ClipJob, MatchJob
from studio.references import PictureReference
from studio.service import run
from tests.studio.command_line import Reswd, assert_refused, snapshot
from tests.studio.media.clips.made import make_clip, scene

TEN = MatchSettings(transform="cdl")
WARM = (1.25, 1.0, 0.7)


def frames(number: int, gains: tuple[float, float, float] = (1.0, 1.0, 1.0), count: int = 25) -> list[np.ndarray]:
    plain = scene(number, (96, 128)).astype(float)
    return [np.clip(plain * gains, 0, 255).astype(np.uint8) for _ in range(count)]


@pytest.fixture
def edit(tmp_path: Path) -> Path:
    """Three shots and a hero; the second half of the first shot is warm, and only that is in the edit."""
    shots = tmp_path / "shots"
    shots.mkdir()
    make_clip(shots / "one.mp4", pictures=[*frames(1), *frames(1, WARM)])
    make_clip(shots / "two.mp4", pictures=frames(2))
    Image.fromarray(scene(3, (96, 128))).save(shots / "still.png")
    Image.fromarray(scene(4, (96, 128))).save(tmp_path / "hero.png")
    lines = ["TITLE: reel", "FCM: NON-DROP FRAME"]
    events = (
        ("one.mp4", "00:00:01:00 00:00:02:00 01:00:00:00 01:00:01:00"),
        ("two", "00:00:00:00 00:00:01:00 01:00:01:00 01:00:02:00"),
        ("still.png", "00:00:00:00 00:00:01:00 01:00:02:00 01:00:03:00"),
        ("ONE.MP4", "00:00:01:10 00:00:02:00 01:00:03:00 01:00:03:15"),
    )
    for number, (name, times) in enumerate(events, 1):
        lines += [f"{number:03d}  AX       V     C        {times}", f"* FROM CLIP NAME: {name}"]
    (tmp_path / "reel.edl").write_text("\n".join(lines) + "\n")
    return tmp_path


def corrections(path: Path) -> dict[str, list[float]]:
    """The ten numbers of a .ccc by their names, as OpenColorIO reads them."""
    found = {}
    for name in _ids(path):
        told = ocio.FileTransform(str(path), name)
        (cdl,) = ocio.Config.CreateRaw().getProcessor(told).createGroupTransform()
        found[name] = [*cdl.getSlope(), *cdl.getOffset(), *cdl.getPower(), cdl.getSat()]
    return found


def _ids(path: Path) -> list[str]:
    return [each.get("id", "") for each in ElementTree.parse(path).getroot() if "id" in each.attrib]


def in_edl(path: Path) -> list[list[float]]:
    """The ten numbers below each event."""
    text = path.read_text()
    rows = re.findall(r"^\*ASC_SOP (.*)\n\*ASC_SAT (.*)$", text, re.M)
    return [[float(word) for word in re.findall(r"[-\d.]+", sop)] + [float(sat)] for sop, sat in rows]


def test_an_edit_lands_graded(reswd: Reswd, edit: Path) -> None:
    ran = reswd("batch", edit / "shots", "--edl", edit / "reel.edl", "--target", edit / "hero.png", "-o", edit / "out")
    assert ran.code == 0, ran.err
    assert ran.out.splitlines() == [
        "3 of 3 shots graded, 4 of 4 events", f"wrote {edit / 'out' / 'reel.edl'}", f"wrote {edit / 'out' / 'reel.ccc'}"
    ]  # fmt: skip
    numbers, events = corrections(edit / "out" / "reel.ccc"), in_edl(edit / "out" / "reel.edl")
    assert list(numbers) == ["one", "two", "still"]
    for event, name in zip(events, ("one", "two", "still", "one"), strict=True):
        np.testing.assert_allclose(event, numbers[name], atol=1e-6)
    hero = PictureReference(edit / "hero.png")
    still = run(MatchJob(edit / "shots" / "still.png", hero, TEN)).grade.effective
    np.testing.assert_allclose(numbers["still"], still.vector().numpy(), atol=1e-9)
    two = run(ClipJob(edit / "shots" / "two.mp4", hero, TEN)).grade.effective
    np.testing.assert_allclose(numbers["two"], two.vector().numpy(), atol=1e-9)
    whole = run(ClipJob(edit / "shots" / "one.mp4", hero, TEN)).grade.effective
    assert np.abs(np.array(numbers["one"]) - whole.vector().numpy()).max() > 0.02, "only what the edit shows counts"


def test_the_span_is_that_of_the_timecode(reswd: Reswd, edit: Path) -> None:
    """The same part, as a clip of its own, has the same grade to the codec's error."""
    make_clip(edit / "shots" / "one.mp4", pictures=frames(1, WARM))
    reel = (edit / "reel.edl").read_text()
    (edit / "reel.edl").write_text(re.sub(r" 00:00:01:(\d\d) 00:00:02:00", r" 00:00:00:\1 00:00:01:00", reel))
    run_it = ("batch", edit / "shots", "--edl", edit / "reel.edl", "--target", edit / "hero.png", "-o")
    assert reswd(*run_it, edit / "alone").code == 0
    make_clip(edit / "shots" / "one.mp4", pictures=[*frames(1), *frames(1, WARM)])
    (edit / "reel.edl").write_text(reel)
    assert reswd(*run_it, edit / "part").code == 0
    (edit / "shots" / "one.mp4").unlink()
    stamped = {"timecode": "10:00:00:00"}
    make_clip(edit / "shots" / "one.mov", pictures=[*frames(1), *frames(1, WARM)], metadata=stamped)
    (edit / "reel.edl").write_text(re.sub(r" 00:00:01:(\d\d) 00:00:02:00", r" 10:00:01:\1 10:00:02:00", reel))
    assert reswd(*run_it, edit / "stamped").code == 0
    one, other, third = (corrections(edit / place / "reel.ccc")["one"] for place in ("alone", "part", "stamped"))
    np.testing.assert_allclose(one, other, atol=0.02)
    np.testing.assert_allclose(other, third, atol=0.005)


def test_a_shot_that_is_missing_stops_none(reswd: Reswd, edit: Path) -> None:
    (edit / "shots" / "two.mp4").rename(edit / "two.mp4")
    (edit / "shots" / "still.png").write_bytes(b"no picture")
    ran = reswd("batch", edit / "shots", "--edl", edit / "reel.edl", "--target", edit / "hero.png", "-o", edit / "out")
    assert ran.code == 1 and "1 of 3 shots graded, 2 of 4 events" in ran.out
    assert "reswd: two: not in" in ran.err and "still.png" in ran.err
    assert len(in_edl(edit / "out" / "reel.edl")) == 2 and list(corrections(edit / "out" / "reel.ccc")) == ["one"]


def test_a_folder_of_shots_gives_both(reswd: Reswd, edit: Path) -> None:
    ran = reswd("batch", edit / "shots", "--shots", "--palette", "#803010:2,#204060", "-o", edit / "out")
    assert ran.code == 0, ran.err
    text = (edit / "out" / "shots.edl").read_text()
    assert [line for line in text.splitlines() if "CLIP NAME" in line] == [
        f"* FROM CLIP NAME: {name}" for name in ("one.mp4", "still.png", "two.mp4")
    ]
    assert "00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00" in text, "one.mp4 has 50 frames at 25"
    assert len(in_edl(edit / "out" / "shots.edl")) == 3 == len(corrections(edit / "out" / "shots.ccc"))


def test_a_timeline_comes_back_graded(reswd: Reswd, edit: Path) -> None:
    timeline = otio.adapters.read_from_file(str(edit / "reel.edl"), rate=25)
    otio.adapters.write_to_file(timeline, str(edit / "cut.otio"))
    ran = reswd("batch", edit / "shots", "--edl", edit / "cut.otio", "--target", edit / "hero.png", "-o", edit / "out")
    assert ran.code == 0, ran.err
    assert [line for line in ran.out.splitlines() if line.startswith("wrote")] == [
        f"wrote {edit / 'out' / name}" for name in ("cut.otio", "cut.edl", "cut.ccc")
    ]
    numbers = corrections(edit / "out" / "cut.ccc")
    graded = otio.adapters.read_from_file(str(edit / "out" / "cut.otio"))
    clips = list(graded.video_tracks()[0].find_clips())
    for clip, name in zip(clips, ("one", "two", "still", "one"), strict=True):
        np.testing.assert_allclose(list(clip.metadata["cdl"]["asc_sop"]["slope"]), numbers[name][:3], atol=1e-9)


def test_a_reference_for_each_shot(reswd: Reswd, edit: Path) -> None:
    references = edit / "references"
    references.mkdir()
    for number, name in enumerate(("one.jpg", "two.png"), 5):
        Image.fromarray(scene(number, (96, 128))).save(references / name)
    ran = reswd("batch", edit / "shots", "--edl", edit / "reel.edl", "--target", references, "-o", edit / "out")
    assert ran.code == 1 and "still: not in" in ran.err
    numbers = corrections(edit / "out" / "reel.ccc")
    two = run(ClipJob(edit / "shots" / "two.mp4", PictureReference(references / "two.png"), TEN)).grade.effective
    np.testing.assert_allclose(numbers["two"], two.vector().numpy(), atol=1e-9)


def test_refusals(reswd: Reswd, edit: Path) -> None:
    start = ("batch", edit / "shots", "--edl", edit / "reel.edl", "-o", edit / "out")
    hero = ("--target", edit / "hero.png")
    before = snapshot(edit)
    assert_refused(reswd(*start, *hero, "--series"), "--series is for a folder of pictures")
    assert_refused(reswd(*start, *hero, "--transform", "lut"), "ten numbers", "leave --transform lut")
    assert_refused(reswd(*start), "give")
    (edit / "look.cc").write_text("<ColorCorrection id='x'/>")
    assert_refused(reswd(*start, "--grade", edit / "look.cc"), "saved grade")
    (edit / "look.cc").unlink()
    assert_refused(reswd("batch", edit, "--edl", edit / "none.edl", *hero, "-o", edit / "out"), "none.edl")
    (edit / "empty").mkdir()
    nowhere = reswd("batch", edit / "empty", "--edl", edit / "reel.edl", *hero, "-o", edit / "out")
    assert_refused(nowhere, "no clips or pictures")
    Image.fromarray(scene(1, (40, 40))).save(edit / "empty" / "other.png")
    assert_refused(
        reswd("batch", edit / "empty", "--edl", edit / "reel.edl", *hero, "-o", edit / "out"), "no shot could"
    )
    (edit / "empty" / "other.png").unlink()
    (edit / "empty").rmdir()
    assert snapshot(edit) == before and not (edit / "out").exists()
    assert reswd(*start, *hero).code == 0
    assert_refused(reswd(*start, *hero), "reel.edl", "exists")
    assert reswd(*start, *hero, "--overwrite").code == 0


def test_an_avid_table_is_graded(reswd: Reswd, edit: Path) -> None:
    """The same shots and times as in the EDL come to the same numbers."""
    head = "Heading\nFIELD_DELIM\tTABS\nFPS\t25\n\nColumn\nName\tStart\tEnd\n\nData\n"
    rows = "one.mp4\t00:00:01:00\t00:00:02:00\ntwo\t00:00:00:00\t00:00:01:00\nlost\t00:00:00:00\t00:00:01:00\n"
    (edit / "bin.ale").write_text(head + rows)
    batch = ("batch", edit / "shots", "--target", edit / "hero.png")
    ran = reswd(*batch, "--edl", edit / "bin.ale", "-o", edit / "out")
    assert ran.code == 1 and "lost: not in" in ran.err
    assert "2 of 3 shots graded, 2 of 3 events" in ran.out
    assert sorted(each.name for each in (edit / "out").iterdir()) == ["bin.ale", "bin.ccc"]
    reswd(*batch, "--edl", edit / "reel.edl", "-o", edit / "by-edl")
    wanted = corrections(edit / "by-edl" / "reel.ccc")["one"]
    sop, saturation = (edit / "out" / "bin.ale").read_text().split("\n")[8].split("\t")[-2:]
    found = [*(float(each) for each in re.findall(r"[-\d.]+", sop)), float(saturation)]
    assert found == pytest.approx(corrections(edit / "out" / "bin.ccc")["one"], abs=1e-6)
    assert found == pytest.approx(wanted, abs=0.05)
    assert reswd(*batch, "--edl", edit / "bin.ale", "-o", edit / "out").code == 2, "nothing is replaced unasked"
