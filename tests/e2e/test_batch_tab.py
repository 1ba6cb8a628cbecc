"""The tab *Batch* in a real Chromium, and its endpoint."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image
from studio_page import ASSETS, PHONE, Studio

from studio.service.batch.prepare import prepare_batch
from tests.studio.jobs_for_tests import batch_job

REFERENCE = ASSETS / "bridge-night.jpg"


def _trip(folder: Path, count: int = 8, edge: int = 400) -> Path:
    """A folder with pictures, some below it, and a file that is none."""
    photographs = sorted(ASSETS.glob("*.jpg"))
    for number in range(count):
        place = folder / ("day 2" if number % 3 == 2 else "") / f"{number:02d}.jpg"
        place.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(photographs[number % len(photographs)]) as image:
            image.resize((edge, edge * 3 // 4)).save(place, quality=90)
    (folder / "bad.jpg").write_text("text")
    (folder / "notes.txt").write_text("text")
    return folder


def _zipped(folder: Path, place: Path) -> Path:
    with zipfile.ZipFile(place, "w") as out:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                out.write(path, path.relative_to(folder))
    return place


def _rows(archive: Path) -> list[dict[str, str]]:
    with zipfile.ZipFile(archive) as opened:
        return list(csv.DictReader(io.StringIO(opened.read("report.csv").decode(), newline="")))


def _open_tab(studio: Studio) -> None:
    studio.page.get_by_role("tab", name="Batch").click()
    studio.at("#batch-start").wait_for()


def _choose(studio: Studio, elem_id: str, *paths: Path) -> None:
    studio.at(f"#{elem_id} input[type=file]").set_input_files(paths if len(paths) > 1 else paths[0])
    studio.at(f"#{elem_id} .file-preview").wait_for()


def _done(studio: Studio) -> int:
    found = re.search(r"(\d+) of \d+", studio.at("#batch-bar").inner_text())
    assert found
    return int(found[1])


def _finished(studio: Studio) -> None:
    studio.wait(lambda: studio.at("#batch-stop").is_disabled() and studio.at("#batch-start").is_enabled(), 60)


def _processed(studio: Studio, folder: Path) -> set[str]:
    """Press the button, take the ZIP: the files that its report tells of."""
    studio.at("#batch-start").click()
    studio.at("#batch-get").wait_for()
    _finished(studio)
    return {row["file"] for row in _rows(studio.download("batch-get", folder))}


@pytest.mark.browser
def test_a_zip_becomes_a_zip_with_its_tree_and_a_report(open_page, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    _open_tab(studio)
    studio.shoot("batch-empty-1280", full=True)
    _choose(studio, "batch-files", _zipped(_trip(tmp_path / "trip"), tmp_path / "trip.zip"))
    _choose(studio, "batch-references", REFERENCE)
    studio.page.get_by_label("One grade for the series").click()
    assert "9 pictures, " in studio.at("#batch-list summary").inner_text()
    assert studio.at("#batch-looks img").get_attribute("alt") == "reference: bridge-night.jpg"
    studio.at("#batch-start").click()
    studio.at("#batch-get").wait_for()
    _finished(studio)
    studio.shoot("batch-1280", full=True)
    assert "8 of 9 done" in studio.at("#batch-bar").inner_text() and "1 failed" in studio.at("#batch-bar").inner_text()
    failures = studio.at("#batch-failures").inner_text()
    assert "bad.jpg" in failures and "not a picture" in failures and "1 .txt" in failures
    assert studio.at("#batch-sheet .sheet-bar button").all_inner_texts() == ["All 9", "Done 8", "Failed 1"]
    studio.at("#batch-sheet .tile .open").first.focus()
    studio.page.keyboard.press("End")
    studio.at("#batch-sheet").get_by_alt_text("after: day 2/05.jpg").wait_for()
    studio.page.get_by_role("button", name="Failed 1").click()
    assert studio.at("#batch-sheet .tile .said b").all_inner_texts() == ["bad.jpg"]
    assert "not a picture" in studio.at("#batch-sheet .tile[data-state=f]").inner_text()
    out = studio.download("batch-get", tmp_path)
    with zipfile.ZipFile(out) as opened:
        names = set(opened.namelist())
    assert {"00.jpg", "day 2/02.jpg", "report.csv", "series.cube"} <= names and "bad.jpg" not in names
    rows = _rows(out)
    assert [row["file"] for row in rows if row["status"] == "failed"] == ["bad.jpg"]
    assert len({row["grade"] for row in rows if row["status"] == "done"}) == 1


@pytest.mark.browser
def test_a_chosen_folder_keeps_its_sub_folders(open_page, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    _open_tab(studio)
    studio.at("#batch-kind").get_by_label("Folder", exact=True).click()
    _choose(studio, "batch-folder", _trip(tmp_path / "trip", 4))
    studio.at("#batch-colours").get_by_label("Palette").click()
    studio.at("#batch-palette textarea, #batch-palette input").first.fill("#c08040, #203040")
    assert _processed(studio, tmp_path) == {"00.jpg", "01.jpg", "day 2/02.jpg", "03.jpg", "bad.jpg"}


@pytest.mark.browser
def test_a_dropped_folder_keeps_its_sub_folders(open_page, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    _open_tab(studio)
    studio.at("#batch-kind").get_by_label("Folder", exact=True).click()
    box = studio.at("#batch-folder").bounding_box()
    assert box is not None
    session = studio.page.context.new_cdp_session(studio.page)
    place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    data = {"items": [], "files": [str(_trip(tmp_path / "trip", 4))], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, **place, "data": data})
    studio.at("#batch-folder .file-preview").wait_for()
    studio.shoot("batch-dropped-1280")
    _choose(studio, "batch-references", REFERENCE)
    assert _processed(studio, tmp_path) == {"00.jpg", "01.jpg", "day 2/02.jpg", "03.jpg", "bad.jpg"}


@pytest.mark.browser
def test_stop_half_way_keeps_what_is_done(open_page, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page(PHONE)
    _open_tab(studio)
    _choose(studio, "batch-files", _zipped(_trip(tmp_path / "trip", 60, 1600), tmp_path / "trip.zip"))
    _choose(studio, "batch-references", REFERENCE)
    studio.at("#batch-start").click()
    studio.wait(
        lambda: "Grading: " in studio.at("#batch-bar").inner_text() and studio.at("#batch-sheet .tile img").count() > 0
    )
    studio.shoot("batch-running-400", full=True)
    assert studio.at("#batch-start").is_disabled()
    seen = _done(studio)
    studio.at("#batch-stop").click()
    studio.at("#batch-get").wait_for()
    _finished(studio)
    assert _done(studio) <= seen + 6, (
        "those at work, and those that the page had not told of when the button was pressed"
    )
    said = studio.said("#batch-status")
    assert said.startswith("Stopped. ") and "not begun" in said
    assert not studio.too_wide()
    rows = _rows(studio.download("batch-get", tmp_path))
    status = [row["status"] for row in rows]
    assert len(rows) == 61 and 1 <= status.count("done") < 60 and status.count("not done") > 0
    assert studio.at("#batch-go-on").inner_text() == f"Go on ({61 - status.count('done')})"
    studio.at("#batch-go-on").click()
    studio.wait(lambda: "60 of 61 done" in studio.at("#batch-bar").inner_text(), 90)
    _finished(studio)
    again = {row["file"]: row for row in _rows(studio.download("batch-get", tmp_path))}
    assert [again[row["file"]] for row in rows if row["status"] == "done"] == [r for r in rows if r["status"] == "done"]
    assert studio.at("#batch-go-on").inner_text() == "Retry failed (1)"
    studio.shoot("batch-done-400", full=True)


@pytest.mark.browser
def test_what_is_missing_or_broken_is_said_and_the_tab_goes_on(open_page, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    _open_tab(studio)
    studio.at("#batch-start").click()
    studio.wait(lambda: "Choose the pictures first" in studio.said("#batch-status"))
    outside = tmp_path / "outside.zip"
    with zipfile.ZipFile(outside, "w") as out:
        out.writestr("../evil.jpg", b"x")
    _choose(studio, "batch-files", outside)
    studio.at("#batch-start").click()
    studio.wait(lambda: "Choose a reference" in studio.said("#batch-status"))
    _choose(studio, "batch-references", REFERENCE)
    studio.at("#batch-start").click()
    studio.wait(lambda: "leads out of it" in studio.said("#batch-status"))
    _finished(studio)
    assert not studio.at("#batch-get").is_visible()


@pytest.fixture(scope="module")
def client(app_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    yield Client(app_url, verbose=False, download_files=str(tmp_path_factory.mktemp("downloads")))


def test_the_endpoint_gives_the_same_bytes_as_the_command(client: Client, tmp_path: Path) -> None:
    from studio.jobs import SERIES
    from studio.service.batch.run import run_batch
    from studio.service.batch.workers import threads

    folder = _trip(tmp_path / "trip")
    archive, report = client.predict(
        files=[handle_file(_zipped(folder, tmp_path / "trip.zip"))], references=[handle_file(REFERENCE)], mode="series",
        api_name="/batch",
    )  # fmt: skip
    plan, record = prepare_batch(batch_job(folder, tmp_path / "here", REFERENCE, mode=SERIES, recursive=True))
    with threads(1) as workers:
        run_batch(plan, record, workers, window=2)
    with zipfile.ZipFile(archive) as opened:
        for path in (tmp_path / "here").rglob("*.jpg"):
            assert opened.read(path.relative_to(tmp_path / "here").as_posix()) == path.read_bytes()
    assert Path(report).name == "report.csv" and len(_rows(Path(archive))) == 9


def test_the_endpoint_refuses_in_one_line(client: Client, tmp_path: Path) -> None:
    picture = handle_file(REFERENCE)
    for inputs, words in (
        ({"files": []}, "Choose the pictures first"),
        ({"files": [picture]}, "Choose a reference"),
        ({"files": [picture], "palette": "#fff", "references": [picture]}, "more than one reference"),
        ({"files": [picture], "palette": "#zz"}, "#zz"),
        ({"files": [picture], "palette": "#fff", "mode": "both"}, "unknown mode 'both'"),
        ({"files": [picture], "palette": "#fff", "strength": 9}, "strength 9"),
        ({"files": [picture], "palette": "#fff", "scene": "similar"}, "unknown scene 'similar'"),
        ({"files": [picture], "palette": "#fff", "scene": "same"}, "shows no scene"),
        ({"files": [picture], "references": [picture], "mode": "series", "scene": "same"}, "a series gets one grade"),
    ):
        with pytest.raises(AppError) as error:
            client.predict(**inputs, api_name="/batch")
        assert words in str(error.value) and "Traceback" not in str(error.value)


def test_no_file_of_the_server_can_be_named(app_url: str) -> None:
    """A caller who sends a path instead of an upload."""
    stolen = {"path": "/etc/hostname", "meta": {"_type": "gradio.FileData"}, "orig_name": "a.jpg"}
    data = [[stolen], None, "#ffffff", "each", "fast", "auto", 1, 0, "auto", "auto"]
    call = httpx.post(f"{app_url}gradio_api/call/batch", json={"data": data})
    answer = httpx.get(f"{app_url}gradio_api/call/batch/{call.json()['event_id']}", timeout=120).text
    assert "event: error" in answer and "matched.zip" not in answer
