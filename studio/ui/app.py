"""Build the browser app and serve it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import gradio as gr
import numpy as np
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from reswd_torch.errors import InputError
from studio.loopback import LOOPBACK, checked_name, is_loopback, plain_name
from studio.service.guide.stream import hold_models
from studio.signals import Told, end_in_order, exit_code
from studio.space import on_a_space
from studio.ui.batch.events import wire_batch_tab
from studio.ui.batch.tab import lay_out_batch_tab
from studio.ui.blocks import StudioBlocks
from studio.ui.clip.events import wire_clip_tab
from studio.ui.clip.routes import clip_routes
from studio.ui.clip.tab import lay_out_clip_tab
from studio.ui.desk.routes import desk_routes
from studio.ui.disk import keep_tidy, leave, own_folder
from studio.ui.door import Door
from studio.ui.endpoints import add_endpoints
from studio.ui.guide.events import wire_guide_tab
from studio.ui.guide.run import DEVICE, models
from studio.ui.guide.tab import lay_out_guide_tab
from studio.ui.limits import choose, limits
from studio.ui.match.events import wire_match_tab
from studio.ui.match.history_routes import history_routes
from studio.ui.match.tab import lay_out_match_tab
from studio.ui.narrow import narrow
from studio.ui.page import CSS, HEAD, INTRO, TITLE, surround_first, theme
from studio.ui.paths import visitors_know
from studio.ui.returning import closed
from studio.ui.session import Session
from studio.ui.visits import end_all, wait_for_jobs

_ICON = Path(__file__).with_name("icon.png")
_PAGES = 1000
"""Open pages that are remembered; of more, the one that was used least recently is forgotten."""


@dataclass(frozen=True, eq=False)
class Beside:
    """What else is served in the app, and is none of its own.

    Attributes:
        opens: the first part of its routes below Gradio's prefix, which the door lets through.
        routes: for the application.
        lifespan: around the life of the application.
        end: called when the app ends: its job is to stop then.
    """

    opens: str
    routes: list[Any]
    lifespan: Callable[..., Any]
    end: Callable[[], None]


def build_app(allowed: Sequence[Path] = (), *, in_window: bool = False) -> gr.Blocks:
    """Build the whole app, without launching it.

    Args:
        allowed: folders of this machine below which a person may name folders in the tab *Batch*.
        in_window: whether a window of the app's own shows the page, in which folders are chosen; they are added to ``allowed``.
    """
    own_folder()
    narrow()
    surround_first()
    visitors_know(tuple(allowed))
    hold_models(models(), DEVICE)
    age = int(limits().keep)  # uploads and results of a page left open over night are gone the next day
    with StudioBlocks(title=TITLE, analytics_enabled=False, fill_width=True, delete_cache=(3600, age)) as app:
        session = gr.State(Session(), delete_callback=closed)
        gr.HTML(INTRO, padding=False)
        with gr.Tabs(overflow_behavior="wrap"):
            with gr.Tab("Match colours", id="match"):
                wire_match_tab(lay_out_match_tab(), session, app)
            with gr.Tab("Batch", id="batch"):
                wire_batch_tab(lay_out_batch_tab(allowed, in_window=in_window), session, allowed)
            with gr.Tab("Grade a clip", id="clip"):
                wire_clip_tab(lay_out_clip_tab(), session)
            with gr.Tab("Guide a generation", id="guide"):
                wire_guide_tab(lay_out_guide_tab(), session)
        add_endpoints()
    return app.queue(max_size=limits().waiting, default_concurrency_limit=4)


def launch_options(names: tuple[str, ...] = (), beside: Beside | None = None) -> dict[str, Any]:
    """The options of ``launch`` that every way to start the app has in common.

    Args:
        names: host names by which the app may be called; empty for every name. See :func:`names_for`.
        beside: what else is served in it.
    """
    door: dict[str, Any] = {"names": names} if beside is None else {"names": names, "also": frozenset({beside.opens})}
    routes: list[BaseRoute] = [*desk_routes(), *clip_routes(), *history_routes()]
    return {
        "app_kwargs": {
            "middleware": [Middleware(Door, **door)],
            "routes": routes if beside is None else [*routes, *beside.routes],
            **({} if beside is None else {"lifespan": beside.lifespan}),
        },
        "mcp_server": False,  # Gradio's own takes no files that this app takes: studio/mcp/http.py has ours
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
        "max_file_size": limits().file,
        "state_session_capacity": _PAGES,
    }


def address() -> str:
    """Where ``python app.py`` listens: where GRADIO_SERVER_NAME says, else to this machine alone."""
    return os.environ.get("GRADIO_SERVER_NAME") or "127.0.0.1"


def names_for(host: str, names: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Host names by which the app may be called where it listens to ``host``; empty for every name.

    Args:
        host: the address.
        names: further ones, such as that of a web server in front.

    Raises:
        InputError: one of them is no name of a host.
    """
    known = tuple(map(checked_name, names))
    return (*LOOPBACK, plain_name(host), *known) if is_loopback(host) and not on_a_space() else ()


def strangers_come(host: str, names: tuple[str, ...] = ()) -> None:
    """Choose, before the app is built, the limits for where it listens: a web server in front of it may bring anybody.

    Args:
        host: the address.
        names: further names by which it may be called.
    """
    choose(public=not is_loopback(host) or bool(names))


def icon() -> Path:
    """The picture that stands for the app."""
    return _ICON


def run_app(
    app: gr.Blocks,
    options: dict[str, Any],
    beside: Beside | None = None,
    shown: Callable[[], None] | None = None,
) -> None:
    """Launch the app and wait until it is stopped: by Ctrl+C, or by SIGTERM or SIGHUP.

    Jobs are stopped then, and what visitors sent is removed. After a signal the process ends with the code that shells have
    for it.

    Args:
        app: as :func:`build_app` built it.
        options: of ``launch``.
        beside: what else is served in it.
        shown: what shows an app whose launch does not wait, and returns when it shall stop.
    """
    told: list[Told] = []
    end_in_order(told.append)
    tidied = keep_tidy()
    try:
        app.launch(**options)
        if shown is not None:
            shown()
    except Told:  # before it was open
        pass
    except OSError as error:
        if "empty port" not in str(error):
            raise
        raise InputError(
            "the app could not begin to listen: its port is taken, or this machine is very busy"
        ) from error
    finally:
        end_all()
        if beside is not None:
            beside.end()
        tidied.set()
    if told or shown is not None or not wait_for_jobs():  # a toolkit's own end may crash as well
        _end_at_once(exit_code() or 0)


def _end_at_once(code: int) -> None:
    """End this process without a wait for its threads. Python would tear them down in the middle of a step, and crash."""
    wait_for_jobs()
    leave()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(code)


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
    auth: tuple[tuple[str, str], ...] = (),
    beside: Beside | None = None,
) -> None:
    """Start the app and wait until it is stopped.

    Args:
        host: address to listen on; None for GRADIO_SERVER_NAME or this machine alone.
        port: None for GRADIO_SERVER_PORT or the first free one from 7860.
        open_browser: show it in the browser.
        allowed: as in :func:`build_app`.
        names: further host names by which the app may be called where it listens to this machine alone, such as that of a
            web server in front of it.
        auth: who may use the app, with their passwords; empty for everybody.
        beside: what else is served in it.
    """
    listens = host or address()
    strangers_come(listens, names)
    options = launch_options(names_for(listens, names), beside)
    if auth:
        options |= {"auth": list(auth), "auth_message": "Whoever runs this app has given it a password."}
    warm_up()
    listening = {"server_name": host, "server_port": port, "inbrowser": open_browser}
    run_app(build_app(allowed), {**listening, **options}, beside)
