"""What is left of those who leave: jobs whose caller is gone stop, what killed servers left goes, and nobody else's does."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import httpx
import pytest
from PIL import Image

from benchmarks.load import resident_mib
from benchmarks.serving import SOURCE, Server, guide_data, limited, match_data, serving
from studio.ui import disk
from tests.conftest import ROOT
from tests.studio.ui.test_public import until

LONG = guide_data("128x128", 200)
"""Takes a minute or more on two cores."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    """An app whose model is loaded."""
    with serving(tmp_path_factory.mktemp("left"), "-c", limited()) as started:
        assert "complete" in started.call("guide", guide_data("64x64", 1))
        yield started


def listen_for(server: Server, event: str, seconds: float) -> None:
    """Listen for a while, and leave."""
    address, timeout = f"{server.url}/gradio_api/call/guide/{event}", httpx.Timeout(seconds)
    with pytest.raises(httpx.ReadTimeout), httpx.stream("GET", address, timeout=timeout) as stream:
        for _ in stream.iter_lines():
            pass


def test_a_painting_ends_when_its_caller_leaves(server: Server) -> None:
    listen_for(server, server.join("guide", LONG), 3)
    began = time.monotonic()
    assert "complete" in server.call("guide", guide_data("64x64", 1))
    assert time.monotonic() - began < 20, "another visitor's turn comes at once"


def test_jobs_that_wait_go_with_their_caller(server: Server) -> None:
    first = server.join("guide", LONG)
    ended = threading.Event()
    others = [server.join("guide", LONG) for _ in range(3)]
    for event in (*others, first):
        listen_for(server, event, 1)
    threading.Thread(target=lambda: (server.call("guide", guide_data("64x64", 1)), ended.set())).start()
    assert ended.wait(30)


def test_the_second_job_of_a_visitor_waits_behind_the_first_of_another(server: Server) -> None:
    jobs = {}
    for name, visitor, data in (
        ("a1", "visitor-a", guide_data("128x128", 12)),
        ("a2", "visitor-a", guide_data("64x64", 2)),
        ("b1", "visitor-b", guide_data("64x64", 2)),
    ):
        jobs[server.ask("guide", data, visitor).json()["event_id"]] = name
    over: list[str] = []

    def hear(visitor: str) -> None:
        for _, message in server.told(visitor):
            if message["msg"] == "process_completed":
                assert message["success"]
                over.append(jobs[message["event_id"]])

    pages = [threading.Thread(target=hear, args=(visitor,)) for visitor in ("visitor-a", "visitor-b")]
    for page in pages:
        page.start()
    for page in pages:
        page.join(120)
    assert over == ["a1", "b1", "a2"]


def archive(folder: Path, pictures: int) -> Path:
    """A ZIP of small pictures."""
    place = folder / f"{pictures}.zip"
    with zipfile.ZipFile(place, "w") as opened:
        for number in range(pictures):
            held = io.BytesIO()
            Image.new("RGB", (320, 240), (number % 256, 40, 90)).save(held, "JPEG")
            opened.writestr(f"{number}.jpg", held.getvalue())
    return place


def batch_data(server: Server, place: Path) -> list[object]:
    """The inputs of /batch."""
    return [[server.upload(place)], None, "#203040:2,#e0c090", "each", *match_data("")[3:]]


def page_batch(server: Server, place: Path, session: str) -> None:
    """*Process folder* on a page, with every control as it is but the ZIP and the palette."""
    config = httpx.get(f"{server.url}/config").json()
    (event,) = [each for each in config["dependencies"] if each["api_name"] == "run_batch"]
    props = {each["id"]: each["props"] for each in config["components"]}
    given = {"batch-files": [server.upload(place)], "batch-palette": "#203040:2,#e0c090", "batch-colours": "Palette"}
    data = [given.get(props[number].get("elem_id"), props[number].get("value")) for number in event["inputs"]]
    body = {"data": data, "fn_index": event["id"], "session_hash": session}
    assert httpx.post(f"{server.url}/gradio_api/queue/join", json=body).status_code == 200


@pytest.mark.parametrize("way", ["endpoint", "page"])
def test_a_batch_ends_when_its_caller_leaves(server: Server, tmp_path: Path, way: str) -> None:
    many = archive(tmp_path, 450)
    if way == "endpoint":
        event = server.join("batch", batch_data(server, many))
        address = f"{server.url}/gradio_api/call/batch/{event}"
    else:
        page_batch(server, many, "leaves-soon")
        address = f"{server.url}/gradio_api/queue/data?session_hash=leaves-soon"
    heard = []
    until_then = time.monotonic() + 3
    with httpx.stream("GET", address, timeout=30) as stream:
        if way == "page":
            for line in stream.iter_lines():
                heard.append(line)
                if time.monotonic() > until_then:
                    break
        else:
            time.sleep(3)
    assert way == "endpoint" or any("process_generating" in line for line in heard)
    began = time.monotonic()
    assert "event: complete" in server.call("batch", batch_data(server, archive(tmp_path, 1)))
    assert time.monotonic() - began < 15, "one batch is done at a time, and the long one is over"


# Folders


@pytest.mark.slow
def test_what_a_killed_server_left_goes_and_what_others_have_stays(tmp_path: Path) -> None:
    theirs = tmp_path / "files" / "holiday.jpg"
    unmarked = tmp_path / "files" / f"{disk.PREFIX}of-a-person"
    with serving(tmp_path) as killed, serving(tmp_path / "files", GRADIO_TEMP_DIR=str(tmp_path / "files")) as lives:
        first = {path.resolve() for path in (tmp_path / "files").glob(f"{disk.PREFIX}*")}
        killed.upload(SOURCE)
        theirs.write_bytes(b"x")
        unmarked.mkdir()
        (unmarked / "letter.txt").write_text("Dear")
        killed.process.kill()
        killed.process.wait()
        assert len(first) == 2 and all(path.is_dir() for path in first)
        with serving(tmp_path) as anew:
            left = {path.resolve() for path in (tmp_path / "files").glob(f"{disk.PREFIX}*")} - {unmarked.resolve()}
            assert len(left) == 2 and len(left & first) == 1, "that of the living one, and the new one"
            assert "complete" in lives.call("match", match_data(lives.upload(SOURCE)))
            assert anew.end() == 128 + signal.SIGTERM
    assert theirs.exists() and (unmarked / "letter.txt").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize(
    ("way", "number"),
    [
        pytest.param((), signal.SIGTERM, id="serve-15"),
        pytest.param((), signal.SIGHUP, id="serve-1", marks=pytest.mark.slow),
        pytest.param(("app.py",), signal.SIGTERM, id="app.py-15", marks=pytest.mark.slow),
        pytest.param(("app.py",), signal.SIGHUP, id="app.py-1", marks=pytest.mark.slow),
    ],
)
def test_a_signal_ends_jobs_and_leaves_nothing(tmp_path: Path, number: signal.Signals, way: tuple[str, ...]) -> None:
    with serving(tmp_path, *way) as server:
        server.join("guide", guide_data("64x64", 200))
        server.upload(SOURCE)
        time.sleep(1)
        began = time.monotonic()
        assert server.end(number) == 128 + number
        assert time.monotonic() - began < 25
        assert not list(server.folder.glob(f"{disk.PREFIX}*"))
        assert "Traceback" not in server.log.read_text()


def test_of_two_processes_only_the_dead_ones_folder_is_left(tmp_path: Path) -> None:
    code = "from studio.ui import disk; print(disk.own_folder(), flush=True); input()"
    line = [sys.executable, "-c", code]
    known = {**os.environ, "GRADIO_TEMP_DIR": str(tmp_path)}
    with subprocess.Popen(line, stdin=-1, stdout=-1, cwd=ROOT, env=known, text=True) as one:
        assert one.stdout is not None
        folder = Path(one.stdout.readline().strip())
        assert disk.sweep(tmp_path) == 0 and folder.is_dir()
        one.kill()
    assert folder.is_dir()
    assert disk.sweep(tmp_path) == 1 and not folder.exists()


# Age and size


def aged(path: Path, size: int, age: float) -> Path:
    """A file of so many bytes that was last used so many seconds ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(size))
    os.utime(path, (time.time() - age,) * 2)
    return path


def tidy(folder: Path, age: float, **options: object) -> None:
    """Tidy as if so many seconds had passed: nobody can set the time at which a file was made."""
    disk.tidy(folder, **{"most": 1 << 30, "keep": 3600.0, **options}, now=time.time() + age)  # type: ignore[arg-type]


def test_old_files_go_and_the_examples_stay(tmp_path: Path) -> None:
    old, example = aged(tmp_path / "a" / "b" / "old.jpg", 10, 0), aged(tmp_path / "c" / "example.jpg", 10, 0)
    mark = aged(tmp_path / "reswd.lock", 0, 0)
    tidy(tmp_path, 3000, spare=frozenset({example}))
    assert old.exists()
    tidy(tmp_path, 4000, spare=frozenset({example}))
    assert not old.exists() and not old.parent.exists()
    assert example.exists() and mark.exists()


def test_the_oldest_go_once_all_are_too_many_but_none_in_use(tmp_path: Path) -> None:
    files = [aged(tmp_path / str(number) / "a.jpg", 100, 0) for number in range(5)]
    tidy(tmp_path, 0, most=250)
    assert all(file.exists() for file in files), "they were all used just now"
    time.sleep(0.05)
    for file in files[3:]:
        os.utime(file, (time.time() + 1000, time.time() + 1000))
    tidy(tmp_path, 1000, most=250)
    assert [file.exists() for file in files] == [False, False, False, True, True]
    assert disk.used(tmp_path) == 200


def test_part_of_an_upload_goes_when_no_byte_comes(tmp_path: Path) -> None:
    part, whole = aged(tmp_path / "tmpabc", 10, 0), aged(tmp_path / "ab12" / "a.jpg", 10, 0)
    tidy(tmp_path, 500)
    assert part.exists()
    tidy(tmp_path, 700)
    assert not part.exists() and whole.exists()


def test_a_server_bounds_what_it_keeps(tmp_path: Path) -> None:
    code = "import studio.ui.disk as d; d._EVERY = 0.3; d._IN_USE = 0.5\n" + limited(disk=600_000)
    with serving(tmp_path, "-c", code) as server:
        begun = disk.used(server.own)
        for _ in range(4):
            assert "complete" in server.call("match", match_data(server.upload(SOURCE)))
        until(lambda: disk.used(server.own) <= begun + 600_000, "the oldest files are gone")
        assert "complete" in server.call("match", match_data(server.upload(SOURCE)))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the memory of another process")
def test_calls_without_a_page_leave_nothing_in_memory(server: Server) -> None:
    """Gradio keeps half a megabyte for the page of every caller, and endpoints have none: 60 calls were 28 MiB."""
    for _ in range(15):
        server.call("apply", [None, None, None])
    before = resident_mib(server.process.pid)
    for _ in range(60):
        server.call("apply", [None, None, None])
    assert resident_mib(server.process.pid) - before < 12
