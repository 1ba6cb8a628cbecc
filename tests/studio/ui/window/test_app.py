"""``reswd desktop`` as a person has it: a real window on an X server without a screen, a folder by its path, an end in order."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from studio.ui.window.app import once
from studio.ui.window.needs import _has_qt
from tests.conftest import ASSETS, ROOT, digest

_DRIVEN = Path(__file__).with_name("driven.py")
_MANY = 300
_SOURCES = ("lagoon-jetty.jpg", "mountain-sunset.jpg")


def test_what_is_done_once_is_done_once() -> None:
    done: list[str] = []
    act = once(lambda: done.append("done"))
    act()
    act()
    assert done == ["done"]


@pytest.fixture(scope="module")
def display() -> Iterator[dict[str, str]]:
    """The environment of a program that has a display without a screen, and Qt to show windows with."""
    if not shutil.which("Xvfb"):
        pytest.skip("no Xvfb on this machine: apt-get install xvfb")
    if find_spec("webview") is None or not _has_qt():
        pytest.skip('no pywebview with Qt here: pip install "reswd-studio[desktop]"')
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"],
        pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write)
    with os.fdopen(read) as told:
        number = told.readline().strip()
    yield {
        **{name: value for name, value in os.environ.items() if name != "WAYLAND_DISPLAY"},
        "DISPLAY": f":{number}",
        "PYTHONPATH": str(ROOT),
        "QTWEBENGINE_DISABLE_SANDBOX": "1",  # tests may run as root
        "QT_QPA_PLATFORM": "xcb",
    }
    server.terminate()
    server.wait(10)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder of two photographs, one of them below it, under a name that an address would write otherwise."""
    folder = tmp_path / "my pictures 100%"
    (folder / "second day").mkdir(parents=True)
    for name, place in zip(_SOURCES, (folder, folder / "second day"), strict=True):
        shutil.copy(ASSETS / name, place / name)
    return folder


def _drive(display: dict[str, str], folder: Path, **asked: Any) -> tuple[dict[str, Any], int]:
    """Have a person at the window: what they saw, and the exit code."""
    own = folder / "gradio"
    done = subprocess.run(
        [sys.executable, str(_DRIVEN), json.dumps({key: str(value) if isinstance(value, Path) else value
                                                    for key, value in asked.items()})],
        capture_output=True, text=True, cwd=ROOT, env={**display, "GRADIO_TEMP_DIR": str(own)}, timeout=240,
    )  # fmt: skip
    assert done.stdout.strip(), done.stderr
    assert not list(own.glob("reswd-app-*")), "the folder of the page is left"
    seen = json.loads(done.stdout.strip().splitlines()[-1])
    assert "fault" not in seen, seen["fault"]
    return seen, done.returncode


@pytest.mark.slow
def test_a_folder_is_done_by_its_path_and_nothing_is_uploaded(
    display: dict[str, str], tmp_path: Path, pictures: Path
) -> None:
    results, saved = tmp_path / "results", tmp_path / "icon of the app.png"
    results.mkdir()
    before = {path: digest(path) for path in pictures.rglob("*.jpg")}
    seen, code = _drive(display, tmp_path, pictures=pictures, results=results, saved=saved, leave_early=False)
    assert code == 0
    assert seen["title"] == "ReSWD Studio"
    assert (seen["here"], seen["results"]) == (str(pictures), str(results))
    assert seen["stranger"] == 401
    assert seen["uploads"] == []
    assert "2 of 2 done" in seen["bar"]
    for path, known in before.items():
        result = results / path.relative_to(pictures)
        assert digest(path) == known
        assert digest(result) != known
        with Image.open(result) as image, Image.open(path) as source:
            assert image.size == source.size
    assert seen["proposed"] == "icon.png"
    assert seen["outside"] == ["https://example.org/paper"] and seen["stayed"]
    assert seen["least"] == [400, 400]
    assert digest(saved) == digest(ROOT / "studio" / "ui" / "icon.png")


@pytest.mark.slow
def test_closing_the_window_ends_a_run_with_nothing_half_written(display: dict[str, str], tmp_path: Path) -> None:
    pictures, results = tmp_path / "pictures", tmp_path / "results"
    pictures.mkdir()
    results.mkdir()
    with Image.open(ASSETS / _SOURCES[0]) as image:
        image.convert("RGB").resize((1500, 1000)).save(pictures / "0.png")
    for number in range(1, _MANY):
        shutil.copy(pictures / "0.png", pictures / f"{number}.png")
    _, code = _drive(display, tmp_path, pictures=pictures, results=results, saved="", leave_early=True)
    assert code == 0
    done = sorted(results.glob("*.png"))
    assert 0 < len(done) < _MANY
    for path in done:
        with Image.open(path) as image:
            image.load()
    assert not [path for path in results.rglob(".*") if path.suffix == ".png"]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to catch")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_signal_closes_the_window(display: dict[str, str], tmp_path: Path, number: signal.Signals) -> None:
    own = tmp_path / "gradio"
    process = subprocess.Popen(
        [sys.executable, "-m", "studio", "desktop"],
        cwd=ROOT, env={**display, "GRADIO_TEMP_DIR": str(own)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    until = time.monotonic() + 120
    while not _has_window(display) and time.monotonic() < until:
        time.sleep(0.3)
    process.send_signal(number)
    try:
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 128 + number
    assert "Traceback" not in said and "Fatal" not in said
    assert not list(own.glob("reswd-app-*"))


def _has_window(display: dict[str, str]) -> bool:
    """Whether a window of the app is shown."""
    if not shutil.which("xwininfo"):
        time.sleep(20)
        return True
    told = subprocess.run(["xwininfo", "-root", "-tree"], capture_output=True, text=True, env=display).stdout
    return '"ReSWD Studio"' in told
