"""The app in a window of its own, by pywebview: the same page, for one person, who names folders by the system's dialogues."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import gradio as gr
from starlette.middleware import Middleware

from reswd_torch.errors import InputError
from studio.signals import call_in_order
from studio.ui.app import build_app, icon, launch_options, names_for, run_app, strangers_come, warm_up
from studio.ui.page import TITLE
from studio.ui.visits import end_all
from studio.ui.window.bridge import Bridge
from studio.ui.window.dialogs import Dialogs, NativeDialogs
from studio.ui.window.key import Key, Locked
from studio.ui.window.needs import Toolkit, check_needs

_HOST = "127.0.0.1"
_SIZE, _LEAST = (1440, 960), (400, 400)
"""Width and height in pixels: at first, and at least."""
_FOLDER = Path(__file__).parent
Opened = Callable[[Any], None]


def desktop(
    allowed: tuple[Path, ...] = (),
    port: int | None = None,
    *,
    dialogs: Dialogs | None = None,
    opened: Opened | None = None,
) -> None:
    """Show the app in a window, and wait until it is closed. Its jobs stop then, and what was made for the page is removed.

    Args:
        allowed: folders of this machine that may be named from the beginning.
        port: to listen on, to this machine alone; None for the first free one from 7860.
        dialogs: in place of the system's.
        opened: called with pywebview's window, in a thread of its own, once its page is there.

    Raises:
        InputError: there is no display, or no pywebview, or the port cannot be listened on.
    """
    toolkit = check_needs()
    strangers_come(_HOST)
    warm_up()
    folders, key = list(allowed), Key()
    app = build_app(folders, in_window=True)
    options = {
        "server_name": _HOST,
        "server_port": port,
        "prevent_thread_lock": True,
        "quiet": True,
        **window_options(key),
    }
    run_app(app, options, shown=partial(_show, app, key, folders, toolkit, dialogs, opened))


def window_options(key: Key) -> dict[str, Any]:
    """The options of ``launch`` for an app that one window alone shows.

    Args:
        key: of the window.
    """
    options = launch_options(names_for(_HOST))
    options["app_kwargs"]["middleware"].append(Middleware(Locked, key=key))
    script, styles = ((_FOLDER / name).read_text(encoding="utf-8") for name in ("window.js", "window.css"))
    return options | {
        "head": f"{options['head']}<script>\n{script}</script>",
        "css": options["css"] + styles,
        "pwa": False,  # it is installed already
        "footer_links": [],  # other programs cannot call it
    }


def _show(
    app: gr.Blocks,
    key: Key,
    allowed: list[Path],
    toolkit: Toolkit | None,
    dialogs: Dialogs | None,
    opened: Opened | None,
) -> None:
    """Show the window of an app that runs, until it is closed; then the server ends.

    Everything about the window is pywebview's, and so is the loop in which this thread stays.
    """
    import webview

    logging.getLogger("pywebview").setLevel(logging.CRITICAL)  # its complaints are for programmers, with tracebacks
    webview.settings["ALLOW_FILE_URLS"] = False
    url = str(app.local_url)
    window = webview.create_window(
        TITLE,
        key.address(url),
        width=_SIZE[0],
        height=_SIZE[1],
        min_size=_LEAST,
        text_select=True,
        zoomable=True,
        draggable=True,
    )
    assert window is not None
    native = NativeDialogs(window)
    bridge = Bridge(url, key.cookie, allowed, dialogs or native, window.get_current_url)
    window.expose(*bridge.functions)
    window.events.before_show += native.listen
    # By then pywebview has set its own handler of Ctrl+C, which would leave the window as it is. A thread waits until the loop
    # has begun: what ends a loop before it begins ends nothing.
    window.events.before_show += lambda: call_in_order(Thread(target=window.destroy, daemon=True).start)
    if opened is not None:
        window.events.loaded += once(partial(opened, window))
    try:
        webview.start(gui=toolkit, icon=str(icon()))
    except webview.WebViewException as error:
        raise InputError(
            f"pywebview shows no window here ({error}): reswd serve --browser shows the same app in the browser"
        ) from error
    finally:
        end_all()
        bridge.close()
        app.close(verbose=False)


def once(act: Callable[[], None]) -> Callable[[], None]:
    """A function that acts when it is first called. A page that is loaded anew tells so again."""
    left = [act]
    return lambda: left.pop()() if left else None
