"""What the tab *Match colours* says."""

from __future__ import annotations

import torch

from reswd_torch import Cdl, Grade, Lut3D
from reswd_torch.grade import Lut1D, LutChain
from studio.ui.match import words as match_words


def test_numbers_of_both_kinds_of_grade() -> None:
    assert "1.2500" in match_words.numbers(Grade(Cdl((1.25, 1.0, 1.0))))
    assert "<b>3-D LUT</b>, 9 points a side. It moves" in match_words.numbers(
        Grade(Lut3D.sample(lambda rgb: rgb**2, 9))
    )


def test_a_curve_is_called_one() -> None:
    grade = Grade(LutChain((Lut1D(torch.linspace(0, 1, 64)[:, None].repeat(1, 3) ** 2),)))
    assert "<b>1-D LUT</b>, 64 entries. It moves a channel by" in match_words.numbers(grade)
    assert "1-D LUT, 64 entries, strength 1" in match_words.grade_line(grade, "look.cube")
