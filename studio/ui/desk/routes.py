"""What the viewer's scripts ask for, answered past Gradio's queue: pieces of pictures while a person looks or drags.

Every address begins with the page's key, which nobody can guess, as nobody can guess its folder. Whoever has it is the page.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import wraps
from pathlib import Path

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.convertors import IntegerConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from reswd_torch.errors import InputError
from studio.ui.desk.asked import Asked, asked_for, whole_number
from studio.ui.desk.masks import mask_pixels, pick, range_pixels, side_of, take_mask
from studio.ui.desk.state import Look
from studio.ui.match.spaces import seen_in_place
from studio.ui.pictures import Side
from studio.ui.session import Session, session_of
from studio.views.preview import encoded_preview
from studio.views.pyramid import Part
from studio.views.scopes import draw_scope
from studio.views.seen import Seen
from studio.views.shown import shown_pixels

PREFIX = "desk"
_FOLDER = Path(__file__).parent
_SCRIPTS = {path.name: path for path in (*_FOLDER.glob("*.js"), *_FOLDER.glob("vendor/*.js"))}
FOR_EVER = {"Cache-Control": "private, max-age=3600, immutable"}
PASSING = {"Cache-Control": "no-store"}
Handler = Callable[[Request], Response]


class _Number(IntegerConvertor):
    """A number in an address. Python refuses to read one of thousands of digits, and nothing here has so many."""

    regex = "[0-9]{1,9}"


register_url_convertor("number", _Number())


def desk_routes() -> list[Route]:
    """The routes, for the application that Gradio builds."""
    page = f"/{PREFIX}/{{key}}"
    return [
        Route(f"/{PREFIX}/scripts/{{name}}", _script),
        Route(f"{page}/{{look:number}}/whole.jpg", answered(_whole)),
        Route(f"{page}/{{look:number}}/{{level:number}}/{{column:number}}_{{row:number}}.png", answered(_tile)),
        Route(f"{page}/{{look:number}}/live.jpg", answered(_live)),
        Route(f"{page}/mask/{{role}}.png", answered(_mask)),
        Route(f"{page}/mask/{{role}}", _take_mask, methods=["POST"]),
        Route(f"{page}/range/{{role}}.png", answered(_range)),
        Route(f"{page}/pick/{{role}}", answered(_pick)),
        Route(f"{page}/{{look:number}}/scope/{{kind}}.png", answered(_scope)),
    ]


def answered(handler: Handler) -> Handler:
    """A handler whose complaints are answers: 404 for what is no longer there, 400 for what nobody can be asked."""

    @wraps(handler)
    def answer(request: Request) -> Response:
        try:
            return handler(request)
        except LookupError:
            return Response("This is no longer there.", 404, headers=PASSING)
        except (InputError, ValueError) as error:
            said = error.problem if isinstance(error, InputError) else "This cannot be asked for."
            return Response(Path(said).name if said.startswith("/") else said, 400, headers=PASSING)

    return answer


def _script(request: Request) -> Response:
    path = _SCRIPTS.get(request.path_params["name"])
    if path is None:
        return Response("There is nothing here.", 404)
    return FileResponse(path, media_type="text/javascript", headers={"Cache-Control": "no-cache"})


def _whole(request: Request) -> Response:
    """All of a look at the size of a preview."""
    look = _look(request)
    return picture_answer(_marked(look.pyramid.whole(), look, asked_for(request.query_params)), ".jpg", FOR_EVER)


def _tile(request: Request) -> Response:
    """A tile of a look, without loss: noise and clipping are judged on it."""
    look, asked = _look(request), request.path_params
    part = look.pyramid.tile(asked["level"], asked["column"], asked["row"])
    return picture_answer(_marked(part, look, asked_for(request.query_params)), ".png", FOR_EVER)


def _live(request: Request) -> Response:
    """What is on the screen, as the controls stand while one of them is dragged."""
    look, asked = _look(request), asked_for(request.query_params)
    part = look.pyramid.region(asked.box, asked.size)
    return picture_answer(_marked(part, look, asked), ".jpg", PASSING)


def _scope(request: Request) -> Response:
    """A scope of what is on the screen; the query has its own width and height as well."""
    look, asked = _look(request), asked_for(request.query_params)
    return scope_answer(request, _marked(look.pyramid.region(asked.box, asked.size), look, asked))


def scope_answer(request: Request, pixels: np.ndarray) -> Response:
    """The scope that a request names of pixels, (h, w, 3) uint8, sRGB, at the size that it asks for."""
    query = request.query_params
    size = (whole_number(query.get("across", "360")), whole_number(query.get("down", "220")))
    return picture_answer(draw_scope(request.path_params["kind"], pixels, size), ".png", PASSING)


def _marked(part: Part, look: Look, asked: Asked) -> np.ndarray:
    if look.spaces is not None and asked.trims is not None:  # which are for codes of a display
        asked = replace(asked, trims=None)
    grade = asked.regraded(look.grade, look.sample)
    return shown_pixels(part, grade, clipping=asked.clipping, spaces=look.spaces, seen=look.seen)


def _side(request: Request) -> Side:
    return side_of(session_asked(request), request.path_params["role"])


def _mask(request: Request) -> Response:
    """What is painted on a picture."""
    return picture_answer(mask_pixels(_side(request)), ".png", PASSING)


async def _take_mask(request: Request) -> Response:
    """A mask that was painted: the answer says how much of the picture it covers."""
    data = await request.body()

    def take(asked: Request) -> Response:
        return json_answer({"share": take_mask(_side(asked), data, float(asked.query_params.get("feather", "0")))})

    return await run_in_threadpool(answered(take), request)


def _range(request: Request) -> Response:
    """A soft range of colours of a picture, white where it is."""
    query = request.query_params
    tolerance, softness = (float(query.get(name, "12")) for name in ("tolerance", "softness"))
    pixels = range_pixels(_side(request), query.get("colors", ""), tolerance, softness, _seen(request))
    return picture_answer(pixels, ".png", PASSING)


def _pick(request: Request) -> Response:
    """The colour at a place."""
    x, y = (whole_number(request.query_params.get(name, "0")) for name in ("x", "y"))
    return json_answer(asdict(pick(_side(request), x, y, _seen(request))))


def _seen(request: Request) -> Seen | None:
    """How the picture of a place is seen, as the controls say."""
    return seen_in_place(session_asked(request).match.told, request.path_params["role"])


def session_asked(request: Request) -> Session:
    """The page that a request names by its key. Raises LookupError where there is none."""
    session = session_of(request.path_params["key"])
    if session is None:
        raise LookupError
    return session


def _look(request: Request) -> Look:
    look = session_asked(request).desk.look(request.path_params["look"])
    if look is None:
        raise LookupError
    return look


def picture_answer(pixels: np.ndarray, suffix: str, headers: dict[str, str]) -> Response:
    """Pixels, (h, w, 3) uint8, sRGB, as a .png or .jpg."""
    kind = "image/png" if suffix == ".png" else "image/jpeg"
    return Response(encoded_preview(pixels, suffix), media_type=kind, headers=headers)


def json_answer(values: object) -> Response:
    """Values as JSON."""
    return Response(json.dumps(values), media_type="application/json", headers=PASSING)
