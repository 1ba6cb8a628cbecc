"""The app in a real Chromium: what a person sees and takes away."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from studio_page import ASSETS, PHONE, Studio

from reswd_torch import load_grade
from reswd_torch.settings import METHODS, MatchSettings
from studio.service.match import run_match
from tests.conftest import digest
from tests.studio.jobs_for_tests import match_job

if TYPE_CHECKING:
    pass

pytestmark = pytest.mark.browser

SOURCE, REFERENCE = ASSETS / "lagoon-jetty.jpg", ASSETS / "mountain-sunset.jpg"
OTHER = ASSETS / "forest-stream.jpg"


def test_match_strength_and_downloads(open_page, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    assert "appears here" in studio.at("#empty").inner_text()
    assert studio.at("#get-picture").is_disabled()
    studio.shoot("empty-1280")
    studio.choose_pair(SOURCE, REFERENCE)
    studio.match()
    expected = run_match(match_job(SOURCE, REFERENCE))
    before, after = studio.distance()
    assert expected.report is not None
    assert (before, after) == pytest.approx((expected.report.distance_before, expected.report.distance_after), abs=0.06)
    assert studio.in_view("#slider", "#strength", "#metrics"), "picture, strength and distance share the screen"
    assert not studio.too_wide()
    _move_the_divider(studio)
    studio.shoot("match-1280", full=True)

    full = studio.after_pixels()
    studio.set_strength(0.4)
    studio.wait(lambda: studio.distance()[1] > after)
    studio.wait(lambda: studio.after_address().endswith(".png"))
    weak = studio.after_pixels()
    original = np.asarray(Image.open(SOURCE)).astype(int)
    assert np.abs(weak - original).mean() < np.abs(full - original).mean()
    studio.shoot("strength-1280")

    _downloads_are_the_librarys(studio, tmp_path)


def _move_the_divider(studio: Studio) -> None:
    box = studio.at("#slider").bounding_box()
    assert box is not None
    page, middle = studio.page, box["y"] + box["height"] / 2
    region = {"x": box["x"] + box["width"] * 0.6, "y": box["y"] + 60, "width": 60, "height": 200}
    still = page.screenshot(clip=region)
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.85, middle, steps=6)
    page.mouse.up()
    page.wait_for_timeout(300)
    assert page.screenshot(clip=region) != still, "left of the divider the picture is the one before"


def _downloads_are_the_librarys(studio: Studio, folder: Path) -> None:
    """What is taken away at strength 0.4 equals what library and command line make of the same settings."""
    wanted = run_match(match_job(SOURCE, REFERENCE)).at_strength(0.4)
    picture = studio.download("get-picture", folder)
    assert picture.name == "lagoon-jetty matched.jpg"
    assert digest(picture) == digest(wanted.save_picture(folder / "library.jpg"))
    for elem_id, suffix in (("get-cube", ".cube"), ("get-cc", ".cc"), ("get-ccc", ".ccc"), ("get-cdl", ".cdl")):
        grade = studio.download(elem_id, folder)
        assert grade.name == f"lagoon-jetty matched{suffix}"
        assert digest(grade) == digest(wanted.save_grade(folder / f"library{suffix}"))
    settings = studio.download("get-settings", folder)
    assert json.loads(settings.read_text())["settings"]["strength"] == 0.4
    out = folder / "from settings.jpg"
    command = [sys.executable, "-m", "studio", "match", SOURCE, REFERENCE, "--from-settings", settings, "-o", out]
    subprocess.run(list(map(str, command)), check=True, capture_output=True, cwd=ASSETS.parent)
    assert digest(out) == digest(picture), "the settings run again to the same bytes"
    studio.at("#cube-size").get_by_text("17").click()
    studio.wait(lambda: studio.at("#cube-line").inner_text().strip() != "")
    small = studio.download("get-cube", folder)
    assert "LUT_3D_SIZE 17" in small.read_text()
    assert load_grade(small).transform.size == 17  # type: ignore[union-attr]


def test_examples_compare_and_pick(open_page) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    studio.at("#examples .thumbnail-item").nth(1).click()
    studio.wait(lambda: studio.after_address() != "")
    assert "forest-stream.jpg" in studio.at("#source-about").inner_text()
    first = studio.after_address()
    studio.at("#compare").click()
    studio.wait(lambda: studio.at("#compared .thumbnail-item").count() == len(METHODS), 60)
    studio.wait(lambda: studio.at("#compare").is_enabled())
    captions = studio.at("#compared .caption-label").all_inner_texts()
    assert all("distance" in caption and " s" in caption for caption in captions)
    studio.shoot("compare-1280", full=True)
    studio.at("#compared .thumbnail-item").last.click()
    studio.wait(lambda: studio.after_address() not in ("", first))
    studio.wait(lambda: studio.at("#get-cc").is_disabled())
    assert "does not fit" in studio.at("#cube-line").inner_text(), "why there is no CDL is said"
    assert "3-D LUT" in studio.at("#numbers").inner_text()


def test_stop_keeps_the_last_result(open_page) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    studio.choose_pair(SOURCE, REFERENCE)
    studio.match()
    kept = studio.after_address()
    studio.at("#compare").click()
    studio.wait(lambda: studio.at("#compare-stop").is_enabled())
    studio.at("#compare-stop").click()
    studio.at("#compare-status").get_by_text("Cancelled").wait_for()
    studio.wait(lambda: studio.at("#match").is_enabled() and studio.at("#compare-stop").is_disabled())
    assert studio.at("#compared .thumbnail-item").count() < len(METHODS)
    assert studio.after_address() == kept
    studio.shoot("stopped-1280")
    studio.at("#more").get_by_text("More").click()
    studio.at("#method input").click()
    studio.page.get_by_role("option", name="ReSWD").click()
    studio.at("#match").click()
    studio.wait(lambda: studio.at("#stop").is_enabled())
    studio.at("#stop").click()
    studio.at("#status").get_by_text("Cancelled").wait_for()
    studio.wait(lambda: studio.at("#match").is_enabled() and studio.at("#stop").is_disabled())
    assert studio.after_address() == kept


def test_palette_and_saved_grade(open_page, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    studio.choose("source", SOURCE)
    studio.at("#kind").get_by_text("Palette").click()
    studio.at("#palette textarea").fill("#20304f:2, #e0b070, #f4ead5")
    studio.wait(lambda: studio.at("#swatches span").count() == 3)
    studio.match()
    wanted = run_match(match_job(SOURCE, palette="#20304f:2, #e0b070, #f4ead5"))
    assert wanted.report is not None
    assert studio.distance()[1] == pytest.approx(wanted.report.distance_after, abs=0.06)
    studio.shoot("palette-1280")
    look = studio.download("get-cc", tmp_path)

    studio.at("#kind").get_by_text("Saved grade").click()
    studio.upload("grade", look)
    studio.at("#grade-about").get_by_text("CDL, ten numbers").wait_for()
    assert studio.at("#match").inner_text() == "Apply grade"
    studio.match()
    assert "no distance" in studio.at("#metrics").inner_text()
    again = studio.download("get-picture", tmp_path)
    exact = wanted.save_picture(tmp_path / "library.jpg")
    pixels = [np.asarray(Image.open(path)).astype(int) for path in (again, exact)]
    assert np.abs(pixels[0] - pixels[1]).mean() < 0.1
    studio.shoot("saved-grade-1280", full=True)


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


def test_painted_mask_keeps_the_rest(open_page, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    studio.choose_pair(SOURCE, REFERENCE)
    studio.at("#more").get_by_text("More").click()
    studio.at("#paint-source").click()
    canvas = studio.at("#source-editor canvas").first
    canvas.wait_for()
    studio.page.wait_for_timeout(1500)
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    mouse = studio.page.mouse
    mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.5)
    mouse.down()
    mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.55, steps=8)
    mouse.up()
    studio.page.wait_for_timeout(800)
    studio.shoot("painting-1280")
    studio.match()  # takes what is painted, as if its own button had been pressed
    studio.at("#source-painted").get_by_text("% of the picture is painted").wait_for()
    assert studio.at("#source-editor").count() == 0 or not studio.at("#source-editor").is_visible()
    studio.shoot("painted-1280", full=True)
    original, graded = np.asarray(Image.open(SOURCE)).astype(int), studio.after_pixels()
    changed = np.abs(graded - original).max(axis=2) > 2
    assert 0.003 < changed.mean() < 0.5, "only the painted part changes"
    assert not changed[-20:].any()


def test_an_open_unpainted_canvas_is_no_obstacle(open_page) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    studio.choose_pair(SOURCE, REFERENCE)
    studio.at("#more").get_by_text("More").click()
    studio.at("#paint-source").click()
    studio.at("#source-editor canvas").first.wait_for()
    studio.at("#paint-source").get_by_text("Close").click()
    studio.at("#source-editor").wait_for(state="hidden")
    studio.at("#paint-source").click()
    studio.at("#source-editor canvas").first.wait_for()
    studio.match()
    assert studio.said("#status") == ""
    assert "whole picture counts" in studio.at("#source-painted").inner_text()
    studio.choose("reference", OTHER)  # not just until it is called stale: that is so once the old one is out
    studio.at("#stale").get_by_text("still lagoon-jetty.jpg matched to mountain-sunset.jpg").wait_for()
    studio.shoot("stale-1280")
    studio.match()
    studio.wait(lambda: studio.said("#stale") == "")


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
    studio.at("#stale").get_by_text("still lagoon-jetty.jpg").wait_for()
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


def test_sixteen_bit_tiff_keeps_its_depth(open_page, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    import tifffile

    deep = tmp_path / "deep valley.tif"
    with Image.open(ASSETS / "autumn-mountain.jpg") as image:
        small = np.asarray(image.resize((480, 320)))
    tifffile.imwrite(deep, small.astype(np.uint16) * 257, photometric="rgb")
    studio: Studio = open_page()
    studio.choose_pair(deep, REFERENCE)
    assert "TIFF, 16 bit" in studio.at("#source-about").inner_text()
    assert studio.at("#source img").evaluate("e => e.complete && e.naturalWidth > 0"), "a preview a browser can show"
    studio.match()
    assert "TIFF, 16 bit" in studio.at("#get-picture").inner_text()
    out = studio.download("get-picture", tmp_path)
    assert out.name == "deep valley matched.tif"
    assert tifffile.imread(out).dtype == np.uint16
    studio.shoot("tiff-1280")


def test_two_people_do_not_see_each_other(open_page, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    first, second = open_page(), open_page()
    first.choose_pair(SOURCE, REFERENCE)
    first.match()
    assert second.at("#slider img").count() == 0
    assert second.at("#source-about").inner_text().strip() == ""
    second.choose_pair(REFERENCE, SOURCE)
    people = ((first, SOURCE, REFERENCE), (second, REFERENCE, SOURCE))
    before = first.after_address()
    for studio, _, _ in people:
        studio.at("#match").click()
    first.wait(lambda: first.after_address() not in ("", before))
    second.wait(lambda: second.after_address() != "")
    for studio, source, reference in people:
        out = studio.download("get-picture", tmp_path)
        assert out.name == f"{source.stem} matched.jpg"
        wanted = run_match(match_job(source, reference)).save_picture(tmp_path / f"library {source.name}")
        assert digest(out) == digest(wanted)


def test_the_slider_moved_while_it_matches_has_the_last_word(open_page, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    studio.choose_pair(SOURCE, REFERENCE)
    studio.at("#more").get_by_text("More").click()
    studio.at("#method input").click()
    studio.page.get_by_role("option", name="ReSWD").click()
    studio.at("#match").click()
    studio.wait(lambda: studio.at("#stop").is_enabled())
    studio.set_strength(0.3)
    studio.wait(lambda: studio.at("#get-settings").is_enabled())
    settings = studio.download("get-settings", tmp_path)
    assert json.loads(settings.read_text())["settings"]["strength"] == 0.3
    wanted = run_match(match_job(SOURCE, REFERENCE, settings=MatchSettings(method="reswd"))).at_strength(0.3)
    assert wanted.report is not None
    assert studio.distance()[1] == pytest.approx(wanted.report.distance_after, abs=0.06)
    assert studio.at("#strength input[type=range]").input_value() == "0.3"


def test_an_emptied_strength_field_keeps_the_last_one(open_page) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    studio.choose_pair(SOURCE, REFERENCE)
    studio.match()
    shown = studio.distance()
    studio.at("#strength input[type=number]").fill("")
    studio.page.wait_for_timeout(600)
    assert studio.at(".toast-body").count() == 0
    assert studio.distance() == shown


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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone(open_page, scheme: str) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page(PHONE, color_scheme=scheme)
    assert not studio.too_wide()
    studio.shoot(f"empty-400-{scheme}", full=True)
    studio.at("#examples .thumbnail-item").first.click()
    studio.wait(lambda: studio.after_address() != "")
    studio.wait(lambda: studio.at("#match").is_enabled())
    assert not studio.too_wide()
    for selector in ("#slider", "#strength", "#metrics", "#get-picture", "#get-cdl", "#chart"):
        box = studio.at(selector).bounding_box()
        assert box is not None, selector
        assert box["x"] >= 0, selector
        assert box["x"] + box["width"] <= PHONE[0], selector
    studio.shoot(f"match-400-{scheme}", full=True)
