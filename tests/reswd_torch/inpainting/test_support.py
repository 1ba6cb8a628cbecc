"""Soft masks: what was really repainted, and where its edge lies."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from reswd_torch import fit_inpainting
from reswd_torch.inpainting.support import largest_of, one_region, regions_of, repainted, softness
from tests.reswd_torch.inpainting.made import LOOK, apart, blob, scene, under

LARGE = (440, 600)


def blurred(mask: np.ndarray, by: float) -> np.ndarray:
    """As a node that blurs masks does it: 0 in the corners."""
    soft = np.asarray(cv2.GaussianBlur(mask, (0, 0), by), np.float32)
    soft[soft < 1 / 255] = 0.0
    return soft


@pytest.mark.parametrize("by", [4.0, 16.0])
def test_a_hard_repainted_region_under_a_blurred_mask(by: float) -> None:
    truth, hard = scene(1, LARGE), blob(LARGE)
    generated = np.where(hard[..., None] > 0, under(LOOK, truth), truth)
    mask = blurred(hard, by)
    fit = fit_inpainting(truth, generated, mask)
    done = fit.apply(truth, generated, mask)
    assert fit.found_by == "edge" and not fit.notes
    assert apart(done, truth, hard > 0) < 1.2 < 5.0 < apart(generated, truth, hard > 0)
    assert np.array_equal(done[hard == 0], truth[hard == 0])  # what the model left is neither graded nor mixed


@pytest.mark.parametrize("by", [16.0])
def test_all_that_a_blurred_mask_touches_is_repainted(by: float) -> None:
    truth, mask = scene(1, LARGE), blurred(blob(LARGE), by)
    generated = np.where(mask[..., None] > 0, under(LOOK, truth), truth)
    fit = fit_inpainting(truth, generated, mask)
    assert fit.found_by == "edge"
    assert apart(fit.apply(truth, generated, mask), truth, mask > 0) < 1.2


@pytest.mark.parametrize("by", [3.0, 4.0])
def test_pictures_that_were_mixed_by_the_mask_already(by: float) -> None:
    truth, mask = scene(1, LARGE, grain=0.004), blurred(blob(LARGE), by)
    generated = truth + mask[..., None] * (under(LOOK, truth) - truth)
    fit = fit_inpainting(truth, generated, mask)
    assert fit.found_by == "edge" and fit.blended and "was mixed with the image already" in fit.notes[0]
    done = fit.apply(truth, generated, mask)
    assert apart(done, truth, mask >= 0.98) < 0.6 * apart(generated, truth, mask >= 0.98)
    ramp = (mask > 0) & (mask < 0.98)
    assert apart(done, truth, ramp) < 0.6 * apart(generated, truth, ramp)
    assert np.array_equal(done[mask == 0], truth[mask == 0])


def test_what_is_equal_at_the_rim_is_no_part_of_it() -> None:
    truth, hard = scene(2), blob()
    generated = np.where(hard[..., None] > 0, under(LOOK, truth), truth)
    kept = repainted(truth, generated, blurred(hard, 6.0))
    assert (kept[hard == 0] == 0).all() and ((kept > 0) == (hard > 0)).mean() > 0.995
    assert np.array_equal(repainted(truth, generated, hard), hard)
    everywhere = under(LOOK, truth)
    assert np.array_equal(repainted(truth, everywhere, blurred(hard, 6.0)), blurred(hard, 6.0))


def test_softness_is_about_the_width_of_the_ramp() -> None:
    assert softness(blob(LARGE)) == 0.0 and softness(0.4 * blob(LARGE)) == 0.0
    assert 16.0 < softness(blurred(blob(LARGE), 6.0)) < 28.0


def test_regions_are_told_apart() -> None:
    mask = np.zeros((100, 200), np.float32)
    mask[10:40, 10:90], mask[50:90, 100:190], mask[95:97, 2:4] = 1.0, 1.0, 1.0
    regions = regions_of(mask)
    first, second = largest_of(regions)
    assert regions[60, 120] == first and regions[20, 20] == second
    alone = one_region(mask, regions, first)
    assert alone[60, 120] == 1.0 and 0.02 < alone[20, 20] < 0.5 and alone[0, 0] == 0.0
    assert largest_of(regions_of(np.where(regions == first, mask, 0))) == []
