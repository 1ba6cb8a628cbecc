"""The app in a real Chromium: a match, its strength, and what a person takes away."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from studio_page import ASSETS, REFERENCE, SOURCE, Studio

from reswd_torch import load_grade
from reswd_torch.settings import MatchSettings
from studio.service.match import run_match
from tests.conftest import digest
from tests.studio.jobs_for_tests import match_job

pytestmark = pytest.mark.browser
TAKEN = MatchSettings(aim="colours")
"""Ten numbers, which every grade file holds."""


def test_match_strength_and_downloads(open_page, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    assert "appears here" in studio.at("#desk .desk-empty").inner_text()
    assert studio.at("#get-picture").is_disabled()
    studio.shoot("empty-1280")
    studio.choose_pair(SOURCE, REFERENCE)
    studio.at("#aim").get_by_label("The colours").click()
    studio.match()
    expected = run_match(match_job(SOURCE, REFERENCE, settings=TAKEN))
    before, after = studio.distance()
    assert expected.report is not None
    assert (before, after) == pytest.approx((expected.report.distance_before, expected.report.distance_after), abs=0.06)
    assert studio.in_view("#desk .desk-panes"), "the whole picture is on the screen"
    assert not studio.too_wide()
    _move_the_divider(studio)
    studio.shoot("match-1280", full=True)

    full = studio.after_pixels()
    address = studio.after_address()
    studio.set_strength(0.4)
    studio.wait(lambda: studio.distance()[1] > after)
    studio.wait(lambda: studio.after_address() != address)
    weak = studio.after_pixels()
    original = np.asarray(Image.open(SOURCE)).astype(int)
    assert np.abs(weak - original).mean() < np.abs(full - original).mean()
    studio.shoot("strength-1280")

    _downloads_are_the_librarys(studio, tmp_path)


def _move_the_divider(studio: Studio) -> None:
    box = studio.at("#desk .desk-panes").bounding_box()
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
    wanted = run_match(match_job(SOURCE, REFERENCE, settings=TAKEN)).at_strength(0.4)
    picture = studio.download("get-picture", folder)
    assert picture.name == "lagoon-jetty matched.jpg"
    assert digest(picture) == digest(wanted.save_picture(folder / "library.jpg"))
    for elem_id, suffix in (("get-cube", ".cube"), ("get-cc", ".cc"), ("get-ccc", ".ccc"), ("get-cdl", ".cdl")):
        grade = studio.download(elem_id, folder)
        assert grade.name == f"lagoon-jetty matched{suffix}"
        assert digest(grade) == digest(wanted.save_grade(folder / f"library{suffix}"))
    studio.at("#more-grades").get_by_text("Grade files for other programs").click()
    studio.at("#more-grades").get_by_text("darktable, RawTherapee, ffmpeg").wait_for()
    for elem_id, suffix in (("get-clf", ".clf"), ("get-hald-png", ".hald.png"), ("get-icc", ".icc")):
        grade = studio.download(elem_id, folder)
        assert grade.name == f"lagoon-jetty matched{suffix}"
        assert digest(grade) == digest(wanted.save_grade(folder / f"library{suffix}"))
    studio.shoot("other-grade-files-1280")
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


def test_palette_and_saved_grade(open_page, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    studio.choose("source", SOURCE)
    studio.at("#kind").get_by_text("Palette").click()
    studio.at("#palette textarea").fill("#20304f:2, #e0b070, #f4ead5")
    studio.wait(lambda: studio.at("#swatches input[type=color]").count() == 3)
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
