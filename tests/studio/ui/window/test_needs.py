"""What is said where there is no display, no pywebview or no toolkit."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reswd_torch.errors import InputError
from studio.ui.window import needs
from tests.conftest import ROOT
from tests.studio.command_line import Reswd, assert_refused

pytestmark = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there is always a display on this system")
Found = Callable[..., None]


@pytest.fixture(autouse=True)
def no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QTWEBENGINE_DISABLE_SANDBOX", "QTWEBENGINE_CHROMIUM_FLAGS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Found:
    """Says which packages there are, beside a display."""

    def say(*names: str) -> None:
        monkeypatch.setattr(needs, "has_display", lambda: True)
        monkeypatch.setattr(needs, "find_spec", lambda name: name if name in names else None)

    return say


@pytest.mark.parametrize("display", [None, "", ":4711", "127.0.0.1:4711", "nonsense", "/no/such/socket"])
def test_without_a_display_one_line_says_what_helps(
    reswd: Reswd, monkeypatch: pytest.MonkeyPatch, display: str | None
) -> None:
    if display is not None:
        monkeypatch.setenv("DISPLAY", display)
    assert_refused(reswd("desktop"), "no display", "reswd serve --browser")


def test_a_wayland_server_is_a_display(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # the name of a socket has 107 bytes at most
    monkeypatch.setenv("XDG_RUNTIME_DIR", ".")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-7")
    assert not needs.has_display()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind("wayland-7")
        server.listen()
        assert needs.has_display()


def test_an_x_server_over_a_network_is_a_display(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        monkeypatch.setattr(needs, "_X_PORT", port - 3)
        monkeypatch.setenv("DISPLAY", "127.0.0.1:3.0")
        assert needs.has_display()


def test_what_is_missing_is_named(installed: Found) -> None:
    installed()
    with pytest.raises(InputError, match=r"one more package: pip install .reswd-studio\[desktop\]"):
        needs.check_needs()
    installed("webview", "qtpy")  # and no binding below it
    with pytest.raises(InputError, match="neither Qt nor GTK"):
        needs.check_needs()


def test_qt_goes_before_gtk(installed: Found, monkeypatch: pytest.MonkeyPatch) -> None:
    installed("webview", "gi")
    assert needs.check_needs() == "gtk"
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    installed("webview", "gi", "qtpy", "PySide6", "PySide6.QtWebEngineCore")
    assert needs.check_needs() == "qt"


def test_the_superuser_is_told_before_chromium_ends_the_process(
    installed: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    installed("webview", "qtpy", "PyQt6", "PyQt6.QtWebEngineCore")
    with pytest.raises(InputError, match="superuser"):
        needs.check_needs()
    monkeypatch.setenv("QTWEBENGINE_DISABLE_SANDBOX", "1")
    assert needs.check_needs() == "qt"


def test_the_window_is_loaded_by_nobody_else() -> None:
    code = "import sys, app; assert not {'webview', 'qtpy', 'studio.ui.window.app'} & set(sys.modules); print('fine')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "fine"


def test_what_serve_refuses_desktop_refuses(reswd: Reswd, installed: Found, tmp_path: Path) -> None:
    installed("webview", "gi")
    assert_refused(reswd("desktop", "--allow", tmp_path / "none"), "no such folder")
    assert_refused(reswd("desktop", "--allow", "/"), "whole disk")
    assert_refused(reswd("desktop", "--port", 99999), "99999")
