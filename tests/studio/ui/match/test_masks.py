"""Masks painted in the browser."""

from __future__ import annotations

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from studio.ui.match import words as match_words
from studio.ui.match.masks import Mask, keep_open_paintings, mask_file, painted_area
from studio.ui.match.state import Role
from studio.ui.match.tab import lay_out_match_tab
from studio.ui.session import Session


def test_painted_area_is_scaled_to_the_picture(session: Session) -> None:
    layer = np.zeros((30, 40, 4), np.uint8)
    layer[:15, :, 3] = 255
    side = session.match.source
    assert side is not None
    assert painted_area(None) is None
    assert painted_area({"layers": [np.zeros((30, 40, 4), np.uint8)]}) is None
    assert mask_file(session, side, "mask") is None
    side.painted = painted_area({"layers": [layer]})
    place = mask_file(session, side, "mask")
    assert place is not None
    mask = np.asarray(Image.open(place))
    assert mask.shape == side.size
    assert set(np.unique(mask)) == {0, 255}
    assert mask.mean() == pytest.approx(127.5, abs=1)


def test_a_mask_is_written_without_opencvs_paths(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows they know no accents."""
    import cv2

    monkeypatch.setattr(cv2, "imwrite", lambda *_: False)
    side = session.match.source
    assert side is not None
    side.painted = np.eye(9, dtype=bool)
    place = mask_file(session, side, "Maske für Ähren")
    assert place is not None
    assert np.asarray(Image.open(place)).shape == side.size


@pytest.fixture
def masks() -> dict[Role, Mask]:
    with gr.Blocks():
        return lay_out_match_tab().masks


def test_the_paint_button_opens_and_closes_and_keeps_what_was_painted(
    session: Session, masks: dict[Role, Mask]
) -> None:
    mask = masks["source"]
    opened = mask.start_painting(session, None)
    assert opened[mask.group] == gr.update(visible=True)
    assert opened[mask.paint] == match_words.paint_label("source", painting=True)
    assert "background" in opened[mask.editor]["value"]  # type: ignore[index]
    masks["reference"].start_painting(session, None)
    layer = np.full((30, 40, 4), 255, np.uint8)
    closed = mask.start_painting(session, {"layers": [layer]})
    assert mask.editor not in closed
    assert closed[mask.group] == gr.update(visible=False)
    assert closed[mask.paint] == match_words.paint_label("source")
    assert "100 %" in str(closed[mask.painted])
    assert session.match.painting == {"reference"}, "the other painting goes on"
    masks["reference"].keep_painting(session, None)
    assert session.match.reference is not None
    assert session.match.reference.painted is None


def test_open_editors_are_closed_before_a_run(session: Session, masks: dict[Role, Mask]) -> None:
    both = list(masks.values())
    assert keep_open_paintings(session, both, [None, None]) == {}
    masks["source"].start_painting(session, None)
    updates = keep_open_paintings(session, both, [{"layers": [np.full((30, 40, 4), 255, np.uint8)]}, None])
    assert set(updates) == {masks["source"].group, masks["source"].painted, masks["source"].paint}
    assert session.match.source is not None and session.match.source.painted is not None


def test_there_is_nothing_to_paint_on_before_a_picture_was_chosen(
    empty_session: Session, masks: dict[Role, Mask]
) -> None:
    (said,) = masks["source"].start_painting(empty_session, None).values()
    assert "Choose a source first" in str(said)
    assert not empty_session.match.painting
