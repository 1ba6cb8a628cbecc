"""The tab *Generate* in a real Chromium."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image
from studio_page import PHONE, Studio

pytestmark = pytest.mark.browser


def _open_tab(studio: Studio) -> None:
    studio.page.get_by_role("tab", name="Generate").click()
    studio.at("#prompt textarea").wait_for()


def _picture(studio: Studio) -> str:
    image = studio.at("#painted img")
    return (image.first.get_attribute("src") or "") if image.count() else ""


def _generate(studio: Studio) -> None:
    before = _picture(studio)
    studio.at("#generate").click()
    studio.wait(lambda: _picture(studio) not in ("", before))
    studio.wait(lambda: studio.at("#generate").is_enabled())


def test_a_prompt_becomes_a_picture_to_take_away(open_page, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    _open_tab(studio)
    studio.shoot("generate-empty-1280")
    assert "giraffe" in studio.at("#knows").inner_text()
    assert studio.at("#get-painted").is_disabled()
    studio.at("#prompt textarea").fill("a lemon on a blue background")
    _generate(studio)
    studio.shoot("generate-1280")
    out = studio.download("get-painted", tmp_path)
    assert out.name == "a lemon on a blue background.png"
    with Image.open(out) as image:
        settings = json.loads(image.text["reswd"])  # type: ignore[attr-defined]
        red, _, blue = image.convert("RGB").getpixel((1, 1))  # type: ignore[misc]
    assert settings["prompt"] == "a lemon on a blue background"
    assert settings["seed"] == 0
    assert blue > red + 60


def test_examples_hints_and_refusals(open_page) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page(PHONE)
    _open_tab(studio)
    studio.at("#generate").click()
    studio.at("#generate-status").get_by_text("The prompt is empty").or_(
        studio.at("#generate-status").get_by_text("the prompt is empty")
    ).wait_for()
    studio.at("#prompt textarea").fill("an elefant")
    studio.at("#prompt-hint").get_by_text("did you mean elephant").wait_for()
    studio.at("#prompts").get_by_text("a purple cat").click()
    studio.wait(lambda: _picture(studio) != "")
    assert studio.at("#prompt textarea").input_value() == "a purple cat"
    studio.wait(lambda: studio.at("#prompt-hint").inner_text().strip() == "")
    studio.shoot("generate-400", full=True)
    assert not studio.too_wide()


def test_stop_keeps_the_last_picture(open_page) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    _open_tab(studio)
    studio.at("#prompt textarea").fill("a dog")
    _generate(studio)
    before = _picture(studio)
    studio.at("#generate-more").get_by_text("More").click()
    studio.at("#generate-steps input[type=number]").fill("100")
    studio.at("#generate-steps input[type=number]").press("Tab")
    studio.at("#generate").click()
    studio.wait(lambda: studio.at("#generate-stop").is_enabled())
    studio.at("#generate-stop").click()
    studio.at("#generate-status").get_by_text("Stopped").wait_for()
    assert _picture(studio) == before
    studio.wait(lambda: studio.at("#generate").is_enabled())
