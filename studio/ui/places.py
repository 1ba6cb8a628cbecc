"""The page's places for pictures: where a person drops one, and what the page then shows of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from reswd_torch.errors import InputError
from studio.ui import words
from studio.ui.pictures import ChosenPicture, Side, open_side
from studio.ui.session import Session
from studio.ui.wiring import Updates
from studio.views.preview import display_pixels, save_preview, shrink

_SHOWN_EDGE = 900
# The browser decides, because only there is it known what is in the place at this moment. See PicturePlace.dropped().
PLACE_JS = """(now, made) => {
  if (now && made && now.path === made[0].path) return made[1] ?? null;
}"""


@dataclass(frozen=True)
class Choosing:
    """What came of choosing a picture.

    Attributes:
        preview: the file that a browser can show for what is in the place now; None for an empty place.
        about: the line about the picture, or what is wrong with the file, as HTML.
        accepted: whether the place holds what was chosen; else it holds what it held before.
    """

    preview: str | None
    about: str
    accepted: bool


def choose(session: Session, chosen: ChosenPicture, path: str | None) -> Choosing:
    """Put a file into a place, or empty the place.

    A file that cannot be used is refused with one message, and what was chosen before stays.
    """
    with chosen.lock:
        try:
            side = None if path is None else open_side(Path(path))
        except InputError as error:
            said = words.message(words.plain(error))
            old = chosen.side
            if old is None:
                return Choosing(None, said, accepted=False)
            return Choosing(_placed_file(session, old), said + words.about(old), accepted=False)
        chosen.side = side
        if side is None:
            return Choosing(None, "", accepted=True)
        return Choosing(_placed_file(session, side), words.about(side), accepted=True)


@dataclass(frozen=True, eq=False)
class PicturePlace:
    """The components of a place for a picture.

    Attributes:
        picture: where the picture is dropped and seen.
        preview: the dropped file and its preview on their way into ``picture``, by way of :data:`PLACE_JS`.
        about: a line about the picture.
    """

    picture: gr.Image
    preview: gr.File
    about: gr.HTML

    def dropped(self, path: str | None, choosing: Choosing) -> Updates:
        """What the page shows after a person has dropped a file or emptied the place.

        The preview comes together with the file that it was made of, since it belongs into the place only as long as that
        file is in it: while the preview was made, the person may have taken the file out or put another one in, and the
        page must not undo that.
        """
        made = None if path is None else [file for file in (path, choosing.preview) if file is not None]
        return {self.preview: made, self.about: choosing.about}

    def filled(self, choosing: Choosing) -> Updates:
        """What the page shows after the app itself has filled the place, as for an example."""
        return {self.picture: choosing.preview, self.about: choosing.about}


def picture_place(label: str, elem_id: str, hint: str) -> PicturePlace:
    """Lay out a place for a picture.

    Args:
        label: what the place is called.
        elem_id: id of the place in the page; the line below it is called the same with ``-about`` behind.
        hint: what an empty place asks for.
    """
    picture = _picture_drop(
        label=label,
        sources=["upload"],
        buttons=[],
        height=168,
        elem_id=elem_id,
        placeholder=hint,
    )
    preview = gr.File(visible="hidden", file_count="multiple", elem_classes="unseen")
    return PicturePlace(picture, preview, gr.HTML(elem_id=f"{elem_id}-about", padding=False))


def _picture_drop(**options: Any) -> gr.Image:
    """A gr.Image that hands over the uploaded file as it is.

    gr.Image opens every upload with Pillow first, which knows fewer formats than we read and answers a damaged file with
    words for programmers. Only the preview that the server makes is shown, so TIFF and HEIC are seen as well.

    A method of one instance, not a subclass: Gradio writes a .pyi file beside every class that inherits from a component.
    """
    image = gr.Image(type="filepath", image_mode=None, **options)
    image.preprocess = _as_uploaded  # type: ignore[method-assign]
    return image


def _as_uploaded(payload: Any) -> str | None:
    return None if payload is None else payload.path


def shown_file(session: Session, side: Side, edge: int = _SHOWN_EDGE) -> str:
    """The preview of a chosen picture as a file that a browser can show, at most ``edge`` pixels long."""
    small = shrink(side.preview, edge)
    place = session.new_place(f"{side.path.stem}.jpg")
    return str(save_preview(place, display_pixels(small, small.pixels)))


def placed(session: Session, side: Side) -> Choosing:
    """A picture that was chosen before, for its place on a page that does not show it yet."""
    return Choosing(_placed_file(session, side), words.about(side), accepted=True)


def _placed_file(session: Session, side: Side) -> str:
    """The file that stands for a chosen picture on the page."""
    if side.placed is None or not side.placed.is_file():  # a page left open long enough loses its files
        side.placed = Path(shown_file(session, side))
    return str(side.placed)
