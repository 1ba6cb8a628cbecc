"""What the tests of the tab share: a page, and the job of a picture that was made before."""

from __future__ import annotations

from typing import Any

import pytest

from studio.jobs import GuideJob
from studio.service.guide.run import default_generation
from studio.ui.session import Session
from tests.studio.jobs_for_tests import guide_job

COLORS = "AAD//wAA" * 8  # eight times one colour, 16 bits a channel


@pytest.fixture
def session(empty_session: Session) -> Session:
    return empty_session


def kept_job(**given: Any) -> GuideJob:
    """A job with the colours of a reference as a picture keeps them."""
    return guide_job(default_generation("pocket-64", "a cat"), colors=COLORS, reference_name="dusk.jpg", **given)
