"""The app in a real Chromium: painted masks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from desk_page import open_the_brush, painted, stroke
from PIL import Image
from studio_page import OTHER, PHONE, REFERENCE, SOURCE, Studio

pytestmark = pytest.mark.browser


def test_what_is_painted_changes_and_the_rest_stays(open_page) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    studio.choose_pair(SOURCE, REFERENCE)
    box = open_the_brush(studio)
    assert studio.in_view("#desk .desk-panes"), "the page goes to where one paints"
    stroke(studio, box, (0.3, 0.5), (0.6, 0.55))
    studio.wait(lambda: painted(studio) > 0.3)
    studio.at("#source-painted").get_by_text("% of the picture is painted").wait_for()
    studio.shoot("painting-1280")
    studio.match()
    assert not studio.at("#desk .desk-mask").count(), "the result is seen, not the brush"
    original, graded = np.asarray(Image.open(SOURCE)).astype(int), studio.after_pixels()
    changed = np.abs(graded - original).max(axis=2) > 2
    assert 0.003 < changed.mean() < 0.5, "only the painted part changes"
    assert not changed[-20:].any()
    studio.shoot("painted-1280", full=True)


def test_erase_invert_undo_and_clear(open_page) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    studio.choose("source", SOURCE)
    box = open_the_brush(studio)
    studio.at("#desk .desk-paint [data-of=size]").fill("120")
    stroke(studio, box, (0.3, 0.5), (0.7, 0.5))
    studio.wait(lambda: painted(studio) > 2)
    whole = painted(studio)
    studio.at("#desk .desk-paint [data-tool=erase]").click()
    stroke(studio, box, (0.3, 0.5), (0.5, 0.5))
    studio.wait(lambda: 0 < painted(studio) < whole)
    studio.at("#desk .desk-paint [data-act=undo]").click()
    studio.wait(lambda: painted(studio) == whole)
    studio.at("#desk .desk-paint [data-act=invert]").click()
    studio.wait(lambda: painted(studio) == pytest.approx(100 - whole, abs=1))
    studio.at("#desk .desk-paint [data-act=clear]").click()
    studio.wait(lambda: "whole picture counts" in studio.at("#desk .desk-painted").inner_text())
    studio.at("#desk .desk-paint [data-act=done]").click()
    studio.at("#desk .desk-mask").wait_for(state="detached")
    assert not studio.at("#desk .desk-paint").is_visible()


def test_a_colour_is_a_mask(open_page) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    studio.choose("source", SOURCE)
    box = open_the_brush(studio)
    studio.at("#desk .desk-paint [data-tool=pick]").click()
    studio.page.mouse.click(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.3)
    studio.wait(lambda: painted(studio) > 1)
    narrow = painted(studio)
    studio.at("#desk .desk-paint [data-of=tolerance]").fill("40")
    studio.wait(lambda: painted(studio) > narrow)
    studio.shoot("colour-mask-1280")


def test_the_mask_comes_back_and_goes_with_its_picture(open_page) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    studio.choose_pair(SOURCE, REFERENCE)
    box = open_the_brush(studio)
    stroke(studio, box, (0.3, 0.5), (0.6, 0.5))
    studio.wait(lambda: painted(studio) > 0.3)
    studio.at("#paint-source").click()
    studio.at("#desk .desk-mask").wait_for(state="detached")
    open_the_brush(studio)
    studio.at("#source-painted").get_by_text("%").wait_for()
    studio.choose("source", OTHER)
    studio.wait(lambda: studio.at("#source-painted").inner_text().strip() == "")
    studio.match()
    original, graded = np.asarray(Image.open(OTHER)).astype(int), studio.after_pixels()
    assert (np.abs(graded - original).max(axis=2) > 2).mean() > 0.5, "the new picture has no mask"


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_painting_on_a_phone(open_page, scheme: str) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page(PHONE, color_scheme=scheme)
    studio.choose_pair(SOURCE, REFERENCE)
    box = open_the_brush(studio)
    assert not studio.too_wide()
    assert studio.in_view("#desk .desk-mask")
    stroke(studio, box, (0.3, 0.5), (0.6, 0.5))
    studio.wait(lambda: painted(studio) > 0.3)
    studio.shoot(f"painting-400-{scheme}")


def test_there_is_nothing_to_paint_on_before_a_picture_was_chosen(open_page, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    studio.at("#more").get_by_text("More", exact=True).click()
    studio.at("#paint-source").click()
    studio.at("#desk .desk-painted").get_by_text("Choose a source first").wait_for()
