"""Where the tab *Grade a clip* shows a frame, before and after. The rest of the tab knows two functions of this file only."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr
import numpy as np
from gradio.blocks import Block

from studio.media.images.exact import to_depth
from studio.ui.clip.words import EMPTY_VIEW
from studio.ui.session import Session
from studio.ui.wiring import Updates
from studio.views.preview import save_preview

_HEIGHT = 440


@dataclass(frozen=True, eq=False)
class ClipViewer:
    """The components; one of them is seen at a time.

    All are always there, and the style sheet hides those that show nothing: one that is only just shown can lose the values
    that quickly follow.
    """

    empty: gr.HTML
    plain: gr.Image
    pair: gr.ImageSlider

    @property
    def components(self) -> list[Block]:
        """All that :func:`show_frame` changes."""
        return [self.empty, self.plain, self.pair]


def lay_out_viewer() -> ClipViewer:
    """Lay it out, empty."""
    empty = gr.HTML(EMPTY_VIEW, elem_id="clip-empty", padding=False)
    plain = gr.Image(
        label="The frame, ungraded",
        type="filepath",
        format="jpeg",
        interactive=False,
        buttons=["fullscreen"],
        height=_HEIGHT,
        elem_id="clip-plain",
        alt_text="The frame of the clip, ungraded",
    )
    pair = gr.ImageSlider(
        label="Before | after",
        type="filepath",
        format="png",
        interactive=False,
        buttons=["fullscreen"],
        max_height=_HEIGHT,
        elem_id="clip-slider",
    )
    return ClipViewer(empty, plain, pair)


def show_frame(
    viewer: ClipViewer, session: Session, before: np.ndarray | None, after: np.ndarray | None, *, resting: bool
) -> Updates:
    """Show a frame.

    Args:
        viewer: where.
        session: of the page.
        before: (H, W, 3) uint8 or uint16, shown as sRGB: the frame as it was; None to show none.
        after: the same graded; None where there is no grade yet.
        resting: whether nothing moves any more; while something does, smaller files of a lossy kind travel.
    """
    suffix = ".png" if resting else ".jpg"
    if before is None:
        return {viewer.empty: EMPTY_VIEW, viewer.plain: None, viewer.pair: None}
    if after is None:
        return {viewer.empty: "", viewer.plain: _file(session, before, suffix), viewer.pair: None}
    pair = (_file(session, before, suffix), _file(session, after, suffix))
    return {viewer.empty: "", viewer.plain: None, viewer.pair: pair}


def _file(session: Session, pixels: np.ndarray, suffix: str) -> str:
    place = session.new_file(suffix, keep=12, kind="frame")
    return str(save_preview(place, to_depth(pixels, np.uint8)))
