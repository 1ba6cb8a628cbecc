"""The distance on the line: against POT, and the properties a transport cost has."""

from __future__ import annotations

import ot
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from reswd_torch.errors import InputError
from reswd_torch.wasserstein import check_alike, check_sets, direction_costs, wasserstein_1d

QUICK = settings(max_examples=30, deadline=None, derandomize=True)
SEEDS = st.integers(0, 2**31)
SIZES = st.integers(1, 12)
POWERS = st.sampled_from([1, 2])


def numbers(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def masses(seed: int, *shape: int) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) + 0.01


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize(("n", "m"), [(1, 1), (5, 5), (1, 6), (6, 4), (7, 3), (64, 100)])
def test_equals_pot(n: int, m: int, p: int) -> None:
    x, y = numbers(1, 3, n), numbers(2, 3, m)
    torch.testing.assert_close(wasserstein_1d(x, y, p), ot.wasserstein_1d(x.T, y.T, p=p))


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize(("n", "m"), [(5, 5), (6, 4), (1, 9)])
@pytest.mark.parametrize("sides", ["both", "x", "y"])
def test_equals_pot_with_weights(n: int, m: int, p: int, sides: str) -> None:
    x, y = numbers(1, n), numbers(2, m)
    a = masses(3, n) if sides in ("both", "x") else None
    b = masses(4, m) if sides in ("both", "y") else None
    expected = ot.wasserstein_1d(x, y, None if a is None else a / a.sum(), None if b is None else b / b.sum(), p=p)
    torch.testing.assert_close(wasserstein_1d(x, y, p, a, b), expected)


@QUICK
@given(SEEDS, SIZES, SIZES, POWERS)
def test_identity_and_symmetry(seed: int, n: int, m: int, p: int) -> None:
    x, y = numbers(seed, n), numbers(seed + 1, m)
    assert float(wasserstein_1d(x, x, p)) == 0.0
    assert float(wasserstein_1d(x, x, p, masses(1, n), masses(1, n))) == 0.0
    torch.testing.assert_close(wasserstein_1d(x, y, p), wasserstein_1d(y, x, p))


@QUICK
@given(SEEDS, SIZES, SIZES, POWERS, st.floats(-50, 50))
def test_translation(seed: int, n: int, m: int, p: int, shift: float) -> None:
    x, y = numbers(seed, n), numbers(seed + 1, m)
    torch.testing.assert_close(wasserstein_1d(x + shift, y + shift, p), wasserstein_1d(x, y, p))
    moved = wasserstein_1d(x, x + shift, p)
    torch.testing.assert_close(moved, torch.tensor(abs(shift) ** p, dtype=torch.float64))


@QUICK
@given(SEEDS, SIZES, SIZES, POWERS, st.floats(-20, 20))
def test_scaling(seed: int, n: int, m: int, p: int, scale: float) -> None:
    x, y = numbers(seed, n), numbers(seed + 1, m)
    torch.testing.assert_close(wasserstein_1d(scale * x, scale * y, p), abs(scale) ** p * wasserstein_1d(x, y, p))


@QUICK
@given(SEEDS, SIZES, SIZES, POWERS)
def test_order_of_samples_does_not_matter(seed: int, n: int, m: int, p: int) -> None:
    x, y, a = numbers(seed, n), numbers(seed + 1, m), masses(seed + 2, n)
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    torch.testing.assert_close(wasserstein_1d(x[order], y, p), wasserstein_1d(x, y, p))
    torch.testing.assert_close(wasserstein_1d(x[order], y, p, a[order]), wasserstein_1d(x, y, p, a))


@QUICK
@given(SEEDS, SIZES, SIZES, POWERS, st.integers(1, 4))
def test_repeating_samples_does_not_matter(seed: int, n: int, m: int, p: int, times: int) -> None:
    x, y = numbers(seed, n), numbers(seed + 1, m)
    torch.testing.assert_close(wasserstein_1d(x.repeat(times), y, p), wasserstein_1d(x, y, p))


@QUICK
@given(SEEDS, SIZES, SIZES, POWERS)
def test_whole_weights_are_repetitions_and_zero_is_removal(seed: int, n: int, m: int, p: int) -> None:
    x, y = numbers(seed, n), numbers(seed + 1, m)
    counts = torch.randint(0, 4, (n,), generator=torch.Generator().manual_seed(seed))
    counts[0] = 1
    expected = wasserstein_1d(x.repeat_interleave(counts), y, p)
    torch.testing.assert_close(wasserstein_1d(x, y, p, counts.double()), expected)


def test_swapping_a_pair_of_points_costs_nothing() -> None:
    assert float(wasserstein_1d(torch.tensor([0.0, 1.0]), torch.tensor([1.0, 0.0]))) == 0.0


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("weighted", [False, True])
def test_batch_equals_loop(weighted: bool, dtype: torch.dtype) -> None:
    x, y = numbers(1, 2, 3, 6).to(dtype), numbers(2, 2, 3, 4).to(dtype)
    a = masses(3, 2, 3, 6).to(dtype) if weighted else None
    whole = wasserstein_1d(x, y, 2, a)
    assert whole.shape == (2, 3) and whole.dtype == dtype
    for i in range(2):
        for j in range(3):
            single = wasserstein_1d(x[i, j], y[i, j], 2, None if a is None else a[i, j])
            torch.testing.assert_close(whole[i, j], single)


@pytest.mark.parametrize("n", [4096, 5000])
def test_large_float32_sets_stay_accurate(n: int) -> None:
    x, y = numbers(1, n), numbers(2, 4096)
    torch.testing.assert_close(
        wasserstein_1d(x.float(), y.float(), 1).double(), wasserstein_1d(x, y, 1), rtol=1e-5, atol=0
    )
    ones = torch.ones(n)
    weighted = wasserstein_1d(x.float(), y.float(), 1, ones)
    torch.testing.assert_close(weighted.double(), wasserstein_1d(x, y, 1), rtol=1e-5, atol=0)


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("m", [5, 4])
def test_gradients(m: int, p: int) -> None:
    x, y = numbers(1, 2, 5).requires_grad_(), numbers(2, 2, m).requires_grad_()
    a, b = masses(3, 2, 5).requires_grad_(), masses(4, 2, m).requires_grad_()
    assert torch.autograd.gradcheck(lambda x, y: wasserstein_1d(x, y, p), (x, y))
    assert torch.autograd.gradcheck(lambda x, y, a, b: wasserstein_1d(x, y, p, a, b), (x, y, a, b))


@pytest.mark.parametrize("p", [1, 2])
def test_gradient_is_finite_for_equal_sets(p: int) -> None:
    x = torch.zeros(4, requires_grad=True)
    wasserstein_1d(x, torch.zeros(3), p).backward()
    assert torch.equal(x.grad, torch.zeros(4))


def test_direction_costs_project_first() -> None:
    x, y, axes = numbers(1, 6, 3), numbers(2, 4, 3), torch.eye(3, dtype=torch.float64)
    expected = torch.stack([wasserstein_1d(x[:, i], y[:, i], 1) for i in range(3)])
    torch.testing.assert_close(direction_costs(x, y, axes, 1), expected)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: wasserstein_1d(torch.zeros(2), torch.zeros(2), 3), "p = 3 .*1 or 2"),
        (lambda: wasserstein_1d(torch.zeros(2), torch.zeros(0)), r"\(2,\) and \(0,\).*at least one"),
        (lambda: wasserstein_1d(torch.zeros(2, 3), torch.zeros(3, 3)), r"\(2,\) and \(3,\) differ"),
        (lambda: wasserstein_1d(torch.zeros(2), torch.zeros(2), 1, torch.ones(3)), r"x_weights of shape \(3,\)"),
    ],
)
def test_errors(call, message: str) -> None:  # noqa: ANN001
    with pytest.raises(InputError, match=message):
        call()


GOOD = torch.zeros(4, 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[0.0]], GOOD), "x is a list"),
        ((GOOD, torch.zeros(3)), r"y has shape \(3,\)"),
        ((GOOD, torch.zeros(0, 3)), r"y has shape \(0, 3\) and is empty"),
        ((GOOD, GOOD.int()), "y is torch.int32"),
        ((GOOD, GOOD.half()), "y is torch.float16.*float"),
        ((GOOD, GOOD.double()), "x is torch.float32 and y is torch.float64"),
        ((GOOD, torch.zeros(4, 2)), "x has 3 dims and y has 2"),
        ((GOOD, torch.zeros(1, 4, 3)), "same batch axis"),
        ((torch.zeros(2, 4, 3), torch.zeros(3, 4, 3)), "same batch axis"),
        ((GOOD, torch.full((4, 3), float("nan"))), "y of shape .*NaN"),
        ((torch.full((4, 3), float("inf")), GOOD), "x of shape .*infinite"),
        ((GOOD, GOOD, torch.ones(3)), r"x_weights: got \(3,\), expected .*\(4,\)"),
        ((GOOD, GOOD, None, -torch.ones(4)), "y_weights holds negative"),
        ((GOOD, GOOD, torch.zeros(4)), "x_weights are all zero"),
        ((GOOD, GOOD, torch.ones(4).double()), "x_weights is torch.float64"),
        ((GOOD, torch.zeros(4, 3, device="meta")), "x is on cpu and y on meta"),
    ],
)
def test_set_errors(arguments: tuple, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        if len(arguments) > 1 and isinstance(arguments[1], Tensor) and arguments[1].is_meta:
            check_alike("x", arguments[0], "y", arguments[1])  # values on the meta device cannot be looked at
        check_sets(*arguments)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("weight", [0.0, float("nan")])
def test_weights_that_no_check_has_seen_give_nan_and_no_place_beyond_the_end(weight: float) -> None:
    """On a device nobody looks at values; there an index beyond the end would end the process."""
    x, y = torch.randn(6, generator=torch.Generator().manual_seed(0)), torch.zeros(5)
    assert torch.isnan(wasserstein_1d(x, y, 2, torch.full((6,), weight)))
