"""The contact sheet of the tab *Batch* in a real Chromium: what a person sees, by mouse and by keyboard."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr
import pytest
from batch_page import LARGE, REFERENCE, SHEET, ended, large_shown, pictures_in, results, trial
from PIL import Image
from studio_page import DESK, PHONE, Studio

from studio.records.report import DONE, Row
from studio.ui.batch.sheet import Sheet
from studio.ui.batch.tab import contact_sheet
from studio.ui.page import CSS, HEAD
from studio.ui.session import runs_folder

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def _focus(studio: Studio) -> str:
    """What a person who does not see the page would hear of the focused element."""
    return str(studio.page.evaluate(
        "(e => e.getAttribute('aria-label') || [...e.querySelectorAll('img')].map(i => i.alt).join(' ') || e.textContent)"
        "(document.activeElement)"
    ))  # fmt: skip


def _outline(studio: Studio) -> float:
    return float(studio.page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)"))


@pytest.mark.browser
def test_try_look_trim_leave_out_and_take_away(open_page, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page(DESK)
    studio.page.get_by_role("tab", name="Batch").click()
    studio.at("#batch-written button").first.click()
    studio.page.get_by_label("Format", exact=True).click()
    studio.page.get_by_role("option", name="JPEG").click()
    studio.page.get_by_label("Quality").fill("70")
    studio.page.get_by_label("Each picture's grade beside it").click()
    studio.page.get_by_role("option", name=".cube").click()
    studio.page.get_by_label("Each picture's settings").check()
    trial(studio, pictures_in(tmp_path / "in", 11)[::-1])
    names = studio.at("#batch-list li").all_text_contents()
    assert names == [f"{n}.jpg" for n in range(1, 12)], "in the order in which people count"
    assert studio.at(f"{SHEET} .said b").all_inner_texts() == ["1.jpg", "6.jpg", "11.jpg"]
    studio.shoot("sheet-trial-1280", full=True)
    studio.at("#batch-start").click()
    ended(studio, 11)
    studio.shoot("sheet-1280", full=True)

    first = studio.at(f"{SHEET} .tile .open").first
    first.click()
    large_shown(studio, "1.jpg")
    studio.shoot("sheet-large-1280")
    old = studio.at(f"{SHEET} .tile img").nth(1).get_attribute("src")
    studio.page.get_by_label("Strength").last.fill("0.25")
    studio.page.get_by_label("Strength").last.press("Enter")
    studio.wait(lambda: studio.at(f"{SHEET} .tile img").nth(1).get_attribute("src") not in (None, old))
    studio.wait(lambda: studio.at("#batch-start").is_enabled())
    studio.page.keyboard.press("Escape")
    assert "strength 0.25" in studio.at(f"{SHEET} .tile").first.inner_text()

    studio.page.get_by_role("button", name="Leave out: 2.jpg").click()
    studio.page.get_by_role("button", name="Take back: 2.jpg").wait_for()
    beside = ("", ".cube", ".settings.json")
    with results(studio, tmp_path) as opened:
        assert set(opened.namelist()) == {"report.csv", "run.json"} | {
            f"{n}.jpg{suffix}" for n in range(1, 12) if n != 2 for suffix in beside
        }
        report = opened.read("report.csv").decode()
        assert "2.jpg,left out" in report and json.loads(opened.read("run.json"))["quality"] == 70
        assert json.loads(opened.read("1.jpg.settings.json"))["settings"]["strength"] == 0.25
    studio.page.get_by_role("button", name="Take back: 2.jpg").click()
    studio.page.get_by_role("button", name="Leave out: 2.jpg").wait_for()
    with results(studio, tmp_path) as opened:
        assert "2.jpg" in opened.namelist() and "left out" not in opened.read("report.csv").decode()


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_by_keyboard(open_page, tmp_path: Path, scheme: str) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page(PHONE, color_scheme=scheme)
    trial(studio, pictures_in(tmp_path / "in", 5))
    press = studio.page.keyboard.press
    studio.at(f"{SHEET} .sheet-bar button").first.focus()
    press("Enter")
    studio.at(f"{SHEET} .tile .open").first.focus()
    press("ArrowDown")
    assert _focus(studio) == "before: 2.jpg after: 2.jpg" or "2.jpg" in _focus(studio)
    press("Home")
    assert _focus(studio) == "before: 1.jpg after: 1.jpg" and _outline(studio) >= 2
    studio.shoot(f"sheet-400-{scheme}", full=True)
    press("Tab")
    assert _focus(studio) == "Leave out: 1.jpg" and _outline(studio) >= 2
    press("Enter")
    studio.page.get_by_role("button", name="Take back: 1.jpg").wait_for()
    press("Enter")
    studio.page.get_by_role("button", name="Leave out: 1.jpg").wait_for()
    press("Shift+Tab")
    press("Enter")
    large_shown(studio, "1.jpg")
    studio.shoot(f"sheet-large-400-{scheme}")
    assert not studio.too_wide()
    box = studio.at(LARGE).bounding_box()
    assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 400
    before = studio.at(f"{LARGE} img.before")
    half = before.evaluate("e => getComputedStyle(e).clipPath")
    studio.page.keyboard.down("b")
    assert before.evaluate("e => getComputedStyle(e).clipPath") != half, "the whole picture is as it was before"
    studio.page.keyboard.up("b")
    assert before.evaluate("e => getComputedStyle(e).clipPath") == half
    studio.page.get_by_label("Divider: before on the left").focus()
    press("ArrowRight")
    assert before.evaluate("e => getComputedStyle(e).clipPath") != half, "the divider moves by keys"
    assert studio.at(f"{LARGE} h2").inner_text() == "1.jpg"
    studio.page.get_by_role("button", name="Next").focus()
    press("ArrowRight")
    press("ArrowRight")
    large_shown(studio, "3.jpg")
    press("Escape")
    studio.wait(lambda: _focus(studio) == "before: 3.jpg after: 3.jpg")  # back to where the person was
    _contrasts(studio)


def _contrasts(studio: Studio) -> None:
    """The words of the sheet on their ground, as WCAG 2.2 measures it."""
    for selector in (".said b", ".said span", ".drop", ".sheet-bar button[aria-pressed=true]", ".sheet-bar button"):
        ratio = studio.contrast(f"{SHEET} {selector}")
        assert ratio >= 4.5, f"{selector}: {ratio:.2f}"


@pytest.fixture
def two_thousand(app_url: str, tmp_path: Path) -> Iterator[tuple[str, Sheet]]:
    """A page with nothing but a sheet of 2,000 pictures, all of them done."""
    sheet = Sheet(runs_folder() / "two thousand", [f"{n}.jpg" for n in range(2000)])
    sheet.folder.mkdir()
    small = tmp_path / "small.jpg"
    with Image.open(REFERENCE) as image:
        image.resize((320, 213)).save(small)
    for name in sheet.names:
        sheet.take(Row(name, DONE))
        before, after = sheet.place_before(name), sheet.place_after(name)
        os.link(small, before)
        os.link(small, after)
        sheet.show(name, before, after)
    with gr.Blocks() as page:
        shown = contact_sheet()
        page.load(lambda: sheet.value(busy=False, able=True, run=1, show="all", strength=1.0), None, shown)
    _, url, _ = page.launch(prevent_thread_lock=True, quiet=True, css=CSS, head=HEAD, server_name="127.0.0.1")
    yield url, sheet
    page.close(verbose=False)


@pytest.mark.slow
@pytest.mark.browser
def test_two_thousand_pictures_scroll(two_thousand: tuple[str, Sheet], chromium: Browser, screenshots: Path) -> None:
    page = chromium.new_page(viewport={"width": 1280, "height": 800})
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(request.url))
    page.goto(two_thousand[0])
    page.locator(".tile img").first.wait_for()
    page.wait_for_timeout(500)
    assert page.locator(".tile").count() <= 40 and page.locator(f"{SHEET} *").count() < 500
    assert sum("-before.jpg" in url for url in asked) <= 40, "only what is in sight is asked for"
    begun = time.monotonic()
    longest = page.evaluate(_SCROLL_JS)
    took = time.monotonic() - begun
    page.locator(".tile").get_by_alt_text("after: 1999.jpg").wait_for()
    elements = page.locator(f"{SHEET} *").count()
    print(f"scrolled 2,000 in {took:.2f} s, longest frame {longest:.0f} ms, {elements} elements, {len(asked)} requests")
    assert elements < 500 and longest < 250
    last = page.get_by_alt_text("after: 1999.jpg")
    page.wait_for_function("i => i.complete && i.naturalWidth > 0", arg=last.element_handle())
    page.locator(".tile .open").last.focus()
    page.keyboard.press("Home")
    assert page.evaluate("document.activeElement.querySelector('img')?.alt") == "before: 0.jpg"
    page.keyboard.press("End")
    assert page.evaluate("document.activeElement.querySelector('img')?.alt") == "before: 1999.jpg"
    page.close()


_SCROLL_JS = """async () => {
  const scroll = document.querySelector('.sheet-scroll');
  let longest = 0, last = performance.now();
  for (let step = 1; step <= 60; step++) {
    scroll.scrollTop = scroll.scrollHeight * step / 60;
    await new Promise(requestAnimationFrame);
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }
  return longest;
}"""


@pytest.mark.parametrize("size", [DESK, PHONE])
def test_results_are_in_sight_after_the_press(open_page, tmp_path: Path, size: tuple[int, int]) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page(size)
    trial(studio, pictures_in(tmp_path / "in", 4))
    first = studio.at(f"{SHEET} .tile").first
    studio.wait(lambda: studio.in_view(f"{SHEET} .tile >> nth=0", "#batch-bar"))
    assert first.locator("img").count() == 2
    studio.shoot(f"batch-tried-{size[0]}")
    if size == DESK:
        assert studio.in_view("#batch-try", "#batch-start"), "beside the buttons"


def test_the_button_says_what_it_will_do(open_page) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    studio.page.get_by_role("tab", name="Batch").click()
    start = studio.at("#batch-start")
    assert start.inner_text() == "Process files"
    studio.at("#batch-kind").get_by_text("Folder").click()
    studio.wait(lambda: start.inner_text() == "Process folder")
