"""How long a person waits for the viewer: the app as it is served, and a real Chromium.

    python -m benchmarks.page [--times 5]

The bars: 0.6 s from a press of the button to the first preview of a 12 MP JPEG; 0.1 s from a move of a slider to the picture that
follows it; 0.3 s from a drag of a 24 MP picture at 100 % to sharp tiles. On a clip, 1080p with a key frame every 25: 0.2 s to
another frame, 0.1 s for strength and trims. Medians on an idle machine with two cores; the browser
draws without a graphics card.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.bars import photograph
from benchmarks.clips import RATE, make_clip

if TYPE_CHECKING:
    from playwright.sync_api import Page

BARS = {"preview": 0.6, "slider": 0.1, "trim": 0.1, "pan": 0.3, "seek": 0.2, "clip strength": 0.1, "clip trim": 0.1}
# Runs an act in the page and waits for what shall come of it; milliseconds between the two.
_TIMED = """([act, name]) => new Promise((done) => {
  const start = performance.now();
  const end = () => requestAnimationFrame(() => done(performance.now() - start));
  addEventListener(name, end, {once: true});
  new Function(act)();
})"""
_PRESS = "document.querySelector('#match').click()"
_MOVE = """const slider = document.querySelector('{} input[type=range]');
slider.value = {}; slider.dispatchEvent(new Event('input', {{bubbles: true}}));"""
_PAN = """async ([x, y]) => {
  const viewer = await window.reswdDesk.viewer();
  const pane = viewer.first;
  const start = performance.now();
  viewer.pan(x, y);
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const layers = Object.values(pane.layers);
  while (!layers.every((layer) => layer.isWhole())) await new Promise((done) => requestAnimationFrame(done));
  return performance.now() - start;
}"""


@contextmanager
def served() -> Iterator[str]:
    """The app on a free port, with a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(GRADIO_TEMP_DIR=folder, GRADIO_ANALYTICS_ENABLED="False")
        from studio.ui.app import build_app, launch_options, warm_up

        warm_up().join()
        app = build_app()
        _, url, _ = app.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options())
        yield url
        app.close(verbose=False)


@contextmanager
def opened(url: str) -> Iterator[Page]:
    """The page at 1920 x 1080."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = os.environ.get("RESWD_CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        page.goto(url)
        page.locator("#match").wait_for()
        yield page
        browser.close()


def pictures(folder: Path) -> dict[str, Path]:
    """Photographs with grain as JPEGs, by their size in megapixels."""
    import cv2

    found = {}
    for name, size, seed in (("12", (3000, 4000), 1), ("24", (4000, 6000), 2), ("reference", (2848, 4272), 3)):
        found[name] = folder / f"{name}.jpg"
        cv2.imwrite(str(found[name]), np.ascontiguousarray(photograph(*size, seed)), [cv2.IMWRITE_JPEG_QUALITY, 92])
    return found


def choose(page: Page, elem_id: str, path: Path) -> None:
    """Put a picture into its place, and wait until the page has settled."""
    clear = page.locator(f"#{elem_id} button[aria-label*='Clear'], #{elem_id} button[aria-label*='Remove']")
    if clear.count():
        clear.first.click()
    page.locator(f"#{elem_id} input[type=file]").set_input_files(path)
    page.locator(f"#{elem_id}-about").get_by_text(path.name).wait_for()


def press(page: Page) -> float:
    """Seconds from a press of the button to the first preview."""
    took = page.evaluate(_TIMED, [_PRESS, "desk-preview"])
    page.wait_for_function("document.querySelector('#match').disabled === false")
    page.wait_for_timeout(1500)
    return float(took) / 1000


def move(page: Page, slider: str, value: float) -> float:
    """Seconds from a move of a slider to the picture that follows it."""
    took = page.evaluate(_TIMED, [_MOVE.format(slider, value), "desk-live-seen"])
    page.wait_for_timeout(1200)
    return float(took) / 1000


def pan(page: Page, step: tuple[int, int]) -> float:
    """Seconds from a drag at 100 % to sharp tiles."""
    took = page.evaluate(_PAN, list(step))
    page.wait_for_timeout(400)
    return float(took) / 1000


def measured(page: Page, files: dict[str, Path], times: int) -> dict[str, list[float]]:
    """All figures in seconds, by the names of :data:`BARS`."""
    found: dict[str, list[float]] = {}

    def repeated(name: str, act: Callable[[int], float]) -> None:
        found[name] = [act(number) for number in range(times)]

    choose(page, "reference", files["reference"])

    def first_preview(_: int) -> float:
        choose(page, "source", files["12"])
        page.wait_for_timeout(2500)  # a person looks at what was chosen
        return press(page)

    repeated("preview", first_preview)
    repeated("slider", lambda number: move(page, "#strength", 0.5 + 0.1 * number))
    repeated("trim", lambda number: move(page, "#trim-exposure", -0.4 + 0.1 * number))
    choose(page, "source", files["24"])
    page.wait_for_timeout(2500)
    press(page)
    page.locator('#desk [data-zoom="1"]').click()
    page.wait_for_timeout(4000)
    repeated("pan", lambda number: pan(page, (420, 160 * (-1) ** number)))
    return found


def measured_on_a_clip(page: Page, clip: Path, reference: Path, times: int) -> dict[str, list[float]]:
    """The figures of the tab *Grade a clip*, likewise."""
    page.get_by_role("tab", name="Grade a clip").click()
    page.locator("#clip-source input[type=file]").set_input_files(clip)
    page.locator("#clip-desk .desk[data-frame='1']").wait_for()
    choose(page, "clip-reference", reference)
    page.locator("#clip-match").click()
    page.wait_for_function("document.querySelector('#clip-get-settings').disabled === false")
    page.wait_for_timeout(2500)
    return {
        "seek": [move(page, "#clip-frame", 20 + 101 * number % 230) for number in range(times)],
        "clip strength": [move(page, "#clip-strength", 0.5 + 0.1 * number) for number in range(times)],
        "clip trim": [move(page, "#clip-trim-exposure", -0.4 + 0.1 * number) for number in range(times)],
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=5)
    times: Any = parser.parse_args().times
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, served() as url, opened(url) as page:
        files, clip = pictures(Path(folder)), Path(folder) / "clip.mp4"
        make_clip(clip, key_every=RATE)
        found = measured_on_a_clip(page, clip, files["reference"], times)
        page.get_by_role("tab", name="Match colours").click()
        for name, seconds in {**measured(page, files, times), **found}.items():
            kept = median(seconds)
            said = "met" if kept <= BARS[name] else "MISSED"
            each = " ".join(f"{one:.2f}" for one in seconds)
            print(f"{name:8} {kept:.3f} s (bar {BARS[name]:g} s: {said}; {each})")
    print(f"load {os.getloadavg()[0]:.1f}, {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
