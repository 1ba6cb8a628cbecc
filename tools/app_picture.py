"""Take the picture of the app, docs/app.jpg: one photograph matched to another, in Chromium, 1600 x 900.

    python tools/app_picture.py [--width 1600] [--to docs/app.jpg]

This needs the extras app and dev, and a Chromium.
"""

from __future__ import annotations

import argparse
import io
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "e2e")]


def main() -> None:
    """Start the app, match a pair in a browser and save what the page shows."""
    from PIL import Image
    from playwright.sync_api import sync_playwright
    from studio_page import Studio

    from studio.ui.app import build_app, launch_options

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--width", type=int, default=1600, help="width of the window, pixels")
    parser.add_argument("--to", type=Path, default=ROOT / "docs" / "app.jpg", help="file to write")
    chosen = parser.parse_args()
    app = build_app()
    _, url, _ = app.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": chosen.width, "height": 900})
        page.goto(url)
        studio = Studio(page, chosen.to.parent)
        studio.choose_pair(*(ROOT / "assets" / f"{name}.jpg" for name in ("warm-room", "bridge-night")))
        studio.match()
        page.wait_for_timeout(1500)  # until the page has drawn the pictures
        Image.open(io.BytesIO(page.screenshot())).convert("RGB").save(chosen.to, quality=82)
        browser.close()
    app.close(verbose=False)


if __name__ == "__main__":
    main()
