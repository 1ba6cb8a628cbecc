"""Strengths that are tensors: the numbers of the grade at that strength, and gradients to it."""

from __future__ import annotations

import pytest
import torch

from reswd_torch import Cdl, Grade, InputError, Lut3D
from reswd_torch.grade.differentiable import at_strength_of
from reswd_torch.grade.lut1d import Lut1D
from reswd_torch.grade.lut_chain import LutChain

LOOK = Cdl((1.2, 0.9, 1.05), (-0.05, 0.02, 0.1), (0.8, 1.3, 1.1), 1.4)
LUT = Lut3D.sample(lambda c: torch.stack((c[:, 0] ** 0.8, c[:, 1] * 0.9 + 0.05 * c[:, 2], c[:, 2] ** 1.3), 1), 9)
every_kind = pytest.mark.parametrize("transform", [LOOK, LUT, Lut3D(LUT.values * 1.2, foreign=True)])
COLOURS = torch.rand(50, 3, generator=torch.Generator().manual_seed(0))


@every_kind
@pytest.mark.parametrize("strength", [0.0, 0.4, 1.0, 2.5, 4.0])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32, torch.float64])
def test_the_numbers_are_those_of_the_grade(transform: Cdl | Lut3D, strength: float, dtype: torch.dtype) -> None:
    colours = COLOURS.to(dtype)
    found = at_strength_of(transform, colours, torch.tensor(strength))
    assert found.dtype == dtype
    expected = Grade(transform).apply(colours, strength=strength)
    torch.testing.assert_close(found, expected, atol=4e-6 if dtype != torch.bfloat16 else 8e-3, rtol=0)


@every_kind
def test_gradients(transform: Cdl | Lut3D) -> None:
    inside = (COLOURS[:4].double() * 0.5 + 0.25).requires_grad_()
    strength = torch.tensor(0.6, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda rgb, share: at_strength_of(transform, rgb, share), (inside, strength))


def test_black_has_finite_gradients() -> None:
    black, strength = torch.zeros(2, 3, requires_grad=True), torch.tensor(0.5, requires_grad=True)
    at_strength_of(Cdl((0.0, 1.0, 1.0), power=(0.5, 0.5, 2.0)), black, strength).sum().backward()
    assert torch.isfinite(black.grad).all() and torch.isfinite(strength.grad)


def test_strengths_out_of_range_are_held() -> None:
    most, beyond = (at_strength_of(LOOK, COLOURS, torch.tensor(share)) for share in (4.0, 9.0))
    assert torch.equal(most, beyond)
    assert torch.equal(
        at_strength_of(LUT, COLOURS, torch.tensor(-1.0)), at_strength_of(LUT, COLOURS, torch.tensor(0.0))
    )


def test_luts_of_others_with_curves_take_a_number() -> None:
    curve = Lut1D(torch.linspace(0, 1, 8)[:, None].repeat(1, 3) ** 2, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    with pytest.raises(InputError, match="takes no tensor for its strength: give a number"):
        at_strength_of(LutChain((curve,)), COLOURS, torch.tensor(0.5))
