"""The benchmark of learning: what it asks."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.learn import cases, difference, splits


def test_halves_are_held_out_both_ways() -> None:
    halves = list(splits(3))
    assert len(halves) == 6 and all(half.sum() == 12 for half in halves)
    assert np.array_equal(halves[0], ~halves[1]) and not np.array_equal(halves[0], halves[2])


def test_every_pair_of_cameras_differs_and_clips_nothing() -> None:
    pytest.importorskip("colour")
    found = list(cases())
    assert len({case.name for case in found}) == 5
    for case in found:
        assert case.before.shape == case.after.shape == (24, 3)
        assert min(case.before.min(), case.after.min()) > 0.0 and max(case.before.max(), case.after.max()) < 1.0
        assert 3.0 < difference(case.before, case.after) < 20.0
        assert difference(case.before, case.before) == 0.0
