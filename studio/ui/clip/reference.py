"""A clip as the reference of the tab *Grade a clip*: what is said and seen of it."""

from __future__ import annotations

from collections.abc import Iterator

import gradio as gr
import numpy as np
from gradio.blocks import Block

from reswd_torch.errors import InputError
from studio.media.images.exact import to_depth
from studio.ui import words
from studio.ui.clip import words as clip_words
from studio.ui.clip.choose import put
from studio.ui.clip.clips import square_frame
from studio.ui.clip.parts import ReferenceClip
from studio.ui.clip.run import frame_number
from studio.ui.session import Session
from studio.ui.settings import Sent
from studio.ui.wiring import Updates, nothing_new
from studio.views.preview import save_preview

_EDGE = 640


def reference_outputs(parts: ReferenceClip) -> list[Block]:
    """Everything that :func:`chosen_reference` changes."""
    return [parts.reference_clip, parts.about, parts.chosen_group, parts.reference_frame, parts.picture]


def chosen_reference(parts: ReferenceClip, session: Session, path: str | None) -> Updates:
    """A reference clip was dropped or taken out: say what it is, and show its first frame."""
    refused = put(session.clip.reference_clip, path)
    clip = session.clip.reference_clip.clip
    said = "" if clip is None else clip_words.reference_about(clip)
    if refused:
        value = None if clip is None else str(clip.path)
        return {parts.reference_clip: value, parts.about: words.message(refused) + said}
    if clip is None:
        return {parts.about: said, parts.chosen_group: gr.update(visible=False), parts.picture: None}
    return {
        parts.about: said,
        parts.chosen_group: gr.update(visible=True),
        parts.reference_frame: gr.update(value=1, maximum=max(2, clip.frames)),
        **list(reference_frame(parts, session, 1))[-1],
    }


def reference_frame(parts: ReferenceClip, session: Session, frame: Sent) -> Iterator[Updates]:
    """Show a frame of the reference clip, ``frame`` from 1: one near it at once where that one takes long, then that one.

    Both come from one handler, so that the second one stays.
    """
    clip = session.clip.reference_clip.clip
    if clip is None:
        yield nothing_new(parts.picture)
        return
    try:
        number = frame_number(frame, clip)
        for hurried in (True, False):
            pixels = square_frame(clip, number, hurried=hurried, edge=_EDGE)
            place = session.new_file(".jpg", keep=4, kind="reference-frame")
            yield {parts.picture: str(save_preview(place, to_depth(pixels, np.uint8)))}
    except InputError as error:
        yield {parts.about: words.message(words.plain(error)) + clip_words.reference_about(clip)}
