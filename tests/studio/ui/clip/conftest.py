"""A page with a clip and a reference in the tab *Grade a clip*, without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.ui.clip.choice import ClipChoice
from studio.ui.clip.choose import choose_source
from studio.ui.clip.parts import ClipTab
from studio.ui.clip.run import match
from studio.ui.clip.tab import lay_out_clip_tab
from studio.ui.pictures import open_side
from studio.ui.session import Session
from tests.studio.media.clips.made import make_clip, reference, scene
from tests.studio.ui.conftest import silent

FRAMES = 40


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A clip whose every frame is another."""
    pictures = [scene(3 * number) for number in range(FRAMES)]
    return make_clip(tmp_path / "shot.mp4", pictures=pictures, options={"crf": "12", "g": "12"})


@pytest.fixture
def page(empty_session: Session, clip: Path, tmp_path: Path) -> Iterator[Session]:
    """A page with the clip and a reference picture."""
    assert choose_source(empty_session, str(clip)) == ""
    empty_session.clip.reference.side = open_side(reference(tmp_path / "look.png"))
    yield empty_session
    empty_session.clip.close()


@pytest.fixture
def matched(page: Session) -> Session:
    """The same after *Match*."""
    match(page, ClipChoice(), silent)  # type: ignore[arg-type]
    return page


@pytest.fixture(scope="module")
def tab() -> ClipTab:
    """The components."""
    import gradio as gr

    with gr.Blocks():
        return lay_out_clip_tab()
