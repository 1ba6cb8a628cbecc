"""The tables of speed are printed whole. On small frames their figures say nothing, so none is asserted."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import speed


@pytest.fixture(autouse=True)
def small_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "HEIGHT", 216)
    monkeypatch.setattr(speed, "WIDTH", 384)


def test_every_stage_has_a_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    speed.stages(tmp_path, 1, 1e10)
    told = capsys.readouterr().out
    for stage in (
        "sample 8 bits",
        "fit, statistics (one thread)",
        "match() of two float frames, auto",
        "apply a LUT, 8 bits",
    ):
        assert f"| {stage}" in told
    assert "CDL, 8 bits, ours: at most 1 code value" in told


def test_what_is_judged_by_a_ratio_has_one(capsys: pytest.CaptureFixture[str]) -> None:
    speed.aims(1)
    rows = [line.split("|")[1:-1] for line in capsys.readouterr().out.splitlines() if line.startswith("| ")]
    assert len(rows) == 7
    assert all(float(row[-1]) > 0 for row in rows[1:])
