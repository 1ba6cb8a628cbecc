"""Regions with grades of their own, and what is said of blends."""

from __future__ import annotations

import numpy as np

from reswd_torch import Cdl, fit_inpainting
from tests.reswd_torch.inpainting.made import LOOK, apart, scene, under

SIZE = (300, 420)
OTHER = Cdl((0.88, 1.0, 1.12), (-0.02, 0.02, 0.03), (1.1, 0.95, 0.9), 1.1)


def two_regions() -> tuple[np.ndarray, np.ndarray]:
    """Two masks that do not touch, the second larger."""
    first, second = np.zeros(SIZE, np.float32), np.zeros(SIZE, np.float32)
    first[40:180, 30:180], second[90:270, 220:390] = 1.0, 1.0
    return first, second


def test_regions_with_different_shifts_get_their_own_grades() -> None:
    truth, (first, second) = scene(1, SIZE), two_regions()
    generated = np.where(first[..., None] > 0, under(LOOK, truth), truth)
    generated = np.where(second[..., None] > 0, under(OTHER, truth), generated)
    mask = first + second
    fit = fit_inpainting(truth, generated, mask)
    done = fit.apply(truth, generated, mask)
    for each in (first, second):
        assert apart(done, truth, each > 0) < 1.4 < 4.0 < apart(generated, truth, each > 0)
    assert len(fit.regions) == 1 and "grades of their own" in fit.notes[0] and len(fit.to_record()["other_grades"]) == 1
    saved = np.asarray(fit.grade.apply(generated))
    assert apart(saved, truth, second > 0) < 1.4  # that of most pixels
    assert fit.seam_after is not None and fit.seam_before is not None and fit.seam_after < 0.5 * fit.seam_before


def test_regions_with_one_shift_share_a_grade() -> None:
    truth, (first, second) = scene(1, SIZE), two_regions()
    mask = first + second
    generated = np.where(mask[..., None] > 0, under(LOOK, truth), truth)
    fit = fit_inpainting(truth, generated, mask)
    assert fit.regions == () and fit.notes == ()
    assert apart(fit.apply(truth, generated, mask), truth, mask > 0) < 1.2


def test_a_region_that_belongs_elsewhere_is_left() -> None:
    truth, (first, second) = scene(1, SIZE, grain=0.02), two_regions()
    thing = np.clip(0.3 * scene(11, SIZE, grain=0.1) + np.float32([0.05, 0.4, 0.1]), 0, 1)
    generated = np.where(first[..., None] > 0, under(LOOK, truth), truth)
    generated = np.where(second[..., None] > 0, thing, generated)
    fit = fit_inpainting(truth, generated, first + second)
    done = fit.apply(truth, generated, first + second, feather=0)
    assert apart(done, truth, first > 0) < 1.6
    assert apart(done, generated, second > 0) < 3.0
    assert not any("passes into the image" in note for note in fit.notes)
