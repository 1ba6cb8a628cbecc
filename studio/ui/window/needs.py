"""What the window needs of this machine, asked before anything is loaded: a display, pywebview and a toolkit below it."""

from __future__ import annotations

import os
import re
import socket
import sys
from importlib.util import find_spec
from typing import Literal

from reswd_torch.errors import InputError

Toolkit = Literal["qt", "gtk"]
"""What pywebview can show a page with on Linux."""
_INSTALL = 'pip install "reswd-studio[desktop]"'
_BROWSER = "reswd serve --browser shows the same app in the browser"
_DISPLAY = re.compile(r"(?P<host>[^:/]*)(?:/unix)?:(?P<number>\d{1,4})(?:\.\d+)?")
"""The name of an X server: host:number.screen; no host for this machine (X(7), *Display names*)."""
_X_PORT = 6000
_WAIT = 5.0


def check_needs() -> Toolkit | None:
    """Look at what the window needs.

    Returns:
        The toolkit that pywebview shall use; None for the system's own.

    Raises:
        InputError: something is missing: one line that says what helps.
    """
    has_own = sys.platform in ("win32", "darwin")
    if not has_own and not has_display():
        raise InputError(f"there is no display to show a window on: {_BROWSER}")
    if find_spec("webview") is None:
        raise InputError(f"a window of its own takes one more package: {_INSTALL}; or {_BROWSER}")
    if has_own:
        return None
    if _has_qt():
        _check_root()
        return "qt"
    if find_spec("gi") is None:
        raise InputError(f"pywebview has neither Qt nor GTK here: {_INSTALL}; or {_BROWSER}")
    return "gtk"


def has_display() -> bool:
    """Whether an X or a Wayland server answers under the names in the environment. Qt would end the process without one."""
    return _answers_wayland(os.environ.get("WAYLAND_DISPLAY", "")) or _answers_x(os.environ.get("DISPLAY", ""))


def _answers_wayland(name: str) -> bool:
    return bool(name) and _connects_to(os.path.join(os.environ.get("XDG_RUNTIME_DIR", ""), name))


def _answers_x(name: str) -> bool:
    if name.startswith("/"):  # XQuartz names a socket
        return _connects_to(name)
    found = _DISPLAY.fullmatch(name)
    if found is None:
        return False
    number = int(found["number"])
    if os.name == "posix" and found["host"] in ("", "unix"):
        path = f"/tmp/.X11-unix/X{number}"
        return _connects_to(path) or _connects_to(f"\0{path}")
    try:
        socket.create_connection((found["host"], _X_PORT + number), _WAIT).close()
    except OSError:
        return False
    return True


def _connects_to(path: str) -> bool:
    family = getattr(socket, "AF_UNIX", None)
    if family is None:
        return False
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(_WAIT)
        try:
            probe.connect(path)
        except (OSError, ValueError):
            return False
    return True


def _has_qt() -> bool:
    bindings = ("PyQt6", "PySide6")
    return find_spec("qtpy") is not None and any(
        find_spec(one) is not None and find_spec(f"{one}.QtWebEngineCore") is not None for one in bindings
    )


def _check_root() -> None:
    """Chromium within Qt ends the process of a superuser who has not given up its sandbox."""
    flags = os.environ.get("QTWEBENGINE_CHROMIUM_FLAGS", "")
    given_up = os.environ.get("QTWEBENGINE_DISABLE_SANDBOX") == "1" or "--no-sandbox" in flags
    if hasattr(os, "geteuid") and os.geteuid() == 0 and not given_up:
        raise InputError(
            "Qt shows no page to the superuser: start the window as yourself, or set QTWEBENGINE_DISABLE_SANDBOX=1"
        )
