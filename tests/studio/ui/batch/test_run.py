"""The run of the tab *Batch*, without a page."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from reswd_torch import MatchSettings
from reswd_torch.errors import InputError
from studio.jobs import SERIES
from studio.service.batch.uploads import UploadedBatch
from studio.ui.batch.run import SLASH, View, process, uploads_of
from studio.ui.batch.words import failures_html, progress_html
from tests.studio.conftest import write


def uploads(folder: Path, count: int = 5) -> tuple[tuple[Path, str], ...]:
    return tuple((write(folder / f"{n}.jpg", n), f"{n}.jpg") for n in range(count))


def last(wanted: UploadedBatch, work: Path) -> View:
    work.mkdir(exist_ok=True)
    return list(process(wanted, work, lambda: False))[-1]


def contents(view: View) -> dict[str, bytes]:
    assert view.archive is not None
    with zipfile.ZipFile(io.BytesIO(view.archive.read_bytes())) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def test_loose_files_become_a_zip_with_a_report(tmp_path: Path) -> None:
    warm = write(tmp_path / "warm.png", 9, tint=(1, 0.7, 0.4))
    wanted = UploadedBatch(
        files=uploads(tmp_path / "up"),
        references=((warm, "warm.png"),),
        mode=SERIES,
        settings=MatchSettings(aim="colours"),
    )
    view = last(wanted, tmp_path / "work")
    assert view.summary is not None and view.summary.done == 5 and view.tiles
    found = contents(view)
    assert set(found) == {*(f"{n}.jpg" for n in range(5)), "report.csv", "run.json", "series.cube", "series.cc"}
    assert str(tmp_path) not in found["run.json"].decode() + found["report.csv"].decode()
    assert json.loads(found["run.json"])["reference"]["path"] == "warm.png"
    left = {path.name for path in (tmp_path / "work").iterdir()}
    assert left == {"matched.zip", "tiles"}, "the uploads' copies and the results are not kept twice"


def test_a_chosen_folder_keeps_its_tree(tmp_path: Path) -> None:
    files = tuple((path, f"day {n % 2}/{name}") for n, (path, name) in enumerate(uploads(tmp_path / "up", 4)))
    found = contents(last(UploadedBatch(files=files, palette="#c08040, #203040"), tmp_path / "work"))
    assert {"day 0/0.jpg", "day 1/1.jpg", "day 0/2.jpg", "day 1/3.jpg"} <= set(found)


def test_references_by_name_and_what_is_unmatched(tmp_path: Path) -> None:
    files = uploads(tmp_path / "up", 3)
    looks = tuple((write(tmp_path / "looks" / f"{n}.png", n + 5, tint=(1, 0.7, 0.4)), f"{n}.png") for n in range(3))
    assert len(contents(last(UploadedBatch(files=files, references=looks), tmp_path / "work"))) == 5
    with pytest.raises(InputError, match="1 picture has no reference of the same name in it: 2.jpg"):
        last(UploadedBatch(files=files, references=looks[:2]), tmp_path / "other")


def test_failures_name_no_folder_of_the_server(tmp_path: Path) -> None:
    bad = tmp_path / "up" / "bad.jpg"
    files = uploads(tmp_path / "up", 2)
    bad.write_text("text")
    view = last(UploadedBatch(files=(*files, (bad, "bad.jpg")), palette="#c08040"), tmp_path / "work")
    assert view.failed == (
        ("bad.jpg", "this is not a picture this program reads: give JPEG, PNG, TIFF, WebP, AVIF or HEIC"),
    )
    rows = list(csv.DictReader(io.StringIO(contents(view)["report.csv"].decode())))
    assert [row["status"] for row in rows] == ["done", "done", "failed"]
    assert "2 of 3 done" in progress_html(view) and "bad.jpg" in failures_html(view)


def test_stop_half_way_packs_what_is_done(tmp_path: Path) -> None:
    files = tuple(
        (write(tmp_path / "up" / f"{n:02d}.jpg", n, height=600, width=800), f"{n:02d}.jpg") for n in range(30)
    )
    work = tmp_path / "work"
    work.mkdir()
    pressed: list[bool] = []
    for view in process(UploadedBatch(files=files, palette="#c08040"), work, lambda: bool(pressed)):
        if view.step is not None and view.step.done >= 3:
            pressed.append(True)
    assert view.summary is not None and 3 <= view.summary.done < 30 and view.summary.left > 0
    assert sum(name.endswith(".jpg") for name in contents(view)) == view.summary.done


def test_a_closed_page_ends_the_run(tmp_path: Path) -> None:
    files = tuple(
        (write(tmp_path / "up" / f"{n:02d}.jpg", n, height=600, width=800), f"{n:02d}.jpg") for n in range(30)
    )
    work = tmp_path / "work"
    work.mkdir()
    views = process(UploadedBatch(files=files, palette="#c08040"), work, lambda: False)
    while (view := next(views)).step is None or view.step.done < 2:
        pass
    views.close()
    assert len(list((work / "results").glob("*.jpg"))) < 30


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ((), "Choose the pictures first"),
        (("a.zip", "0.jpg"), "one ZIP alone"),
        (("broken.zip",), "broken.zip: the ZIP is damaged"),
        (("gone.jpg",), "no longer on the server"),
    ],
)
def test_uploads_that_are_refused(names: tuple[str, ...], words: str, tmp_path: Path) -> None:
    write(tmp_path / "0.jpg", 0)
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 not really")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as out:
        out.write(tmp_path / "0.jpg", "0.jpg")
    with pytest.raises(InputError, match=words):
        last(UploadedBatch(files=tuple((tmp_path / name, name) for name in names), palette="#fff"), tmp_path / "work")


def test_without_a_reference(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Choose a reference"):
        last(UploadedBatch(files=uploads(tmp_path / "up", 1)), tmp_path / "work")


def test_folders_of_this_machine_are_not_uploaded(tmp_path: Path) -> None:
    uploads(tmp_path / "photos" / "wedding", 3)
    wanted = UploadedBatch(
        folder=tmp_path / "photos" / "wedding", results=tmp_path / "photos" / "graded", palette="#c08040"
    )
    view = last(wanted, tmp_path / "work")
    assert view.archive is None and len(list((tmp_path / "photos" / "graded").glob("*.jpg"))) == 3
    with pytest.raises(InputError, match="holds a run already"):
        last(wanted, tmp_path / "work")


def test_files_of_a_chosen_folder_come_with_their_places_in_it(tmp_path: Path) -> None:
    sent = SimpleNamespace(path=str(tmp_path / "a.jpg"), orig_name=f"day 1{SLASH}a.jpg")
    assert uploads_of([sent]) == ((tmp_path / "a.jpg", "day 1/a.jpg"),)
    assert uploads_of(None) == ()
