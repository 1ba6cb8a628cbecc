"""A public instance, attacked over HTTP: what it does not fetch, read, tell, or take."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest

from benchmarks.serving import (
    SOURCE,
    Server,
    file_data,
    guide_data,
    limited,
    match_data,
    serving,
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An app with small limits, which would fetch from this machine if it fetched anything."""
    code = limited(upload=300_000, message=50_000, waiting=3, waiting_each=2, painting_cpu=0.5)
    reachable = "import gradio.processing_utils as p; p.PUBLIC_HOSTNAME_WHITELIST += ['127.0.0.1', 'localhost']\n"
    with serving(tmp_path_factory.mktemp("public"), "-c", reachable + code) as started:
        yield started


class _Elsewhere(BaseHTTPRequestHandler):
    """Another server, which notes what it is asked for."""

    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(SOURCE.read_bytes())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """The address of another server, without a slash at the end."""
    _Elsewhere.asked = []
    with HTTPServer(("127.0.0.1", 0), _Elsewhere) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{other.server_address[1]}"
        other.shutdown()


# Server-side requests (OWASP, SSRF)


@pytest.mark.parametrize("write", ["{}/a.jpg", "{}/a.jpg?x=1", " {}/b.jpg"])
@pytest.mark.parametrize("field", ["path", "url"])
def test_no_address_of_a_visitor_is_fetched(server: Server, elsewhere: str, field: str, write: str) -> None:
    address = write.format(elsewhere)
    named = file_data(address) if field == "path" else file_data("", "a.jpg") | {"url": address}
    assert "event: error" in server.call("match", match_data(named))
    assert "event: error" in server.call("batch", [[named], None, *match_data("")[2:3], "each", *match_data("")[3:]])
    asked = server.ask("match", match_data(named), "page-ssrf")
    assert asked.status_code == 200
    assert any(message.get("success") is False for _, message in server.told("page-ssrf"))
    for way in ("run", "api"):
        answer = httpx.post(f"{server.url}/gradio_api/{way}/match", json={"data": match_data(named)})
        assert answer.status_code == 404, "no way leads past the queue"
    assert _Elsewhere.asked == []


def test_the_test_above_can_fail(elsewhere: str, tmp_path: Path) -> None:
    """Gradio by itself does fetch: what stops it is this app's, and nothing else."""
    code = "import gradio.processing_utils as p; p.PUBLIC_HOSTNAME_WHITELIST += ['127.0.0.1']\n"
    code += "import studio.ui.blocks as b; b.no_addresses = lambda sent: None\n"
    with serving(tmp_path, "-c", code + limited()) as open_one:
        open_one.call("match", match_data(file_data(f"{elsewhere}/a.jpg")))
    assert _Elsewhere.asked == ["/a.jpg"]


# Files of the server


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "file:///etc/passwd", "//127.0.0.1/share/a.jpg", str(SOURCE), "../app.py"]
)
def test_no_file_of_the_server_is_read(server: Server, path: str) -> None:
    answer = server.call("match", match_data(file_data(path)))
    assert "event: error" in answer
    assert "matched" not in answer
    assert re.search(r"upload (the file|it)", answer), "one line that says what to do"
    assert httpx.get(f"{server.url}/gradio_api/file={path}").status_code in (403, 404)
    assert "Traceback" not in server.log.read_text()


def test_the_mark_of_the_servers_folder_holds_nothing(server: Server) -> None:
    assert (server.own / "reswd.lock").read_bytes() == b""


# Words


@pytest.mark.parametrize(
    "data",
    [[], [1] * 11, [{"path": 7}] + [None] * 10, [{"meta": {"_type": "gradio.FileData"}}] + [None] * 10, [[]] * 11],
)
def test_values_of_the_wrong_kind_are_one_line_and_none_in_the_log(server: Server, data: list[object]) -> None:
    before = len(server.log.read_text())
    answer = server.call("match", data)
    assert "event: error" in answer and '"error": "' in answer
    assert "Traceback" not in answer and server.log.read_text()[before:] == ""


def test_a_caller_who_knows_fewer_values_gets_the_defaults(server: Server) -> None:
    """Of a version without colour spaces, whose call had eleven."""
    whole = match_data(server.upload(SOURCE), palette="#203040:2,#e0c090")
    assert "event: complete" in server.call("match", whole[:11])


def test_what_nobody_foresaw_is_told_without_a_word_of_the_server(server: Server) -> None:
    answer = server.call("match", match_data(server.upload(SOURCE), palette=["#123456"]))  # type: ignore[arg-type]
    assert "event: error" in answer
    assert "Traceback" not in answer and str(server.folder) not in answer


def test_a_damaged_picture_is_told_by_its_name(server: Server, tmp_path: Path) -> None:
    cut = tmp_path / "cut short.jpg"
    cut.write_bytes(SOURCE.read_bytes()[:20_000])
    named = server.upload(cut)
    answer = server.call("match", match_data(named))
    assert "cut short.jpg" in answer and str(server.folder) not in answer
    answer = server.call("batch", [[named], None, "#203040:2,#e0c090", "each", *match_data("")[3:]])
    (report,) = [part for part in re.findall(r'"path": "([^"]+)"', answer) if part.endswith("report.csv")]
    text = httpx.get(f"{server.url}/gradio_api/file={report}").text
    assert "cut short.jpg" in text
    assert str(server.folder) not in text and "/tmp" not in text


# Limits


def test_an_upload_that_is_too_large_says_so(server: Server, tmp_path: Path) -> None:
    large = tmp_path / "large.jpg"
    large.write_bytes(bytes(400_000))
    for files in ([large], [large, large]):
        opened = [("files", (each.name, each.read_bytes())) for each in files]
        answer = httpx.post(f"{server.url}/gradio_api/upload", files=opened)
        assert answer.status_code == 413
        assert "maximum allowed size" in answer.text and "send less at once" in answer.text
    assert not parts_of_uploads(server)


def test_an_upload_that_tells_no_length_is_counted(server: Server) -> None:
    edge = b"--edge\r\nContent-Disposition: form-data; name=files; filename=a.jpg\r\n\r\n"

    def parts() -> Iterator[bytes]:
        yield edge
        for _ in range(40):
            yield bytes(10_000)

    headers = {"content-type": "multipart/form-data; boundary=edge"}
    answer = httpx.post(f"{server.url}/gradio_api/upload", content=parts(), headers=headers)
    assert answer.status_code == 413
    assert not parts_of_uploads(server)


def test_an_upload_that_is_broken_off_leaves_nothing(server: Server) -> None:
    head = (
        "POST /gradio_api/upload HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=edge\r\n"
        "Content-Length: 200000\r\n\r\n--edge\r\nContent-Disposition: form-data; name=files; filename=a.jpg\r\n\r\n"
    )
    port = int(server.url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(head.encode() + bytes(150_000))
        until(lambda: parts_of_uploads(server), "the upload has begun")
    until(lambda: not parts_of_uploads(server), "what came of it is gone")


def test_a_message_that_is_too_large_is_refused(server: Server) -> None:
    answer = httpx.post(f"{server.url}/gradio_api/call/match", json={"data": ["x" * 60_000]})
    assert answer.status_code == 413
    deep = '{"data": [' + "[" * 100 + "]" * 100 + "]}"
    headers = {"content-type": "application/json"}
    answer = httpx.post(f"{server.url}/gradio_api/call/match", content=deep, headers=headers)
    if answer.status_code == 200:
        assert "event: error" in server.answer("match", answer.json()["event_id"])
    assert httpx.get(f"{server.url}/robots.txt").status_code == 200


@pytest.mark.parametrize(
    ("size", "steps", "said"),
    [
        ("4096x4096", None, "up to 2048 pixels along an edge"),
        ("128x128", 200, "give at most 30 steps"),
        ("1024x1024", 1, "give a smaller size"),
    ],
)
def test_a_painting_that_would_take_too_long_is_refused(
    server: Server, size: str, steps: int | None, said: str
) -> None:
    began = time.monotonic()
    assert said in server.call("guide", guide_data(size, steps))
    assert time.monotonic() - began < 10


def test_a_full_line_says_so(server: Server) -> None:
    asked = [server.ask("guide", guide_data("64x64", 100), f"crowd-{number}") for number in range(9)]
    codes = [answer.status_code for answer in asked]
    assert codes[0] == 200 and codes[-1] == 503
    assert "jobs are waiting here already" in asked[-1].json()["detail"]
    mine = [server.ask("batch", [None] * 12, "greedy") for _ in range(2)]
    assert {answer.status_code for answer in mine} <= {200, 503}


def parts_of_uploads(server: Server) -> list[Path]:
    """Files with bytes of uploads that are not whole yet. (For every input Gradio makes an empty one as well.)"""
    return [path for path in server.own.glob("tmp*") if path.is_file() and path.stat().st_size]


def until(is_so: object, what: str, seconds: float = 20.0) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if is_so():  # type: ignore[operator]
            return
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds:g} s: {what}")
