"""What a person does with the page, in words the tests read like."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, Route

ASSETS = Path(__file__).resolve().parents[2] / "assets"
SOURCE, REFERENCE = ASSETS / "lagoon-jetty.jpg", ASSETS / "mountain-sunset.jpg"
OTHER = ASSETS / "forest-stream.jpg"
"""In place of the reference."""
DESK, WIDE, PHONE = (1280, 800), (1920, 1080), (400, 850)
_SECOND = 1000
_FEW = 4
"""Most values that a call about one choice sends."""
_PATIENCE = 60
"""Seconds that a busy machine may take to answer; an idle one needs a fraction of one."""

_REST_JS = """() => new Promise((done) => {
  let [last, since] = [scrollY, performance.now()];
  const look = () => {
    const now = performance.now();
    if (scrollY !== last) [last, since] = [scrollY, now];
    now - since > 300 ? done() : requestAnimationFrame(look);
  };
  look();
})"""
_CONTRAST_JS = """(e) => {
  const parts = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (rgb) => rgb.slice(0, 3).map((v) => v / 255)
    .map((v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  let ground = e;
  while ((parts(getComputedStyle(ground).backgroundColor)[3] ?? 1) === 0) ground = ground.parentElement;
  const pair = [parts(getComputedStyle(e).color), parts(getComputedStyle(ground).backgroundColor)].map(light);
  return (Math.max(...pair) + .05) / (Math.min(...pair) + .05);
}"""


class Studio:
    """The open page of one person."""

    def __init__(self, page: Page, screenshots: Path) -> None:
        self.page, self._screenshots = page, screenshots
        page.set_default_timeout(_PATIENCE * _SECOND)

    def at(self, selector: str) -> Locator:
        return self.page.locator(selector)

    def upload(self, elem_id: str, path: Path) -> None:
        """Give a file to one of the places for files; the place may hold another already.

        With quick hands: when this returns, the file is on its way, and the app may still think of the last one.
        """
        self.take_out(elem_id)
        self.at(f"#{elem_id} input[type=file]").set_input_files(path)

    def choose_pair(self, source: Path, reference: Path) -> None:
        for elem_id, path in (("source", source), ("reference", reference)):
            self.choose(elem_id, path)

    def take_out(self, elem_id: str) -> bool:
        """Press the cross of a place for files; whether there was one."""
        clear = self.at(f"#{elem_id} button[aria-label='Clear'], #{elem_id} button[aria-label='Remove Image']")
        if clear.count():
            clear.first.click()
            return True
        return False

    def choose(self, elem_id: str, path: Path) -> None:
        """Put a picture in its place, instead of the last one, and wait until the app speaks of it."""
        if self.take_out(elem_id):
            self.wait(lambda: self.said(f"#{elem_id}-about") == "")
        self.upload(elem_id, path)
        self.at(f"#{elem_id}-about").get_by_text(path.name).wait_for()

    def hold_back(self) -> Callable[[], None]:
        """A slow line: the next call that a choice makes reaches the server only when the returned function is called."""
        held: list[Route] = []

        def hold(route: Route) -> None:
            sent = (route.request.post_data_json or {}).get("data", [])
            if held or len(sent) > _FEW:  # what follows every choice sends all controls, and is not what is meant
                route.fallback()
            else:
                held.append(route)

        self.page.route("**/gradio_api/queue/join*", hold)

        def let_go() -> None:
            self.wait(lambda: bool(held))
            held[0].continue_()

        return let_go

    def match(self) -> None:
        """Press the button and wait for a new result."""
        before = self.after_address()
        self.at("#match").click()
        self.wait(lambda: self.after_address() not in ("", before))
        self.wait(lambda: self.at("#match").is_enabled())
        self.rest()

    def wait(self, condition: Callable[[], bool], seconds: float = _PATIENCE) -> None:
        for _ in range(int(seconds * 20)):
            if condition():
                return
            self.page.wait_for_timeout(50)
        self.shoot("timed-out")
        raise AssertionError("the page did not get there in time")

    def after_address(self) -> str:
        """Where the graded picture comes from that the viewer shows; empty while it shows none."""
        look = self.at("#desk .desk").get_attribute("data-look")
        base = self.page.evaluate("window.reswdDesk?.viewer().then((viewer) => viewer.state?.base ?? '') ?? ''")
        return f"{base}/{look}/whole.jpg" if look else ""

    def after_pixels(self) -> np.ndarray:
        """(H, W, 3): the graded side of the viewer at its full size, put together of its tiles, which lose nothing."""
        address = self.after_address().removesuffix("/whole.jpg")
        rows: list[np.ndarray] = []
        while row := self._tiles(address, len(rows)):
            rows.append(np.hstack(row))
        return np.vstack(rows).astype(int)

    def _tiles(self, address: str, row: int) -> list[np.ndarray]:
        tiles: list[np.ndarray] = []
        while (answer := self.page.request.get(f"{address}/0/{len(tiles)}_{row}.png")).ok:
            with Image.open(io.BytesIO(answer.body())) as image:
                tiles.append(np.asarray(image.convert("RGB")))
        return tiles

    def said(self, selector: str) -> str:
        """The words in a place for them, without the counter of the queue that Gradio keeps there out of sight."""
        return self.at(f"{selector} .prose").inner_text().strip()

    def distance(self) -> tuple[float, float]:
        """The two figures a person reads."""
        found = re.search(r"([\d.]+)\s*→\s*([\d.]+)", self.at("#metrics").inner_text())
        assert found, self.at("#metrics").inner_text()
        return float(found[1]), float(found[2])

    def set_strength(self, value: float) -> None:
        """Drag the slider there, as far as a keyboard or a hand can: by its own events."""
        slider = self.at("#strength input[type=range]")
        slider.evaluate(
            "(e, v) => { e.value = v; e.dispatchEvent(new Event('input', {bubbles: true}));"
            " e.dispatchEvent(new PointerEvent('pointerup', {bubbles: true})); }",
            str(value),
        )

    def download(self, elem_id: str, folder: Path) -> Path:
        with self.page.expect_download() as caught:
            self.at(f"#{elem_id}").click()
        place = folder / caught.value.suggested_filename
        caught.value.save_as(place)
        return place

    def shoot(self, name: str, *, full: bool = False) -> None:
        self.page.screenshot(path=self._screenshots / f"{name}.png", full_page=full)

    def in_view(self, *selectors: str) -> bool:
        """Whether all of them lie inside the window, without scrolling, but for a pixel of rounding."""
        size = self.page.viewport_size
        assert size is not None
        for selector in selectors:
            box = self.at(selector).bounding_box()
            if box is None or box["y"] < -1 or box["y"] + box["height"] > size["height"] + 1:
                return False
        return True

    def rest(self) -> None:
        """Wait until the page scrolls no more, as it does after a match: what is measured or opened meanwhile lies elsewhere."""
        self.page.evaluate(_REST_JS)

    def too_wide(self) -> bool:
        """Whether the page scrolls sideways."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1"))

    def contrast(self, selector: str) -> float:
        """The contrast of words to their ground, as WCAG 2.2 measures it."""
        return float(self.at(selector).first.evaluate(_CONTRAST_JS))
