"""The page's places for pictures."""

from __future__ import annotations

from pathlib import Path

import gradio as gr
import pytest

from reswd_torch import InputError
from studio.ui.pictures import ChosenPicture
from studio.ui.places import choose, picture_place
from studio.ui.session import Session
from tests.studio.ui.conftest import REFERENCE, SOURCE


def test_the_preview_comes_with_the_file_that_it_was_made_of(empty_session: Session) -> None:
    with gr.Blocks():
        place = picture_place("Reference", "reference", "")
    chosen = ChosenPicture()
    made = choose(empty_session, chosen, str(SOURCE))
    assert place.dropped(str(SOURCE), made)[place.preview] == [str(SOURCE), made.preview]
    assert place.filled(made)[place.picture] == made.preview
    emptied = choose(empty_session, chosen, None)
    assert (emptied.preview, emptied.about, chosen.side) == (None, "", None)
    assert place.dropped(None, emptied)[place.preview] is None


def test_a_refused_file_leaves_what_was_there(empty_session: Session, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no picture")
    chosen = ChosenPicture()
    refused = choose(empty_session, chosen, str(bad))
    assert (refused.preview, refused.accepted) == (None, False)
    before = choose(empty_session, chosen, str(SOURCE))
    refused = choose(empty_session, chosen, str(bad))
    assert refused.preview == before.preview
    assert "bad.jpg" in refused.about and SOURCE.name in refused.about


def test_a_run_takes_the_picture_that_is_in_the_place_now(empty_session: Session, tmp_path: Path) -> None:
    chosen = ChosenPicture()
    assert not chosen.catch_up(None)
    assert chosen.catch_up(str(SOURCE)) and not chosen.catch_up(str(SOURCE))
    shown = choose(empty_session, chosen, str(SOURCE)).preview
    assert not chosen.catch_up(shown), "on the page the preview stands for the picture"
    assert chosen.catch_up(str(REFERENCE))
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no picture")
    with pytest.raises(InputError, match="bad.jpg"):
        chosen.catch_up(str(bad))
    assert chosen.side is not None and chosen.side.path == REFERENCE
    assert chosen.catch_up(None) and chosen.side is None
