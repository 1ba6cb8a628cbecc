"""The conditions a smooth LUT is held to, measured from outside, through ``grade.apply``; and its model."""

from __future__ import annotations

from functools import cache
from itertools import permutations

import numpy as np
import pytest
import torch

from reswd_torch import Grade, match
from reswd_torch.grade.lut3d import identity_lattice
from reswd_torch.matching import smooth_lut
from tests.conftest import asset, photograph

PAIRS = [
    ("lagoon-jetty.jpg", "mountain-sunset.jpg"),
    ("mountain-path-noon.jpg", "bridge-night.jpg"),
    ("bridge-night.jpg", "lagoon-jetty.jpg"),
    ("dandelion-golden-light.jpg", "fig-red-bowl.jpg"),
]
CASES = [(*pair, "fast") for pair in PAIRS] + [(*PAIRS[1], "mkl"), (*PAIRS[2], "reswd")]
N = 33
cases = pytest.mark.parametrize("case", CASES, ids="-".join)


@cache
def fitted(case: tuple[str, str, str]) -> Grade:
    samples = 1024 if case[2] == "reswd" else 2048  # each of its 150 steps costs by the sample
    return match(asset(case[0]), asset(case[1]), method=case[2], aim="colours", transform="lut", samples=samples)


@cases
def test_grey_ramp_never_falls_in_any_channel(case: tuple[str, str, str]) -> None:
    ramp = np.linspace(0, 1, 4096)[:, None].repeat(3, axis=1)
    graded = fitted(case).apply(ramp)
    assert (np.diff(graded, axis=0) >= -1e-9).all()
    assert graded[-1].mean() > graded[0].mean()


@cases
def test_no_cell_away_from_the_clamp_is_folded(case: tuple[str, str, str]) -> None:
    """Jacobian determinant in each of the six tetrahedra of every lattice cell, from the graded corners."""
    axis = np.linspace(0, 1, N)
    lattice = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1)
    graded = fitted(case).apply(lattice)
    free = ((graded > 1e-6) & (graded < 1 - 1e-6)).all(-1)
    span = [slice(0, N - 1), slice(1, N)]
    inner = np.logical_and.reduce([free[span[r], span[g], span[b]] for r in (0, 1) for g in (0, 1) for b in (0, 1)])
    assert inner.mean() > 0.2  # there is something to look at
    for order in permutations(range(3)):
        corner, columns = [0, 0, 0], [np.empty(0)] * 3
        for channel in order:
            before = graded[tuple(span[i] for i in corner)]
            corner[channel] = 1
            columns[channel] = (graded[tuple(span[i] for i in corner)] - before) * (N - 1)
        determinant = np.linalg.det(np.stack(columns, -1))
        assert determinant[inner].min() > 0


@cases
def test_ramps_bend_softly(case: tuple[str, str, str]) -> None:
    """Grey and six hue ramps: the second difference per 33-point step is at most 1/128."""
    ramp = np.linspace(0, 1, N)[:, None]
    hues = [(1, 1, 1), (1, 0, 0), (1, 1, 0), (0, 1, 0), (0, 1, 1), (0, 0, 1), (1, 0, 1)]
    for hue in hues:
        graded = fitted(case).apply(ramp * np.array(hue))
        assert np.abs(np.diff(graded, 2, axis=0)).max() <= 1 / 128 + 1e-6


@cases
def test_colours_come_closer(case: tuple[str, str, str]) -> None:
    report = fitted(case).report
    assert report is not None
    assert report.distance_after < 0.75 * report.distance_before


def test_a_lut_reaches_what_ten_numbers_cannot() -> None:
    pair = PAIRS[3]
    ten = match(asset(pair[0]), asset(pair[1]), aim="colours", transform="cdl").report
    lut = fitted((*pair, "fast")).report
    assert lut.distance_after < ten.distance_after


@pytest.mark.parametrize("method", ["fast", "reswd", "histogram"])
def test_identity_on_identical_pictures(method: str) -> None:
    picture = photograph(4)
    grade = match(picture, picture, method=method, transform="lut")
    lattice = identity_lattice(N, torch.float64).numpy()
    assert np.abs(grade.apply(lattice) - lattice).max() < 1e-3
    assert grade.report.distance_after < 1e-3


@pytest.mark.parametrize("off", [0.01, 0.1])
def test_model_gradient_equals_finite_differences(off: float) -> None:
    """Within all bounds, and beyond those on smoothness and on rising."""
    colours = torch.rand(40, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64) * 0.6 + 0.2
    model = smooth_lut.SplineModel(colours, smooth_lut.Stage(0.5, 200.0, 50.0))
    start = model.start() + off * torch.randn(len(model.start()), generator=torch.Generator().manual_seed(2)).double()
    force = torch.randn(40, 3, generator=torch.Generator().manual_seed(3), dtype=torch.float64)

    def value(parameters: torch.Tensor) -> float:
        return float((model.evaluate(parameters).rgb * force).sum() + model.prior(parameters)[0])

    gradient = model.gradient(model.evaluate(start), force) + model.prior(start)[2]
    for index in range(0, len(start), 37):
        moved = torch.zeros_like(start)
        moved[index] = 1e-5
        difference = (value(start + moved) - value(start - moved)) / 2e-5
        assert float(gradient[index]) == pytest.approx(difference, rel=1e-4, abs=1e-6)


def test_the_cost_of_a_broken_condition_is_felt_and_that_of_a_kept_one_is_not() -> None:
    colours = torch.rand(40, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    free, held = (smooth_lut.SplineModel(colours, smooth_lut.Stage(0.1, *weights)) for weights in ((0, 0), (1e4, 1e3)))
    gentle = held.identity**1.1
    assert held.prior(gentle.reshape(-1))[0] == free.prior(gentle.reshape(-1))[0]
    steep = held.identity**0.3
    turned = held.identity[:, [1, 0, 2]]
    for broken in (steep, turned):
        assert held.prior(broken.reshape(-1))[0] > free.prior(broken.reshape(-1))[0] + 1
