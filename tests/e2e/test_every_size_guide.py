"""A walk over the tab *Guide a generation*, at every size and in both themes: number 9 of the grading desk."""

from __future__ import annotations

import huggingface_hub
import pytest
from guide_page import (
    PALETTE,
    block,
    finished,
    loads_and_fails,
    open_tab,
    paint_one,
    says,
    set_number,
    set_palette,
)
from tour import Tour

from studio.ui.guide import events as guide_events


@pytest.fixture(autouse=True)
def _no_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    """Port 9 answers nobody: the hub is out of reach, whatever network there is."""
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")


def test_a_picture_is_painted(tour: Tour, monkeypatch: pytest.MonkeyPatch) -> None:
    open_tab(tour.studio)

    def number_9_loading(tour: Tour) -> None:
        """9: the first loading is shown where the picture will be, in the window, with its share."""
        with monkeypatch.context() as patch:
            patch.setattr(guide_events, "paint", loads_and_fails)
            _loading(tour)

    tour.walk(number_9_prompt, number_9_colours, number_9_loading, number_9_pixels, number_9_visit)


def number_9_prompt(tour: Tour) -> None:
    """9: of a long prompt it is told what the model knows, and a short one that suits it."""
    studio = tour.studio
    prompt, hint = studio.at("#guide-prompt textarea"), studio.at("#guide-hint")
    prompt.fill("a photograph of an astronaut riding a blue horse on the moon")
    hint.get_by_text("knows horse and moon, not astronaut or riding").wait_for()
    assert '"a blue horse" suits it best' in hint.inner_text()
    assert studio.in_view("#guide-prompt", "#guide-hint")
    tour.shoot("9_prompt_hint")
    tour.axe("9 a hint on the prompt")
    prompt.fill("a dog")
    studio.wait(lambda: hint.inner_text().strip() == "Understood: object dog")


def number_9_colours(tour: Tour) -> None:
    """9: what is wrong with a palette is said once, where the button was pressed."""
    studio = tour.studio
    set_palette(studio, "#zz")
    studio.at("#guide-start").click()
    says(studio, "'#zz' is not a hex colour")
    assert studio.at("main").get_by_text("is not a hex colour").filter(visible=True).count() == 1
    studio.wait(lambda: studio.in_view("#guide-start", "#guide-status .message"), 5)
    set_palette(studio, PALETTE)
    studio.at("#guide-swatches .swatches span").nth(2).wait_for()


def _loading(tour: Tour) -> None:
    studio = tour.studio
    studio.at("#guide-start").click()
    place = studio.at("#guide-so-far")
    place.get_by_text("Downloading model.safetensors: 1.38 of 6.90 GB").wait_for()
    assert place.get_by_role("progressbar").get_attribute("aria-valuenow") == "20"
    studio.wait(lambda: studio.in_view("#guide-so-far [role=progressbar]"), 2)
    box = place.bounding_box()
    assert box is not None and box["height"] >= 200 and box["width"] >= min(600, 0.9 * tour.size[0])
    tour.shoot("9_loading_shown")
    says(studio, "the line broke")
    finished(studio)
    assert place.inner_text().strip() == ""


def number_9_pixels(tour: Tour) -> None:
    """9: a result of 64 pixels is seen pixel by pixel, with its size, and leads into the window once it is there."""
    studio = tour.studio
    set_number(studio, "guide-steps", 3)
    paint_one(studio)
    studio.wait(lambda: studio.in_view("#guide-picture img"), 10)
    line = studio.at("#guide-pictures .shown-size").first
    line.get_by_text("64 × 64 pixels").wait_for()
    times = block(studio, "#guide-picture img")
    assert times >= 5 and line.inner_text() == f"64 × 64 pixels, shown {times} times as large"
    assert studio.at("#guide-picture img").get_attribute("alt") == "Guided: a dog"
    tour.shoot("9_pixel_by_pixel")
    studio.at("#guide-picture button[aria-label*=ullscreen]").first.click()
    studio.at("#guide-picture.fullscreen, #guide-picture .fullscreen").first.wait_for()
    studio.page.wait_for_timeout(300)
    assert block(studio, "#guide-picture img") >= times
    tour.shoot("9_filling_the_window")
    studio.page.keyboard.press("Escape")
    studio.wait(lambda: studio.at("#guide-picture.fullscreen, #guide-picture .fullscreen").count() == 0)


def number_9_visit(tour: Tour) -> None:
    """9: the pictures of the visit are shown pixel by pixel too, each with its size."""
    studio = tour.studio
    studio.at("#guide-visit img").first.scroll_into_view_if_needed()
    assert block(studio, "#guide-visit img") >= 2
    assert studio.at("#guide-visit .caption-label").inner_text() == "a dog · 64 × 64"
