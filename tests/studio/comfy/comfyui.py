"""A real ComfyUI without a window, and workflows over its HTTP API.

``COMFYUI`` names its folder and ``COMFYUI_PYTHON`` the Python that runs it.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

PACK = ROOT / "comfy" / "reswd-studio"
_WIDGETS = ("INT", "FLOAT", "STRING", "BOOLEAN", "COMBO")
_STARTS_WITHIN, _RUNS_WITHIN = 180, 240


def missing() -> str | None:
    """Why there is no ComfyUI to test; None where there is one."""
    for name in ("COMFYUI", "COMFYUI_PYTHON"):
        if not os.environ.get(name):
            return f"${name} is not set: give the folder of ComfyUI as $COMFYUI and its Python as $COMFYUI_PYTHON"
        if not Path(os.environ[name]).exists():
            return f"${name} is {os.environ[name]}, which is not there"
    return None


class Server:
    """A running ComfyUI.

    Attributes:
        base: its folder with ``input``, ``output`` and ``custom_nodes``.
        url: where it listens.
    """

    def __init__(self, base: Path, url: str) -> None:
        self.base, self.url = base, url

    def get(self, path: str) -> bytes:
        """What it answers."""
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:
            return bytes(answer.read())

    def json(self, path: str) -> Any:
        """The same, read."""
        return json.loads(self.get(path))

    def run(self, prompt: dict[str, Any]) -> dict[str, Any]:
        """Queue a workflow in the format of the API and wait for its end: its entry of the history."""
        body = json.dumps({"prompt": prompt}).encode()
        request = urllib.request.Request(self.url + "/prompt", body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                number = json.loads(answer.read())["prompt_id"]
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from error
        until = time.monotonic() + _RUNS_WITHIN
        while time.monotonic() < until:
            if number in (history := self.json(f"/history/{number}")):
                entry: dict[str, Any] = history[number]
                return entry
            time.sleep(0.2)
        raise AssertionError("the workflow did not end")

    def pictures(self, entry: dict[str, Any], node: str) -> list[bytes]:
        """The files of the pictures that a node saved."""
        assert entry["status"]["status_str"] == "success", error_of(entry)
        return [self.get("/view?" + urllib.parse.urlencode(one)) for one in entry["outputs"][node]["images"]]

    def prompt_of(self, graph: dict[str, Any]) -> dict[str, Any]:
        """A workflow as the page saves it, in the format of the API, as the page makes it of what the nodes say of themselves."""
        known = self.json("/object_info")
        links = {link[0]: [str(link[1]), link[2]] for link in graph["links"]}
        prompt = {}
        for node in graph["nodes"]:
            said = known[node["type"]]["input"]
            values = iter(node["widgets_values"])
            inputs: dict[str, Any] = {}
            for name, (kind, *more) in {**said.get("required", {}), **said.get("optional", {})}.items():
                options = more[0] if more else {}
                if isinstance(kind, list) or kind in _WIDGETS:
                    inputs[name] = next(values)
                    if _has_a_second_value(name, kind, options):
                        next(values)
            assert list(values) == [], f"{node['type']} has more values than widgets"
            inputs |= {one["name"]: links[one["link"]] for one in node["inputs"] if one.get("link") is not None}
            prompt[str(node["id"])] = {"class_type": node["type"], "inputs": inputs}
        return prompt


def _has_a_second_value(name: str, kind: object, options: dict[str, Any]) -> bool:
    """Whether the page keeps another value behind a widget's: what follows a seed, the upload of a file."""
    follows = options.get("control_after_generate", kind == "INT" and name in ("seed", "noise_seed"))
    return bool(follows) or any(options.get(upload) for upload in ("image_upload", "video_upload"))


def error_of(entry: dict[str, Any]) -> str:
    """What the node said that ended a workflow; empty where none did."""
    return next(
        (data["exception_message"] for kind, data in entry["status"]["messages"] if kind == "execution_error"), ""
    )


@contextmanager
def running(base: Path, *packs: Path) -> Iterator[Server]:
    """ComfyUI with packs linked into its nodes, for the block."""
    for folder in ("custom_nodes", "input", "output", "models/luts"):
        (base / folder).mkdir(parents=True, exist_ok=True)
    for pack in packs:
        (base / "custom_nodes" / pack.name).symlink_to(pack)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        os.environ["COMFYUI_PYTHON"], str(Path(os.environ["COMFYUI"]) / "main.py"), "--cpu", "--listen", "127.0.0.1", "--port",
        str(port), "--base-directory", str(base), "--disable-auto-launch", "--database-url", "sqlite:///:memory:",
    ]  # fmt: skip
    log = base / "log.txt"
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, cwd=base)
    server = Server(base, f"http://127.0.0.1:{port}")
    try:
        until = time.monotonic() + _STARTS_WITHIN
        while True:
            try:
                server.get("/system_stats")
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < until, log.read_text(errors="replace")[-3000:]
                time.sleep(0.5)
        yield server
    finally:
        process.terminate()
        process.wait(30)
