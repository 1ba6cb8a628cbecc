"""Strangers at the door: what Gradio brings and the app does not use is closed, and a page elsewhere can't call this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from benchmarks.serving import serving
from studio.loopback import LOOPBACK
from studio.ui.door import Door, _route, is_open


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


@pytest.mark.parametrize(
    ("host", "names"),
    [
        ("127.0.0.1", {"127.0.0.1", "localhost", "::1"}),
        ("127.0.0.2", {"127.0.0.1", "localhost", "::1", "127.0.0.2"}),
        ("LOCALHOST.", {"127.0.0.1", "localhost", "::1"}),
        ("::1", {"127.0.0.1", "localhost", "::1"}),
        ("0.0.0.0", set()),
        ("192.0.2.7", set()),
    ],
)
def test_every_address_of_this_machine_alone_is_called_by_names(host: str, names: set[str]) -> None:
    from studio.ui.app import names_for

    assert set(names_for(host)) == names
    with_one = names_for(host, ("Studio.Example.org.",))
    assert ("studio.example.org" in with_one) is bool(names)


def test_a_name_that_was_given_is_called_by_any_scheme_and_port() -> None:
    door = Door(lambda *_: None, ("localhost", "studio.example.org"))  # type: ignore[arg-type,return-value]

    def known(host: str, origin: str) -> bool:
        return door._is_known({"headers": [(b"host", host.encode()), (b"origin", origin.encode())]})

    assert known("studio.example.org", "https://studio.example.org")
    assert known("localhost:7860", "https://studio.example.org:8443"), (
        "the web server in front may call it by another name"
    )
    assert not known("studio.example.org", "https://example.org")


@pytest.mark.parametrize(
    ("way", "host"), [(("app.py",), ""), (("--host", "127.0.0.2"), "127.0.0.2"), (("--host", "LOCALHOST"), "")]
)
def test_a_real_server_asks_by_which_name_it_is_called(tmp_path: Path, way: tuple[str, ...], host: str) -> None:
    with serving(tmp_path, *way, address=host or "127.0.0.1") as server:
        url = server.url
        assert httpx.get(f"{url}/config").status_code == 200
        assert httpx.get(f"{url}/config", headers={"host": "evil.example"}).status_code == 403
        assert httpx.get(f"{url}/config", headers={"origin": "http://localhost:1"}).status_code == 403


def test_a_password_is_asked_for_where_one_was_given(tmp_path: Path) -> None:
    with serving(tmp_path, RESWD_AUTH="ann:a secret") as server:
        for path in (
            "config",
            "gradio_api/info",
            "gradio_api/queue/status",
            f"gradio_api/file={server.own}/reswd.lock",
        ):
            assert httpx.get(f"{server.url}/{path}").status_code == 401, path
        for path in ("upload", "queue/join", "call/match", "run/match"):
            assert httpx.post(f"{server.url}/gradio_api/{path}", json={"data": []}).status_code == 401, path
        wrong = httpx.post(f"{server.url}/login", data={"username": "ann", "password": "a guess"})
        assert wrong.status_code == 400
        with httpx.Client(base_url=server.url) as ann:
            assert ann.post("/login", data={"username": "ann", "password": "a secret"}).status_code == 200
            assert ann.get("/config").status_code == 200
        assert "a secret" not in server.log.read_text()
