"""Requests that make no sense, or would have Gradio keep or answer more than it should: each ends in one line."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from starlette.testclient import TestClient

from studio.ui.failures import NO_SENSE
from studio.ui.narrow import LONGEST_NAME, PatientServer, forget_old_uploads

API = "/gradio_api"
FORM = {"content-type": "multipart/form-data; boundary=edge"}


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    from studio.ui.app import build_app, launch_options

    built = build_app()
    built.max_file_size = None
    app = gr.routes.App.create_app(built, app_kwargs=launch_options()["app_kwargs"])
    with TestClient(app, base_url="http://127.0.0.1:7860") as opened:
        yield opened


def part(name: str, data: bytes, file: str | None = None) -> bytes:
    """One part of a form."""
    called = "" if file is None else f"; filename={file}"
    return f"--edge\r\nContent-Disposition: form-data; name={name}{called}\r\n\r\n".encode() + data + b"\r\n"


def uploaded(client: TestClient, data: bytes) -> str:
    """The place of an uploaded file."""
    (place,) = client.post(f"{API}/upload", content=part("files", data, "a.bin") + b"--edge--\r\n", headers=FORM).json()
    return str(place)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/call/none", {"data": []}, 400),
        ("/call/%00", {"data": []}, 400),
        ("/call/v2/match", {"nothing": 1}, 400),
        ("/queue/join", {"data": [], "session_hash": "a", "fn_index": 99999}, 400),
        ("/queue/join", {"data": [], "session_hash": "a", "fn_index": -1}, 400),
        ("/queue/join", {"data": [], "session_hash": "a", "fn_index": 10**30}, 400),
        ("/queue/join", {"data": [], "session_hash": "a" * (LONGEST_NAME + 1), "fn_index": 0}, 400),
        ("/call/match", {"data": [], "session_hash": "a" * (LONGEST_NAME + 1)}, 400),
        ("/run/predict", {"data": [], "fn_index": 10**6}, 400),
        ("/run/predict", {"data": [], "fn_index": 1, "session_hash": "a" * (LONGEST_NAME + 1)}, 400),
    ],
)
def test_a_request_that_makes_no_sense_is_one_line(
    client: TestClient, path: str, body: dict[str, Any], status: int, caplog: pytest.LogCaptureFixture
) -> None:
    answer = client.post(API + path, json=body)
    assert answer.status_code == status, answer.text
    assert len(answer.text) < 200 and "Internal" not in answer.text
    assert len(caplog.text) < 500 and "Traceback" not in caplog.text, "nobody fills the log"


@pytest.mark.parametrize("path", ["/queue/data?session_hash=nobody", "/call/match/nobody", "/call/v2/match/nobody"])
def test_who_listens_for_nothing_is_told_so_and_the_log_is_silent(
    client: TestClient, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert "404: Not Found" in client.get(API + path).text  # TestClient raises what the server would log
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize(
    "path", [f"/assets/{'a' * 400}", f"/static/{'a/' * 4500}", f"{API}/upload_progress?upload_id={'a' * 3000}"]
)
def test_addresses_longer_than_any_are_refused(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 414


# Uploads


@pytest.mark.parametrize("query", ["", "?upload_id=abc"])
@pytest.mark.parametrize(
    "body",
    [
        part("files", b"x" * 5000),
        part("other", b"x" * 5000),
        part("other", b"x", "a.jpg"),
        part("files", b"", "a.jpg") * 2 + part("x", b""),
    ],
)
def test_an_upload_holds_files_alone(client: TestClient, body: bytes, query: str) -> None:
    """A field is held in memory whole; Gradio takes up to the size of an upload."""
    from studio.ui.disk import own_folder

    before = set(own_folder().glob("tmp*"))
    answer = client.post(f"{API}/upload{query}", content=body + b"--edge--\r\n", headers=FORM)
    assert (answer.status_code, answer.text) == (400, 'An upload holds files alone, each in a field "files"')
    assert set(own_folder().glob("tmp*")) == before, "nothing is left of it"


def test_the_progress_of_uploads_is_forgotten(client: TestClient) -> None:
    statuses = gr.routes.file_upload_statuses
    for number in range(1100):
        statuses.track(f"old-{number}")
    body = part("files", b"x", "a.jpg") + b"--edge--\r\n"
    assert client.post(f"{API}/upload?upload_id=mine", content=body, headers=FORM).status_code == 200
    assert len(statuses._statuses) <= 1001 and len(statuses._signals) <= 1001
    assert "mine" in statuses._statuses and "old-0" not in statuses._statuses
    forget_old_uploads()


# Ranges (RFC 9110, section 14)


@pytest.mark.parametrize(
    ("wanted", "status", "data"),
    [
        ("bytes=0-3", 206, b"0123"),
        ("Bytes=8-99999", 206, b"89"),
        ("bytes=7-", 206, b"789"),
        ("bytes=-2", 206, b"89"),
        ("bytes=20-30", 416, None),
        ("bytes=0-1,3-4", 200, b"0123456789"),
        ("bytes=1-2-3", 200, b"0123456789"),
        (f"bytes={'1' * 6000}-{'2' * 6000}", 200, b"0123456789"),
        ("lines=1-2", 200, b"0123456789"),
        ("bytes=-", 200, b"0123456789"),
    ],
)
def test_a_range_of_a_file(client: TestClient, wanted: str, status: int, data: bytes | None) -> None:
    place = uploaded(client, b"0123456789")
    answer = client.get(f"{API}/file={place}", headers={"range": wanted, "x-mine": "sent", "cookie": "a=b"})
    assert answer.status_code == status
    assert data is None or answer.content == data
    assert not {"x-mine", "cookie", "range", "host"} & set(answer.headers), "what was asked is not answered back"
    assert Path(place).name == "a.bin"


# Many callers


def test_callers_who_never_listen_do_not_push_out_one_who_waits(client: TestClient) -> None:
    """Gradio keeps the answers of 2000 callers, and drops the first one's for the next."""
    blocks = client.app.get_blocks()  # type: ignore[attr-defined]
    queue = blocks._queue
    (number,) = [each for each, fn in blocks.fns.items() if fn.api_name == "match"]
    quick = next(each for each, fn in blocks.fns.items() if fn.api_name != "match" and fn.queue)
    ask = {"data": [None] * 11, "fn_index": number, "session_hash": "waits"}
    assert client.post(f"{API}/queue/join", json=ask).status_code == 200
    (waits,) = [event for event in queue.event_ids_to_events.values() if event.session_hash == "waits"]
    for caller in range(2100):
        queue.event_ids_to_events[waits._id] = waits  # its job goes on
        body = {"data": [], "fn_index": quick, "session_hash": f"caller-{caller}"}
        answer = client.post(f"{API}/queue/join", json=body)
        assert answer.status_code in (200, 503), answer.text
    assert "waits" in queue.pending_messages_per_session
    assert len(queue.pending_messages_per_session) <= 1600
    assert len(queue.pending_event_ids_session) <= 1600


def test_what_is_raised_for_good_is_told_without_its_words(caplog: pytest.LogCaptureFixture) -> None:
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.routing import Route

    from studio.ui.door import Door

    async def full(_: object) -> None:
        raise OSError(28, "No space left on device", "/srv/secret")

    client = TestClient(Starlette(routes=[Route("/config", full)], middleware=[Middleware(Door)]))
    answer = client.get("/config")
    assert answer.status_code == 500 and "secret" not in answer.text
    assert answer.text.startswith("Something went wrong") and NO_SENSE not in answer.text
    assert any(record.exc_info for record in caplog.records), "the log has it whole"


# A busy machine


class _Slow:
    """In place of Gradio's app: it answers a server that starts only after six seconds."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        time.sleep(6)
        await send({"type": "lifespan.startup.complete"})


def test_a_server_may_take_longer_than_five_seconds_to_listen() -> None:
    from uvicorn import Config

    from benchmarks.serving import free_port

    server = PatientServer(Config(_Slow(), port=free_port(), host="127.0.0.1", lifespan="on", log_level="critical"))
    server.run_in_thread()
    assert server.started
    server.close()


def test_a_server_whose_port_is_taken_gives_up_at_once() -> None:
    from gradio.exceptions import ServerFailedToStartError
    from uvicorn import Config

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        began = time.monotonic()
        with pytest.raises(ServerFailedToStartError):
            PatientServer(
                Config(_Slow(), port=port, host="127.0.0.1", lifespan="off", log_level="critical")
            ).run_in_thread()
        assert time.monotonic() - began < 60
