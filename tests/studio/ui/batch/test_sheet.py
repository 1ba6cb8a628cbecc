"""The contact sheet as the page is told of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from studio.records.report import DONE, FAILED, Row
from studio.ui.batch.sheet import PAGE, Sheet

NAMES = [f"{n}.jpg" for n in range(2000)]


def page(sheet: Sheet, number: int) -> list[dict[str, Any]]:
    tiles: list[dict[str, Any]] = json.loads((sheet.folder / f"page-{number}.json").read_text())
    return tiles


def test_a_value_is_small_and_says_all(tmp_path: Path) -> None:
    sheet = Sheet(tmp_path / "sheet", NAMES)
    value = sheet.value(busy=True)
    assert value["states"] == "w" * 2000 and value["pages"] == [1] * (2000 // PAGE) and value["busy"]
    assert len(json.dumps(value)) < 4000
    assert [tile["name"] for tile in page(sheet, 39)] == NAMES[-PAGE:]


def test_only_files_with_something_new_are_written_again(tmp_path: Path) -> None:
    sheet = Sheet(tmp_path / "sheet", NAMES)
    first = sheet.value()
    sheet.take(Row("51.jpg", DONE, distance_before="9.04", distance_after="2.0", scene="same", strength="0.5"))
    sheet.take(Row("120.jpg", FAILED, message="it is damaged"))
    sheet.leave_out("121.jpg", True)
    second = sheet.value()
    assert second["pages"][:4] == [1, 2, 2, 1] and second["version"] > first["version"]
    assert (second["states"][51], second["states"][120], second["states"][121]) == ("d", "f", "o")
    tile = page(sheet, 1)[1]
    assert (tile["figures"], tile["note"], tile["strength"]) == ([9.04, 2.0], "same scene", 0.5)
    assert page(sheet, 2)[20]["message"] == "it is damaged" and sheet.failures() == (("120.jpg", "it is damaged"),)
    assert sheet.value()["pages"] == second["pages"]


def test_a_result_that_is_made_again_has_a_new_picture(tmp_path: Path) -> None:
    sheet = Sheet(tmp_path / "sheet", NAMES[:2])
    sheet.value()
    before, after = sheet.place_before("0.jpg"), sheet.place_after("0.jpg")
    for place in (before, after):
        place.write_bytes(b"x")
    sheet.take(Row("0.jpg", DONE))
    sheet.show("0.jpg", before, after)
    assert (sheet["0.jpg"].before, sheet["0.jpg"].after) == (before.name, after.name)
    sheet.take(Row("0.jpg", DONE))
    assert sheet["0.jpg"].after is None and not after.exists() and before.exists()
    assert sheet.place_after("0.jpg") != after
