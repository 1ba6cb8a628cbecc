"""The second-order fit: derivatives against differences, and known grades found again."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from reswd_torch.color import srgb_to_lab
from reswd_torch.directions import fibonacci_spiral
from reswd_torch.grade import Cdl
from reswd_torch.matching.data_terms import PairedCoupling, SlicedCoupling
from reswd_torch.matching.fitting import CDL_PULL, NO_PULL
from reswd_torch.matching.gauss_newton import CdlModel, minimise, natural_numbers
from reswd_torch.matching.greys import GreyHold
from tests.conftest import photograph

QUICK = settings(max_examples=15, deadline=None, derandomize=True)
DOUBLE = torch.float64
LOOK = Cdl((1.15, 0.95, 1.05), (-0.03, 0.02, 0.04), (0.9, 1.2, 1.1), 1.2)


def colours(count: int = 60) -> torch.Tensor:
    return torch.rand(count, 3, generator=torch.Generator().manual_seed(1), dtype=DOUBLE) * 0.8 + 0.1


def parameters_of(cdl: Cdl) -> torch.Tensor:
    numbers = cdl.vector()
    return torch.cat((numbers[:3].log(), numbers[3:6], numbers[6:9].log(), numbers[9:]))


@QUICK
@given(st.lists(st.floats(-0.3, 0.3), min_size=10, max_size=10))
def test_model_equals_the_cdl(values: list[float]) -> None:
    """What is fitted is what will be applied."""
    parameters = torch.tensor(values, dtype=DOUBLE)
    parameters[9] += 1.0
    graded = CdlModel(colours(), torch.zeros(10)).evaluate(parameters).rgb
    torch.testing.assert_close(graded, Cdl.from_vector(natural_numbers(parameters)).apply(colours()), atol=1e-9, rtol=0)


@pytest.mark.parametrize("saturation", [0.4, 1.0, 1.7])
def test_jacobian_equals_finite_differences(saturation: float) -> None:
    model = CdlModel(colours(), torch.zeros(10))
    parameters = torch.tensor([0.1, -0.1, 0.05, 0.02, -0.03, 0.01, 0.1, -0.2, 0.05, saturation], dtype=DOUBLE)
    rgb, jacobian = model.evaluate(parameters)
    inside = ((rgb > 1e-3) & (rgb < 1 - 1e-3)).all(dim=1)  # differences across the clamp's corner are no derivative
    assert int(inside.sum()) > 30
    step = 1e-6
    for index in range(10):
        moved = torch.zeros(10, dtype=DOUBLE)
        moved[index] = step
        difference = (model.evaluate(parameters + moved).rgb - model.evaluate(parameters - moved).rgb) / (2 * step)
        torch.testing.assert_close(jacobian[inside, :, index], difference[inside], atol=1e-7, rtol=1e-6)
        assert float(difference[inside].abs().max()) > 0.01


def test_hessian_and_gradient_sum_the_jacobian() -> None:
    model = CdlModel(colours(20), torch.zeros(10))
    found = model.evaluate(parameters_of(LOOK))
    curvature = torch.eye(3, dtype=DOUBLE).expand(20, 3, 3)
    expected = torch.einsum("nip,niq->pq", found.jacobian, found.jacobian)
    torch.testing.assert_close(model.hessian(found, curvature), expected)
    force = colours(20)
    torch.testing.assert_close(model.gradient(found, force), torch.einsum("nip,ni->p", found.jacobian, force))


@pytest.mark.parametrize("greys", [None, GreyHold(4.0, 0.5)])
@pytest.mark.parametrize("log_power", [-0.5, 0.4])
def test_gradient_of_the_pull_is_its_derivative(log_power: float, greys: GreyHold | None) -> None:
    model = CdlModel(colours(5), torch.tensor(CDL_PULL), greys)
    start = torch.tensor([0.7, 0.1, 0.5, 0.1, 0.2, -0.1, log_power, 0.1, 0.6, 1.4], dtype=DOUBLE)
    _, _, gradient = model.prior(start)
    for index in range(10):
        moved = torch.zeros(10, dtype=DOUBLE)
        moved[index] = 1e-6
        difference = (float(model.prior(start + moved)[0]) - float(model.prior(start - moved)[0])) / 2e-6
        assert float(gradient[index]) == pytest.approx(difference, rel=1e-4, abs=1e-6)


def test_pull_vanishes_at_the_identity() -> None:
    model = CdlModel(colours(5), torch.tensor(CDL_PULL), GreyHold(0.5, 1.0))
    cost, _, gradient = model.prior(model.start())
    assert float(cost) == 0
    assert float(gradient.abs().max()) == 0


@pytest.mark.parametrize("sliced", [False, True])
def test_a_known_grade_is_found_again_without_a_pull(sliced: bool) -> None:
    picture = torch.from_numpy(photograph(3, 64, 64)).reshape(-1, 3).double() * 0.8 + 0.1
    wanted = srgb_to_lab(LOOK.apply(picture))
    lines = fibonacci_spiral(24).double()
    coupling = SlicedCoupling(wanted, lines, len(picture)) if sliced else PairedCoupling(wanted)
    found = natural_numbers(minimise(CdlModel(picture, torch.tensor(NO_PULL)), coupling, rounds=60))
    graded = Cdl.from_vector(found).apply(picture)
    difference = (srgb_to_lab(graded) - wanted).norm(dim=1)
    # Lab units, of colours that the look moves by several; power and offset nearly stand in for each other
    assert float(difference.mean()) < (0.5 if sliced else 0.1)
    if not sliced:
        torch.testing.assert_close(found, LOOK.vector(), atol=0.04, rtol=0)
    assert float((srgb_to_lab(picture) - wanted).norm(dim=1).mean()) > 4


def test_the_pull_keeps_a_fit_nearer_to_the_identity() -> None:
    picture = torch.from_numpy(photograph(3, 32, 32)).reshape(-1, 3).double()
    coupling = PairedCoupling(srgb_to_lab(LOOK.apply(picture)))
    far, near = (
        natural_numbers(minimise(CdlModel(picture, torch.tensor(pull)), coupling, rounds=30)) - Cdl().vector()
        for pull in (NO_PULL, (50.0,) * 10)
    )
    assert float(near.norm()) < float(far.norm())


def test_progress_goes_up_within_its_span_and_may_stop_the_fit() -> None:
    picture = colours()
    coupling = PairedCoupling(srgb_to_lab(LOOK.apply(picture)))
    told: list[float] = []
    minimise(
        CdlModel(picture, torch.tensor(CDL_PULL)),
        coupling,
        rounds=6,
        progress=lambda share, _: told.append(share),
        span=(0.5, 1.0),
    )
    assert told == sorted(told)
    assert told[0] == 0.5
    assert told[-1] < 1.0

    def stop(share: float, what: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        minimise(CdlModel(picture, torch.tensor(CDL_PULL)), coupling, rounds=6, progress=stop)


def test_extreme_wishes_stay_bounded() -> None:
    """White wanted from black: no infinite numbers, and what comes out is a valid CDL."""
    black = torch.zeros(50, 3, dtype=DOUBLE)
    wanted = srgb_to_lab(torch.ones(50, 3, dtype=DOUBLE))
    found = natural_numbers(minimise(CdlModel(black, torch.tensor(NO_PULL)), PairedCoupling(wanted), rounds=40))
    assert np.isfinite(found.numpy()).all()
    Cdl.from_vector(found)
