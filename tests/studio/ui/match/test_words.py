"""What the tab *Match colours* says."""

from __future__ import annotations

from reswd_torch import Cdl, Grade, Lut3D
from studio.ui.match import words as match_words


def test_numbers_of_both_kinds_of_grade() -> None:
    assert "1.2500" in match_words.numbers(Grade(Cdl((1.25, 1.0, 1.0))))
    assert "3-D LUT" in match_words.numbers(Grade(Lut3D.sample(lambda rgb: rgb**2, 9)))
