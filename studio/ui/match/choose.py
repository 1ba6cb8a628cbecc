"""Handlers for what a person chooses: pictures, palette, saved grade, masks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from reswd_torch.errors import InputError
from reswd_torch.palette import parse_palette
from studio.media.images import read_reduced
from studio.references import PaletteReference, reference_files
from studio.service.apply import load_any_grade
from studio.ui import words
from studio.ui.match.masks import PAINT_EDGE, painted_area
from studio.ui.match.run import PALETTE, SAVED, Painting
from studio.ui.session import Session, Side
from studio.views.preview import PREVIEW_EDGE, display_pixels, save_preview, shrink

_SHOWN_EDGE = 900
# In the browser: only there is it known what is in the place at this moment. See choose_dropped().
PLACE_JS = """(now, made) => {
  if (now && made && now.path === made[0].path) return made[1] ?? null;
}"""


def picture_drop(**options: Any) -> gr.Image:
    """A gr.Image that hands over the uploaded file as it is.

    gr.Image opens every upload with Pillow first, which knows fewer formats than we read and answers a damaged file with
    words for programmers. Only the preview that the server makes is shown, so TIFF and HEIC are seen as well.

    A method of one instance, not a subclass: Gradio writes a .pyi file beside every class that inherits from a component.
    """
    image = gr.Image(type="filepath", image_mode=None, **options)
    image.preprocess = _as_uploaded  # type: ignore[method-assign]
    return image


@dataclass(frozen=True)
class PicturePlace:
    """A place for a picture: what is in it, its preview on the way there (:data:`PLACE_JS`), and a line about it."""

    picture: gr.Image
    preview: gr.File
    about: gr.HTML


def picture_place(label: str, elem_id: str, hint: str) -> PicturePlace:
    """Lay one out."""
    picture = picture_drop(
        label=label,
        sources=["upload"],
        buttons=[],
        height=168,
        elem_id=elem_id,
        placeholder=hint,
    )
    preview = gr.File(visible="hidden", file_count="multiple")
    return PicturePlace(picture, preview, gr.HTML(elem_id=f"{elem_id}-about", padding=False))


def _as_uploaded(payload: Any) -> str | None:
    return None if payload is None else payload.path


def open_side(path: Path) -> Side:
    """Read a chosen picture for its preview. Raises InputError."""
    picture = read_reduced(path, at_least=PREVIEW_EDGE)
    return Side(path, shrink(picture), picture.full_size)


def shown_file(session: Session, side: Side, edge: int = _SHOWN_EDGE) -> str:
    """The preview as a file a browser can show."""
    small = shrink(side.preview, edge)
    place = session.new_place(f"{side.path.stem}.jpg")
    return str(save_preview(place, display_pixels(small, small.pixels)))


def _placed_file(session: Session, side: Side) -> str:
    """What stands for a chosen picture on the page."""
    if side.placed is None or not side.placed.is_file():  # a page left open long enough loses its files
        side.placed = Path(shown_file(session, side))
    return str(side.placed)


def choose(session: Session, path: str | None, role: str) -> tuple[Any, ...]:
    """A picture was dropped on one of the two places: its preview, a line about it, and the parts of its mask: file,
    editor, line, button.

    A file that cannot be used is refused with one message, and what was chosen before stays, with its mask.
    """
    with session.choosing:
        try:
            side = None if path is None else open_side(Path(path))
        except InputError as error:
            old: Side | None = getattr(session, role)
            kept = [gr.skip()] * 4
            if old is None:
                return None, words.message(words.plain(error)), *kept
            return _placed_file(session, old), words.message(words.plain(error)) + words.about(old), *kept
        session.painting.discard(role)
        setattr(session, role, side)
        no_mask = (None, gr.update(visible=False), "", words.paint_label(role))
        if side is None:
            return None, "", *no_mask
        return _placed_file(session, side), words.about(side), *no_mask


def choose_dropped(session: Session, path: str | None, role: str) -> tuple[Any, ...]:
    """As :func:`choose`, but instead of the preview: the dropped file with its preview, nothing where none was dropped.

    The preview belongs into the place only as long as that file is in it: while it was made, the person may have taken the
    file out or put another one in, and the page must not undo that.
    """
    preview, *others = choose(session, path, role)
    return None if path is None else [file for file in (path, preview) if file is not None], *others


def catch_up(session: Session, path: str | None, role: str) -> bool:
    """Choose what is in one of the two places, if :func:`choose` has not come to it yet; whether that was so.

    A match can start before: the button was pressed while the picture was still being read, or on a slow line.
    Raises InputError for a file that cannot be used.
    """
    with session.choosing:
        side: Side | None = getattr(session, role)
        known = [None] if side is None else [each.resolve() for each in (side.path, side.placed) if each is not None]
        if (None if path is None else Path(path).resolve()) in known:
            return False
        setattr(session, role, None if path is None else open_side(Path(path)))
        return True


def show_palette(text: str) -> str:
    """The palette as swatches while it is typed; a word on what is wrong with it."""
    if not text.strip():
        return ""
    try:
        palette = parse_palette(text)
    except InputError as error:
        return words.message(str(error))
    return words.swatches(palette.colors, palette.weights)


def choose_grade(session: Session, path: str | None, slider: float | None) -> tuple[str, Any]:
    """A saved grade was dropped: what it is, and its strength for the slider.

    The slider is updated only where it must be: Gradio then makes a new one, without what as_sent() changed.
    """
    if path is None:
        session.grade = None
        return "", slider
    try:
        session.grade = load_any_grade(Path(path))
    except InputError as error:
        session.grade = None
        return words.message(words.plain(error)), slider
    strength = session.grade.strength
    return words.grade_line(session.grade, Path(path).name), strength if strength <= 2 else gr.update(
        value=strength, maximum=strength
    )


def start_painting(session: Session, editor: Painting, role: str) -> tuple[Any, ...]:
    """Show the editor with the chosen picture under the brush, or close it: editor's group, editor, line, button.

    What was painted before is still there.
    """
    if role in session.painting:
        group, line, button = keep_painting(session, editor, role)
        return group, gr.skip(), line, button
    side: Side | None = getattr(session, role)
    if side is None:
        return gr.skip(), gr.skip(), words.message(f"Choose a {role} first, then paint on it."), gr.skip()
    session.painting.add(role)
    value: Any = gr.skip()
    if side.painted is None:
        value = gr.update(value={"background": shown_file(session, side, PAINT_EDGE), "layers": [], "composite": None})
    return gr.update(visible=True), value, painted_line(side), words.paint_label(role, painting=True)


def keep_painting(session: Session, editor: Painting, role: str) -> tuple[Any, ...]:
    """The painting is done: close the editor, remember the painted area, say how much it is, name the button."""
    session.painting.discard(role)
    side: Side | None = getattr(session, role)
    if side is None:
        return gr.update(visible=False), "", words.paint_label(role)
    side.painted = painted_area(editor)
    return gr.update(visible=False), painted_line(side), words.paint_label(role)


def chosen(session: Session, kind: str, palette: str) -> tuple[Any, ...]:
    """All that is chosen now, to compare with what was chosen at another time."""
    sides = (session.source, session.reference)
    return kind, palette, session.grade, *(None if side is None else side.path for side in sides)


def is_stale(session: Session, kind: str, palette: str) -> bool:
    """Whether the result on the screen is one of other pictures than those that are chosen now."""
    if session.shown is None:
        return False
    job = session.shown.job
    if session.source is None or job.source != session.source.path:
        return True
    reference = job.reference
    if kind == SAVED:
        return job.saved_grade is None or job.saved_grade is not session.grade
    if kind == PALETTE:
        return not isinstance(reference, PaletteReference) or reference.text.strip() != palette.strip()
    return session.reference is None or reference_files(reference).get("target") != session.reference.path


def painted_line(side: Side) -> str:
    """How much of a picture is painted."""
    if side.painted is None:
        return '<p class="faint">Nothing painted: the whole picture counts.</p>'
    return f'<p class="faint">{100 * side.painted.mean():.0f} % of the picture is painted.</p>'
