"""Strangers at the door: what Gradio brings and the app does not use is closed, and a page elsewhere can't call this machine."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from studio.loopback import LOOPBACK
from studio.ui.door import _route, is_open


@pytest.fixture(scope="module")
def app() -> Any:
    import gradio as gr

    from studio.ui.app import build_app, launch_options

    options = launch_options(LOOPBACK)
    built = build_app()
    built.favicon_path, built.pwa = options["favicon_path"], True
    return gr.routes.App.create_app(built, app_kwargs=options["app_kwargs"])


@pytest.mark.parametrize(
    "path",
    [
        "/pwa_icon/9999999",
        "/pwa_icon/193",
        "/gradio_api/pwa_icon/9999999",
        "/pwa_icon/512/../9999",
        "/gradio_api/process_recording",
        "/gradio_api/proxy=https://example.hf.space/",
        "/proxy=https://example.hf.space/",
        "/gradio_api/file=https://example.org/x",
        "/gradio_api/file=HTTP://example.org/x",
        "/gradio_api/component_server",
        "/gradio_api/vibe-code/",
        "/monitoring",
        "/monitoring/summary",
        "/gradio_api/profiling/traces",
        "/gradio_api/run-history/records",
        "/runs",
        "/gradio_api/stream/a/b/1/playlist.m3u8",
        "/gradio_api/dev/reload",
        "/custom_component/a/client/component/x.js",
        "/docs",
    ],
)
def test_what_nothing_uses_is_closed(app: Any, path: str) -> None:
    client = TestClient(app, base_url="http://127.0.0.1:7860")
    for method in ("GET", "POST", "HEAD"):
        answer = client.request(method, path)
        assert answer.status_code == 404
        assert method == "HEAD" or answer.text == "There is nothing here."


def test_the_page_and_its_icon_are_open(app: Any) -> None:
    client = TestClient(app, base_url="http://localhost:7860")
    for path in ("/config", "/gradio_api/info", "/gradio_api/queue/status", "/robots.txt"):
        assert client.get(path).status_code == 200, path
    icons = [icon["src"] for icon in client.get("/manifest.json").json()["icons"]]
    assert icons == ["/pwa_icon/192", "/pwa_icon/512"]
    for icon in icons:
        assert client.get(icon).status_code == 200, icon


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("127.0.0.1:7860", None, 200),
        ("localhost:7860", "http://localhost:7860", 200),
        ("localhost:7860", "http://127.0.0.1:7860", 200),
        ("localhost", "http://localhost", 200),
        ("localhost", "https://localhost", 200),
        ("localhost.:7860", "http://LOCALHOST.:7860", 200),
        ("[::1]:7860", "http://[::1]:7860", 200),
        ("localhost:7860", "http://localhost:3000", 403),
        ("127.0.0.1:7860", "http://localhost", 403),
        ("localhost:7860", "", 403),
        ("[::1]:7860", None, 200),
        ("LOCALHOST:1", None, 200),
        ("evil.example:7860", None, 403),
        ("127.0.0.1.evil.example", None, 403),
        ("127.0.0.1:7860", "http://evil.example", 403),
        ("127.0.0.1:7860", "null", 403),
        ("[::1", None, 403),
        ("", None, 403),
    ],
)
def test_on_this_machine_alone_the_app_is_called_by_its_names(
    app: Any, host: str, origin: str | None, status: int
) -> None:
    client = TestClient(app, base_url="http://127.0.0.1:7860")
    headers = {"host": host} | ({} if origin is None else {"origin": origin})
    assert client.get("/robots.txt", headers=headers).status_code == status


def test_a_public_app_is_called_by_any_name() -> None:
    from studio.ui.app import launch_options

    (door,) = launch_options()["app_kwargs"]["middleware"]
    assert door.kwargs == {"names": ()}


@pytest.mark.parametrize(
    "path", ["/", "/gradio_api", "/gradio_api/upload", "/assets/index.js", "/gradio_api/file=/tmp/a.png"]
)
def test_what_the_page_needs_is_open(path: str) -> None:
    assert is_open(path)


@pytest.mark.parametrize(
    ("root", "path"), [("/g", "/gradio_api/info"), ("/g", "/g/gradio_api/info"), ("/a/", "/assets/x.js")]
)
def test_behind_a_web_server_the_path_may_or_may_not_begin_with_its_own(root: str, path: str) -> None:
    assert is_open(_route({"path": path, "root_path": root}))
    closed = path.replace("info", "profiling/traces").replace("assets", "runs")
    assert not is_open(_route({"path": closed, "root_path": root}))
