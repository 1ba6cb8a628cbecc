"""Sorting by NumPy gives what PyTorch gives, wherever it is asked for."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.fx.experimental.proxy_tensor
from hypothesis import given, settings
from hypothesis import strategies as st

from reswd_torch.sorting import argsort, at_quantiles, sort, sorted_values

DTYPES = [torch.float32, torch.float64, torch.float16, torch.bfloat16]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(1,), (7,), (3, 1), (4, 1000), (2, 3, 129)])
def test_it_sorts_as_pytorch(shape: tuple[int, ...], dtype: torch.dtype) -> None:
    values = torch.randn(shape, generator=torch.Generator().manual_seed(0)).to(dtype)
    values = torch.cat([values, values[..., :1], -values], dim=-1)  # ties
    ordered, order = sort(values)
    assert ordered.dtype == dtype and order.dtype == torch.int64
    assert torch.equal(ordered, values.sort(dim=-1).values)
    assert torch.equal(values.gather(-1, order), ordered)
    assert torch.equal(order.sort(dim=-1).values, torch.arange(values.shape[-1]).expand(order.shape))
    assert torch.equal(order, argsort(values))


def test_strides_do_not_matter() -> None:
    values = torch.randn(50, 8, generator=torch.Generator().manual_seed(0)).T
    assert torch.equal(sort(values)[0], values.sort(dim=-1).values)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_nan_comes_last(sign: float) -> None:
    nan = torch.copysign(torch.tensor(float("nan")), torch.tensor(sign))
    values = torch.stack([torch.tensor(2.0), nan, torch.tensor(-1.0), torch.tensor(float("inf"))])
    assert argsort(values).tolist() == [2, 0, 3, 1]


def test_every_kind_of_number_is_in_order() -> None:
    tiny = torch.finfo(torch.float32).smallest_normal
    rising = [float("-inf"), -3e38, -1.0, -tiny, -tiny / 8, 0.0, tiny / 8, tiny, 1.0, 3e38, float("inf")]
    values = torch.tensor(rising)
    mixed = values[torch.randperm(len(rising), generator=torch.Generator().manual_seed(0))]
    assert torch.equal(mixed[argsort(mixed)], values)
    zeros = torch.tensor([0.0, -0.0, 1.0, -0.0, 0.0])
    assert sorted(argsort(zeros).tolist()) == [0, 1, 2, 3, 4] and argsort(zeros)[-1] == 2
    assert argsort(torch.empty(0, 5)).shape == (0, 5) and argsort(torch.empty(5, 0)).shape == (5, 0)


@pytest.mark.parametrize("dtype", DTYPES)
def test_values_alone_and_with_a_gradient(dtype: torch.dtype) -> None:
    values = torch.randn(4, 100, generator=torch.Generator().manual_seed(0)).to(dtype)
    assert torch.equal(sorted_values(values), values.sort(dim=-1).values)
    ordered = sorted_values(values.requires_grad_())
    assert ordered.requires_grad and torch.equal(ordered, values.sort(dim=-1).values)
    with torch.no_grad():
        assert not sorted_values(values).requires_grad


def test_gradients_go_to_the_numbers_they_belong_to() -> None:
    values = torch.randn(3, 40, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    weights = torch.arange(40, dtype=torch.float64)
    (ours,) = torch.autograd.grad((sort(values)[0] * weights).sum(), values)
    (theirs,) = torch.autograd.grad((values.sort(dim=-1).values * weights).sum(), values)
    assert torch.equal(ours, theirs)


def test_transformed_and_compiled_functions_go() -> None:
    values = torch.randn(5, 30, generator=torch.Generator().manual_seed(0))
    wanted = values.sort(dim=-1).values
    assert torch.equal(torch.func.vmap(lambda each: sort(each)[0])(values), wanted)
    gradient = torch.func.grad(lambda each: (sort(each)[0] * torch.arange(30.0)).sum())(values[0])
    assert torch.equal(gradient, values[0].argsort().argsort().float())
    assert torch.equal(torch.compile(lambda each: sort(each)[0], fullgraph=True, backend="eager")(values), wanted)


def test_tangents_and_traces_are_not_lost() -> None:
    values, tangent = torch.tensor([3.0, 1.0, 2.0]), torch.tensor([0.1, 0.2, 0.3])
    with torch.autograd.forward_ad.dual_level():
        ordered = sorted_values(torch.autograd.forward_ad.make_dual(values, tangent))
        assert torch.equal(torch.autograd.forward_ad.unpack_dual(ordered).tangent, torch.tensor([0.2, 0.3, 0.1]))
    traced = torch.fx.experimental.proxy_tensor.make_fx(lambda each: sort(each)[0])(values)
    assert torch.equal(traced(-values), torch.tensor([-3.0, -2.0, -1.0]))


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.integers(1, 40), st.integers(1, 40))
def test_quantiles_equal_numpys_hazen(size: int, count: int) -> None:
    """Oracle: numpy.quantile, method hazen, at (i + 1/2) / count."""
    values = np.sort(np.random.default_rng(size).random((2, size)), axis=1)
    found = at_quantiles(torch.from_numpy(values), count)
    expected = np.quantile(values, (np.arange(count) + 0.5) / count, axis=1, method="hazen").T
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-12)
