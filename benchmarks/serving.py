"""A real server: the app in a process of its own, called over HTTP as by any stranger. For the load and for tests."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parent.parent
ASSETS = ROOT / "assets"
SOURCE, REFERENCE = ASSETS / "lagoon-jetty.jpg", ASSETS / "mountain-sunset.jpg"
_START_SECONDS = 120


@dataclass(frozen=True, eq=False)
class Server:
    """A running app.

    Attributes:
        process: its process.
        url: where it listens, without a slash at the end.
        folder: the folder in which it has its own.
        log: the file that it writes its words to.
    """

    process: subprocess.Popen[bytes]
    url: str
    folder: Path
    log: Path

    @property
    def own(self) -> Path:
        """The folder in which it keeps what visitors send."""
        (folder,) = self.folder.glob("reswd-app-*")
        return folder

    def upload(self, path: Path, name: str | None = None) -> dict[str, Any]:
        """Upload a file, and name it as a visitor's page does."""
        with path.open("rb") as opened:
            (place,) = httpx.post(f"{self.url}/gradio_api/upload", files={"files": (name or path.name, opened)}).json()
        return file_data(place, name or path.name)

    def join(self, endpoint: str, data: list[Any], session: str | None = None) -> str:
        """Ask for a job; the id of its event."""
        body: dict[str, Any] = {"data": data} | ({} if session is None else {"session_hash": session})
        answer = httpx.post(f"{self.url}/gradio_api/call/{endpoint}", json=body, timeout=60)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["event_id"])

    def answer(self, endpoint: str, event: str, timeout: float = 180) -> str:
        """Everything that the job tells, until it is over."""
        return httpx.get(f"{self.url}/gradio_api/call/{endpoint}/{event}", timeout=timeout).text

    def call(self, endpoint: str, data: list[Any]) -> str:
        """Ask for a job, and wait for its end."""
        return self.answer(endpoint, self.join(endpoint, data))

    def ask(self, endpoint: str, data: list[Any], session: str) -> httpx.Response:
        """Ask for a job as a page does, whose answers all come in one stream; see :meth:`told`."""
        config = httpx.get(f"{self.url}/config").json()
        (number,) = [each["id"] for each in config["dependencies"] if each["api_name"] == endpoint]
        body = {"data": data, "fn_index": number, "session_hash": session}
        return httpx.post(f"{self.url}/gradio_api/queue/join", json=body, timeout=60)

    def told(self, session: str, timeout: float = 180) -> Iterator[tuple[float, dict[str, Any]]]:
        """What a page is told until all its jobs are over, with the time at which it came."""
        address = f"{self.url}/gradio_api/queue/data?session_hash={session}"
        with httpx.stream("GET", address, timeout=timeout) as stream:
            for line in stream.iter_lines():
                if line.startswith("data: "):
                    yield time.monotonic(), json.loads(line[6:])

    def end(self, number: int = signal.SIGTERM) -> int:
        """End it by a signal; the code that it ended with."""
        self.process.send_signal(number)
        return self.process.wait(timeout=40)


def file_data(path: object, name: str = "a.jpg") -> dict[str, Any]:
    """How a page names a file that it has uploaded."""
    return {"path": str(path), "orig_name": name, "meta": {"_type": "gradio.FileData"}}


def match_data(source: object, reference: object = None, palette: str = "#203040:2,#e0c090") -> list[Any]:
    """The inputs of /match."""
    return [
        source,
        reference,
        palette if reference is None else "",
        "fast",
        "auto",
        1,
        0,
        "auto",
        "auto",
        "auto",
        "all",
    ]


def guide_data(size: str = "", steps: int | None = None, palette: str = "#203040:2,#e0c090") -> list[Any]:
    """The inputs of /guide."""
    return ["a sail", None, palette, "pocket-64", 1, steps, 0, "", size, False, "none", ""]


def picture_of(answer: str) -> str:
    """The path of the first file in an answer of /match."""
    data = json.loads(answer.split("event: complete\ndata: ", 1)[1].splitlines()[0])
    return str(data[0]["path"])


def limited(**changes: int | float) -> str:
    """Code that serves the app on this machine with other limits, such as ``upload=1000``; for :func:`serving`."""
    given = ", ".join(f"{name}={value!r}" for name, value in changes.items())
    return (
        "from dataclasses import replace\nfrom studio.ui import limits\n"
        f"limits.OWN = replace(limits.OWN, {given})\nfrom studio.ui.app import serve\nserve()\n"
    )


@contextmanager
def serving(folder: Path, *command: str, address: str = "127.0.0.1", **environment: str) -> Iterator[Server]:
    """Start an app and end it: ``reswd serve`` with the given flags, or what a command says that begins with a program.

    Args:
        folder: for its files and its log.
        command: flags, or ``-c`` and code, or ``app.py``.
        address: where it listens.
        environment: further variables.
    """
    port = free_port()
    known = {key: value for key, value in os.environ.items() if not key.startswith(("GRADIO", "SPACE", "RESWD"))}
    known |= {"GRADIO_TEMP_DIR": str(folder / "files"), "GRADIO_ANALYTICS_ENABLED": "False", "PYTHONPATH": str(ROOT)}
    known |= {"GRADIO_SERVER_PORT": str(port)} | environment
    log = folder / "server.log"
    (folder / "files").mkdir(exist_ok=True)
    line = (
        command
        if command and command[0] in ("-c", "app.py")
        else ("-m", "studio", "serve", "--port", str(port), *command)
    )
    for tries_left in (2, 1, 0):
        with log.open("ab") as out:
            process = subprocess.Popen([sys.executable, *line], cwd=ROOT, env=known, stdout=out, stderr=out)
        server = Server(process, f"http://{address}:{port}", folder / "files", log)
        try:
            # Gradio gives up where a server takes more than 5 seconds to listen, as on a busy machine.
            if _answers(server) or not tries_left:
                yield server
                return
        finally:
            if process.poll() is None:
                process.kill()
                process.wait(timeout=20)


def free_port() -> int:
    """The number of a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(server: Server) -> bool:
    """Wait until a server answers; False if it ends before."""
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and server.process.poll() is None:
        try:
            httpx.get(f"{server.url}/robots.txt", timeout=30)
            return True
        except httpx.TransportError:
            time.sleep(0.2)
    return False
