"""A hub on this machine that speaks as much of the Hugging Face hub's protocol as a download needs."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from guidance.known import EMBEDDED

COMPONENTS = ("unet", "vae", "text_encoder", "tokenizer", "scheduler")
COMMIT = "0123456789abcdef0123456789abcdef01234567"
REPOSITORY = "someone/pocket"


@dataclass
class Answer:
    """What the hub answers to one request."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"X-Repo-Commit": COMMIT})
    body: bytes = b""


class LocalHub:
    """Serves folders ``owner/name`` below a folder as repositories.

    Attributes:
        folder: holds the repositories.
        served: paths of the files that were fetched, in their repository and in order.
        url: where the hub listens.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.served: list[str] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()

    def answer(self, path: str, with_body: bool) -> Answer:
        """Answer a request for ``path``; a file counts as served if its contents were asked for."""
        parts = path.partition("?")[0].strip("/").split("/")
        if parts[:2] == ["api", "models"]:
            return self._about_repository(parts[2], parts[3], with_tree="tree" in parts)
        return self._file(parts[0], parts[1], "/".join(parts[4:]), with_body)

    def _about_repository(self, owner: str, name: str, with_tree: bool) -> Answer:
        answer, root = Answer(), self.folder / owner / name
        files = sorted(file for file in root.rglob("*") if file.is_file())
        answer.headers["Content-Type"] = "application/json"
        if not files:
            answer.status, answer.headers["X-Error-Code"] = 404, "RepoNotFound"
        elif with_tree:
            tree = [
                {
                    "type": "file",
                    "path": file.relative_to(root).as_posix(),
                    "size": file.stat().st_size,
                    "oid": "0",
                }
                for file in files
            ]
            answer.body = json.dumps(tree).encode()
        else:
            answer.body = json.dumps({"id": f"{owner}/{name}", "sha": COMMIT, "siblings": []}).encode()
        return answer

    def _file(self, owner: str, name: str, path: str, with_body: bool) -> Answer:
        answer, file = Answer(), self.folder / owner / name / path
        if not file.is_file():
            answer.status, answer.headers["X-Error-Code"] = 404, "EntryNotFound"
            return answer
        answer.body = file.read_bytes()
        answer.headers["ETag"] = f'"{hashlib.sha1(answer.body).hexdigest()}"'
        if with_body:
            self.served.append(path)
        return answer


def _handler(hub: LocalHub) -> type[BaseHTTPRequestHandler]:
    """A handler of HTTP requests that passes them to a hub."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_HEAD(self) -> None:
            self._send(with_body=False)

        def do_GET(self) -> None:
            self._send(with_body=True)

        def _send(self, with_body: bool) -> None:
            answer = hub.answer(self.path, with_body)
            self.send_response(answer.status)
            for name, value in {**answer.headers, "Content-Length": str(len(answer.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if with_body:
                try:
                    self.wfile.write(answer.body)
                except OSError:  # the other side stopped reading
                    self.close_connection = True

    return Handler


def copy_of_embedded(where: Path, **index: object) -> Path:
    """Copy the embedded model to a folder of its own, with changes to its ``model_index.json``; returns the folder."""
    for part in COMPONENTS:
        shutil.copytree(EMBEDDED / part, where / part)
    values = json.loads((EMBEDDED / "model_index.json").read_text())
    (where / "model_index.json").write_text(json.dumps({**values, **index}))
    return where


def recorder() -> tuple[list[tuple[float, str]], Callable[[float, str], None]]:
    """A list, and a function for progress that appends to it what it is told."""
    told: list[tuple[float, str]] = []
    return told, lambda share, text: told.append((share, text))
