"""``reswd mcp`` as a client starts it: its standard output carries the protocol and nothing else, and it ends in order."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

from tests.conftest import ROOT
from tests.studio.command_line import Reswd

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
PROGRAM = ("-m", "studio", "mcp", "--allow")


def test_a_client_starts_it_and_calls_tools(folder: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    program = StdioServerParameters(command=sys.executable, args=[*PROGRAM, str(folder)], env=ENVIRONMENT)

    async def main() -> tuple[list[str], Any, str]:
        with log.open("w") as heard:
            async with stdio_client(program, heard) as (read, write), ClientSession(read, write) as client:
                begun = await client.initialize()
                names = [tool.name for tool in (await client.list_tools()).tools]
                done = await client.call_tool(
                    "match_colours", {"source": "a.png", "reference": "warm.png", "output": "o.png"}
                )
                return names, done, begun.instructions or ""

    names, done, about = anyio.run(main)
    assert "match_colours" in names and not done.isError and str(folder) in about
    assert (folder / "o.png").is_file()
    assert "Traceback" not in log.read_text()


def _start(folder: Path, before: str = "") -> subprocess.Popen[bytes]:
    """The program, with a line of Python run first."""
    code = f"{before}\nimport sys; sys.argv = ['reswd', 'mcp', '--allow', {str(folder)!r}]\nfrom studio.cli import main\nmain()"
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe, stderr=pipe, env=ENVIRONMENT)


def _line(number: int, method: str, **params: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode() + b"\n"


HELLO = _line(
    1, "initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo={"name": "test", "version": "1"}
)
READY = b'{"jsonrpc": "2.0", "method": "notifications/initialized"}\n'


def test_nothing_but_the_protocol_is_printed(folder: Path) -> None:
    prints = (
        "import os, studio.service.apply as apply\n"
        "load = apply.load_any_grade\n"
        "def loud(path):\n"
        "    print('python prints')\n"
        "    os.system('echo a program prints; cat')\n"
        "    os.write(1, b'a library prints\\n')\n"
        "    return load(path)\n"
        "apply.load_any_grade = loud\n"
    )
    running = _start(folder, prints)
    ask = _line(2, "tools/call", name="describe_grade", arguments={"grade": "none.cube"})
    assert running.stdin is not None and running.stdout is not None
    running.stdin.write(HELLO + READY + b"this is no message\n" + ask)
    running.stdin.flush()
    lines = []
    while not any(line.get("id") == 2 for line in lines):
        lines.append(json.loads(running.stdout.readline()))
    out, err = running.communicate(timeout=60)
    assert out == b"" and running.returncode == 0
    assert all(line["jsonrpc"] == "2.0" for line in lines)
    assert "no such file" in lines[-1]["result"]["content"][0]["text"]
    for printed in (b"python prints", b"a program prints", b"a library prints"):
        assert printed in err
    assert b"Traceback" not in err


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_while_it_waits(folder: Path, number: signal.Signals) -> None:
    running = _start(folder)
    assert running.stdin is not None and running.stdout is not None
    running.stdin.write(HELLO + READY)
    running.stdin.flush()
    running.stdout.readline()
    running.send_signal(number)
    assert running.wait(30) == 128 + number  # though its standard input is still open
    assert b"Traceback" not in running.communicate()[1]


NEVER_DONE = """
import time, studio.service.apply as apply
from studio.media.places import written_beside
from studio.watch import Event
def endless(grade, source, place, watch, **_):
    with written_beside(place) as half:
        half.write_bytes(b"half")
        while True:
            watch.event(Event(0.5, "half of it is written"))
            time.sleep(0.05)
apply.apply_to_file = endless
"""
NEUTRAL = """<ColorCorrection><SOPNode><Slope>1 1 1</Slope><Offset>0 0 0</Offset><Power>1 1 1</Power></SOPNode>
<SatNode><Saturation>1</Saturation></SatNode></ColorCorrection>"""


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("number", [None, signal.SIGTERM])
def test_an_end_stops_a_job_and_leaves_no_file(folder: Path, number: signal.Signals | None) -> None:
    """The end of its input, which is how clients end it; or a signal."""
    (folder / "neutral.cc").write_text(NEUTRAL)
    (folder / "out").mkdir()
    running = _start(folder, NEVER_DONE)
    arguments = {"grade": "neutral.cc", "sources": ["a.png"], "output_folder": "out"}
    ask = {"name": "apply_grade", "arguments": arguments, "_meta": {"progressToken": 7}}
    assert running.stdin is not None and running.stdout is not None
    running.stdin.write(HELLO + READY + _line(2, "tools/call", **ask))
    running.stdin.flush()
    while "half of it" not in json.loads(running.stdout.readline()).get("params", {}).get("message", ""):
        pass
    assert len(list((folder / "out").iterdir())) == 1
    if number is not None:
        running.send_signal(number)
        assert running.wait(30) == 128 + number
    _, err = running.communicate(timeout=30)
    assert running.returncode == (0 if number is None else 128 + number)
    assert b"Traceback" not in err
    assert list((folder / "out").iterdir()) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "give --allow DIR"),
        (("--allow", "/no/such/folder"), "no such folder"),
        (("--allow", "/"), "the whole disk"),
        (("--allow", ".", "--read-only", "/no/such/folder"), "check --read-only"),
    ],
)
def test_what_cannot_be_served_is_one_line(reswd: Reswd, words: tuple[str, ...], said: str) -> None:
    ran = reswd("mcp", *words)
    assert ran.code == 2 and ran.out == ""
    assert said in ran.err and ran.err.count("\n") == 1


def test_without_the_sdk_it_says_what_to_install(reswd: Reswd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    for words in (("mcp", "--allow", "."), ("serve", "--mcp", "--allow", ".")):
        ran = reswd(*words)
        assert ran.code == 2
        assert 'pip install "reswd-studio[mcp]"' in ran.err and ran.err.count("\n") == 1
