"""ASC CDL: golden values from OpenColorIO, strength, and the vector form."""

from __future__ import annotations

import numpy as np
import PyOpenColorIO as ocio
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from reswd_torch.errors import InputError
from reswd_torch.grade import Cdl

QUICK = settings(max_examples=40, deadline=None, derandomize=True)


def triples(low: float, high: float) -> st.SearchStrategy[tuple[float, float, float]]:
    return st.tuples(*[st.floats(low, high)] * 3)


CDLS = st.builds(
    Cdl, slope=triples(0.1, 4), offset=triples(-0.5, 0.5), power=triples(0.2, 4), saturation=st.floats(0, 3)
)
LOOK = Cdl((1.2, 0.9, 1.05), (-0.05, 0.02, 0.1), (0.8, 1.3, 1.1), 1.4)


def some_colours(count: int = 400, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    free = torch.rand(count, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    corners = torch.tensor([[r, g, b] for r in (0, 1) for g in (0, 1) for b in (0, 1)], dtype=torch.float64)
    return torch.cat((free, corners)).to(dtype)


def by_opencolorio(cdl: Cdl, colours: np.ndarray) -> np.ndarray:
    """The same numbers through OpenColorIO's clamping ASC style, without its approximations."""
    transform = ocio.CDLTransform(
        slope=list(cdl.slope), offset=list(cdl.offset), power=list(cdl.power), sat=cdl.saturation
    )
    transform.setStyle(ocio.CDL_ASC)
    processor = ocio.Config.CreateRaw().getProcessor(transform)
    out = colours.astype(np.float32).copy()
    processor.getOptimizedCPUProcessor(ocio.OPTIMIZATION_LOSSLESS).applyRGB(out)
    return out


@QUICK
@given(CDLS)
def test_equals_opencolorio(cdl: Cdl) -> None:
    colours = some_colours()
    theirs = by_opencolorio(cdl, colours.numpy())
    for apply in (cdl.apply, cdl._plain):
        np.testing.assert_allclose(apply(colours).numpy(), theirs, atol=1e-5, rtol=0)


def test_steps_by_hand() -> None:
    """ASC CDL v1.2: (0.5 * 1.2 - 0.1) ** 2 = 0.25, then saturation around Rec.709 luma."""
    plain = Cdl((1.2, 1.0, 1.0), (-0.1, 0.0, 0.0), (2.0, 1.0, 1.0))
    graded = plain.apply(torch.tensor([[0.5, 0.5, 0.5]], dtype=torch.float64))
    torch.testing.assert_close(graded, torch.tensor([[0.25, 0.5, 0.5]], dtype=torch.float64))
    luma = 0.2126 * 0.25 + 0.7152 * 0.5 + 0.0722 * 0.5
    grey = Cdl(plain.slope, plain.offset, plain.power, 0.0).apply(torch.full((1, 3), 0.5, dtype=torch.float64))
    torch.testing.assert_close(grey, torch.full((1, 3), luma, dtype=torch.float64))


@QUICK
@given(CDLS, st.floats(0, 4))
def test_strength_stays_a_cdl_and_in_range(cdl: Cdl, strength: float) -> None:
    weaker = cdl.at_strength(strength)
    graded = weaker.apply(some_colours(50))
    assert float(graded.min()) >= 0
    assert float(graded.max()) <= 1
    assert min(weaker.slope) > 0
    assert min(weaker.power) > 0


@QUICK
@given(CDLS)
def test_strength_0_is_the_identity_and_1_the_fit(cdl: Cdl) -> None:
    assert cdl.at_strength(0.0).is_identity
    colours = some_colours(50)
    assert torch.equal(cdl.at_strength(0.0).apply(colours), colours)
    torch.testing.assert_close(cdl.at_strength(1.0).vector(), cdl.vector(), atol=1e-15, rtol=1e-15)


@QUICK
@given(CDLS, st.floats(0, 4), st.floats(0, 4))
def test_strength_is_monotone(cdl: Cdl, one: float, other: float) -> None:
    """Every number lies further from the identity the stronger the grade is."""
    weak, strong = (cdl.at_strength(s).vector() - Cdl().vector() for s in sorted((one, other)))
    weak, strong = weak.abs(), strong.abs()
    assert bool((weak[:9] <= strong[:9] + 1e-12).all())
    assert float(weak[9]) <= float(strong[9]) + 1e-12 or cdl.saturation < 1


@QUICK
@given(CDLS)
def test_vector_there_and_back(cdl: Cdl) -> None:
    vector = cdl.vector()
    assert vector.dtype == torch.float64
    assert vector.tolist() == [*cdl.slope, *cdl.offset, *cdl.power, cdl.saturation]
    assert Cdl.from_vector(vector) == cdl


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(3,), (7, 3), (2, 4, 3)])
def test_shape_and_dtype_are_kept(shape: tuple[int, ...], dtype: torch.dtype) -> None:
    colours = torch.full(shape, 0.25, dtype=dtype)
    graded = LOOK.apply(colours)
    assert graded.shape == shape
    assert graded.dtype == dtype
    expected = LOOK.apply(colours.double())
    torch.testing.assert_close(graded.double(), expected, atol=4 * torch.finfo(dtype).eps, rtol=0)


def test_gradcheck_away_from_the_clamps() -> None:
    colours = (some_colours(20, torch.float64)[:20] * 0.5 + 0.2).requires_grad_(True)
    assert torch.autograd.gradcheck(Cdl((1.1, 0.9, 1.0), (0.02, 0.05, 0.1), (0.8, 1.3, 1.0), 0.9).apply, colours)


def test_gradients_are_finite_at_black_and_below_the_clamp() -> None:
    colours = torch.tensor([[0.0, 0.0, 0.0], [0.05, 1.0, 0.5]], requires_grad=True)
    Cdl(offset=(-0.1, 0.0, 0.0), power=(0.5, 0.5, 0.5)).apply(colours).sum().backward()
    assert colours.grad is not None
    assert bool(torch.isfinite(colours.grad).all())
    with torch.no_grad():
        plain = LOOK.apply(colours)
    torch.testing.assert_close(LOOK.apply(colours).detach(), plain)


def test_saturation_matrix_is_the_saturation_step() -> None:
    colours = some_colours(50, torch.float64)
    by_matrix = (colours @ LOOK.saturation_matrix().T).clamp(0, 1)
    torch.testing.assert_close(Cdl(saturation=LOOK.saturation).apply(colours), by_matrix)


@pytest.mark.parametrize(
    "numbers",
    [
        {"slope": (-0.1, 1.0, 1.0)},
        {"power": (0.0, 1.0, 1.0)},
        {"power": (1.0, -1.0, 1.0)},
        {"saturation": -0.1},
        {"offset": (float("nan"), 0.0, 0.0)},
        {"slope": (float("inf"), 1.0, 1.0)},
    ],
)
def test_numbers_that_asc_cdl_forbids(numbers: dict) -> None:
    with pytest.raises(InputError) as caught:
        Cdl(**numbers)
    wrong = next(iter(numbers.values()))
    assert str(wrong).strip("()") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_describe_shows_all_ten_numbers() -> None:
    words = LOOK.describe().split()
    for number in LOOK.vector().tolist():
        assert f"{number:.4f}" in words
