"""A walk over the tab *Batch*, at every size and in both themes: numbers 6 and 17 of the grading desk."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from batch_page import LARGE, REFERENCE, SHEET, ended, large_shown, pictures_in, results
from PIL import Image
from tour import Tour

COUNT = 22


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Enough pictures, and large enough, that a run can be stopped."""
    return pictures_in(tmp_path_factory.mktemp("trip") / "in", COUNT)


def test_a_batch_is_tried_stopped_resumed_and_taken_away(tour: Tour, pictures: list[Path]) -> None:
    def number_6_list(tour: Tour) -> None:
        """6: the list of files is in the order in which people count and has a total; the reference is seen."""
        _chosen(tour, pictures)

    tour.walk(
        number_6_list,
        number_17_written,
        number_17_trial,
        number_6_stop,
        number_17_resume,
        number_6_large,
        number_17_single,
        number_17_zip,
    )


def _chosen(tour: Tour, pictures: list[Path]) -> None:
    studio = tour.studio
    tour.page.get_by_role("tab", name="Batch").click()
    studio.at("#batch-files input[type=file]").set_input_files(pictures[::-1])
    studio.at("#batch-references input[type=file]").set_input_files(REFERENCE)
    look = studio.at("#batch-looks img")
    look.wait_for()
    assert look.get_attribute("alt") == "reference: bridge-night.jpg"
    studio.wait(lambda: bool(look.evaluate("e => e.complete && e.naturalWidth > 100 && e.offsetHeight > 40")))
    assert f"{COUNT} pictures, " in studio.at("#batch-list summary").inner_text()
    assert studio.at("#batch-list li").all_text_contents() == [f"{n}.jpg" for n in range(1, COUNT + 1)]
    studio.at("#batch-looks").scroll_into_view_if_needed()


def number_17_written(tour: Tour) -> None:
    """17: format, quality, and a grade and settings beside each picture can be chosen."""
    studio, page = tour.studio, tour.page
    studio.at("#batch-written button").first.click()
    page.get_by_label("Format", exact=True).click()
    page.get_by_role("option", name="JPEG").click()
    page.get_by_label("Quality").fill("70")
    page.get_by_label("Each picture's grade beside it").click()
    page.get_by_role("option", name=".cube").click()
    page.get_by_label("Each picture's settings").check()


def number_17_trial(tour: Tour) -> None:
    """17: a trial on three shows them before and after, and says that it is three of all."""
    studio = tour.studio
    studio.at("#batch-try").click()
    ended(studio, 3)
    names = studio.at(f"{SHEET} .said b").all_inner_texts()
    assert len(names) == 3 and names[0] == "1.jpg" and names[-1] == f"{COUNT}.jpg", "spread over all of them"
    assert studio.at(f"{SHEET} .sheet-bar button").all_inner_texts() == [
        f"All {COUNT}", "Done 3", f"Not done {COUNT - 3}",
    ]  # fmt: skip
    _to_sheet(tour)
    assert _differ(tour), "before and after are seen beside each other"


def _to_sheet(tour: Tour) -> None:
    tour.studio.at(f"{SHEET} .tile").first.evaluate("e => e.scrollIntoView({block: 'center'})")
    tour.studio.wait(
        lambda: bool(tour.studio.at(f"{SHEET} .tile img").evaluate_all("all => all.every(e => e.naturalWidth > 200)"))
    )


def _differ(tour: Tour) -> bool:
    shots = []
    for kind in ("before", "after"):
        data = tour.studio.at(SHEET).get_by_alt_text(f"{kind}: 1.jpg").screenshot()
        with Image.open(io.BytesIO(data)) as image:
            shots.append(np.asarray(image.convert("RGB").resize((60, 40))).astype(int))
    return bool(np.abs(shots[0] - shots[1]).mean() > 3)


def number_6_stop(tour: Tour) -> None:
    """6: Stop ends the run with those that are at work, and says what was not begun."""
    studio = tour.studio
    studio.at("#batch-start").click()
    studio.wait(lambda: "Grading: " in studio.at("#batch-bar").inner_text())
    tour.shoot("6_running")
    studio.at("#batch-stop").click()
    studio.wait(lambda: studio.at("#batch-stop").is_disabled() and studio.at("#batch-start").is_enabled())
    said = studio.said("#batch-status")
    assert said.startswith("Stopped. ") and "not begun" in said
    studio.wait(lambda: studio.in_view("#batch-status .message"), 5)  # where the button was pressed
    done = int(studio.at("#batch-bar").inner_text().split(" of ")[0].split()[-1])
    assert done < COUNT
    assert studio.at("#batch-go-on").inner_text() == f"Go on ({COUNT - done})"


def number_17_resume(tour: Tour) -> None:
    """17: a run that was stopped goes on where it was, and the sheet holds everything, not a sample."""
    studio = tour.studio
    studio.at("#batch-go-on").click()
    ended(studio, COUNT)
    assert studio.at(f"{SHEET} .sheet-bar button").first.inner_text() in (f"All {COUNT}", f"Done {COUNT}")
    first = studio.at(f"{SHEET} .tile .open").first
    first.focus()
    tour.page.keyboard.press("End")
    studio.at(SHEET).get_by_alt_text(f"after: {COUNT}.jpg").wait_for()
    tour.page.keyboard.press("Home")
    _to_sheet(tour)


def number_6_large(tour: Tour) -> None:
    """6: a tile enlarges to the window, from 1600 pixels, and is compared by divider and key."""
    studio, press = tour.studio, tour.page.keyboard.press
    studio.at(f"{SHEET} .tile .open").first.click()
    large_shown(studio, "1.jpg")
    stage = studio.at(f"{LARGE} .stage").bounding_box()
    assert stage is not None and stage["width"] >= min(0.85 * tour.size[0], 1000), stage
    box = studio.at(LARGE).bounding_box()
    assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= tour.size[0]
    before = studio.at(f"{LARGE} img.before")
    half = before.evaluate("e => getComputedStyle(e).clipPath")
    tour.page.keyboard.down("b")
    assert before.evaluate("e => getComputedStyle(e).clipPath") != half
    tour.page.keyboard.up("b")
    tour.page.get_by_label("Divider: before on the left").focus()
    press("ArrowRight")
    assert before.evaluate("e => getComputedStyle(e).clipPath") != half, "the divider moves by keys"
    tour.axe("6 the large view")
    tour.shoot("6_large_view")
    tour.page.get_by_role("button", name="Next").click()
    large_shown(studio, "2.jpg")
    press("Escape")


def number_17_single(tour: Tour) -> None:
    """17: one picture is done again at its own strength, another is left out."""
    studio, page = tour.studio, tour.page
    studio.at(f"{SHEET} .tile .open").first.click()
    large_shown(studio, "1.jpg")
    old = studio.at(f"{SHEET} .tile img").nth(1).get_attribute("src")
    strength = studio.at(f"{LARGE} input[type=number]")
    strength.fill("0.25")
    strength.press("Enter")
    studio.wait(lambda: studio.at(f"{SHEET} .tile img").nth(1).get_attribute("src") not in (None, old))
    studio.wait(lambda: studio.at("#batch-start").is_enabled())
    page.keyboard.press("Escape")
    assert "strength 0.25" in studio.at(f"{SHEET} .tile").first.inner_text()
    page.get_by_role("button", name="Leave out: 2.jpg").click()
    page.get_by_role("button", name="Take back: 2.jpg").wait_for()
    assert "left out" in studio.at(f"{SHEET} .tile").nth(1).inner_text()
    for selector in (".said b", ".said span", ".drop", ".sheet-bar button[aria-pressed=true]", ".sheet-bar button"):
        assert studio.contrast(f"{SHEET} {selector}") >= 4.5, selector
    _to_sheet(tour)


def number_17_zip(tour: Tour) -> None:
    """17: the ZIP holds every picture but the one left out, as it was asked for, with its grade and its settings."""
    with results(tour.studio, tour.folder) as opened:
        names = {
            f"{n}.jpg{suffix}" for n in range(1, COUNT + 1) if n != 2 for suffix in ("", ".cube", ".settings.json")
        }
        assert set(opened.namelist()) == {"report.csv", "run.json"} | names
        rows = {row["file"]: row for row in _rows(opened)}
        assert rows["2.jpg"]["status"] == "left out" and rows["3.jpg"]["status"] == "done"
        assert json.loads(opened.read("run.json"))["quality"] == 70
        assert json.loads(opened.read("1.jpg.settings.json"))["settings"]["strength"] == 0.25
    tour.studio.at("#batch-get").scroll_into_view_if_needed()


def _rows(opened: zipfile.ZipFile) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(opened.read("report.csv").decode(), newline="")))
