"""The record of a batch: what comes back, what tells two runs apart, and records of version 1."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from reswd_torch import Cdl, Grade, Lut3D, MatchSettings
from reswd_torch.errors import InputError
from reswd_torch.settings import AIMS
from studio.records.batch import RUN_FILE, KeptFile, RunRecord, SeriesGrade, read_run, write_run
from studio.records.format import MATCH, VERSION, to_text
from studio.remedies import JobRemedy
from tests.conftest import digest
from tests.studio.records import version_1

RECORD = RunRecord(
    source="/photos/wedding",
    mode="each",
    settings=MatchSettings(method="mkl", strength=0.5, seed=4),
    reference=KeptFile("/looks/warm.mp4", "ab12"),
    target_mask=KeptFile("/looks/mask.png", "cd34"),
    at=1.5,
    recursive=True,
    masks="/photos/masks",
    grade_files=".cube",
)


@pytest.mark.parametrize(
    "record",
    [
        RECORD,
        RunRecord("/photos", "each", MatchSettings(), palette="#c08040:2, #203040"),
        RunRecord("/photos", "each", MatchSettings(protect=("greys", "skin")), reference=KeptFile("/looks")),
        RunRecord("/photos", "series", MatchSettings(), grade=KeptFile("/look.cc", "ef56")),
    ],
)
def test_a_record_comes_back_as_it_was(record: RunRecord, tmp_path: Path) -> None:
    place = write_run(tmp_path, record)
    assert place == tmp_path / RUN_FILE
    assert read_run(place) == record
    assert read_run(place).difference(record) is None
    assert [path.name for path in tmp_path.iterdir()] == [RUN_FILE]
    assert json.loads(place.read_text())["format_version"] == VERSION


def test_the_grades_of_a_series_come_back(tmp_path: Path) -> None:
    colours = torch.rand(7, 3)
    lattice = Lut3D.sample(lambda at: at**1.2)
    series = (
        SeriesGrade("sRGB", Grade(Cdl((0.5, 1.0, 1.0)), strength=0.7, encoding="sRGB"), colours),
        SeriesGrade("ab12", Grade(lattice, encoding="swap"), None),
    )
    first, second = read_run(write_run(tmp_path, replace(RECORD, mode="series", series=series))).series
    assert (first.key, first.grade.transform, first.grade.strength) == ("sRGB", Cdl((0.5, 1.0, 1.0)), 0.7)
    assert first.target is not None and torch.equal(first.target, colours)
    assert (second.key, second.grade.encoding, second.target) == ("ab12", "swap", None)
    torch.testing.assert_close(second.grade.apply(colours), series[1].grade.apply(colours), atol=1e-6, rtol=0)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (replace(RECORD, settings=replace(RECORD.settings, strength=1.0)), "strength was 0.5, now it is 1.0"),
        (replace(RECORD, settings=replace(RECORD.settings, transform="cdl")), "transform was auto, now it is cdl"),
        (
            replace(RECORD, settings=replace(RECORD.settings, protect=("greys", "skin"))),
            "protect was blacks, greys, skin, highlights, now it is greys, skin",
        ),
        (
            replace(RECORD, settings=replace(RECORD.settings, protect=())),
            "protect was blacks, greys, skin, highlights, now it is none",
        ),
        (replace(RECORD, mode="series"), "mode was each, now it is series"),
        (replace(RECORD, masks=None), "masks was /photos/masks, now it is not given"),
        (
            replace(RECORD, reference=KeptFile("/looks/warm.mp4", "0099")),
            "reference was /looks/warm.mp4 ab12, now it is /looks/warm.mp4 0099",
        ),
        (replace(RECORD, target_mask=None), "target mask was /looks/mask.png cd34, now it is not given"),
        (replace(RECORD, at=None), "at was 1.5, now it is not given"),
    ],
)
def test_what_is_not_as_before_is_said(other: RunRecord, said: str) -> None:
    assert RECORD.difference(other) == said


def test_an_aim_that_was_left_out_is_the_one_that_it_stands_for() -> None:
    fast = replace(RECORD, settings=MatchSettings())
    look, mood, colours = (replace(fast, settings=MatchSettings(aim=aim)) for aim in AIMS)
    assert fast.settings.aim is None and fast.difference(mood) is None and mood.difference(fast) is None
    assert fast.difference(look) == "aim was mood, now it is look"
    palette = replace(fast, palette="#c08040")
    assert palette.difference(replace(colours, palette="#c08040")) is None
    assert palette.difference(replace(mood, palette="#c08040")) == "aim was colours, now it is mood"
    assert fast.difference(palette) == "palette was not given, now it is #c08040"


def test_names_only_tell_nothing_about_folders() -> None:
    bare = RECORD.names_only("3 files")
    assert "/" not in bare.text().replace('"made_with"', "")
    assert (bare.source, bare.masks) == ("3 files", "masks")
    assert bare.reference == KeptFile("warm.mp4", "ab12") and bare.target_mask == KeptFile("mask.png", "cd34")


def test_runs_of_version_1_are_read(tmp_path: Path) -> None:
    shots = version_1.write_pictures(tmp_path)
    place = tmp_path / RUN_FILE
    place.write_text(version_1.filled(version_1.RUN, tmp_path))
    warm = KeptFile(str(tmp_path / "warm.png"), digest(tmp_path / "warm.png"))
    meant = MatchSettings(aim="colours", transform="cdl")
    assert read_run(place) == RunRecord(str(shots), "each", meant, reference=warm)
    place.write_text(version_1.filled(version_1.GRADED_RUN, tmp_path))
    found = read_run(place)
    look = KeptFile(str(tmp_path / "look.cc"), digest(tmp_path / "look.cc"))
    assert found == RunRecord(str(shots), "series", MatchSettings(), grade=look)
    assert [(one.key, one.grade.transform, one.target) for one in found.series] == [
        ("any", version_1.LOOK.transform, None)
    ]


def test_what_is_refused(tmp_path: Path) -> None:
    place = write_run(tmp_path, RECORD)
    whole = json.loads(place.read_text())
    for text, said, remedy in (
        (json.dumps(whole | {"format_version": VERSION + 1}), "format version 3", None),
        (json.dumps(whole | {"format": "something else"}), "no record of this program", None),
        (to_text(MATCH, {}), "a record of a match settings, not of a batch", None),
        (json.dumps(whole | {"settings": {"method": "best"}}), "unknown method 'best'", None),
        (json.dumps(whole | {"settings": {"colour": 1}}), "cannot be read", JobRemedy.RUN_ANEW),
        (json.dumps(whole | {"reference": {"sha256": ""}}), "cannot be read", JobRemedy.RUN_ANEW),
        (json.dumps(whole | {"reference": "warm.png"}), "cannot be read", JobRemedy.RUN_ANEW),
        (json.dumps(whole | {"series": [{"key": "sRGB"}]}), "cannot be read", JobRemedy.RUN_ANEW),
        (json.dumps(whole | {"at": "noon"}), "cannot be read", JobRemedy.RUN_ANEW),
        (
            json.dumps({key: value for key, value in whole.items() if key != "mode"}),
            "cannot be read",
            JobRemedy.RUN_ANEW,
        ),
        ("{", "cannot be read", JobRemedy.RUN_ANEW),
        ("[" * 100_000, "cannot be read", JobRemedy.RUN_ANEW),
    ):
        place.write_text(text)
        with pytest.raises(InputError, match=said) as caught:
            read_run(place)
        assert str(place) in str(caught.value) and "\n" not in str(caught.value)
        assert caught.value.remedy is remedy
    place.unlink()
    with pytest.raises(InputError, match=r"run\.json"):
        read_run(place)
