"""Where the tab *Grade a clip* shows a frame, before and after. The rest of the tab knows two functions of this file only."""

from __future__ import annotations

import json
from dataclasses import dataclass

import gradio as gr
import numpy as np
from gradio.blocks import Block

from studio.media.images.exact import to_depth
from studio.ui.clip.words import EMPTY_VIEW
from studio.ui.desk.component import divider, told_state
from studio.ui.session import Session
from studio.ui.wiring import Updates
from studio.views.preview import save_preview


@dataclass(frozen=True, eq=False)
class ClipViewer:
    """The components.

    Attributes:
        place: where a frame is seen.
        state: out of sight: which frame that is, as JSON.
    """

    place: gr.HTML
    state: gr.HTML

    @property
    def components(self) -> list[Block]:
        """All that :func:`show_frame` changes."""
        return [self.state]


def lay_out_viewer() -> ClipViewer:
    """Lay it out, empty."""
    place = gr.HTML(
        '<section class="desk frames is-empty" aria-label="Frame"><div class="desk-panes">'
        '<img data-of="before" alt="" hidden><img data-of="after" alt="" hidden><span class="desk-name"></span>'
        f'{divider()}<button type="button" class="desk-full" title="Fill the screen">Full screen</button>'
        f'<div class="desk-empty">{EMPTY_VIEW}</div></div></section>',
        elem_id="clip-view",
        padding=False,
    )
    return ClipViewer(place, told_state("clip-view-state", "frame"))


def show_frame(
    viewer: ClipViewer,
    session: Session,
    before: np.ndarray | None,
    after: np.ndarray | None,
    *,
    number: int,
    resting: bool,
) -> Updates:
    """Show a frame.

    Args:
        viewer: where.
        session: of the page.
        before: (H, W, 3) uint8 or uint16, shown as sRGB: the frame as it was; None to show none.
        after: the same graded; None where there is no grade yet.
        number: of the frame, from 0.
        resting: whether nothing moves any more; while something does, smaller files of a lossy kind travel.
    """
    suffix = ".png" if resting else ".jpg"
    files = {name: _file(session, pixels, suffix) for name, pixels in (("before", before), ("after", after))}
    if before is None:
        files["after"] = None
    return {viewer.state: json.dumps({"key": session.key, "what": f"Frame {number + 1}", **files})}


def _file(session: Session, pixels: np.ndarray | None, suffix: str) -> str | None:
    """The name of a frame's file in the page's folder, by which the viewer asks for it."""
    if pixels is None:
        return None
    place = session.new_file(suffix, keep=12, kind="frame")
    return save_preview(place, to_depth(pixels, np.uint8)).name
