"""EDLs are read by their rules, and written as they were, with ten numbers in them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pycmx
import pytest

from reswd_torch import Cdl
from reswd_torch.errors import InputError
from studio.media.edits.edl import new_edl, read_edl
from studio.media.edits.shots import ShotFolder
from studio.media.edits.timecode import frames_of, timecode_of

NTSC = Fraction(30000, 1001)
EDL = """TITLE: Reel 1
FCM: NON-DROP FRAME

001  A001C001 V     C        01:00:00:00 01:00:01:00 01:00:00:00 01:00:01:00
* FROM CLIP NAME: harbour.mov
*ASC_SOP (2 1 1)(0 0 0)(1 1 1)
* COMMENT: keep me

002  AX       AA/V  C        00:00:00:10 00:00:01:10 01:00:01:00 01:00:02:00
* SOURCE FILE: D:\\rushes\\lagoon.mp4
003  AX       V     C        00:00:01:00 00:00:01:00 01:00:02:00 01:00:02:00
003  AX       V     D 012    00:00:00:00 00:00:01:00 01:00:02:00 01:00:03:00
* FROM CLIP NAME: lagoon.mp4
* TO CLIP NAME: HARBOUR
* ASC_CC_XML shot_7
004  BL       V     C        00:00:00:00 00:00:01:00 01:00:03:00 01:00:04:00
005  AX       AA    C        00:00:00:00 00:00:01:00 01:00:04:00 01:00:05:00
"""
LOOK = Cdl((1.1, 1.0, 0.9), (0.01, 0.0, -0.02), (1.0, 1.2, 1.0), 0.85)


def written(folder: Path, text: str) -> Path:
    path = folder / "reel.edl"
    path.write_bytes(text.encode())
    return path


def test_events_with_a_picture_and_the_names_of_their_shots(tmp_path: Path) -> None:
    events = read_edl(written(tmp_path, EDL)).events
    assert [each.number for each in events] == [1, 2, 3], "black and sound have no grade"
    assert [each.names for each in events] == [
        ("harbour.mov", "A001C001"),
        ("D:\\rushes\\lagoon.mp4",),
        ("HARBOUR", "lagoon.mp4"),
    ]
    assert [each.grade_id for each in events] == [None, None, "shot_7"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_everything_else_stays_as_it_is(end: str, tmp_path: Path) -> None:
    edl = read_edl(written(tmp_path, EDL.replace("\n", end)))
    text = edl.graded({0: LOOK, 2: Cdl()})[".edl"]
    assert text.count(end) == text.count("\n")
    numbers = "*ASC_SOP (1.100000 1.000000 0.900000)(0.010000 0.000000 -0.020000)(1.000000 1.200000 1.000000)"
    kept = [line for line in text.replace(end, "\n").splitlines() if not line.startswith("*ASC_S")]
    assert kept == [line for line in EDL.splitlines() if not line.startswith("*ASC_S")]
    assert text.count("*ASC_SOP") == 2 and "(2 1 1)" not in text, "the older grade went"
    assert f"* COMMENT: keep me{end}{numbers}{end}*ASC_SAT 0.850000{end}" in text
    assert f"* ASC_CC_XML shot_7{end}*ASC_SOP" in text
    again = pycmx.parse_cmx3600(written(tmp_path, text).open())
    first = next(iter(again.events)).edits[0]
    assert (first.asc_sop.slope.red, first.asc_sop.power.green, first.asc_sat) == (1.1, 1.2, 0.85)
    assert read_edl(written(tmp_path, text)).graded({0: LOOK, 2: Cdl()})[".edl"] == text, "graded again it is the same"


def test_a_new_edl_is_read_back(tmp_path: Path) -> None:
    text = new_edl("day 1", [("a.mov", 90000, 50), ("b.jpg", 0, 48)], Fraction(25))
    events = read_edl(written(tmp_path, text)).events
    assert [each.names[0] for each in events] == ["a.mov", "b.jpg"]
    assert (events[0].source_in, events[0].source_out) == ("01:00:00:00", "01:00:02:00")
    assert "01:00:02:00 01:00:03:23" in text


@pytest.mark.parametrize(
    ("text", "rate", "number"),
    [
        ("00:00:00:00", Fraction(25), 0),
        ("01:00:00:10", Fraction(25), 90010),
        ("00:01:00;02", NTSC, 1800),
        ("00:10:00;00", NTSC, 17982),
        ("01:00:00;00", Fraction(60000, 1001), 215784),
        ("00:01:00:00", Fraction(24000, 1001), 1440),
    ],
)
def test_timecodes(text: str, rate: Fraction, number: int) -> None:
    assert frames_of(text, rate) == number
    if ";" not in text:
        assert timecode_of(number, rate) == text
    assert frames_of(text.replace(";", ":"), rate, drop=";" in text) == number


@pytest.mark.parametrize("wrong", ["", "1:2", "00:61:00:00", "00:00:00:25", "aa:bb:cc:dd", "²0:00:00:00"])
def test_no_timecode(wrong: str) -> None:
    with pytest.raises(InputError, match="no timecode"):
        frames_of(wrong, Fraction(25))


@pytest.mark.parametrize(
    "text",
    ["", "hello\n", "TITLE: x\n001  AX  AA  C  00:00:00:00 00:00:01:00 00:00:00:00 00:00:01:00\n", "\0\xff" * 50],
)
def test_no_edl_is_one_line(text: str, tmp_path: Path) -> None:
    path = written(tmp_path, text)
    with pytest.raises(InputError) as raised:
        read_edl(path)
    assert str(raised.value).startswith(f"{path}: ") and "\n" not in str(raised.value)


def test_shots_are_found_by_name(tmp_path: Path) -> None:
    for name in ("a/Harbour.MOV", "b/lagoon.mp4", "c/lagoon.jpg", "c/A001C001.take.mxf", "notes.txt", ".hidden.mov"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    folder = ShotFolder(tmp_path)
    assert len(folder.files) == 4
    assert folder.find(["harbour"]).name == "Harbour.MOV"
    assert folder.find(["nothing", "D:\\x\\lagoon.mp4"]).suffix == ".mp4", "a whole name goes before a stem"
    assert folder.find(["A001C001.take"]).suffix == ".mxf"
    with pytest.raises(InputError, match=r"lagoon: named more than once in .*b/lagoon\.mp4, c/lagoon\.jpg"):
        folder.find(["lagoon"])
    with pytest.raises(InputError, match=r"no\.mov or gone: not in"):
        folder.find(["no.mov", "gone"])
    with pytest.raises(InputError, match="no such folder"):
        ShotFolder(tmp_path / "none")
