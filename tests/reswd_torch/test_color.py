"""sRGB and CIE Lab: golden values from colour-science, inverses, derivatives."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from reswd_torch.color import (
    lab_to_srgb,
    linear_to_srgb,
    srgb_to_lab,
    srgb_to_lab_with_jacobian,
    srgb_to_linear,
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import colour

DOUBLE = torch.float64
QUICK = settings(max_examples=25, deadline=None, derandomize=True)
DTYPES = [torch.float32, torch.float64]


def colours(count: int = 500, seed: int = 0, dtype: torch.dtype = DOUBLE) -> torch.Tensor:
    """Random colours, the eight corners of the cube, and near-black ones on both sides of every threshold."""
    free = torch.rand(count, 3, generator=torch.Generator().manual_seed(seed), dtype=DOUBLE)
    corners = torch.tensor([[r, g, b] for r in (0, 1) for g in (0, 1) for b in (0, 1)], dtype=DOUBLE)
    dark = torch.tensor([0.0, 0.01, 0.04044, 0.04046, 0.09, 0.1], dtype=DOUBLE).unsqueeze(1).expand(-1, 3)
    return torch.cat((free, corners, dark)).to(dtype)


@pytest.mark.parametrize("shape", [(3,), (1, 3), (5, 3), (2, 4, 3)])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("function", [srgb_to_linear, linear_to_srgb, srgb_to_lab, lab_to_srgb])
def test_shape_and_dtype_are_kept(function, dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    result = function(torch.full(shape, 0.5, dtype=dtype))
    assert result.shape == shape
    assert result.dtype == dtype


def test_srgb_curve_equals_colour_science() -> None:
    rgb = colours()
    expected = colour.models.eotf_sRGB(rgb.numpy())
    np.testing.assert_allclose(srgb_to_linear(rgb).numpy(), expected, atol=1e-7)
    np.testing.assert_allclose(linear_to_srgb(rgb).numpy(), colour.models.eotf_inverse_sRGB(rgb.numpy()), atol=1e-7)


def test_lab_equals_colour_science() -> None:
    """Oracle: colour-science, sRGB -> XYZ -> Lab with the D65 white of the same matrix."""
    rgb = colours()
    space = colour.RGB_COLOURSPACES["sRGB"].copy()
    space.use_derived_transformation_matrices(True)  # the matrix of the standard is printed with four decimals
    xyz = colour.RGB_to_XYZ(rgb.numpy(), space, apply_cctf_decoding=True)
    white = colour.CCS_ILLUMINANTS["CIE 1931 2 Degree Standard Observer"]["D65"]
    expected = colour.XYZ_to_Lab(xyz, white)
    np.testing.assert_allclose(srgb_to_lab(rgb).numpy(), expected, atol=0.015)


@pytest.mark.parametrize("dtype", DTYPES)
def test_white_and_black_are_exact(dtype: torch.dtype) -> None:
    assert srgb_to_lab(torch.ones(1, 3, dtype=dtype)).tolist() == [[100.0, 0.0, 0.0]]
    assert srgb_to_lab(torch.zeros(1, 3, dtype=dtype)).tolist() == [[0.0, 0.0, 0.0]]


def test_greys_have_no_chroma() -> None:
    grey = torch.linspace(0, 1, 4096, dtype=DOUBLE).unsqueeze(1).expand(-1, 3)
    lab = srgb_to_lab(grey)
    assert float(lab[:, 1:].abs().max()) < 1e-12
    assert bool((lab[:, 0].diff() > 0).all())


@QUICK
@given(st.lists(st.tuples(*[st.floats(0, 1)] * 3), min_size=1, max_size=20))
def test_there_and_back(values: list[tuple[float, float, float]]) -> None:
    rgb = torch.tensor(values, dtype=DOUBLE)
    torch.testing.assert_close(lab_to_srgb(srgb_to_lab(rgb)), rgb, atol=1e-7, rtol=0)
    torch.testing.assert_close(linear_to_srgb(srgb_to_linear(rgb)), rgb, atol=1e-7, rtol=0)


def test_there_and_back_in_single_precision() -> None:
    rgb = colours(dtype=torch.float32)
    torch.testing.assert_close(lab_to_srgb(srgb_to_lab(rgb)), rgb, atol=2e-5, rtol=0)


def test_curves_are_odd() -> None:
    value = torch.tensor([0.001, 0.02, 0.5], dtype=DOUBLE)
    assert torch.equal(srgb_to_linear(-value), -srgb_to_linear(value))
    assert torch.equal(linear_to_srgb(-value), -linear_to_srgb(value))


def test_colours_outside_srgb_come_out_of_range() -> None:
    assert float(lab_to_srgb(torch.tensor([[50.0, 120.0, 0.0]])).min()) < 0


@pytest.mark.parametrize("function", [srgb_to_linear, linear_to_srgb, srgb_to_lab])
def test_gradcheck(function) -> None:
    inner = colours(40, seed=3)[:40].clamp(0.05, 0.95).requires_grad_(True)
    assert torch.autograd.gradcheck(function, inner)
    lab = srgb_to_lab(inner.detach()).requires_grad_(True)
    assert torch.autograd.gradcheck(lab_to_srgb, lab)


@pytest.mark.parametrize("function", [srgb_to_linear, linear_to_srgb, srgb_to_lab])
def test_gradient_at_black_is_the_slope_there(function) -> None:
    """Black pixels are common: their gradient is finite and not lost to sign(0) = 0."""
    black = torch.zeros(1, 3, dtype=DOUBLE, requires_grad=True)
    (at_black,) = torch.autograd.grad(function(black)[..., 0].sum(), black)
    near = torch.full((1, 3), 1e-9, dtype=DOUBLE, requires_grad=True)
    (beside,) = torch.autograd.grad(function(near)[..., 0].sum(), near)
    torch.testing.assert_close(at_black, beside)
    assert float(at_black.abs().max()) > 0


def test_jacobian_equals_autograd() -> None:
    rgb = colours(60, seed=4)
    lab, jacobian = srgb_to_lab_with_jacobian(rgb)
    torch.testing.assert_close(lab, srgb_to_lab(rgb), atol=1e-10, rtol=0)
    expected = torch.autograd.functional.jacobian(lambda x: srgb_to_lab(x).sum(dim=0), rgb).permute(1, 0, 2)
    torch.testing.assert_close(jacobian, expected, atol=1e-8, rtol=1e-8)
