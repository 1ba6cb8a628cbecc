"""What a person does on the tab *Guide a generation*, in words the tests read like."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator

import numpy as np
from PIL import Image
from studio_page import Studio

from reswd_torch.errors import InputError
from studio.service.guide.run import GuideEvent

PALETTE = "#0b1d3a:3, #e8c07d, #f4ead5"


def open_tab(studio: Studio) -> None:
    """Press the tab."""
    studio.page.get_by_role("tab", name="Guide a generation").click()
    studio.at("#guide-start").wait_for()


def finished(studio: Studio) -> None:
    """Wait until nothing is painted any more."""
    studio.wait(lambda: studio.at("#guide-stop").is_disabled() and studio.at("#guide-start").is_enabled(), 60)


def address(studio: Studio, elem_id: str = "guide-picture") -> str:
    """Address of the picture that is seen, at one moment: it goes and comes while another one is painted."""
    seen = "id => { const one = document.querySelector(`#${id} img`); return one?.offsetParent ? one.src : '' }"
    return str(studio.page.evaluate(seen, elem_id))


def paint_one(studio: Studio) -> None:
    """Press the button and wait for a new picture."""
    before = address(studio)
    studio.at("#guide-start").click()
    studio.wait(lambda: address(studio) not in ("", before), 60)
    finished(studio)


def set_number(studio: Studio, elem_id: str, value: object) -> None:
    """Write a number, and leave its field."""
    box = studio.at(f"#{elem_id} input[type=number]")
    box.fill(str(value))
    box.press("Tab")


def set_palette(studio: Studio, text: str) -> None:
    """Take the colours from a palette."""
    studio.at("#guide-kind").get_by_label("Palette").click()
    studio.at("#guide-palette textarea").fill(text)


def says(studio: Studio, words: str) -> None:
    """Wait until the line below the buttons says this."""
    studio.at("#guide-status").get_by_text(words).wait_for()


def loads_and_fails(*arguments: object) -> Iterator[object]:
    """In place of painting: a long load, and then an error."""
    yield GuideEvent(0.0, "downloading model.safetensors: 1.38 of 6.90 GB", loaded=0.2)
    time.sleep(3)
    raise InputError("the line broke")


def block(studio: Studio, selector: str) -> int:
    """How many pixels of the screen one pixel of a picture takes, each way; the screen is looked at."""
    image = studio.at(selector).first
    image.scroll_into_view_if_needed()
    box = image.bounding_box()
    assert box is not None and box["width"] == box["height"] and box["width"] % 64 == 0, box
    times = int(box["width"]) // 64
    with Image.open(io.BytesIO(studio.page.screenshot(clip=box))) as shot:  # type: ignore[arg-type]
        pixels = np.asarray(shot.convert("RGB")).astype(int)
    middle = pixels[16 * times : 48 * times, 16 * times : 48 * times]
    blocks = middle.reshape(32, times, 32, times, 3)
    assert np.ptp(blocks, axis=(1, 3)).max() == 0, "each is one colour"
    return times
