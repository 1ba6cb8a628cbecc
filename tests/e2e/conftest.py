"""One running app for all end-to-end tests, and one Chromium."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from studio_page import DESK, Studio
from tour import COMBINATIONS, Tour

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def app_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app as ``python app.py`` launches it, on a free port, with a cache folder of its own."""
    folder = tmp_path_factory.mktemp("gradio")
    old = {name: os.environ.get(name) for name in ("GRADIO_TEMP_DIR", "GRADIO_ANALYTICS_ENABLED")}
    os.environ.update(GRADIO_TEMP_DIR=str(folder), GRADIO_ANALYTICS_ENABLED="False")
    from studio.ui.app import build_app, launch_options

    app = build_app()
    _, url, _ = app.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options())
    yield url
    app.close(verbose=False)
    for name, value in old.items():
        os.environ.pop(name, None) if value is None else os.environ.__setitem__(name, value)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Chromium; without one the test skips, except in CI, where it fails."""
    found = os.environ.get("RESWD_CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    playwright = None
    try:
        from playwright.sync_api import sync_playwright

        playwright = sync_playwright().start()
        browser = playwright.chromium.launch(executable_path=found, args=_FLAGS)
    except Exception as error:  # not installed, or not startable: both mean "no browser here"
        if playwright is not None:
            playwright.stop()
        reason = f"no Chromium to drive ({str(error).splitlines()[0]}): install chromium and playwright"
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    yield browser
    browser.close()
    playwright.stop()


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the pictures of the page go: the folder RESWD_SCREENSHOTS names, or a temporary one."""
    named = os.environ.get("RESWD_SCREENSHOTS")
    folder = Path(named) if named else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def open_page(chromium: Browser, app_url: str, screenshots: Path) -> Iterator[object]:
    """Opens pages of given sizes; every test also holds that nothing was asked of another server."""
    contexts, asked = [], set()

    def _open(size: tuple[int, int] = DESK, **options: object) -> Studio:
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]},
            accept_downloads=True,
            **options,  # type: ignore[arg-type]
        )
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
        page.goto(app_url)
        page.locator("#match").wait_for()
        return Studio(page, screenshots)

    yield _open
    for context in contexts:
        context.close()
    assert asked - {""} <= {urlsplit(app_url).netloc}, "the page asked another server"


@pytest.fixture(params=COMBINATIONS)
def tour(request: pytest.FixtureRequest, open_page: Callable[..., Studio], tmp_path: Path) -> Tour:
    """A walk at each size and in both themes; nothing glides, so that what is looked at is at rest."""
    size, scheme = request.param
    return Tour(open_page(size, color_scheme=scheme, reduced_motion="reduce"), size, scheme, tmp_path)
