"""The app in a real Chromium: pictures that come and go, while others are still being read, and files that are none."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from studio_page import OTHER, REFERENCE, SOURCE, Studio

from studio.service.match import run_match
from tests.studio.jobs_for_tests import match_job

pytestmark = pytest.mark.browser


def test_bad_files_are_one_message_and_the_result_stays(open_page, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    studio.at("#match").click()
    studio.at("#status").get_by_text("Choose a source").wait_for()
    studio.choose_pair(SOURCE, REFERENCE)
    studio.match()
    kept = studio.after_address()
    cut = tmp_path / "cut short.jpg"
    cut.write_bytes(REFERENCE.read_bytes()[:30_000])
    studio.upload("reference", cut)
    studio.at("#reference-about").get_by_text("cut short").first.wait_for()
    studio.at("#reference img").wait_for(state="detached")
    text = studio.page.inner_text("body")
    assert "Traceback" not in text
    assert "/tmp" not in text, "no folder of the server is shown"
    studio.shoot("bad-file-1280")
    assert studio.after_address() == kept
    studio.at("#more").get_by_text("More").click()
    wrong = tmp_path / "small mask.png"
    Image.new("L", (10, 10), 255).save(wrong)
    studio.choose("reference", REFERENCE)
    studio.upload("source-mask", wrong)
    studio.at("#source-mask").get_by_text("small mask").wait_for()
    studio.at("#match").click()
    studio.at("#status").get_by_text("10 x 10").wait_for()
    assert studio.after_address() == kept


def test_a_picture_put_in_while_the_last_one_is_taken_out_stays(open_page) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    studio.choose_pair(SOURCE, REFERENCE)
    let_go = studio.hold_back()  # of the cross; the answer to it comes after the new picture
    studio.upload("reference", OTHER)
    studio.at("#reference img[src*='forest-stream']").wait_for()
    let_go()
    studio.at("#reference-about").get_by_text(OTHER.name).wait_for()
    assert studio.at("#reference img[src*='forest-stream']").count() == 1
    studio.match()
    assert studio.said("#stale") == ""


def test_a_picture_taken_out_while_it_is_read_stays_out(open_page) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    studio.choose("source", SOURCE)
    let_go = studio.hold_back()
    studio.upload("reference", OTHER)
    studio.at("#reference img").wait_for()
    studio.take_out("reference")
    studio.at("#reference img").wait_for(state="detached")
    studio.upload("reference", REFERENCE)
    studio.at("#reference img").wait_for()
    let_go()
    studio.at("#reference-about").get_by_text(REFERENCE.name).wait_for()
    assert studio.at("#reference img[src*='mountain-sunset']").count() == 1
    width, height = Image.open(REFERENCE).size
    assert f"{width} × {height}" in studio.at("#reference-about").inner_text(), "the file itself, not its preview"


def test_a_match_takes_the_picture_that_is_still_being_read(open_page) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    studio.choose_pair(SOURCE, REFERENCE)
    studio.match()
    studio.take_out("reference")
    studio.at("#stale").get_by_text("earlier choice").wait_for()
    let_go = studio.hold_back()
    studio.upload("reference", OTHER)
    studio.at("#reference img").wait_for()
    studio.match()
    wanted = run_match(match_job(SOURCE, OTHER))
    assert wanted.report is not None
    assert studio.distance()[1] == pytest.approx(wanted.report.distance_after, abs=0.06)
    let_go()
    studio.at("#reference-about").get_by_text(OTHER.name).wait_for()
    assert studio.said("#stale") == ""


def test_words_about_a_picture_that_is_still_being_read_stay(open_page, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    cut = tmp_path / "cut short.jpg"
    cut.write_bytes(REFERENCE.read_bytes()[:30_000])
    studio: Studio = open_page()
    studio.choose("source", SOURCE)
    let_go = studio.hold_back()
    studio.upload("reference", cut)
    studio.at("#reference img").wait_for(state="attached")
    studio.at("#match").click()
    studio.at("#status").get_by_text("cut short").wait_for()
    let_go()
    studio.at("#reference-about").get_by_text("cut short").wait_for()
    studio.at("#reference img").wait_for(state="detached")
    studio.page.wait_for_timeout(500)  # what follows a choice is through
    assert "cut short" in studio.said("#status")


def test_a_file_the_browser_does_not_call_a_picture_gets_our_advice(open_page, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    raw = tmp_path / "harbour.nef"
    raw.write_bytes(b"II*\0" + bytes(2000))
    studio: Studio = open_page()
    studio.upload("source", raw)
    studio.at("#source-about").get_by_text("develop it and save a 16-bit TIFF").wait_for()
    assert studio.at(".toast-body").count() == 0
    studio.at("#reference button, #reference [role=button]").first.evaluate(
        """(place) => {
          const files = new DataTransfer();
          files.items.add(new File([new Uint8Array(2000)], 'clip.mxf'));
          place.dispatchEvent(new DragEvent('drop', {bubbles: true, cancelable: true, dataTransfer: files}));
        }"""
    )
    studio.at("#reference-about").get_by_text("is footage").wait_for()
