"""What the tests of the app share: a page with two pictures, and its tabs without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.ui.pictures import open_side
from studio.ui.session import Session
from tests.conftest import ASSETS

SOURCE, REFERENCE = ASSETS / "lagoon-jetty.jpg", ASSETS / "mountain-sunset.jpg"


@pytest.fixture
def empty_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    """A page that was just opened; its files lie in a folder of the test."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    return Session()


@pytest.fixture
def session(empty_session: Session) -> Session:
    """A page with a source and a reference in the tab *Match colours*."""
    empty_session.match.places["source"].side = open_side(SOURCE)
    empty_session.match.places["reference"].side = open_side(REFERENCE)
    return empty_session


def silent(*_: object, **__: object) -> None:
    """In place of gr.Progress."""
