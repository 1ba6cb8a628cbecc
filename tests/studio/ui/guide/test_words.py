"""What the tab *Guide a generation* says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from guidance.catalogue import CATALOGUE
from studio.jobs import PaintJob
from studio.references import KeptColours
from studio.service.guide.run import GuideEvent, default_generation
from studio.ui import words
from studio.ui.guide import words as guide_words
from studio.ui.guide.run import Painted
from tests.studio.ui.guide.conftest import COLORS, kept_job


def test_words_are_safe_and_say_what_they_know() -> None:
    evil = "<script>alert(1)</script>"
    reference = KeptColours(COLORS, evil)
    job = replace(kept_job(), reference=reference, generation=default_generation("pocket-64", evil), model=evil)
    painted = Painted(job, Path("a.png"), Path("b.png"), 3.04, 30.4, 1.25, (evil,))
    figures = guide_words.figures(painted)
    said = figures + guide_words.kept(job, evil) + words.notes(painted.notes) + guide_words.model_line(evil)
    assert "<script>" not in said and "&lt;script&gt;" in said
    assert "30.4" in figures and "3.0" in figures and "of the plain picture → of this one" in figures
    assert "%" not in figures and "closer" not in figures, "a distance is no quality"
    assert "→" not in guide_words.figures(replace(painted, plain_distance=None))
    assert "Distance" not in guide_words.figures(Painted(PaintJob(job.generation), Path("a.png")))
    assert guide_words.kept(kept_job(), "a.png").count("<span") == 1, "one colour, one swatch"


def test_the_two_ways_are_told_apart() -> None:
    painted = Painted(
        kept_job(plain=True), Path("a.png"), Path("b.png"), 3.04, 30.4, matched=Path("c.png"), matched_distance=5.06
    )
    said = guide_words.figures(painted)
    assert "30.4" in said and "3.0" in said and "5.1" in said
    assert "guided" in said and "matched afterwards" in said and "recoloured once it was done" in said


def test_every_model_has_a_line_with_licence_and_memory() -> None:
    for entry in CATALOGUE:
        line = guide_words.model_line(entry.id)
        assert str(entry.width) in line and (entry.license or "unknown") in line
        assert ("GiB" in line) == (entry.id != "pocket-64")


def test_a_preview_is_small_and_whole() -> None:
    html = guide_words.preview(np.zeros((1024, 2048, 3), np.uint8))
    assert len(html) < 10_000 and 'src="data:image/png;base64,' in html
    assert "exact" not in html
    assert "exact" in guide_words.preview(np.zeros((64, 64, 3), np.uint8)), "seen pixel by pixel"


def test_loading_says_what_is_loaded_and_that_it_is_once() -> None:
    own = guide_words.waiting(GuideEvent(0.0, "loading pocket-64", loaded=0.0), "pocket-64")
    assert "Loading pocket-64" in own and "once" in own and "huggingface" not in own
    assert "aria-valuenow" not in own, "nobody knows how far it is"
    other = guide_words.waiting(GuideEvent(0.0, "downloading <b>: 1 of 2 GB", loaded=0.5), "owner/name")
    assert "once" in other and "huggingface.co" in other and 'aria-valuenow="50"' in other and "&lt;b&gt;" in other
    step = guide_words.waiting(GuideEvent(0.25, "step 1 of 4"), "pocket-64")
    assert "once" not in step and 'aria-valuenow="25"' in step
