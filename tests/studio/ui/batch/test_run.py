"""The run of the tab *Batch*, without a page."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from reswd_torch import MatchSettings
from reswd_torch.errors import InputError
from studio.jobs import SERIES
from studio.service.batch.uploads import UploadedBatch
from studio.ui.batch.desk import Desk
from studio.ui.batch.run import SLASH, View, process, uploads_of
from studio.ui.batch.sheet import Tile
from studio.ui.batch.words import failures_html, progress_html
from tests.studio.conftest import write


def uploads(folder: Path, count: int = 5) -> tuple[tuple[Path, str], ...]:
    return tuple((write(folder / f"{n}.jpg", n), f"{n}.jpg") for n in range(count))


def last(wanted: UploadedBatch, desk: Desk) -> View:
    return list(process(desk, wanted, lambda: False))[-1]


def contents(desk: Desk) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(desk.pack().read_bytes())) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def tiles(desk: Desk) -> list[Tile]:
    assert desk.sheet is not None
    return [desk.sheet[name] for name in desk.sheet.names]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An empty one."""
    (tmp_path / "work").mkdir()
    return Desk(tmp_path / "work")


def test_loose_files_become_a_zip_with_a_report(tmp_path: Path, desk: Desk) -> None:
    warm = write(tmp_path / "warm.png", 9, tint=(1, 0.7, 0.4))
    wanted = UploadedBatch(
        files=uploads(tmp_path / "up"),
        references=((warm, "warm.png"),),
        mode=SERIES,
        settings=MatchSettings(aim="colours"),
    )
    view = last(wanted, desk)
    assert view.summary is not None and view.summary.done == 5
    assert all(tile.before and tile.after for tile in tiles(desk)), (
        "every picture is on the sheet, not a sample of them"
    )
    found = contents(desk)
    assert set(found) == {*(f"{n}.jpg" for n in range(5)), "report.csv", "run.json", "series.cube", "series.cc"}
    assert str(tmp_path) not in found["run.json"].decode() + found["report.csv"].decode()
    assert json.loads(found["run.json"])["reference"]["path"] == "warm.png"


def test_a_chosen_folder_keeps_its_tree(tmp_path: Path, desk: Desk) -> None:
    files = tuple((path, f"day {n % 2}/{name}") for n, (path, name) in enumerate(uploads(tmp_path / "up", 4)))
    last(UploadedBatch(files=files, palette="#c08040, #203040"), desk)
    found = contents(desk)
    assert {"day 0/0.jpg", "day 1/1.jpg", "day 0/2.jpg", "day 1/3.jpg"} <= set(found)


def test_references_by_name_and_what_is_unmatched(tmp_path: Path, desk: Desk) -> None:
    files = uploads(tmp_path / "up", 3)
    looks = tuple((write(tmp_path / "looks" / f"{n}.png", n + 5, tint=(1, 0.7, 0.4)), f"{n}.png") for n in range(3))
    last(UploadedBatch(files=files, references=looks), desk)
    assert len(contents(desk)) == 5
    with pytest.raises(InputError, match="1 picture has no reference of the same name in it: 2.jpg"):
        last(UploadedBatch(files=files, references=looks[:2]), desk)


def test_failures_name_no_folder_of_the_server(tmp_path: Path, desk: Desk) -> None:
    bad = tmp_path / "up" / "bad.jpg"
    files = uploads(tmp_path / "up", 2)
    bad.write_text("text")
    view = last(UploadedBatch(files=(*files, (bad, "bad.jpg")), palette="#c08040"), desk)
    assert view.failed == (
        (
            "bad.jpg",
            "this is not a picture this program reads: give JPEG, PNG, TIFF, WebP, AVIF, HEIC, EXR, DPX or camera raw",
        ),
    )
    rows = list(csv.DictReader(io.StringIO(contents(desk)["report.csv"].decode())))
    assert [row["status"] for row in rows] == ["done", "done", "failed"]
    shown = tiles(desk)[2]
    assert shown.status == "failed" and "not a picture" in shown.message, "it is seen on its tile, too"
    assert "2 of 3 done" in progress_html(view) and "bad.jpg" in failures_html(view)


def test_stop_half_way_keeps_what_is_done_and_the_run_goes_on(tmp_path: Path, desk: Desk) -> None:
    files = tuple(
        (write(tmp_path / "up" / f"{n:02d}.jpg", n, height=600, width=800), f"{n:02d}.jpg") for n in range(30)
    )
    pressed: list[bool] = []
    wanted = UploadedBatch(files=files, palette="#c08040")
    for view in process(desk, wanted, lambda: bool(pressed)):
        if view.step is not None and view.step.done >= 3:
            pressed.append(True)
    assert view.summary is not None and 3 <= view.summary.done < 30 and view.summary.left > 0
    assert sum(name.endswith(".jpg") for name in contents(desk)) == view.summary.done == len(shown(desk))
    assert desk.rest() == (view.summary.left, 0)
    first = {path.name: path.stat().st_mtime_ns for path in (desk.folder / "results").glob("*.jpg")}
    rest = last(wanted, desk)
    assert rest.summary is not None and (rest.summary.done, rest.summary.kept) == (30, view.summary.done)
    assert {name: (desk.folder / "results" / name).stat().st_mtime_ns for name in first} == first, "none is done twice"
    assert len(shown(desk)) == 30


def shown(desk: Desk) -> list[Tile]:
    return [tile for tile in tiles(desk) if tile.after is not None]


def test_a_closed_page_ends_the_run(tmp_path: Path, desk: Desk) -> None:
    files = tuple(
        (write(tmp_path / "up" / f"{n:02d}.jpg", n, height=600, width=800), f"{n:02d}.jpg") for n in range(30)
    )
    views = process(desk, UploadedBatch(files=files, palette="#c08040"), lambda: False)
    while (view := next(views)).step is None or view.step.done < 2:
        pass
    views.close()
    assert len(list((desk.folder / "results").glob("*.jpg"))) < 30


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ((), "Choose the pictures first"),
        (("a.zip", "0.jpg"), "one ZIP alone"),
        (("broken.zip",), "broken.zip: the ZIP is damaged"),
        (("gone.jpg",), "no longer on the server"),
    ],
)
def test_uploads_that_are_refused(names: tuple[str, ...], words: str, tmp_path: Path, desk: Desk) -> None:
    write(tmp_path / "0.jpg", 0)
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 not really")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as out:
        out.write(tmp_path / "0.jpg", "0.jpg")
    wanted = UploadedBatch(files=tuple((tmp_path / name, name) for name in names), palette="#fff")
    for _ in range(2):  # the second time, nothing of the first is in the way
        with pytest.raises(InputError, match=words):
            last(wanted, desk)


def test_without_a_reference(tmp_path: Path, desk: Desk) -> None:
    with pytest.raises(InputError, match="Choose a reference"):
        last(UploadedBatch(files=uploads(tmp_path / "up", 1)), desk)


def test_folders_of_this_machine_are_not_uploaded(tmp_path: Path, desk: Desk) -> None:
    uploads(tmp_path / "photos" / "wedding", 3)
    wanted = UploadedBatch(
        folder=tmp_path / "photos" / "wedding", results=tmp_path / "photos" / "graded", palette="#c08040"
    )
    last(wanted, desk)
    assert not desk.packable and len(list((tmp_path / "photos" / "graded").glob("*.jpg"))) == 3
    (tmp_path / "other").mkdir()
    other = Desk(tmp_path / "other")
    for asked in (wanted, replace(wanted, palette="#203040")):  # refused once, it is not taken for this page's own run
        with pytest.raises(InputError, match="holds a run already"):
            last(asked, other)
    again = last(replace(wanted, palette="#203040"), desk)
    assert again.summary is not None and again.summary.kept == 0, "the page's own results are replaced"


def test_files_of_a_chosen_folder_come_with_their_places_in_it(tmp_path: Path) -> None:
    sent = SimpleNamespace(path=str(tmp_path / "a.jpg"), orig_name=f"day 1{SLASH}a.jpg")
    assert uploads_of([sent]) == ((tmp_path / "a.jpg", "day 1/a.jpg"),)
    assert uploads_of(None) == ()
