"""A fresh environment and a server in it, as the checks of the Space and of the wheels use them."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import venv
from pathlib import Path

START_SECONDS = 120


def new_environment(folder: Path) -> str:
    """Make a virtual environment and return the path of its Python."""
    venv.create(folder, with_pip=True)
    return str(folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))


def clean_environment() -> dict[str, str]:
    """The environment variables without those through which Python could find something of this checkout."""
    return {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}


def free_port() -> int:
    """The number of a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, server: subprocess.Popen[bytes], check: str) -> None:
    """Wait until the server answers; end with an error, in the name of a check, if it has ended or takes too long."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if server.poll() is not None:
            raise SystemExit(f"{check}: the app ended with {server.returncode} before it answered")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"{check}: the app did not answer within {START_SECONDS} s")


MATCH_ONE_PAIR = """
import json, pathlib, sys
from gradio_client import Client, handle_file
port, assets = sys.argv[1], pathlib.Path(sys.argv[2])
pair = json.loads((assets / "examples.json").read_text())["examples"][0]
client = Client(f"http://127.0.0.1:{port}", verbose=False)
answer = client.predict(
    source=handle_file(assets / pair["source"]), reference=handle_file(assets / pair["reference"]), api_name="/match"
)
result = next(pathlib.Path(part) for part in answer if isinstance(part, str) and part.lower().endswith(".jpg"))
assert result.stat().st_size > 10_000, result
print("matched", pair["source"], "to", pair["reference"], "->", result.name)
"""
"""A program for the environment: the app at a port matches the first pair of examples, given the folder of the pictures."""
