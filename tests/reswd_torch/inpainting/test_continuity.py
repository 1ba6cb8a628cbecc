"""A grade from the edge alone."""

from __future__ import annotations

import numpy as np
import torch

from reswd_torch import Cdl
from reswd_torch.inpainting.continuity import continued, share_followed
from reswd_torch.inpainting.edge import Across
from tests.reswd_torch.inpainting.made import LOOK, scene, under


def across(inside: np.ndarray, outside: np.ndarray) -> Across:
    """Pairs of colours, (N, 3) each, in twenty arcs."""
    count = len(inside)
    arcs = np.arange(count) * 20 // count
    codes = [np.asarray(each, np.float64) for each in (inside, outside, outside)]
    return Across(*codes, np.zeros((count, 2)), arcs % 5, arcs, count)


def test_a_grey_side_takes_saturation_to_0_and_no_further() -> None:
    colours = scene(3)[::11, ::11].reshape(-1, 3)
    luma = colours @ np.float32([0.2126, 0.7152, 0.0722])
    nearly = luma[:, None] - 0.04 * (colours - luma[:, None])  # would ask for less than none
    found = continued(across(colours, nearly), Cdl(saturation=0.0))
    assert found.cdl.saturation >= 0.0
    graded = np.asarray(found.cdl.apply(torch.from_numpy(colours)))
    assert np.ptp(graded, axis=1).mean() < 0.35 * np.ptp(colours, axis=1).mean()
    assert found.after < found.before


def test_how_far_a_grade_is_followed_is_seen() -> None:
    colours = scene(4)[::9, ::9].reshape(-1, 3)
    graded = under(LOOK, colours)
    for share in (0.0, 0.5, 1.0):
        mixed = colours + share * (graded - colours)
        assert share_followed(across(colours, mixed), Cdl(), LOOK) == share
