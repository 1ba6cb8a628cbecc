"""What a person does with the viewer, the strips below it and the controls of a match, in words the tests read like."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image
from studio_page import Studio

SHOWN = "#history .strip-list >> nth=0 >> .strip-show"


def match(studio: Studio) -> None:
    """Press the button and wait until the viewer has a new result and the history one match more."""
    before, address = names(studio), studio.after_address()
    studio.at("#match").click()
    studio.wait(lambda: studio.after_address() not in ("", address))
    studio.wait(lambda: len(names(studio)) == len(before) + 1 and studio.at("#match").is_enabled())
    studio.rest()


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


def open_the_brush(studio: Studio, role: str = "source") -> dict[str, float]:
    """Open the painting; where the picture is on the page."""
    if not studio.at(f"#paint-{role}").is_visible():
        studio.at("#more").get_by_text("More", exact=True).click()
    studio.at(f"#paint-{role}").click()
    studio.at("#desk .desk-mask").wait_for()
    boxes: list[object] = [None, studio.at("#desk .desk-mask").bounding_box()]

    def rests() -> bool:  # it scrolls there
        studio.page.wait_for_timeout(300)
        boxes.append(studio.at("#desk .desk-mask").bounding_box())
        return boxes[-1] == boxes[-2]

    studio.wait(rests)
    assert isinstance(boxes[-1], dict)
    return boxes[-1]


def stroke(studio: Studio, box: dict[str, float], start: tuple[float, float], end: tuple[float, float]) -> None:
    """Paint from one place to another, as shares of the width and the height of ``box``."""
    mouse = studio.page.mouse
    mouse.move(box["x"] + box["width"] * start[0], box["y"] + box["height"] * start[1])
    mouse.down()
    mouse.move(box["x"] + box["width"] * end[0], box["y"] + box["height"] * end[1], steps=8)
    mouse.up()


def painted(studio: Studio) -> float:
    """The share of the picture that the page says is painted, in percent."""
    said = studio.at("#desk .desk-painted").inner_text()
    return float(said.split(" %")[0].split()[-1]) if "%" in said else 0.0


def seen(studio: Studio, selector: str = "#desk .desk-panes") -> np.ndarray:
    """(H, W, 3) int: what the screen shows of an element."""
    data = studio.at(selector).first.screenshot()
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def apart(one: np.ndarray, other: np.ndarray) -> float:
    """How much two views differ on average, 0 to 255; the edge of a page that scrolled may have cost one of them a row."""
    height, width = (min(sides) for sides in zip(one.shape[:2], other.shape[:2], strict=True))
    return float(np.abs(one[:height, :width] - other[:height, :width]).mean())


def scale(studio: Studio) -> int:
    """The scale that the viewer names, in percent."""
    return int(studio.at("#desk .desk-scale").inner_text().split()[0])


def view(studio: Studio, name: str) -> None:
    """Press a button of the viewer."""
    studio.at("#desk").get_by_role("button", name=name, exact=True).click()
    studio.page.wait_for_timeout(500)


def trim(studio: Studio, name: str, value: float) -> None:
    """Write a trim."""
    studio.at(f"#trim-{name} input[type=number]").fill(str(value))


def _middle(shown: np.ndarray, edge: int) -> tuple[int, int]:
    """Where a square in the middle of a picture begins, top and left."""
    return (shown.shape[0] - edge) // 2, (shown.shape[1] - edge) // 2


def shows_part_of(studio: Studio, original: np.ndarray) -> bool:
    """Whether the middle of the viewer is the piece of the picture that lies there, to the pixel."""
    looked = studio.page.evaluate("window.reswdDesk.viewer().then((viewer) => viewer.first.looked())")
    shown, edge = seen(studio), 64
    top, left = _middle(shown, edge)
    piece = shown[top : top + edge, left : left + edge]
    near = range(-2, 3)
    places = [(looked["top"] + top + down, looked["left"] + left + right) for down in near for right in near]
    return any(np.array_equal(piece, original[y : y + edge, x : x + edge]) for y, x in places)


def shows_doubled(studio: Studio) -> bool:
    """Whether each pixel of the picture is two by two of the screen, in the middle of the viewer."""
    shown, edge = seen(studio), 160
    top, left = _middle(shown, edge)
    piece = shown[top : top + edge, left : left + edge]
    across = (piece[:, 1:] != piece[:, :-1]).any(axis=2).mean(axis=0)
    return bool(np.abs(across[::2].mean() - across[1::2].mean()) > 0.5)


def says(studio: Studio, text: str) -> None:
    """Wait until the notice below the viewer says that the result was made otherwise, and how."""
    studio.wait(lambda: text in studio.said("#stale"), 20)


def says_nothing(studio: Studio) -> None:
    """Wait until that notice has gone."""
    studio.wait(lambda: studio.said("#stale") == "", 20)
