"""*Compare methods* where one looks: below the viewer, with progress, and a pressed one becomes the result."""

from __future__ import annotations

import pytest
from desk_page import choose_option, like, match, names, open_more, settled
from studio_page import PHONE, REFERENCE, SOURCE, Studio

from reswd_torch.settings import METHODS

pytestmark = pytest.mark.browser
_STOP_AFTER_THE_FIRST = """async () => {
  const done = () => document.querySelector('#compared button.strip-show:not(:disabled)');
  while (!done()) await new Promise((next) => setTimeout(next, 10));
  document.querySelector('#compare-stop').click();
}"""
"""Quicker than a hand: the second method may take half a second only."""


def test_all_methods_below_the_viewer(open_page) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    studio.choose_pair(SOURCE, REFERENCE)
    studio.at("#aim").get_by_label("The colours").click()
    open_more(studio)
    choose_option(studio, "#method", "MKL")
    match(studio)
    studio.at("#seed input").scroll_into_view_if_needed()
    studio.at("#compare").click()
    said = studio.at("#compared .compared-said")
    studio.wait(lambda: "is at work" in said.inner_text())
    studio.wait(lambda: studio.in_view("#desk .desk-panes", "#compared .compared"), 10)
    studio.shoot("comparing-1280")
    tiles = studio.at("#compared button.strip-show")
    studio.wait(lambda: tiles.count() == len(METHODS) + 1 and "Press one" in said.inner_text())
    assert studio.at("#compared .strip-name").all_inner_texts()[:2] == ["Fast sliced", "Fast sliced, LUT"]
    assert all("distance" in text for text in studio.at("#compared .strip-how").all_inner_texts())
    marked = studio.at("#compared button[aria-pressed=true] .strip-name")
    assert marked.all_inner_texts() == ["MKL"], "the one in the viewer"
    studio.wait(lambda: all(image.evaluate("e => e.naturalWidth > 0") for image in studio.at("#compared img").all()))

    before = settled(studio)
    tiles.last.scroll_into_view_if_needed()
    tiles.last.focus()
    studio.page.keyboard.press("Enter")
    studio.wait(lambda: marked.all_inner_texts() == ["Histogram"])
    assert studio.in_view("#desk .desk-panes")
    studio.wait(lambda: bool(studio.page.evaluate("document.activeElement.closest('#desk .desk-canvas') !== null")))
    assert not like(settled(studio), before)
    assert studio.at("#method input").input_value() == "Histogram"
    studio.wait(lambda: studio.said("#stale") == "")
    assert [name.split(",")[0] for name in names(studio)] == ["Histogram", "MKL"], "it is part of the history"
    studio.shoot("compared-1280")

    tiles.nth(1).click()
    studio.wait(lambda: marked.all_inner_texts() == ["Fast sliced, LUT"])
    assert studio.at("#more").get_by_label("3-D LUT").is_checked()
    tiles.last.click()
    studio.wait(lambda: marked.all_inner_texts() == ["Histogram"])
    assert len(names(studio)) == 3, "the same one once more is no match of its own"
    studio.at("#compared .compared-close").click()
    assert studio.at("#compared .compared").is_hidden()


def test_compare_on_a_phone_stops_and_fits(open_page) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page(PHONE, color_scheme="dark")
    studio.choose_pair(SOURCE, REFERENCE)
    studio.at("#aim").get_by_label("The colours").click()  # with a LUT, whose fit takes longest, as the second
    studio.at("#compare").click()
    studio.page.evaluate(_STOP_AFTER_THE_FIRST)
    assert not studio.too_wide()
    studio.wait(lambda: "Stopped" in studio.said("#compare-status"))
    studio.wait(lambda: studio.at("#match").is_enabled())
    studio.at("#compared button.strip-show").first.click()
    studio.wait(lambda: len(names(studio)) == 1)
    studio.wait(lambda: studio.in_view("#desk .desk-panes"), 10)
    assert not studio.too_wide()
    studio.shoot("compared-400-dark")
