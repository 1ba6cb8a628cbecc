"""The app below a folder of another server: behind a web server that takes the folder off, and mounted into another app."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import gradio as gr
import pytest
import uvicorn
from fastapi import FastAPI
from studio_page import REFERENCE, SOURCE, Studio

from studio.ui.app import build_app, launch_options

pytestmark = pytest.mark.browser
FOLDER = "/sub"


@contextmanager
def served(app: Any, lifespan: Literal["on", "off"] = "off") -> Iterator[str]:
    """An ASGI app on a free port of this machine."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan=lifespan))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.05)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app as a web server in front sees it, which takes the folder off and passes everything else on."""
    patch = pytest.MonkeyPatch()
    patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("gradio")))
    blocks = build_app()
    options = {**launch_options(), "root_path": FOLDER}
    inner, _, _ = blocks.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **options)

    async def front(scope: dict[str, Any], receive: Any, send: Any) -> None:
        path = scope["path"]
        if path != FOLDER and not path.startswith(f"{FOLDER}/"):
            await send({"type": "http.response.start", "status": 404, "headers": []})
            return await send({"type": "http.response.body", "body": b"not of this app"})
        inside = path.removeprefix(FOLDER) or "/"
        await inner({**scope, "path": inside, "raw_path": inside.encode()}, receive, send)

    with served(front) as url:
        yield url
    blocks.close(verbose=False)
    patch.undo()


@pytest.mark.parametrize("address", [FOLDER, f"{FOLDER}/", f"{FOLDER}?__theme=dark"])
def test_behind_a_web_server_that_takes_the_folder_off(
    behind: str, chromium: Any, screenshots: Path, address: str
) -> None:
    matched(chromium, screenshots, f"{behind}{address}")


def matched(chromium: Any, screenshots: Path, url: str) -> None:
    """A pair is matched, and seen in the viewer; whatever the page asks for is there."""
    page = chromium.new_context(viewport={"width": 1280, "height": 800}).new_page()
    missing: list[str] = []
    page.on("response", lambda answer: missing.append(answer.url) if answer.status >= 400 else None)
    page.goto(url)
    page.locator("#match").wait_for(timeout=15000)
    studio = Studio(page, screenshots)
    studio.choose_pair(SOURCE, REFERENCE)
    studio.match()
    assert studio.after_pixels().shape[2] == 3
    studio.wait(lambda: page.evaluate("[...document.querySelectorAll('#history img')].some((e) => e.naturalWidth > 0)"))
    page.context.close()
    assert [each for each in missing if not each.endswith("/manifest.json")] == []


@pytest.mark.parametrize("address", [FOLDER, f"{FOLDER}/"])
def test_mounted_into_another_app(
    chromium: Any, screenshots: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    known = set(inspect.signature(gr.mount_gradio_app).parameters)
    options = {name: value for name, value in launch_options().items() if name in known}
    with served(gr.mount_gradio_app(FastAPI(), build_app(), path=FOLDER, **options), lifespan="on") as url:
        matched(chromium, screenshots, f"{url}{address}")
