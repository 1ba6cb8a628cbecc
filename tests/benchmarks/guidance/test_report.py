"""The table and the figures as JSON."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from benchmarks.guidance.__main__ import wanted_schemes
from benchmarks.guidance.measuring import Figures, Summary, best_within
from benchmarks.guidance.report import table, write_json
from benchmarks.guidance.rivals import Rates, schemes


def _figures(w2: float, top5: list[float]) -> Figures:
    return Figures([w2, w2], [30.0, 20.0], top5, [0.5, 0.7], [0.1, math.nan], [], speckle=w2 / 10, calls=25)


FOUND = {"plain": _figures(0.4, [1.0, 1.0]), "rival": _figures(0.1, [0.0, 1.0])}


def test_table_has_every_figure_in_its_column() -> None:
    head, _, _, rival = table(FOUND, timed=False).splitlines()
    cells = dict(
        zip(*([each.strip() for each in line.strip("| ").split(" | ")] for line in (head, rival)), strict=True)
    )
    assert cells == {
        "scheme": "rival", "W2, RGB": "0.100", "of plain": "25%", "SW, Lab": "25.0", "top-5": "50%", "speckle": "0.25",
        "structure": "0.60", "banding": "10.0%", "denoiser": "1 x",
    }  # fmt: skip


def test_table_has_time_where_it_was_measured() -> None:
    rows = table(FOUND).splitlines()
    assert "ms a step" in rows[0] and len({row.count("|") for row in rows}) == 1
    assert "ms a step" not in table(FOUND, timed=False)


def test_table_without_a_classifier_says_so() -> None:
    assert "| - |" in table({"plain": _figures(0.4, [])}, timed=False)


def test_json_knows_every_figure_but_no_pictures(tmp_path: Path) -> None:
    write_json(FOUND, tmp_path / "figures.json")
    read = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"), parse_constant=pytest.fail)
    assert read["rival"]["structure"] == [0.5, 0.7] and read["rival"]["banding"] == [0.1, None]
    assert "pictures" not in read["rival"]


def test_schemes_are_chosen_by_name() -> None:
    every = schemes(Rates(0.1, 0.01))
    assert [each.name for each in wanted_schemes(every, ["ours"])] == ["plain", "ours"]
    with pytest.raises(SystemExit, match="no scheme is called 'mine'"):
        wanted_schemes(every, ["mine"])


def test_the_best_setting_is_the_nearest_within_the_limits() -> None:
    plain = Summary(0.4, 1.0, 0.9)
    found = {
        "far": Summary(0.3, 1.0, 0.9),
        "near": Summary(0.2, 1.2, 0.85),
        "speckled": Summary(0.1, 2.0, 0.9),
        "lost": Summary(0.1, 1.0, 0.5),
    }
    assert best_within(found, plain) == "near"
    assert best_within({name: Summary(each.w2, each.speckle, None) for name, each in found.items()}, plain) == "lost"
    assert best_within({"speckled": found["speckled"]}, plain) == "speckled"
