"""What the viewer of a clip asks for while a hand moves: the frame under it, near enough, graded as the controls stand."""

from __future__ import annotations

import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from studio.ui.clip.looks import seen
from studio.ui.desk.asked import asked_for
from studio.ui.desk.routes import PASSING, PREFIX, answered, picture_answer, scope_answer, session_asked
from studio.views.pyramid import Part, region_of
from studio.views.shown import shown_pixels


def clip_routes() -> list[Route]:
    """The routes, for the application that Gradio builds."""
    frame = f"/{PREFIX}/{{key}}/frame/{{number:int}}"
    return [
        Route(f"{frame}/live.jpg", answered(_live)),
        Route(f"{frame}/scope/{{kind}}.png", answered(_scope)),
    ]


def _live(request: Request) -> Response:
    """What is on the screen of a frame, as it was or graded."""
    return picture_answer(_pixels(request), ".jpg", PASSING)


def _scope(request: Request) -> Response:
    """A scope of the same."""
    return scope_answer(request, _pixels(request))


def _pixels(request: Request) -> np.ndarray:
    """The part of a frame that is looked at. Raises LookupError where there is no such clip or no grade any more."""
    session, asked = session_asked(request), asked_for(request.query_params)
    picture = seen(session, request.path_params["number"] - 1, hurried=True)
    if picture is None:
        raise LookupError
    part = region_of(Part(picture), (picture.height, picture.width), asked.box, asked.size)
    if request.query_params.get("graded") != "1":
        return shown_pixels(part)
    shown = session.clip.shown
    if shown is None:
        raise LookupError
    sample = None if shown.source_sample is None else shown.source_sample.fit
    return shown_pixels(part, asked.regraded(shown.grade, sample), clipping=asked.clipping)
