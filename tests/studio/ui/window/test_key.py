"""The app in a window answers to that window alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from studio.ui.window.key import COOKIE, Key, Locked

HERE = "http://127.0.0.1:7860"


@pytest.fixture
def key() -> Key:
    return Key()


@pytest.fixture
def app(key: Key) -> Starlette:
    async def talk(socket: Any) -> None:
        await socket.accept()
        await socket.close()

    paths = ("/", "/config", "/gradio_api/startup-events", "/gradio_api/upload")
    routes = [Route(path, lambda _: PlainTextResponse("in"), methods=["GET", "POST"]) for path in paths]
    return Starlette(routes=[*routes, WebSocketRoute("/talk", talk)], middleware=[Middleware(Locked, key=key)])


def test_the_window_comes_in_by_its_key_and_stays_by_its_cookie(app: Starlette, key: Key) -> None:
    window = TestClient(app, base_url=HERE)
    answer = window.get(key.address("/"), follow_redirects=False)
    assert answer.status_code == 303 and answer.headers["location"] == "/"
    told = answer.headers["set-cookie"]
    assert told.startswith(f"{COOKIE}={key.cookie};")
    assert "HttpOnly" in told and "SameSite=Strict" in told
    assert window.get("/config").text == "in"
    assert window.post("/gradio_api/upload").text == "in"
    with window.websocket_connect("/talk", headers={"cookie": f"{COOKIE}={key.cookie}"}):
        pass


def test_the_key_counts_once(app: Starlette, key: Key) -> None:
    address = key.address("/")
    assert TestClient(app, base_url=HERE).get(address).text == "in"
    late = TestClient(app, base_url=HERE)
    assert late.get(address).status_code == 401
    assert not late.cookies


@pytest.mark.parametrize("query", ["", "?window=", "?window=None", "?window=guessed", "?other=1", "?window=%ff"])
def test_strangers_stay_out(app: Starlette, key: Key, query: str) -> None:
    stranger = TestClient(app, base_url=HERE, cookies={COOKIE: "guessed"})
    answer = stranger.get(f"/{query}")
    assert answer.status_code == 401
    assert "reswd serve --browser" in answer.text and key.cookie not in answer.text
    assert stranger.get("/config").status_code == stranger.post("/gradio_api/upload").status_code == 401
    assert stranger.get("/config", headers={"cookie": "a=b; =;,\x01"}).status_code == 401
    with pytest.raises(WebSocketDisconnect), stranger.websocket_connect("/talk"):
        pass
    assert TestClient(app, base_url=HERE).get(key.address("/")).text == "in", (
        "a wrong key takes nothing from the right one"
    )


def test_gradio_itself_can_start(app: Starlette) -> None:
    stranger = TestClient(app, base_url=HERE)
    assert stranger.get("/gradio_api/startup-events").text == "in"
    assert stranger.post("/gradio_api/startup-events").status_code == 401


def test_a_key_is_not_shown(key: Key) -> None:
    assert key.cookie not in repr(key) and len({Key().cookie for _ in range(5)}) == 5


def test_only_a_window_has_the_script_and_the_lock(tmp_path: Path) -> None:
    from studio.ui.app import launch_options
    from studio.ui.window.app import window_options

    served, shown = launch_options(), window_options(Key())
    assert "reswdWindow" not in served["head"] and "reswdWindow" in shown["head"]
    kinds = [[one.cls for one in each["app_kwargs"]["middleware"]] for each in (served, shown)]
    assert Locked not in kinds[0] and Locked in kinds[1]
    assert kinds[1][0] is kinds[0][0], "the door stays the first"
