"""What the strips of the tab *Match colours* ask for: small pictures, and the settings file of a match."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from studio.ui.desk.routes import FOR_EVER, PASSING, PREFIX, answered, session_asked
from studio.ui.match.history import Entry, picture_of

_TILE_EDGE = 480


def history_routes() -> list[Route]:
    """The routes, for the application that Gradio builds."""
    page = f"/{PREFIX}/{{key}}"
    return [
        Route(f"{page}/history/{{number:number}}.jpg", answered(_thumbnail)),
        Route(f"{page}/history/{{number:number}}.json", answered(_settings)),
        Route(f"{page}/compared/{{number:number}}/{{index:number}}.jpg", answered(_compared)),
    ]


def _thumbnail(request: Request) -> Response:
    """The graded picture of a match, small. Its address names a version, so the browser may keep it."""
    return Response(_entry(request).thumbnail, media_type="image/jpeg", headers=FOR_EVER)


def _settings(request: Request) -> Response:
    """The settings file of a match, as its own download has it."""
    text = _entry(request).result.settings_text(names_only=True)
    return Response(text, media_type="application/json", headers=PASSING)


def _compared(request: Request) -> Response:
    """A result of *Compare methods*, small."""
    comparison, asked = session_asked(request).match.comparison, request.path_params
    if comparison.number != asked["number"] or asked["index"] >= len(comparison.ways):
        raise LookupError
    return Response(
        picture_of(comparison.results[comparison.ways[asked["index"]]], _TILE_EDGE),
        media_type="image/jpeg",
        headers=FOR_EVER,
    )


def _entry(request: Request) -> Entry:
    entry = session_asked(request).match.history.find(request.path_params["number"])
    if entry is None:
        raise LookupError
    return entry
