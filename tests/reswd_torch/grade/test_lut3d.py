"""The lattice: golden values from OpenColorIO's tetrahedral interpolation, derivatives, re-sampling."""

from __future__ import annotations

import numpy as np
import PyOpenColorIO as ocio
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from reswd_torch.errors import InputError
from reswd_torch.grade import lut3d
from reswd_torch.grade.lut3d import Lut3D, identity_lattice

QUICK = settings(max_examples=20, deadline=None, derandomize=True)


def random_lut(size: int, seed: int) -> Lut3D:
    return Lut3D(torch.rand(size, size, size, 3, generator=torch.Generator().manual_seed(seed)))


def smooth_lut(size: int = 33) -> Lut3D:
    return Lut3D.sample(
        lambda c: torch.stack((c[:, 0] ** 0.8, c[:, 1] * 0.9 + 0.05 * c[:, 2], c[:, 2] ** 1.3), 1), size
    )


def some_colours(count: int = 500, seed: int = 0, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    free = torch.rand(count, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    corners = torch.tensor([[r, g, b] for r in (0, 1) for g in (0, 1) for b in (0, 1)], dtype=torch.float64)
    greys = torch.linspace(0, 1, 50, dtype=torch.float64).unsqueeze(1).expand(-1, 3)
    return torch.cat((free, corners, greys)).to(dtype)


def by_opencolorio(lut: Lut3D, colours: np.ndarray) -> np.ndarray:
    transform = ocio.Lut3DTransform(lut.size)
    transform.setInterpolation(ocio.INTERP_TETRAHEDRAL)
    for r, g, b in np.ndindex(lut.size, lut.size, lut.size):
        transform.setValue(r, g, b, *map(float, lut.values[r, g, b]))
    out = colours.astype(np.float32).copy()
    processor = ocio.Config.CreateRaw().getProcessor(transform)
    processor.getOptimizedCPUProcessor(ocio.OPTIMIZATION_LOSSLESS).applyRGB(out)
    return out


@QUICK
@given(st.integers(2, 9), st.integers(0, 1000))
def test_equals_opencolorio_on_random_lattices(size: int, seed: int) -> None:
    lut, colours = random_lut(size, seed), some_colours(seed=seed)
    theirs = by_opencolorio(lut, colours.numpy())
    for apply in (lut.apply, lut._plain):
        np.testing.assert_allclose(apply(colours).numpy(), theirs, atol=5e-6, rtol=0)


@pytest.mark.parametrize("size", [2, 17, 33, 65])
def test_identity(size: int) -> None:
    lut = Lut3D(identity_lattice(size))
    assert lut.is_identity
    colours = some_colours()
    torch.testing.assert_close(lut.apply(colours), colours, atol=3e-7, rtol=0)
    assert not smooth_lut(5).is_identity


def test_lattice_points_are_met_exactly() -> None:
    lut = random_lut(5, 1)
    assert torch.equal(lut.apply(identity_lattice(5).reshape(-1, 3)).reshape(5, 5, 5, 3), lut.values)


def test_colours_outside_are_clamped_to_the_cube() -> None:
    lut = random_lut(4, 2)
    outside = torch.tensor([[-0.5, 0.3, 1.7]])
    assert torch.equal(lut.apply(outside), lut.apply(outside.clamp(0, 1)))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(3,), (7, 3), (2, 4, 3)])
def test_shape_and_dtype_are_kept(shape: tuple[int, ...], dtype: torch.dtype) -> None:
    graded = smooth_lut(9).apply(torch.full(shape, 0.25, dtype=dtype))
    assert graded.shape == shape
    assert graded.dtype == dtype


def test_gradcheck_inside_the_simplices() -> None:
    generator = torch.Generator().manual_seed(5)
    corner = torch.randint(0, 4, (30, 3), generator=generator).double()
    inside = torch.tensor([0.2, 0.5, 0.8], dtype=torch.float64)
    order = torch.stack([torch.randperm(3, generator=generator) for _ in range(30)])
    colours = ((corner + inside[order]) / 4).requires_grad_(True)
    assert torch.autograd.gradcheck(random_lut(5, 3).apply, colours)


def test_chunks_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    lut, colours = random_lut(5, 4), some_colours(1000)
    whole = lut._plain(colours)
    for chunk in (1, 7, len(colours) - 1, len(colours), len(colours) + 1):
        monkeypatch.setattr(lut3d, "_CHUNK", chunk)
        assert torch.equal(lut._plain(colours), whole)


def test_resampling_33_to_65_is_exact() -> None:
    lut = random_lut(33, 6)
    fine = lut.resampled(65)
    torch.testing.assert_close(fine.values[::2, ::2, ::2], lut.values, atol=1e-6, rtol=0)
    colours = some_colours()
    torch.testing.assert_close(fine.apply(colours), lut.apply(colours), atol=2e-5, rtol=0)
    assert lut.resampled(33) is lut


@QUICK
@given(st.floats(0, 4))
def test_strength(strength: float) -> None:
    lut = smooth_lut(5)
    moved = lut.at_strength(strength).values
    identity = identity_lattice(5)
    torch.testing.assert_close(moved, (identity + strength * (lut.values - identity)).clamp(0, 1))
    assert lut.at_strength(0.0).is_identity


@pytest.mark.parametrize("shape", [(3, 3, 3), (3, 3, 4, 3), (3, 3, 3, 4), (1, 1, 1, 3)])
def test_wrong_shapes(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=str(shape[0])) as caught:
        # __post_init__ alone: the run-time check of the tests would refuse the annotation first
        lut = object.__new__(Lut3D)
        object.__setattr__(lut, "values", torch.zeros(shape))
        lut.__post_init__()
    assert str(shape) in str(caught.value)


def test_nan_is_refused() -> None:
    values = identity_lattice(3)
    values[1, 1, 1, 1] = torch.nan
    with pytest.raises(InputError, match="NaN"):
        Lut3D(values)


def test_describe_names_size_and_movement() -> None:
    assert "3-D LUT, 5 points" in smooth_lut(5).describe()
    assert "0.0/255 at most" in Lut3D(identity_lattice(5)).describe()
