"""Handlers of the tab *Batch*, without a page."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

from reswd_torch import Cdl, Grade
from studio.ui.batch.events import BatchEvents


def test_a_saved_grade_brings_its_own_strength(tmp_path: Path) -> None:
    tab = cast(BatchEvents, SimpleNamespace())
    look = Grade(Cdl((1.2, 1.0, 0.8))).save(tmp_path / "look.cc")
    assert BatchEvents.take_strength(tab, str(look), 0.3) == 1.0
    assert BatchEvents.take_strength(tab, None, 0.3) == 0.3, "taken out: what was there stays"
    (tmp_path / "broken.cc").write_text("no grade")
    assert BatchEvents.take_strength(tab, str(tmp_path / "broken.cc"), 0.3) == 0.3
