"""What a person does with the viewer, the strips below it and the controls of a match, in words the tests read like."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image
from studio_page import Studio

SHOWN = "#history .strip-list >> nth=0 >> .strip-show"


def match(studio: Studio) -> None:
    """Press the button and wait until the history has one match more."""
    before = names(studio)
    studio.at("#match").click()
    studio.wait(lambda: len(names(studio)) == len(before) + 1 and studio.at("#match").is_enabled())


def names(studio: Studio) -> list[str]:
    """How each match of the history was made, the newest first."""
    items = studio.at("#history .strip-list").first.locator(".strip-how")
    return [text.strip() for text in items.all_inner_texts()]


def press(studio: Studio, number: int, act: str = "show") -> None:
    """Press something of a match, counted from the newest."""
    studio.at("#history .strip-list").first.locator("li").nth(number).locator(f"[data-act={act}]").click()


def marked(studio: Studio) -> list[int]:
    """Which matches of the history are marked as the one on the screen."""
    items = studio.at("#history .strip-list").first.locator(".strip-show").all()
    return [at for at, item in enumerate(items) if item.get_attribute("aria-pressed") == "true"]


def panes(studio: Studio) -> str:
    """What the viewer calls what it shows."""
    return studio.at("#desk .desk-name").first.inner_text()


def open_more(studio: Studio) -> None:
    """Open what lies under *More*."""
    if not studio.at("#method input").is_visible():
        studio.at("#more").get_by_text("More", exact=True).click()
    studio.at("#method input").wait_for()


def choose_option(studio: Studio, elem: str, name: str) -> None:
    """Choose in a drop-down list."""
    studio.at(f"{elem} input").click()
    studio.page.get_by_role("option", name=name, exact=True).click()


def set_seed(studio: Studio, seed: str) -> None:
    """Write a seed."""
    studio.at("#seed input").fill(seed)
    studio.at("#seed input").blur()


def colour(studio: Studio, side: str = "right") -> np.ndarray:
    """The mean colour, RGB 0 to 255, of what the viewer shows left or right of the divider."""
    place = studio.at("#desk .desk-panes")
    place.evaluate("e => e.scrollIntoView({block: 'center'})")
    box = place.bounding_box()
    assert box is not None
    left = box["x"] + box["width"] * (0.32 if side == "left" else 0.55)
    clip = {
        "x": left,
        "y": box["y"] + box["height"] * 0.15,
        "width": box["width"] * 0.12,
        "height": box["height"] * 0.2,
    }
    with Image.open(io.BytesIO(studio.page.screenshot(clip=clip))) as image:
        return np.asarray(image.convert("RGB")).astype(float).mean((0, 1))


def settled(studio: Studio, side: str = "right") -> np.ndarray:
    """The same, once it no longer changes."""
    last = colour(studio, side)
    for _ in range(40):
        studio.page.wait_for_timeout(250)
        now = colour(studio, side)
        if np.abs(now - last).max() < 0.5:
            return now
        last = now
    raise AssertionError("the viewer does not come to rest")


def like(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two colours are the same to a person."""
    return bool(np.abs(one - other).max() < 2.5)
