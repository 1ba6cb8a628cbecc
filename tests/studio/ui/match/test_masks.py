"""Masks painted in the browser."""

from __future__ import annotations

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from studio.ui.match.masks import Mask, mask_file
from studio.ui.match.state import Role
from studio.ui.match.tab import lay_out_match_tab
from studio.ui.pictures import Painted
from studio.ui.session import Session


def upper_half(session: Session) -> np.ndarray:
    """(h, w) uint8: a mask of the upper half of the source's preview."""
    side = session.match.source
    assert side is not None
    painted = np.zeros((side.preview.height, side.preview.width), np.uint8)
    painted[: len(painted) // 2] = 255
    return painted


def written(session: Session, feather: float = 0.0) -> np.ndarray:
    side = session.match.source
    assert side is not None
    side.painted = Painted(upper_half(session), feather)
    place = mask_file(session, side, "mask")
    assert place is not None
    return np.asarray(Image.open(place))


def test_a_painted_area_becomes_a_mask_of_the_pictures_size(session: Session) -> None:
    side = session.match.source
    assert side is not None
    assert mask_file(session, side, "mask") is None
    mask = written(session)
    assert mask.shape == side.size
    assert mask.mean() == pytest.approx(127.5, abs=1)
    middle = len(mask) // 2
    assert (mask[: middle - 6] == 255).all()
    assert (mask[middle + 6 :] == 0).all()


def test_the_feather_softens_the_edge_over_as_many_pixels(session: Session) -> None:
    mask = written(session, feather=40.0)[:, 100].astype(int)
    soft = np.flatnonzero((mask > 2) & (mask < 253))
    assert 50 < len(soft) < 110
    assert np.abs(np.diff(mask)).max() < 12, "no step that an eye could find"


def test_a_mask_is_written_without_opencvs_paths(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows they know no accents."""
    import cv2

    monkeypatch.setattr(cv2, "imwrite", lambda *_: False)
    side = session.match.source
    assert side is not None
    side.painted = Painted(upper_half(session))
    place = mask_file(session, side, "Maske für Ähren")
    assert place is not None
    assert np.asarray(Image.open(place)).shape == side.size


@pytest.fixture
def masks() -> dict[Role, Mask]:
    with gr.Blocks():
        return lay_out_match_tab().more.masks


def test_the_page_says_how_much_is_painted(session: Session, masks: dict[Role, Mask]) -> None:
    mask, side = masks["source"], session.match.source
    assert side is not None
    assert "whole picture counts" in str(mask.said(session)[mask.painted])
    side.painted = Painted(upper_half(session))
    assert "50 %" in str(mask.said(session)[mask.painted])
