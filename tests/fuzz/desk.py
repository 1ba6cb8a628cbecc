"""What a page's viewer is asked for, as files: a line with the method and the address, and behind it the body."""

from __future__ import annotations

import asyncio
import atexit
import json
import shutil
import tempfile
from collections.abc import MutableMapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

import numpy as np
from starlette.applications import Starlette

from studio.ui.match.state import ROLES
from studio.ui.session import Session
from tests.corpus.containers import png
from tests.corpus.odd import quarters

_KEY = "KEY"
"""What stands in the files for the page's key."""
_SIZE = (36, 1800)
"""Height and width of the page's pictures: larger than a preview, so that there are tiles of the file as well."""
_RESULT = 3
"""The number of the result among the looks."""


class Answer(NamedTuple):
    """Of the viewer's routes."""

    status: int
    body: bytes


class _Page(NamedTuple):
    """An open page with two pictures, its result, and the application that answers for it."""

    app: Starlette
    session: Session


def requests() -> list[bytes]:
    """One of every kind that the scripts send, and some that only a person with bad manners does."""
    box = "left=10&top=5&width=300&height=30&w=300&h=30"
    trims = json.dumps({"exposure": 0.5, "lift_r": 0.1, "lift_g": 0.0, "lift_b": -0.1, "only": "colour"})
    lines = (
        f"GET /desk/{_KEY}/{_RESULT}/whole.jpg?clipping=1",
        f"GET /desk/{_KEY}/{_RESULT}/0/1_0.png",
        f"GET /desk/{_KEY}/1/1/0_0.png?clipping=1&strength=0.5",
        f"GET /desk/{_KEY}/{_RESULT}/live.jpg?{box}&strength=0.5&trims={trims.replace(' ', '')}&clipping=1",
        *(
            f"GET /desk/{_KEY}/{_RESULT}/scope/{kind}.png?{box}&across=320&down=200&strength=1.5"
            for kind in ("parade", "waveform", "vectorscope", "histogram")
        ),
        f"GET /desk/{_KEY}/range/source.png?colors=%23c83c32,%2346a050&tolerance=10&softness=5",
        f"GET /desk/{_KEY}/pick/reference?x=100&y=20",
        f"GET /desk/{_KEY}/mask/source.png",
        f"GET /desk/{_KEY}/frame/frame-1.jpg",
        f"GET /desk/{_KEY}/history/1.jpg",
        f"GET /desk/{_KEY}/history/1.json",
        f"GET /desk/{_KEY}/compared/0/0.jpg",
        "GET /desk/scripts/viewer.js",
        "GET /desk/scripts/..%2froutes.py",
        f"GET /desk/{_KEY}/{'9' * 5000}/whole.jpg",
        f"GET /desk/{_KEY}/{_RESULT}/{'9' * 5000}/0_0.png",
        f"GET /desk/{_KEY}/pick/source?x={'9' * 5000}",
    )
    paintings = (png(quarters()), png(quarters()[:1, :1]), b"")
    posts = [f"POST /desk/{_KEY}/mask/source?feather=6\n".encode() + body for body in (_painted(), *paintings)]
    return [*(line.encode() + b"\n" for line in lines), *posts]


def asked(content: bytes) -> Answer:
    """Ask a page that was just opened for what a file says.

    A browser and the server between them let no address through that holds other signs than these, so they are left out.
    """
    line, _, body = content.partition(b"\n")
    method, _, address = line.decode("latin-1").partition(" ")
    path, _, query = "".join(sign for sign in address if "!" <= sign <= "~").partition("?")
    page = _page()
    scope = {
        "type": "http", "http_version": "1.1", "method": method if method == "POST" else "GET", "scheme": "http",
        "path": unquote(path).replace(_KEY, page.session.key), "raw_path": path.encode(), "root_path": "",
        "query_string": query.encode(), "headers": [], "client": ("127.0.0.1", 9), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    try:
        return asyncio.run(_answer(page.app, scope, body))
    finally:
        for place in page.session.match.places.values():
            assert place.side is not None
            place.side.painted = None


async def _answer(app: Starlette, scope: dict[str, Any], body: bytes) -> Answer:
    sent: list[MutableMapping[str, Any]] = []
    parts = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        if not parts:  # a browser that waits for the answer
            await asyncio.Event().wait()
        return parts.pop()

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return Answer(sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:]))


@cache
def _page() -> _Page:
    """The page, made once: no request changes it, but for the mask that is painted."""
    from studio.ui.desk.routes import desk_routes
    from studio.ui.match.choice import MatchChoice
    from studio.ui.match.history_routes import history_routes
    from studio.ui.match.looks import seen_as_json
    from studio.ui.match.run import match_now
    from studio.ui.pictures import open_side

    session, folder = Session(), Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for seed, role in enumerate(ROLES):
        place = folder / f"{role}.png"
        place.write_bytes(png(np.random.default_rng(seed).integers(0, 256, (*_SIZE, 3)).astype(np.uint8)))
        session.match.places[role].side = open_side(place)
    match_now(session, MatchChoice(method="reinhard"), lambda *_, **__: None)
    result = session.match.shown
    assert result is not None
    assert json.loads(seen_as_json(session, result))["after"]["look"] == _RESULT
    return _Page(Starlette(routes=[*history_routes(), *desk_routes()]), session)


@cache
def _painted() -> bytes:
    """A mask of the size of the preview."""
    width = 1600
    return png(np.repeat(np.arange(width)[None] % 256, round(_SIZE[0] * width / _SIZE[1]), axis=0).astype(np.uint8))
