"""Records that somebody changed: whatever a field becomes, the record is read or refused in one line."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from guidance.settings import GuidanceSettings
from guidance.text_to_image import Generation
from reswd_torch import Cdl, Grade, MatchSettings
from reswd_torch.errors import InputError
from reswd_torch.spaces import SpaceChoice
from studio.jobs import GuideJob, GuidePlace
from studio.records.batch import KeptFile, RunRecord, SeriesGrade, read_run
from studio.records.format import MATCH, to_text
from studio.records.masks import packed_mask
from studio.records.match import read_settings
from studio.records.painted import SETTINGS_KEY, guided_text, read_painted
from studio.references import KeptColours

GRADE = Grade(Cdl((0.9, 1.0, 1.1)))
VALUES: list[Any] = [
    None, True, False, 0, -1, 1.5, 10**400, -(10**300), float("nan"), float("inf"), "", "x" * 3000, "\ud800\0", "NaN", [],
    {}, [[[]]], [None], {"a": 1}, "9" * 50,
]  # fmt: skip
SPACES = {
    "config": "ocio://studio-config-v2.2.0_aces-v1.3_ocio-v2.4",
    "source": "a",
    "target": None,
    "output": "b",
    "working": "c",
}
RECORDS: dict[str, str] = {
    "settings between spaces": to_text(
        MATCH,
        {
            "settings": asdict(MatchSettings()), "palette": "#123", "encoding": "sRGB", "grade": GRADE.to_record(),
            "inputs": {}, "spaces": SPACES,
        },
    ),
    "settings with a config": to_text(
        MATCH,
        {
            "settings": asdict(MatchSettings()), "palette": "#123", "encoding": "sRGB", "grade": GRADE.to_record(),
            "inputs": {"config": {"path": "/a/own.ocio", "sha256": "00"}}, "spaces": SPACES | {"config": None},
        },
    ),
    "settings": to_text(
        MATCH,
        {
            "settings": asdict(MatchSettings()), "palette": None, "at": 1.5, "encoding": "sRGB", "grade": GRADE.to_record(),
            "inputs": {"target": {"path": "/a/b.mp4", "sha256": "00"}, "mask": {"path": "m", "sha256": "0", "data": "AA=="}},
        },
    ),
    "run between spaces": RunRecord(
        source="/a", mode="each", settings=MatchSettings(), reference=KeptFile("/a/b.png", "00"),
        spaces=SpaceChoice("/a/own.ocio", "a", "b", "c", "d"), config=KeptFile("/a/own.ocio", "00"),
    ).text(),
    "run": RunRecord(
        "/a", "series", MatchSettings(), reference=KeptFile("/a/b.png", "00"), at=0.5, masks="/m", grade_files=".cc",
        series=(SeriesGrade("srgb", GRADE, torch.zeros(2, 3)),),
    ).text(),
    "painted with a place": guided_text(
        GuideJob(
            Generation("an owl"), KeptColours("AAAAAAAA", "b.png"), GuidanceSettings(avoid="#ffffff"),
            places=(GuidePlace(packed_mask(np.full((2, 3), 255, np.uint8), "m.png"), KeptColours("AAAAAAAA", "c.png")),),
        ),
        3.0, None,
    ),
    "painted": guided_text(GuideJob(Generation("an owl"), KeptColours("AAAAAAAA", "b.png")), 3.0, 4.0),
}  # fmt: skip


def read(kind: str, text: str, folder: Path) -> object:
    """Read a record of a kind from a file."""
    if kind.startswith("painted"):
        info = PngInfo()
        info.add_itxt(SETTINGS_KEY, text)
        Image.new("RGB", (2, 2)).save(folder / "a.png", pnginfo=info)
        return read_painted(folder / "a.png")
    (folder / "a.json").write_text(text)
    if kind.startswith("run"):
        return read_run(folder / "a.json")
    saved = read_settings(folder / "a.json")
    return saved.reference(), saved.file("mask"), saved.file("source"), saved.space_choice()


def places(part: object, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in plain data, as the keys that lead to it."""
    yield place
    for key, below in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
        yield from places(below, (*place, key))


def changed(record: dict[str, Any], place: tuple[Any, ...], value: object) -> Any:
    """The record with another value at a place."""
    if not place:
        return value
    other = copy.deepcopy(record)
    part = other
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = value
    return other


def assert_read_or_one_line(reading: Callable[[], object]) -> bool:
    """Whether it was read."""
    try:
        reading()
    except InputError as error:
        assert "\n" not in str(error)
        return False
    return True


@pytest.mark.parametrize("kind", RECORDS)
def test_whatever_a_field_is_the_record_is_read_or_refused(kind: str, tmp_path: Path) -> None:
    assert assert_read_or_one_line(lambda: read(kind, RECORDS[kind], tmp_path))
    record = json.loads(RECORDS[kind])
    for place in places(record):
        if place[:1] != ("made_with",):
            for value in VALUES:
                text = json.dumps(changed(record, place, value))
                assert_read_or_one_line(lambda text=text: read(kind, text, tmp_path))


@pytest.mark.parametrize("kind", RECORDS)
@pytest.mark.parametrize("value", [True, False, [], {"a": 1}, 10**400])
def test_what_must_be_a_number_or_a_path_is_nothing_else(kind: str, value: object, tmp_path: Path) -> None:
    numbers: dict[str, list[tuple[str | int, ...]]] = {
        "settings": [("settings", "strength"), ("settings", "seed"), ("at",)],
        "settings between spaces": [("spaces", name) for name in SPACES],
        "settings with a config": [("spaces", "source"), ("spaces", "working")],
        "run between spaces": [("spaces", "source"), ("spaces", "output"), ("config", "path"), ("config", "sha256")],
        "run": [("settings", "strength"), ("settings", "samples"), ("at",), ("reference", "path"), ("masks",)],
        "painted with a place": [
            ("guidance", "avoid"),
            ("places", 0),
            ("places", 0, "mask", "width"),
            ("places", 0, "mask", "levels"),
            ("places", 0, "mask", "name"),
            ("places", 0, "reference", "colors"),
        ],
        "painted": [("guidance", "strength"), ("guidance", "stop"), ("steps",), ("seed",), ("reference", "colors")],
    }
    for place in numbers[kind]:
        text = json.dumps(changed(json.loads(RECORDS[kind]), place, value))
        assert not assert_read_or_one_line(lambda text=text: read(kind, text, tmp_path)), place


JSON = {
    "a name twice": '{"format": "reswd-studio", "kind": "match settings", "kind": "batch run"}',
    "not a number": '{"format": "reswd-studio", "at": NaN}',
    "beyond all numbers": '{"format": "reswd-studio", "at": 1e999}',
    "nested": '{"format": ' * 100_000,
    "a list of lists": "[" * 100_000,
    "digits without end": "9" * 5000,
    "nothing": "",
    "no object": "[]",
    "a mark of the order of bytes": "\ufeff{}",
    "a version that is true": '{"format": "reswd-studio", "format_version": true, "kind": "match settings"}',
}
"""What RFC 8259 leaves to programs (sections 4, 6 and 9), and what it forbids."""


@pytest.mark.parametrize("kind", RECORDS)
@pytest.mark.parametrize("case", JSON)
def test_json_that_programs_read_differently_is_refused(case: str, kind: str, tmp_path: Path) -> None:
    assert not assert_read_or_one_line(lambda: read(kind, JSON[case], tmp_path))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    """A pipe that nobody writes to, a device that never ends, a folder, a link to itself, and a file beyond any record."""
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "device.json").symlink_to("/dev/zero")
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "loop.json").symlink_to("loop.json")
    with (tmp_path / "long.json").open("wb") as out:
        out.truncate(1 << 32)
    for name in ("pipe", "device", "folder", "loop", "long"):
        for reading in (read_settings, read_run):
            with pytest.raises(InputError, match=rf"{name}\.json"):
                reading(tmp_path / f"{name}.json")
