"""Build the browser app and serve it."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from threading import Thread
from typing import Any

import gradio as gr
import numpy as np
from starlette.middleware import Middleware

from studio.service.guide.stream import hold_models
from studio.ui.batch.events import wire_batch_tab
from studio.ui.batch.tab import lay_out_batch_tab
from studio.ui.door import LOOPBACK, Door
from studio.ui.endpoints import add_endpoints
from studio.ui.guide.events import wire_guide_tab
from studio.ui.guide.run import DEVICE, models
from studio.ui.guide.tab import lay_out_guide_tab
from studio.ui.layout import CSS, HEAD, INTRO, TITLE, theme
from studio.ui.match.events import wire_match_tab
from studio.ui.match.tab import lay_out_match_tab
from studio.ui.session import Session, forget

_ICON = Path(__file__).with_name("icon.png")
_CACHE_AGE = 24 * 3600  # uploads and results of a page left open over night are gone the next day


def build_app(allowed: tuple[Path, ...] = ()) -> gr.Blocks:
    """Build the whole app, without launching it.

    Args:
        allowed: folders of this machine below which a person may name folders in the tab *Batch*.
    """
    hold_models(models(), DEVICE)
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True, delete_cache=(3600, _CACHE_AGE)) as app:
        session = gr.State(Session(), delete_callback=forget)
        gr.HTML(INTRO, padding=False)
        with gr.Tabs():
            with gr.Tab("Match colours", id="match"):
                wire_match_tab(lay_out_match_tab(), session)
            with gr.Tab("Batch", id="batch"):
                wire_batch_tab(lay_out_batch_tab(allowed), session, allowed)
            with gr.Tab("Guide a generation", id="guide"):
                wire_guide_tab(lay_out_guide_tab(), session)
        add_endpoints()
    return app.queue(max_size=64, default_concurrency_limit=4)


def launch_options(names: tuple[str, ...] = ()) -> dict[str, Any]:
    """The options of ``launch`` that every way to start the app has in common.

    Args:
        names: host names by which the app may be called; empty for every name.
    """
    return {
        "app_kwargs": {"middleware": [Middleware(Door, names=names)]},
        "theme": theme(),
        "css": CSS,
        "head": HEAD,
        "pwa": True,
        "favicon_path": str(_ICON),
        "footer_links": ["api"],
        "show_error": False,  # the words of errors that nobody foresaw are for the log, and may name the server's folders
        "ssr_mode": False,
        "share": False,
        "enable_monitoring": False,
        "max_file_size": "2gb",
    }


def warm_up() -> Thread:
    """Load in the background what the first match needs, so that the first person does not wait for it.

    Returns:
        The thread that loads.
    """

    def load() -> None:
        import PyOpenColorIO  # noqa: F401

        from reswd_torch import match
        from studio.views.preview import resize

        ramp = np.linspace(0, 1, 64 * 64 * 3, dtype=np.float32).reshape(64, 64, 3)
        match(resize(ramp, (32, 32)), ramp[:, ::-1] * 0.8)

    thread = Thread(target=load, name="warm-up", daemon=True)
    thread.start()
    return thread


def serve(
    host: str | None = None,
    port: int | None = None,
    open_browser: bool = False,
    allowed: tuple[Path, ...] = (),
    names: tuple[str, ...] = (),
) -> None:
    """Start the app and wait until it is stopped.

    Args:
        host: address to listen on; None for GRADIO_SERVER_NAME or this machine alone.
        port: None for GRADIO_SERVER_PORT or the first free one from 7860.
        open_browser: show it in the browser.
        allowed: as in :func:`build_app`.
        names: further host names by which the app may be called where it listens to this machine alone, such as that of a
            web server in front of it.
    """
    listens = host or os.environ.get("GRADIO_SERVER_NAME") or "127.0.0.1"
    known = (*LOOPBACK, *names) if listens in LOOPBACK else ()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # end as with Ctrl+C, which removes the pages' files
    warm_up()
    build_app(allowed).launch(server_name=host, server_port=port, inbrowser=open_browser, **launch_options(known))
