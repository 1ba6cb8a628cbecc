"""The app in a real Chromium: painted masks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from studio_page import OTHER, REFERENCE, SOURCE, Studio

pytestmark = pytest.mark.browser


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
