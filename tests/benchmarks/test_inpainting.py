"""The benchmark of repainted regions: what it asks, and how it judges."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.inpainting import cases, judge, left, random_cdl, random_mask
from tests.conftest import ASSETS

PHOTOS = sorted(ASSETS.glob("*.jpg"))[:3]


@pytest.mark.parametrize("kind", [0, 1, 2])
def test_masks_cover_what_they_should(kind: int) -> None:
    for seed in range(3):
        mask = random_mask(np.random.default_rng(seed), 120, 160, kind)
        assert mask.dtype == np.float32 and mask.min() >= 0.0 and mask.max() == pytest.approx(1.0, abs=0.01)
        assert 0.04 < (mask >= 0.5).mean() < 0.45


def test_grades_lie_within_the_ranges() -> None:
    grades = [random_cdl(np.random.default_rng(seed)) for seed in range(20)]
    for grade in grades:
        assert all(0.8 <= each <= 1.25 for each in (*grade.slope, *grade.power))
        assert all(abs(each) <= 0.05 for each in grade.offset) and 0.7 <= grade.saturation <= 1.3


@pytest.mark.parametrize("which", ["a", "b", "c", "d"])
def test_cases_are_what_they_say(which: str) -> None:
    found = list(cases([Path(each) for each in PHOTOS], which, 200, 0))
    assert len(found) == len(PHOTOS)
    for case in found:
        outside = case.mask == 0
        assert np.array_equal(case.image[outside], case.truth[outside])
        assert np.array_equal(case.generated[outside], case.truth[outside]) == (which != "a")
        perfect = judge(case.truth, case)
        assert perfect.inside == perfect.seam == perfect.step == 0.0
        pasted = judge(left(case), case)
        assert pasted.inside > 3.0 if which in "ab" else pasted.inside < 1.5
