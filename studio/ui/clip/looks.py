"""What the viewer of the tab *Grade a clip* shows: the frame that is looked at, the same graded, and the reference."""

from __future__ import annotations

from functools import partial

import numpy as np

from studio.media.images import Picture
from studio.media.images.picture import Container
from studio.references import ClipReference, reference_files
from studio.ui.clip.choice import CLIP, ONE_FRAME
from studio.ui.clip.clips import OpenedClip, square_frame
from studio.ui.clip.state import Seen
from studio.ui.controls import PICTURE
from studio.ui.desk.component import told
from studio.ui.desk.state import Look, next_telling
from studio.ui.pictures import Side
from studio.ui.session import Session
from studio.ui.settings import Sent
from studio.views.preview import shrink
from studio.views.pyramid import Pyramid

DESK = "clip-desk"
"""The id of the viewer."""
_KEPT = 4
"""Frames whose sizes for the viewer are kept beside those that it shows."""


def seen(session: Session, number: int, *, hurried: bool = False) -> Picture | None:
    """A frame of the clip at its full size; None where there is no clip.

    Args:
        session: of the page.
        number: of the frame, from 0.
        hurried: whether a frame near it will do for now, where that one takes long.

    Raises:
        InputError: the frame cannot be decoded, or the clip is no longer there.
    """
    state = session.clip
    clip = state.source.clip
    if clip is None:
        return None
    number = min(max(0, number), clip.frames - 1)
    with state.looking:  # of two who want the same frame one waits for the other
        known = state.seen
        if known is None or known.clip is not clip or known.number != number or not (known.exact or hurried):
            known = state.seen = Seen(clip, number, not hurried, square_frame(clip, number, hurried=hurried))
    return _as_picture(clip, known.pixels)


def seen_as_json(session: Session, move: int | None = None) -> str:
    """What is on the screen, as the viewer is told of it.

    Args:
        session: of the page.
        move: the last move of the sliders that the session knows of; None where none led here.

    Raises:
        InputError: a frame cannot be decoded, or a clip is no longer there.
    """
    at, state = next_telling(), session.clip
    clip, shown = state.source.clip, state.shown
    after, reference = None, _reference(session)
    if clip is None:
        return told(session, {}, at=at, move=move, before=None, after=None, reference=reference)
    number = min(state.number, clip.frames - 1)
    pyramid = _sizes(session, clip, number)
    before = session.desk.add(Look(pyramid, None, clip.path.name), DESK)
    if shown is not None and shown.job.source == clip.path:
        sample = None if shown.source_sample is None else shown.source_sample.fit
        after = session.desk.add(Look(pyramid, shown.grade, "Result", sample), DESK)
    return told(session, {}, at=at, move=move, frame=number + 1, before=before, after=after, reference=reference)


def _reference(session: Session) -> int | None:
    """The look of what the grade on the screen was matched to; before a match, of what is chosen. None for none."""
    state = session.clip
    if state.shown is not None:
        job = state.shown.job
        path = reference_files(job.reference).get("target")
        if isinstance(job.reference, ClipReference):
            return _frame_of_reference(session, job.reference.at) if _holds(session, path) else None
        side = state.reference.side
        return None if side is None or side.path != path else _picture(session, side)
    choice = state.told
    if choice is None or choice.kind == PICTURE:
        return None if state.reference.side is None else _picture(session, state.reference.side)
    if choice.kind != CLIP or state.reference_clip.clip is None:
        return None
    return _frame_of_reference(session, None, choice.reference_frame if choice.part == ONE_FRAME else None)


def _holds(session: Session, path: object) -> bool:
    clip = session.clip.reference_clip.clip
    return clip is not None and clip.path == path


def _picture(session: Session, side: Side) -> int:
    if side.pyramid is None:
        side.pyramid = Pyramid(side.path, side.preview, session.new_subfolder("sizes"))
    return session.desk.add(Look(side.pyramid, None, side.path.name), DESK)


def _frame_of_reference(session: Session, at: float | None, chosen: Sent = None) -> int:
    """The frame of the reference clip at a time, or the chosen one; of a clip that counts as a whole, one from its middle."""
    clip = session.clip.reference_clip.clip
    assert clip is not None
    number = clip.frames // 2
    if at is not None:
        number = clip.index.number_at(at)
    elif isinstance(chosen, int | float):
        number = min(max(0, round(chosen) - 1), clip.frames - 1)
    name = f"{clip.path.name}, frame {number + 1}"
    return session.desk.add(Look(_sizes(session, clip, number), None, name), DESK)


def _sizes(session: Session, clip: OpenedClip, number: int) -> Pyramid:
    """The sizes of a frame. The last ones are kept, so that a grade alone makes no new ones."""
    state = session.clip
    with state.lock_sizes:
        found = state.sizes.pop((clip, number), None)
    if found is None:
        mine = clip is state.source.clip
        picture = seen(session, number) if mine else None
        picture = picture or _frame(clip, number)
        state.folder_of_sizes = state.folder_of_sizes or session.new_subfolder("sizes")
        found = Pyramid(clip.path, shrink(picture), state.folder_of_sizes, read=partial(_frame, clip, number))
    with state.lock_sizes:
        state.sizes[clip, number] = found
        while len(state.sizes) > _KEPT:
            del state.sizes[next(iter(state.sizes))]
    return found


def _frame(clip: OpenedClip, number: int) -> Picture:
    return _as_picture(clip, square_frame(clip, number))


def _as_picture(clip: OpenedClip, pixels: np.ndarray) -> Picture:
    """A frame as a picture: R'G'B' that is shown as it is."""
    return Picture(pixels, None, None, (), clip.path, Container("frame"))
