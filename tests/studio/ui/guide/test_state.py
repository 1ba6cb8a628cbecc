"""What is kept of a visit."""

from __future__ import annotations

from PIL import Image

from studio.jobs import PaintJob
from studio.service.guide.run import PaintResult, default_generation
from studio.ui.guide.run import save
from studio.ui.guide.state import KEEP
from studio.ui.session import Session, forget


def test_only_the_last_pictures_of_a_visit_are_kept_and_none_of_a_closed_page(session: Session) -> None:
    image = Image.new("RGB", (8, 8))
    for seed in range(KEEP + 3):
        job = PaintJob(default_generation("pocket-64", "a cat", seed=seed))
        session.guide.keep(save(PaintResult(job, image, 0.1), session.new_place))
    assert [each.job.generation.seed for each in session.guide.painted] == list(range(KEEP + 3))[:2:-1]
    assert len(list(session.folder.rglob("*.png"))) == KEEP
    last = session.guide.painted[0]
    assert session.guide.shown is last
    forget(session)
    assert not last.picture.exists()
