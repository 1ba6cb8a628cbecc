"""The quick fit of a smooth LUT: the same equations as the thorough one, and the same conditions on what comes out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from reswd_torch import Cdl, srgb_to_lab
from reswd_torch.grade.lut3d import identity_lattice
from reswd_torch.matching.data_terms import PairedCoupling
from reswd_torch.matching.fitting import NO_PULL, second_order
from reswd_torch.matching.gauss_newton import CdlModel, natural_numbers
from reswd_torch.matching.smooth_lut import (
    STAGES,
    CellModel,
    SplineModel,
    _control_points,
    _lattice_of,
    fit_smooth_lut,
    refine_smooth_lut,
    smoothness,
)
from tests.conftest import asset

Wish = Callable[[torch.Tensor], torch.Tensor]
MILD = Cdl(slope=(1.1, 0.95, 0.85), offset=(0.02, 0.0, 0.03), power=(1.1, 1.0, 0.95), saturation=0.9)


def _noise(rgb: torch.Tensor) -> torch.Tensor:
    return torch.rand(rgb.shape, generator=torch.Generator().manual_seed(5))


def _colours() -> torch.Tensor:
    return torch.from_numpy(asset("lagoon-jetty.jpg", 64)).reshape(-1, 3)[::3].contiguous()[:700]


def _start(source: torch.Tensor, coupling: PairedCoupling) -> Cdl:
    model = CdlModel(source, torch.tensor(NO_PULL))
    return Cdl.from_vector(natural_numbers(second_order(coupling, None)(model, None, (0.0, 0.4))))


@pytest.mark.parametrize("kind", ["anywhere", "one cell", "corners and knots"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_cells_have_the_same_hessian_as_the_whole(kind: str, dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(3)
    rgb = torch.rand(300, 3, generator=generator, dtype=dtype)
    if kind == "one cell":
        rgb = rgb * 0.1 + 0.4
    if kind == "corners and knots":
        rgb = torch.cartesian_prod(*[torch.linspace(0, 1, 7, dtype=dtype)] * 3)
    curvature = torch.randn(len(rgb), 3, 3, generator=generator, dtype=dtype)
    curvature = curvature @ curvature.transpose(1, 2)
    plain, cells = SplineModel(rgb, STAGES[0]), CellModel(rgb, STAGES[0])
    evaluation = plain.evaluate(plain.start())
    expected, found = plain.hessian(evaluation, curvature), cells.hessian(evaluation, curvature)
    assert found.dtype == expected.dtype
    largest = float(expected.abs().max())
    assert float((found - expected).abs().max()) < {torch.float32: 1e-5, torch.float64: 1e-13}[dtype] * largest


VIOLENT: dict[str, Wish] = {
    "negative": lambda rgb: 1 - rgb,
    "channels changed over": lambda rgb: rgb[:, [2, 0, 1]],
    "noise": _noise,
    "step": lambda rgb: (rgb > 0.5).float(),
    "black": lambda rgb: 0 * rgb,
}


@pytest.mark.parametrize("wish", VIOLENT.values(), ids=VIOLENT)
def test_however_violent_the_wish_the_lut_is_smooth(wish: Wish) -> None:
    source = _colours()
    coupling = PairedCoupling(srgb_to_lab(wish(source)))
    lut = refine_smooth_lut(source, coupling, second_order(coupling, None), _start(source, coupling))
    assert smoothness(lut).good
    assert coupling(srgb_to_lab(lut.apply(source))).loss < 0.95 * coupling(srgb_to_lab(source)).loss


def test_a_start_far_from_the_wish_and_folded_is_left_behind() -> None:
    source = _colours()
    coupling = PairedCoupling(srgb_to_lab(MILD.apply(source)))
    start = Cdl((4.0, 0.1, 2.0), (-0.5, 0.3, 0.0), (3.0, 0.3, 1.0), 3.0)
    lut = refine_smooth_lut(source, coupling, second_order(coupling, None), start)
    assert smoothness(lut).good
    losses = [float(coupling(srgb_to_lab(each.apply(source))).loss) for each in (start, lut)]
    assert losses[1] < 0.1 * losses[0]


GENTLE: dict[str, Wish] = {
    "ten numbers": MILD.apply,
    "what ten numbers cannot": lambda rgb: 0.9 * rgb**1.2 + 0.05 * rgb[:, [1, 2, 0]],
    "lifted and turned": lambda rgb: 0.05 + 0.8 * rgb + 0.08 * rgb[:, [1, 2, 0]] ** 2,
}


@pytest.mark.parametrize("wish", GENTLE.values(), ids=GENTLE)
def test_a_mild_wish_is_met_about_as_well_as_by_the_thorough_fit(wish: Wish) -> None:
    source = _colours()
    coupling = PairedCoupling(srgb_to_lab(wish(source)))
    solve = second_order(coupling, None)
    start = _start(source, coupling)
    quick, thorough = refine_smooth_lut(source, coupling, solve, start), fit_smooth_lut(source, coupling, solve)
    losses = [float(coupling(srgb_to_lab(lut.apply(source))).loss) for lut in (quick, thorough)]
    assert losses[0] < 1.15 * losses[1] + 0.02
    assert losses[0] < 0.05 * float(coupling(srgb_to_lab(source)).loss)


def test_control_points_of_a_grade_give_the_grade() -> None:
    lattice = identity_lattice(33, torch.float64).reshape(-1, 3)
    torch.testing.assert_close(_lattice_of(_control_points(Cdl())).reshape(-1, 3), lattice, atol=1e-6, rtol=0)
    linear = Cdl(slope=(0.8, 0.9, 0.7), offset=(0.1, 0.05, 0.2), saturation=0.7)
    found = _lattice_of(_control_points(linear)).reshape(-1, 3)
    torch.testing.assert_close(found, linear.apply(lattice.float()).double(), atol=1e-5, rtol=0)
