"""The app in a real Chromium: two people at the same time, and a phone."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from studio_page import PHONE, REFERENCE, SOURCE, Studio

from studio.service.match import run_match
from tests.conftest import digest
from tests.studio.jobs_for_tests import match_job

pytestmark = pytest.mark.browser


def test_two_people_do_not_see_each_other(open_page, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    first, second = open_page(), open_page()
    first.choose_pair(SOURCE, REFERENCE)
    first.match()
    assert second.after_address() == ""
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone(open_page, scheme: str) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page(PHONE, color_scheme=scheme)
    assert not studio.too_wide()
    studio.shoot(f"empty-400-{scheme}", full=True)
    studio.at("#examples .thumbnail-item").first.click()
    studio.wait(lambda: studio.after_address() != "")
    studio.wait(lambda: studio.at("#match").is_enabled())
    assert not studio.too_wide()
    for selector in ("#desk", "#desk-scopes", "#strength", "#trims", "#metrics", "#get-picture", "#get-cdl", "#chart"):
        box = studio.at(selector).bounding_box()
        assert box is not None, selector
        assert box["x"] >= 0, selector
        assert box["x"] + box["width"] <= PHONE[0], selector
    studio.shoot(f"match-400-{scheme}", full=True)


def _surround(studio: Studio) -> tuple[str, str]:
    """The surround of the page, and the colour of its body."""
    return tuple(
        studio.page.evaluate(
            "[document.documentElement.dataset.surround, getComputedStyle(document.body).backgroundColor]"
        )
    )


_GREYS = {"dark": "rgb(31, 31, 31)", "mid": "rgb(110, 110, 110)", "light": "rgb(228, 228, 228)"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_surround_is_the_systems_until_one_is_chosen_and_kept(open_page, scheme: str) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page(color_scheme=scheme)
    assert studio.page.get_by_role("radio", name="System", exact=True).is_checked()
    assert _surround(studio) == (scheme, _GREYS[scheme])
    for surround, name in (("mid", "Mid-grey"), ("light", "Light"), ("dark", "Dark")):
        studio.page.get_by_text(name, exact=True).click()
        studio.wait(lambda surround=surround: _surround(studio) == (surround, _GREYS[surround]))  # type: ignore[misc]
        studio.shoot(f"surround-{surround}-1280")
        studio.page.reload()
        studio.at("#match").wait_for()
        assert _surround(studio) == (surround, _GREYS[surround])
        assert studio.page.get_by_role("radio", name=name, exact=True).is_checked()
    studio.page.emulate_media(color_scheme="light" if scheme == "dark" else "dark")
    assert _surround(studio) == ("dark", _GREYS["dark"]), "what was chosen stays, whatever the system does"
    studio.page.get_by_role("radio", name="Dark", exact=True).focus()
    studio.page.keyboard.press("ArrowLeft")
    studio.wait(lambda: studio.page.get_by_role("radio", name="System", exact=True).is_checked())
    assert _surround(studio)[0] != scheme, "back to the system, which has changed"


def test_the_chosen_surround_is_there_before_anything_is_painted(open_page, app_url: str) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page(color_scheme="light")
    studio.page.get_by_text("Dark", exact=True).click()
    studio.page.route("**/*.js", lambda route: route.abort())  # Gradio never begins
    studio.page.goto(app_url, wait_until="domcontentloaded")
    assert studio.at("#match").count() == 0
    assert _surround(studio) == ("dark", _GREYS["dark"])


def test_a_picture_that_fills_the_screen_has_the_surround_behind_it(open_page) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page(color_scheme="dark")
    studio.choose_pair(SOURCE, REFERENCE)
    studio.match()
    studio.at("#chart button[aria-label*=ullscreen]").first.click()
    studio.at("#chart.fullscreen").wait_for()
    for surround, grey in (("dark", "rgb(26, 26, 26)"), ("mid", "rgb(118, 118, 118)"), ("light", "rgb(233, 233, 233)")):
        studio.at(f"input[name=surround][value={surround}]").evaluate("each => each.click()")
        studio.wait(lambda grey=grey: studio.at("#chart").evaluate("e => getComputedStyle(e).backgroundColor") == grey)  # type: ignore[misc]


@pytest.mark.parametrize("surround", ["dark", "mid"])
def test_the_filled_part_of_a_slider_is_the_brighter_one(open_page, surround: str) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    studio.at(f"input[name=surround][value={surround}]").check()
    slider = studio.at("#strength input[type=range]")
    slider.scroll_into_view_if_needed()
    with Image.open(io.BytesIO(slider.screenshot())) as image:
        row = np.asarray(image.convert("RGB")).astype(int)[image.height // 2]
    filled, empty = row[len(row) // 4], row[3 * len(row) // 4]
    assert filled.min() > empty.max() + 60
    assert np.ptp(filled) == np.ptp(empty) == 0, "no tint"


def test_the_page_uses_the_width_that_there_is(open_page) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page((1920, 1080))
    box = studio.at(".halves:visible").bounding_box()
    assert box is not None and box["width"] > 1800
    studio.shoot("empty-1920")
