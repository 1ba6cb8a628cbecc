"""The formulas: what they leave alone, and what they forgive."""

from __future__ import annotations

import numpy as np
import torch

from reswd_torch.learning.light import Light
from reswd_torch.learning.models import fit_matrix_and_curves, fit_model, fit_root_polynomial
from tests.reswd_torch.learning.test_choice import by_matrix, by_roots, colours

LIGHT = Light.of(None)


def linear(codes: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(LIGHT.decode(codes))


def test_a_root_polynomial_holds_at_another_exposure() -> None:
    before = colours()
    fitted = fit_root_polynomial(linear(before), linear(by_roots(before)), LIGHT)
    light = linear(colours(50, seed=5))
    torch.testing.assert_close(fitted(0.25 * light), 0.25 * fitted(light))


def test_equal_pictures_are_left_alone() -> None:
    before = colours()
    for fit in (fit_matrix_and_curves, fit_root_polynomial):
        fitted = fit(linear(before), linear(before), LIGHT)
        torch.testing.assert_close(fitted(linear(before)), linear(before), atol=1e-4, rtol=0)


def test_a_few_wrong_colours_do_not_carry_the_fit_away() -> None:
    before = colours(300)
    after = by_matrix(before)
    after[::10] = 1.0 - after[::10]
    for name in ("matrix", "root"):
        fitted = fit_model(name, torch.from_numpy(before).float(), torch.from_numpy(after).float(), LIGHT)
        fresh = colours(200, seed=8)
        off = np.abs(fitted.apply(torch.from_numpy(fresh).float()).numpy() - by_matrix(fresh))
        assert np.median(off) < 0.015


def test_curves_rise_whatever_is_asked_of_them() -> None:
    before = colours()
    fitted = fit_matrix_and_curves(linear(before), linear(1.0 - before), LIGHT)
    grey = torch.linspace(0.0, 1.0, 50, dtype=torch.float64)[:, None].expand(-1, 3)
    assert torch.isfinite(fitted(grey)).all()
