"""The closed forms do what their formulas promise."""

from __future__ import annotations

import numpy as np
import ot
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from reswd_torch.matching.closed_form import histogram, mkl, reinhard

QUICK = settings(max_examples=20, deadline=None, derandomize=True)
DOUBLE = torch.float64
FORMULAS = {"reinhard": reinhard, "mkl": mkl, "histogram": histogram}


def cloud(count: int, seed: int) -> torch.Tensor:
    """Correlated colours around the middle of the cube."""
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(3, 3, generator=generator, dtype=DOUBLE) * 0.05
    grain = 0.04 * torch.randn(count, 3, generator=generator, dtype=DOUBLE)
    return 0.4 + 0.05 * (seed % 4) + torch.randn(count, 3, generator=generator, dtype=DOUBLE) @ mixing + grain


@QUICK
@given(st.integers(0, 1000), st.integers(2, 300), st.integers(2, 300))
def test_reinhard_means_and_spreads_are_equal(seed: int, n: int, m: int) -> None:
    source, target = cloud(n, seed), cloud(m, seed + 1)
    moved = reinhard(source, target)(source)
    torch.testing.assert_close(moved.mean(dim=0), target.mean(dim=0))
    torch.testing.assert_close(moved.std(dim=0, correction=0), target.std(dim=0, correction=0))


@QUICK
@given(st.integers(0, 1000))
def test_mkl_mean_and_covariance_are_the_targets(seed: int) -> None:
    source, target = cloud(200, seed), cloud(150, seed + 1)
    moved = mkl(source, target)(source)
    torch.testing.assert_close(moved.mean(dim=0), target.mean(dim=0))
    # the little of the identity that lets flat pictures through is the difference
    torch.testing.assert_close(moved.T.cov(correction=0), target.T.cov(correction=0), atol=1e-4, rtol=0)


@pytest.mark.parametrize("seed", range(4))
def test_mkl_equals_pot(seed: int) -> None:
    """Oracle: ot.gaussian.bures_wasserstein_mapping."""
    source, target = cloud(300, seed), cloud(250, seed + 10)
    matrix, shift = ot.gaussian.bures_wasserstein_mapping(
        source.mean(0).numpy(),
        target.mean(0).numpy(),
        np.cov(source.numpy().T, bias=True) + 1e-6 * np.eye(3),
        np.cov(target.numpy().T, bias=True) + 1e-6 * np.eye(3),
    )
    expected = source.numpy() @ matrix + shift
    np.testing.assert_allclose(mkl(source, target)(source).numpy(), expected, atol=1e-8)


@QUICK
@given(st.integers(0, 1000), st.integers(50, 400), st.integers(50, 400))
def test_histogram_quantiles_are_the_targets(seed: int, n: int, m: int) -> None:
    source, target = cloud(n, seed), cloud(m, seed + 1)
    moved = histogram(source, target)(source)
    at = torch.linspace(0, 1, 33, dtype=DOUBLE)
    step = (torch.quantile(target, at, dim=0) - torch.quantile(moved, at, dim=0)).abs().max()
    assert float(step) < 0.05
    torch.testing.assert_close(moved.amin(0), target.amin(0))
    torch.testing.assert_close(moved.amax(0), target.amax(0))


def test_histogram_keeps_the_order_of_values() -> None:
    source, target = cloud(300, 1), cloud(300, 2)
    ramp = torch.linspace(-0.2, 1.2, 500, dtype=DOUBLE).unsqueeze(1).expand(-1, 3)
    assert bool((histogram(source, target)(ramp).diff(dim=0) >= 0).all())


def test_histogram_with_many_equal_values_keeps_the_mean() -> None:
    """Clipped whites or flat skies: a run of equal values goes to the middle of its share, not to the low end of it."""
    generator = torch.Generator().manual_seed(0)
    source = torch.rand(2000, 3, generator=generator, dtype=DOUBLE)
    source[:1000] = 1.0
    target = torch.rand(2000, 3, generator=generator, dtype=DOUBLE)
    moved = histogram(source, target)(source)
    torch.testing.assert_close(moved.mean(0), target.mean(0), atol=0.005, rtol=0)


@pytest.mark.parametrize("name", FORMULAS)
def test_equal_pictures_map_to_themselves(name: str) -> None:
    source = cloud(200, 3)
    torch.testing.assert_close(FORMULAS[name](source, source)(source), source, atol=1e-7, rtol=0)


@pytest.mark.parametrize("name", FORMULAS)
def test_a_flat_source_takes_the_targets_mean(name: str) -> None:
    flat, target = torch.full((20, 3), 0.3, dtype=DOUBLE), cloud(400, 5)
    moved = FORMULAS[name](flat, target)(flat[:1])
    assert bool(torch.isfinite(moved).all())
    torch.testing.assert_close(moved[0], target.mean(0), atol=2e-3, rtol=0)


@pytest.mark.parametrize("name", FORMULAS)
def test_a_flat_target_is_reached(name: str) -> None:
    source, flat = cloud(200, 6), torch.full((5, 3), 0.7, dtype=DOUBLE)
    moved = FORMULAS[name](source, flat)(source)
    torch.testing.assert_close(moved, torch.full_like(moved, 0.7), atol=5e-3, rtol=0)


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_shape_and_dtype_are_kept(name: str, dtype: torch.dtype) -> None:
    moved = FORMULAS[name](cloud(50, 7).to(dtype), cloud(60, 8).to(dtype))(cloud(9, 9).to(dtype))
    assert (moved.shape, moved.dtype) == ((9, 3), dtype)


@pytest.mark.parametrize("name", ["reinhard", "mkl"])
def test_the_noise_of_a_grey_picture_is_not_stretched_to_colours(name: str) -> None:
    generator = torch.Generator().manual_seed(0)
    grey = torch.rand(500, 1, generator=generator, dtype=DOUBLE).expand(-1, 3)
    source = grey + 0.001 * torch.randn(500, 3, generator=generator, dtype=DOUBLE)
    target = torch.rand(500, 3, generator=generator, dtype=DOUBLE)
    moved = FORMULAS[name](source, target)(source)
    chroma = (moved - moved.mean(dim=1, keepdim=True)).std(dim=0)
    assert float(chroma.max()) < 0.05
