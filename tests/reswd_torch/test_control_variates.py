"""Control variates: known means, unbiased with a fixed coefficient, less spread."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from reswd_torch.control_variates import (
    KINDS,
    check_control,
    control_coefficient,
    controlled_mean,
    gaussian_control,
)
from reswd_torch.directions import draw_directions
from reswd_torch.errors import InputError
from reswd_torch.wasserstein import direction_costs


def points(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def directions(count: int, dims: int = 3, kind: str = "gaussian", seed: int = 9) -> Tensor:
    return draw_directions(kind, count, dims, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


X, Y = points(1, 2, 9, 3) * torch.tensor([1.0, 2.0, 0.5]), points(2, 2, 7, 3) + 1.0
A, B = points(3, 2, 9).abs(), points(4, 2, 7).abs()


@pytest.mark.parametrize("weights", [(None, None), (A, B)])
@pytest.mark.parametrize("kind", KINDS)
def test_expectation_is_the_mean_over_the_sphere(kind: str, weights: tuple[Tensor | None, Tensor | None]) -> None:
    """A quadratic form averages exactly over any orthonormal basis: the trace over d."""
    control, expected = gaussian_control(kind, X, Y, directions(3, kind="orthogonal"), *weights)
    assert control.shape == (2, 3) and expected.shape == (2,)
    torch.testing.assert_close(control.mean(dim=-1), expected)


def test_controls_bracket_the_gaussian_cost() -> None:
    """Lower <= W_2² between the fitted Gaussians <= upper, on every direction."""
    lines = directions(20)
    lower, _ = gaussian_control("lower", X, Y, lines)
    upper, _ = gaussian_control("upper", X, Y, lines)
    x, y = X @ lines.T, Y @ lines.T
    gaussian = (x.mean(1) - y.mean(1)) ** 2 + (x.std(1, correction=0) - y.std(1, correction=0)) ** 2
    assert (lower <= gaussian + 1e-12).all() and (gaussian <= upper + 1e-12).all()


def test_upper_equals_covariance_form() -> None:
    lines = directions(4)
    control, _ = gaussian_control("upper", X[0], Y[0], lines)
    shift = X[0].mean(0) - Y[0].mean(0)
    form = torch.outer(shift, shift) + torch.cov(X[0].T, correction=0) + torch.cov(Y[0].T, correction=0)
    torch.testing.assert_close(control, torch.einsum("ld,de,le->l", lines, form, lines))


@pytest.mark.parametrize("kind", KINDS)
def test_weights_equal_repetition(kind: str) -> None:
    counts = torch.tensor([1, 2, 3, 1, 1, 2, 1, 1, 4])
    lines = directions(5)
    weighted = gaussian_control(kind, X[0], Y[0], lines, counts.double())
    repeated = gaussian_control(kind, X[0].repeat_interleave(counts, 0), Y[0], lines)
    torch.testing.assert_close(weighted, repeated)


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_spread_falls(kind: str, p: int) -> None:
    """Over 300 draws of 16 directions: same mean within 4 standard errors and a smaller spread."""
    lines = directions(300 * 16)
    costs = direction_costs(X, Y, lines, p).reshape(2, 300, 16)
    control, expected = gaussian_control(kind, X, Y, lines)
    plain = costs.mean(-1)
    controlled = controlled_mean(costs, control.reshape(2, 300, 16), expected[:, None].expand(2, 300))
    assert (controlled.std(1) < plain.std(1)).all() and controlled[1].std() < 0.5 * plain[1].std()
    assert ((controlled - plain).mean(1).abs() < 4 * (controlled - plain).std(1) / 300**0.5).all()


def test_shift_alone_is_exact_for_p_2() -> None:
    """y = x + v: the cost is the lower control itself, so the estimate has no spread: |v|²/3."""
    shift = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    lines = directions(4)
    costs = direction_costs(X[0], X[0] + shift, lines, 2)
    value = controlled_mean(costs, *gaussian_control("lower", X[0], X[0] + shift, lines))
    torch.testing.assert_close(value, shift.square().sum() / 3)


@pytest.mark.parametrize("kind", KINDS)
def test_degenerate_controls_change_nothing(kind: str) -> None:
    one_line, one_dim = directions(1), torch.ones(4, 1, dtype=torch.float64)
    for x, y, lines in ((X[0], Y[0], one_line), (X[0, :, :1], Y[0, :, :1], one_dim), (X[0], X[0], directions(6))):
        costs = direction_costs(x, y, lines)
        torch.testing.assert_close(controlled_mean(costs, *gaussian_control(kind, x, y, lines)), costs.mean())


def test_far_away_sets_do_not_invent_a_coefficient() -> None:
    costs = points(1, 8).abs()
    control = torch.full((8,), 1e9, dtype=torch.float64) * (1 + 1e-16 * torch.arange(8))
    assert float(control_coefficient(costs, control)) == 0.0


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_with_the_coefficient_held(kind: str) -> None:
    lines, gamma = directions(5), torch.tensor([0.7, 0.3], dtype=torch.float64)

    def value(x: Tensor, y: Tensor, a: Tensor) -> Tensor:
        costs = direction_costs(x, y, lines, 2, a)
        return controlled_mean(costs, *gaussian_control(kind, x, y, lines, a), gamma)

    inputs = tuple(t.clone().requires_grad_() for t in (X, Y, A))
    assert torch.autograd.gradcheck(value, inputs)


def test_unknown_kind() -> None:
    with pytest.raises(InputError, match="unknown control_variate 'middle': choose None, 'lower' or 'upper'"):
        check_control("middle")
