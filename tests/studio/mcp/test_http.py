"""``reswd serve --mcp``: the same tools in the app, behind its door and its passwords; without it nothing is there."""

from __future__ import annotations

import base64
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from starlette.applications import Starlette
from starlette.testclient import TestClient

from studio.mcp.http import PATH, Mounted
from studio.media.allowed import Allowed
from studio.ui.app import launch_options
from studio.ui.door import Door, is_open
from tests.conftest import ROOT
from tests.studio.command_line import Reswd

HELLO: dict[str, Any] = {
    "jsonrpc": "2.0", "id": 1, "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}  # fmt: skip
ACCEPT = {"accept": "application/json, text/event-stream"}


def basic(text: str) -> dict[str, str]:
    return {"authorization": f"Basic {base64.b64encode(text.encode()).decode()}"}


@contextmanager
def mounted(folder: Path, users: tuple[tuple[str, str], ...] = (), names: tuple[str, ...] = ()) -> Iterator[TestClient]:
    """The tools in an application with the app's door."""
    tools = Mounted(Allowed((folder,)), users)
    app = Starlette(routes=tools.routes, lifespan=tools.lifespan)
    app.add_middleware(Door, names=names, also=frozenset({"mcp"}))  # type: ignore[arg-type]
    with TestClient(app, base_url="http://127.0.0.1:7860") as client:
        yield client


def test_names_and_pages_of_strangers_are_refused(folder: Path) -> None:
    with mounted(folder, names=("127.0.0.1",)) as client:
        for path in (PATH, f"{PATH}/"):
            assert client.post(path, json=HELLO, headers=ACCEPT).status_code == 200
        for headers in (
            {"host": "rebound.example.org:7860"},
            {"origin": "https://elsewhere.example.org"},
            {"origin": "http://127.0.0.1:9999"},
            {"origin": "null"},
            {"origin": "http://["},
        ):
            assert client.post(PATH, json=HELLO, headers=ACCEPT | headers).status_code == 403, headers
        for path in (f"{PATH}/sse", f"{PATH}/schema", f"{PATH}/x"):
            assert client.post(path, json=HELLO, headers=ACCEPT).status_code == 404
    with mounted(folder) as client:  # that answers to every name
        stranger = ACCEPT | {"origin": "https://elsewhere.example.org"}
        assert client.post(PATH, json=HELLO, headers=stranger).status_code == 403
        assert client.post(PATH, json=HELLO, headers=ACCEPT | {"host": "studio"}).status_code == 200


def test_with_passwords_a_call_needs_one(folder: Path) -> None:
    with mounted(folder, (("ann", "se:cret"), ("bob", "é"))) as client:
        for headers in (
            {},
            basic("ann:wrong"),
            basic("ann"),
            {"authorization": "Basic ***"},
            {"authorization": "Bearer x"},
        ):
            answer = client.post(PATH, json=HELLO, headers=ACCEPT | headers)
            assert answer.status_code == 401 and "www-authenticate" not in answer.headers
        for who in ("ann:se:cret", "bob:é"):
            assert client.post(PATH, json=HELLO, headers=ACCEPT | basic(who)).status_code == 200


@pytest.mark.parametrize(
    ("words", "said"),
    [(("--mcp",), "--mcp has no folder"), (("--mcp", "--allow", "/no/such"), "no such folder")],
)
def test_tools_without_folders_are_refused(reswd: Reswd, words: tuple[str, ...], said: str) -> None:
    ran = reswd("serve", *words)
    assert ran.code == 2
    assert said in ran.err and ran.err.count("\n") == 1


def test_the_variable_of_gradio_asks_for_them_too(reswd: Reswd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_MCP_SERVER", "True")
    assert "--mcp has no folder" in reswd("serve").err


@pytest.mark.parametrize("path", [PATH, f"{PATH}/", f"{PATH}/http", f"{PATH}/schema", f"{PATH}/sse", "/mcp"])
def test_without_it_the_app_has_no_tools(path: str) -> None:
    assert not is_open(path)  # whatever Gradio's variable says
    assert launch_options()["mcp_server"] is False


def test_the_app_serves_the_tools_and_nothing_of_its_page(folder: Path, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "studio", "serve", "--port", str(port), "--allow", str(folder), "--mcp"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "GRADIO_TEMP_DIR": str(tmp_path / "t"), "RESWD_AUTH": "ann:x"}
    url = f"http://127.0.0.1:{port}{PATH}/"
    with (tmp_path / "log").open("wb") as log:
        running = subprocess.Popen([*command], stdout=log, stderr=log, env=environment)
    try:
        until = time.monotonic() + 120
        while True:
            try:
                assert httpx.get(url).status_code == 401
                break
            except httpx.TransportError:
                assert running.poll() is None and time.monotonic() < until, (tmp_path / "log").read_text()
                time.sleep(0.2)
        heard: list[float] = []

        async def hear(share: float, total: float | None, text: str | None) -> None:
            heard.append(share)

        async def main() -> tuple[list[str], Any]:
            async with (
                httpx.AsyncClient(headers=basic("ann:x"), timeout=60) as opened,
                streamable_http_client(url, http_client=opened) as (read, write, _),
                ClientSession(read, write) as client,
            ):
                await client.initialize()
                names = [tool.name for tool in (await client.list_tools()).tools]
                ask = {"source": "a.png", "reference": "warm.png", "output": "o.png"}
                return names, await client.call_tool("match_colours", ask, progress_callback=hear)

        names, done = anyio.run(main)
        assert names == ["match_colours", "apply_grade", "match_folder", "guide_generation", "describe_grade"]
        assert not done.isError and (folder / "o.png").is_file() and heard
        assert httpx.get(f"http://127.0.0.1:{port}/").status_code == 200
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(60)
    assert "Traceback" not in (tmp_path / "log").read_text()
