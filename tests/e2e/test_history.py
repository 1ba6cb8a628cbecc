"""The history of a visit: matches shown again, compared, undone, taken away; and all of it after a reload."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from desk_page import (
    choose_option,
    colour,
    like,
    marked,
    match,
    names,
    open_more,
    panes,
    press,
    set_seed,
    settled,
)
from PIL import Image
from studio_page import DESK, OTHER, PHONE, REFERENCE, SOURCE, Studio

from studio.service.match import MatchResult
from studio.ui import returning
from studio.ui.match import run

pytestmark = pytest.mark.browser


def two_matches(studio: Studio) -> None:
    """Reinhard to one reference, then MKL to another."""
    studio.choose_pair(SOURCE, REFERENCE)
    open_more(studio)
    choose_option(studio, "#method", "Reinhard")
    match(studio)
    studio.choose("reference", OTHER)
    choose_option(studio, "#method", "MKL")
    set_seed(studio, "4")
    match(studio)


def test_matches_are_shown_again_compared_and_taken_away(open_page, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    two_matches(studio)
    assert names(studio) == ["MKL, strength 1, seed 4", "Reinhard, strength 1"]
    there = "all => all.every(e => e.naturalWidth > 100 && e.alt.includes('to'))"
    studio.wait(lambda: bool(studio.at("#history img").evaluate_all(there)))
    newer = settled(studio)
    press(studio, 1)
    studio.wait(lambda: marked(studio) == [1])
    older = settled(studio)
    assert not like(older, newer)
    studio.wait(lambda: studio.at("#method input").input_value() == "Reinhard")
    assert studio.at("#seed input").input_value() == "0"
    assert REFERENCE.name in studio.at("#reference-about").inner_text(), "the controls are set as it was made"
    studio.page.wait_for_timeout(500)
    assert studio.said("#stale") == ""

    press(studio, 0, "pair")
    studio.wait(lambda: panes(studio) == f"A: match 2, {OTHER.name}, MKL | B: match 1, {REFERENCE.name}, Reinhard")
    assert like(settled(studio), older), "B is right of the divider"
    left = settled(studio, "left")
    press(studio, 0)
    studio.wait(lambda: panes(studio) == f"A: match 2, {OTHER.name}, MKL | B: match 2, {OTHER.name}, MKL")
    assert like(settled(studio), newer) and like(colour(studio, "left"), left), "A stays left"
    studio.shoot("history-ab-1280", full=True)
    studio.at("#history .history-unpair").click()
    studio.wait(lambda: panes(studio) == f"{SOURCE.name} | Result")

    with studio.page.expect_download() as caught:
        studio.at("#history .strip-list a").nth(1).click()
    place = tmp_path / caught.value.suggested_filename
    caught.value.save_as(place)
    assert json.loads(place.read_text())["settings"]["method"] == "reinhard"
    press(studio, 1, "remove")
    studio.wait(lambda: names(studio) == ["MKL, strength 1, seed 4"])
    focused = "document.activeElement.closest('#history') !== null"
    assert studio.page.evaluate(focused), "the focus stays in the history"


def test_undo_and_redo_walk_through_matches_and_strengths(open_page) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    two_matches(studio)
    keys, strength = studio.page.keyboard, studio.at("#strength input[type=range]")
    studio.set_strength(0.5)
    studio.wait(lambda: names(studio)[0] == "MKL, strength 0.5, seed 4")
    half = settled(studio)
    assert studio.at("#history [data-act=redo]").is_disabled()
    studio.at("#history [data-act=undo]").click()
    studio.wait(lambda: strength.input_value() == "1" and names(studio)[0] == "MKL, strength 1, seed 4")
    assert not like(settled(studio), half)
    studio.at("h1").first.click()
    keys.press("Control+z")
    studio.wait(lambda: marked(studio) == [1] and studio.at("#method input").input_value() == "Reinhard")
    assert studio.at("#history [data-act=undo]").is_disabled()
    keys.press("Control+Shift+Z")
    studio.wait(lambda: marked(studio) == [0])
    keys.press("Control+Shift+Z")
    studio.wait(lambda: strength.input_value() == "0.5")
    assert like(settled(studio), half)
    studio.at("#seed input").click()
    keys.type("7")
    keys.press("Control+z")
    studio.page.wait_for_timeout(700)
    assert strength.input_value() == "0.5", "in a field it is the field's own undo"


def test_source_and_reference_are_swapped_with_their_masks(open_page, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    studio.choose_pair(SOURCE, REFERENCE)
    open_more(studio)
    mask = tmp_path / "lagoon.png"
    with Image.open(SOURCE) as image:
        Image.new("L", image.size, 255).save(mask)
    studio.upload("source-mask", mask)
    studio.at("#source-mask").get_by_text("lagoon").wait_for()
    studio.page.get_by_role("button", name="Swap source and reference").click()
    studio.at("#source-about").get_by_text(REFERENCE.name).wait_for()
    studio.at("#reference-about").get_by_text(SOURCE.name).wait_for()
    studio.at("#reference-mask").get_by_text("lagoon").wait_for()
    choose_option(studio, "#method", "Reinhard")
    match(studio)
    assert names(studio) == ["Reinhard, strength 1, reference masked"]
    assert REFERENCE.name in panes(studio)
    assert studio.said("#status") == ""


def test_a_reload_brings_everything_back(open_page) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    two_matches(studio)
    studio.set_strength(0.6)
    studio.wait(lambda: names(studio)[0] == "MKL, strength 0.6, seed 4")
    was, history = settled(studio), names(studio)
    set_seed(studio, "9")
    studio.wait(lambda: "chosen now: 9" in studio.said("#stale"))
    studio.page.reload()
    studio.wait(lambda: names(studio) == history)
    assert SOURCE.name in studio.at("#source-about").inner_text()
    assert OTHER.name in studio.at("#reference-about").inner_text()
    studio.wait(lambda: bool(studio.at("#source img").evaluate("e => e.naturalWidth > 0")))
    assert like(settled(studio), was)
    assert studio.at("#strength input[type=range]").input_value() == "0.6"
    open_more(studio)
    assert studio.at("#seed input").input_value() == "9", "also what was not matched yet"
    studio.wait(lambda: "chosen now: 9" in studio.said("#stale"))
    studio.at("#history [data-act=undo]").click()
    studio.wait(lambda: names(studio)[0] == "MKL, strength 1, seed 4")
    match(studio)
    assert len(names(studio)) == 3, "and it goes on from there"

    context = studio.page.context
    other = context.new_page()
    address = studio.page.url
    other.goto(address)
    other.locator("#match").wait_for()
    other.wait_for_timeout(4000)
    assert other.locator("#history .strip-show").count() == 0, "an open page is nobody else's"
    other.close()
    studio.page.close()
    again = Studio(context.new_page(), studio._screenshots)
    again.page.goto(address)
    again.wait(lambda: len(names(again)) == 3)
    assert SOURCE.name in again.at("#source-about").inner_text()


def test_a_reload_during_a_match_says_so_and_the_page_works(open_page, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    match_now = run.match_now

    def held(*given: object) -> MatchResult:
        time.sleep(5)  # so that the match is not over before the page is gone
        return match_now(*given)  # type: ignore[arg-type]

    studio: Studio = open_page()
    monkeypatch.setattr(run, "match_now", held)
    studio.choose_pair(SOURCE, REFERENCE)
    open_more(studio)
    choose_option(studio, "#method", "ReSWD")
    studio.at("#match").click()
    studio.wait(lambda: studio.at("#stop").is_enabled())
    studio.page.reload()
    studio.wait(lambda: "stopped the match that was running" in studio.said("#status"))
    monkeypatch.undo()
    assert SOURCE.name in studio.at("#source-about").inner_text()
    open_more(studio)
    assert studio.at("#method input").input_value() == "ReSWD"
    choose_option(studio, "#method", "Reinhard")
    match(studio)
    assert names(studio) == ["Reinhard, strength 1"]


def test_what_the_server_forgot_the_browser_still_has(open_page, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page(PHONE, color_scheme="dark")
    studio.choose_pair(SOURCE, REFERENCE)
    open_more(studio)
    choose_option(studio, "#method", "Reinhard")
    match(studio)
    assert not studio.too_wide()
    studio.wait(lambda: studio.page.evaluate("window.reswdKept.all().then(all => all.length)") == 1)
    errors: list[str] = []
    studio.page.on("pageerror", lambda error: errors.append(str(error)))
    returning._pages.clear()  # as after a restart
    studio.page.reload()
    kept = studio.at("#history .history-kept")
    kept.get_by_text("the server no longer has the pictures").wait_for()
    studio.wait(lambda: kept.locator("img").evaluate("e => e.complete && e.naturalWidth > 100"))
    assert "Reinhard, strength 1" in kept.inner_text()
    with studio.page.expect_download() as caught:
        kept.locator("a").click()
    place = tmp_path / caught.value.suggested_filename
    caught.value.save_as(place)
    assert json.loads(place.read_text())["settings"]["method"] == "reinhard"
    kept.scroll_into_view_if_needed()
    studio.shoot("history-kept-400-dark")
    assert not studio.too_wide() and not errors
    kept.get_by_role("button", name="Remove").click()
    kept.wait_for(state="hidden")


@pytest.mark.parametrize("size", [DESK, PHONE])
def test_what_can_be_done_with_each_match_stands_in_one_line(open_page, size: tuple[int, int]) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page(size)
    studio.choose_pair(SOURCE, REFERENCE)
    match(studio)
    open_more(studio)
    choose_option(studio, "#method", "MKL")
    set_seed(studio, "4")
    match(studio)
    press(studio, 1, "pair")
    studio.wait(studio.at("#history .history-unpair").is_visible)
    for row in (".strip-acts > *", ".strip-bar > button"):
        boxes = [part.bounding_box() for part in studio.at(f"#history {row}").all() if part.is_visible()]
        lines = {(round(box["y"]), round(box["height"])) for box in boxes if box is not None}
        assert len(boxes) >= 3 and len(lines) == 1, f"{row}: {lines}"
    assert not studio.too_wide()
