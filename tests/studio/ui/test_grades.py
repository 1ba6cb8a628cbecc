"""Grade files that visitors send are bounded before they are read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reswd_torch.errors import InputError
from studio.ui import limits
from studio.ui.grades import sent_grade

CUBE = "LUT_1D_SIZE 2\n0 0 0\n1 1 1\n"


def test_a_grade_is_read_where_it_is_small_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "look.cube"
    file.write_text(CUBE)
    assert sent_grade(str(file)).strength == 1.0
    monkeypatch.setattr(limits, "_chosen", replace(limits.PUBLIC, grade=len(CUBE) - 1))
    with pytest.raises(InputError, match=r"look\.cube: a grade file may have"):
        sent_grade(str(file))


def test_strangers_may_send_a_lattice_of_129_points() -> None:
    assert 129**3 * len("0.123456 0.123456 0.123456\n") < limits.PUBLIC.grade < limits.OWN.grade
