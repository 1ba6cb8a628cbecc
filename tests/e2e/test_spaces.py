"""The app in a real Chromium: colour spaces by name, and pictures of floats."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from studio_page import PHONE, REFERENCE, WIDE, Studio

from studio.media.images import read_picture
from studio.views.preview import display_pixels
from studio.views.seen import Seen
from tests.studio.media.images.film_for_tests import ExrPart, exr
from tests.studio.spaces_for_tests import LOGC3, PLACE, scene, two_cameras

pytestmark = pytest.mark.browser


def open_section(studio: Studio) -> None:
    studio.at("#spaces button.label-wrap").first.click()
    studio.at("#source-space input").first.wait_for()


def choose_space(studio: Studio, elem_id: str, typed: str, name: str) -> None:
    """Find a space by a part of its name and take it."""
    box = studio.at(f"#{elem_id} input").first
    box.click()
    options = studio.at(f"#{elem_id} [role=option]")
    studio.wait(lambda: options.count() > 1)  # the names of the config are there
    box.press_sequentially(typed)
    studio.wait(lambda: options.count() == 1)
    options.get_by_text(name).click()


@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "dark"), (PHONE, "light")])
def test_a_logarithm_is_seen_and_matched_through_the_view(  # type: ignore[no-untyped-def]
    open_page, tmp_path: Path, size: tuple[int, int], scheme: str
) -> None:
    studio: Studio = open_page(size, color_scheme=scheme)
    source, reference = two_cameras(tmp_path)
    studio.choose_pair(source, reference)
    open_section(studio)
    choose_space(studio, "source-space", "logc3", f"{LOGC3} · log")
    studio.at("#seen").get_by_text("not as raw codes").wait_for()
    studio.wait(lambda: studio.at("#target-space input").first.is_enabled())
    choose_space(studio, "target-space", "S-Log3 S-Gamut3.C", "S-Log3 S-Gamut3.Cine · log")
    studio.at("#spaces-said").get_by_text("graded in ACEScct; the reference is in S-Log3").wait_for()
    assert not studio.at("#trims").is_visible() and studio.at("#trims-off").get_by_text("are off").is_visible()
    studio.match()
    assert studio.distance()[1] < 0.3 * studio.distance()[0]
    graded = studio.download("get-picture", tmp_path)
    picture = read_picture(graded)
    shown = display_pixels(picture, picture.pixels, Seen(PLACE, LOGC3))
    assert np.abs(studio.after_pixels() - shown).max() <= 1, "the viewer shows the file that is taken away"
    settings = json.loads(studio.download("get-settings", tmp_path).read_text())
    assert settings["spaces"]["source"] == LOGC3
    assert not studio.too_wide()
    studio.shoot(f"spaces-{size[0]}-{scheme}", full=True)


def test_an_exr_comes_back_as_one_and_a_new_page_keeps_its_space(open_page, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    light = exr(
        tmp_path / "light.exr", ExrPart(scene().astype(np.float32), attributes={"colorInteropID": "lin_ap1_scene"})
    )
    studio.choose_pair(light, REFERENCE)
    studio.at("#seen").get_by_text("Floats are shown from 0 to 1").wait_for()
    open_section(studio)
    studio.at("#spaces-said").get_by_text("light.exr: its file says ACEScg").wait_for()
    choose_space(studio, "source-space", "acescg", "ACEScg · linear")
    studio.at("#seen").get_by_text("not as raw codes").wait_for()
    studio.match()
    graded = studio.download("get-picture", tmp_path)
    assert graded.suffix == ".exr" and read_picture(graded).pixels.dtype == np.float16
    studio.page.reload()
    studio.at("#history .strip-list li").first.wait_for()
    studio.at("#spaces-said").get_by_text("graded in ACEScct").wait_for()
    assert studio.at("#source-space input").first.input_value() == "ACEScg · linear"
