"""What is called smooth, and that any LUT can be drawn back until it is."""

from __future__ import annotations

import pytest
import torch

from reswd_torch import Lut3D
from reswd_torch.grade.lut3d import identity_lattice
from reswd_torch.matching.smoothness import LATTICE, MAX_SECOND_DIFFERENCE, drawn_back, smoothness


@pytest.mark.parametrize(
    ("bend", "broken"),
    [
        (lambda c: c, None),
        (lambda c: torch.stack((1 - c[:, 0], c[:, 1], c[:, 2]), 1), "rises"),
        (lambda c: torch.stack((c[:, 1], c[:, 0], c[:, 2]), 1) * 0.9 + 0.05, "folds"),
        (lambda c: (c > 0.5).to(c) * 0.2 + c * 0.8, "second"),
    ],
    ids=["identity", "negative red", "red and green swapped", "step"],
)
def test_smoothness_finds_what_is_wrong(bend, broken: str | None) -> None:
    found = smoothness(Lut3D.sample(bend, LATTICE))
    assert found.good == (broken is None)
    assert found.grey_rises == (broken != "rises")
    if broken == "folds":
        assert found.folds > 0
    if broken == "second":
        assert found.second_difference > MAX_SECOND_DIFFERENCE


def test_a_folded_lut_is_drawn_back_as_little_as_needed() -> None:
    identity = identity_lattice(LATTICE, torch.float64)
    swapped = identity[..., [1, 0, 2]]
    found = drawn_back(swapped)
    assert smoothness(found).good
    share = float(((found.values - identity).norm() / (swapped - identity).norm()).item())
    assert 0.49 < share < 0.5  # halfway red and green are one, and the determinant is 0


def test_a_good_base_keeps_more_than_the_identity_does() -> None:
    identity = identity_lattice(LATTICE, torch.float64)
    base = 0.6 * identity + 0.4 * identity[..., [1, 0, 2]]
    assert smoothness(Lut3D(base)).good
    plain, near = drawn_back(identity[..., [1, 0, 2]]), drawn_back(identity[..., [1, 0, 2]], base)
    assert smoothness(near).good
    assert (near.values - identity).norm() >= 0.98 * (plain.values - identity).norm()
