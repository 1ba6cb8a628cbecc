"""Something is changed after a match: the page says that the picture on the screen was made otherwise, and what differs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from desk_page import choose_option, match, open_more, says, says_nothing, set_seed
from PIL import Image
from studio_page import OTHER, REFERENCE, SOURCE, Studio

pytestmark = pytest.mark.browser


def test_whatever_is_changed_is_named_and_goes_when_it_is_changed_back(open_page, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    studio.choose_pair(SOURCE, REFERENCE)
    open_more(studio)
    match(studio)
    assert studio.said("#stale") == ""
    at, page = studio.at, studio.page
    changes: list[tuple[str, Callable[[], None], Callable[[], None]]] = [
        ("seed 0, chosen now: 3", lambda: set_seed(studio, "3"), lambda: set_seed(studio, "0")),
        ("method Fast sliced, chosen now: ReSWD", lambda: choose_option(studio, "#method", "ReSWD"),
         lambda: choose_option(studio, "#method", "Fast sliced")),
        ("kind of grade Automatic, chosen now: CDL", lambda: page.get_by_label("CDL", exact=True).click(),
         lambda: at("#more").get_by_label("Automatic").click()),
        ("both pictures show Find out, chosen now: Different scenes",
         lambda: at("#scene").get_by_label("Different scenes").click(),
         lambda: at("#scene").get_by_label("Find out").click()),
        ("take The mood, chosen now: The look", lambda: at("#aim").get_by_label("The look").click(),
         lambda: at("#aim").get_by_label("The mood").click()),
        ("keep Blacks, Greys, Skin, Highlights, chosen now: Blacks, Greys, Highlights",
         lambda: at("#keep").get_by_label("Skin").click(), lambda: at("#keep").get_by_label("Skin").click()),
        ("chosen now: palette of 1 colour", lambda: palette(studio), lambda: at("#kind").get_by_label("Picture").click()),
        ("Now: No saved grade is loaded", lambda: at("#kind").get_by_label("Saved grade").click(),
         lambda: at("#kind").get_by_label("Picture").click()),
    ]  # fmt: skip
    for said, change, back in changes:
        change()
        says(studio, said)
        back()
        says_nothing(studio)
    studio.set_strength(0.5)
    studio.page.wait_for_timeout(1500)
    assert studio.said("#stale") == "", "the picture follows the strength at once"

    mask = tmp_path / "top.png"
    with Image.open(SOURCE) as image:
        Image.new("L", image.size, 255).save(mask)
    studio.upload("source-mask", mask)
    says(studio, "source mask none, chosen now: top.png")
    studio.shoot("stale-1280")
    assert studio.in_view("#desk .desk-panes", "#stale"), "below the viewer, and in sight wherever the page stands"
    match(studio)
    says_nothing(studio)
    studio.take_out("source-mask")
    says(studio, "source mask top.png, chosen now: none")
    studio.choose("reference", OTHER)
    says(studio, f"reference {REFERENCE.name}, chosen now: {OTHER.name}")


def palette(studio: Studio) -> None:
    studio.at("#kind").get_by_label("Palette").click()
    studio.at("#palette textarea").fill("#123456")


def test_strength_does_not_take_the_notice_away(open_page) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    studio.choose_pair(SOURCE, REFERENCE)
    open_more(studio)
    choose_option(studio, "#method", "Reinhard")
    match(studio)
    set_seed(studio, "5")
    says(studio, "chosen now: 5")
    figures = studio.at("#metrics").inner_text()
    studio.set_strength(0.3)
    studio.wait(lambda: studio.at("#metrics").inner_text() != figures)
    studio.page.wait_for_timeout(500)
    assert "chosen now: 5" in studio.said("#stale")
