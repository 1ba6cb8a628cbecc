"""Tensors of every dtype, and autocast: matches, grades, losses and Lab give what float32 gives, or one clear line."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from reswd_torch import (
    DirectionReservoirSlicedWasserstein,
    InputError,
    ReservoirSlicedWasserstein,
    SlicedWasserstein,
    color_distance,
    lab_to_srgb,
    match,
    srgb_to_lab,
)
from reswd_torch.settings import METHODS
from tests.conftest import photograph

SOURCE, TARGET = (torch.from_numpy(photograph(i, 48, 48).astype(np.float32)) for i in (0, 1))
FLOATS = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
EIGHT_BITS = [getattr(torch, name) for name in dir(torch) if name.startswith("float8")]
NUMBERS = [torch.uint8, torch.int16, torch.int64, torch.bool, torch.complex64]
AUTOCAST = [None, torch.bfloat16, torch.float16]


def under(kind: torch.dtype | None) -> Any:
    return nullcontext() if kind is None else torch.autocast("cpu", kind)


@pytest.mark.parametrize(
    ("method", "dtype", "autocast"),
    [("fast", dtype, kind) for dtype in FLOATS for kind in AUTOCAST]
    + [(method, torch.bfloat16, torch.bfloat16) for method in METHODS if method != "fast"],
)
def test_a_match_is_that_of_the_same_values_in_float32(
    method: str, dtype: torch.dtype, autocast: torch.dtype | None
) -> None:
    """Oracle: the float32 match of the values that this dtype holds."""
    source, target, weights = (each.to(dtype) for each in (SOURCE, TARGET, SOURCE[..., 0]))
    wanted = match(source.float(), target.float(), method=method, samples=512, source_weights=weights.float())
    with under(autocast):
        grade = match(source, target, method=method, samples=512, source_weights=weights)
    assert torch.equal(grade.apply(SOURCE), wanted.apply(SOURCE))
    assert grade.report is not None and wanted.report is not None
    assert grade.report.distance_after == wanted.report.distance_after


@pytest.mark.parametrize("autocast", AUTOCAST)
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("transform", ["cdl", "lut"])
def test_graded_pictures_have_their_dtype(transform: str, dtype: torch.dtype, autocast: torch.dtype | None) -> None:
    """Oracle: the float64 grade, within the rounding of the dtype."""
    grade = match(SOURCE, TARGET, transform=transform, samples=512)
    picture = SOURCE.to(dtype).clone().requires_grad_()
    with under(autocast):
        graded = grade.apply(picture)
        plain = grade.apply(picture.detach())
    wanted = grade.apply(picture.detach().double())
    close = max(torch.finfo(dtype).eps, 2e-7)
    assert graded.dtype == plain.dtype == dtype
    assert (graded.double() - wanted).abs().max() <= close and (plain.double() - wanted).abs().max() <= close
    graded.float().sum().backward()
    assert picture.grad is not None and picture.grad.dtype == dtype and bool(picture.grad.isfinite().all())


@pytest.mark.parametrize("autocast", AUTOCAST)
@pytest.mark.parametrize("dtype", FLOATS)
def test_lab_is_computed_in_full_precision(dtype: torch.dtype, autocast: torch.dtype | None) -> None:
    """Oracle: float64."""
    colors = SOURCE.reshape(-1, 3).to(dtype)
    wanted = srgb_to_lab(colors.double())
    with under(autocast):
        lab, back = srgb_to_lab(colors), lab_to_srgb(wanted.to(dtype))
        distance = color_distance(colors, TARGET.reshape(-1, 3).to(dtype))
    assert lab.dtype == back.dtype == dtype
    step = torch.finfo(dtype).eps * 64
    assert (lab.double() - wanted).abs().max() <= max(step, 1e-4)
    assert (back.double() - lab_to_srgb(wanted.to(dtype).double())).abs().max() <= max(torch.finfo(dtype).eps, 1e-5)
    assert distance == color_distance(colors.float(), TARGET.reshape(-1, 3).to(dtype).float())


LOSSES: list[Callable[[], torch.nn.Module]] = [
    lambda: SlicedWasserstein(seed=1),
    lambda: SlicedWasserstein(seed=1, p=1),
    lambda: SlicedWasserstein(seed=1, directions="gaussian", control_variate="lower"),
    lambda: SlicedWasserstein(seed=1, directions="gaussian", control_variate="upper"),
    lambda: ReservoirSlicedWasserstein(seed=1),
    lambda: DirectionReservoirSlicedWasserstein(seed=1),
]


@pytest.mark.parametrize("autocast", AUTOCAST[1:])
@pytest.mark.parametrize("dtype", FLOATS[:3])
@pytest.mark.parametrize("made", LOSSES)
def test_losses_under_autocast_are_in_float32(
    made: Callable[[], torch.nn.Module], dtype: torch.dtype, autocast: torch.dtype
) -> None:
    """Oracle: the loss without autocast, of the same values in float32. Also of sets of two dtypes, as models make them."""
    x, y = (each.reshape(-1, 3)[:200].to(dtype).clone() for each in (SOURCE, TARGET))
    plain = x.float().clone().requires_grad_()
    wanted = made()(plain, y.float())
    wanted.backward()
    x.requires_grad_()
    with under(autocast):
        value = made()(x, y)
        mixed = made()(x, y.float())
    value.backward()
    assert value.dtype == mixed.dtype == torch.float32
    assert torch.equal(value, wanted) and torch.equal(mixed, wanted)
    assert x.grad is not None and x.grad.dtype == dtype
    assert torch.allclose(x.grad.float(), plain.grad, rtol=2 * torch.finfo(dtype).eps, atol=1e-6)


def test_losses_say_what_they_take() -> None:
    x = SOURCE.reshape(-1, 3)[:50]
    for dtype in (*FLOATS[:2], *EIGHT_BITS, *NUMBERS):
        for made in LOSSES:
            with pytest.raises(InputError, match=f"^x is {dtype}: convert it to float32 or float64 first"):
                made()(x.to(dtype), x.to(dtype))
    assert SlicedWasserstein()(x.double(), x.double()).dtype == torch.float64


@pytest.mark.parametrize("dtype", [*EIGHT_BITS, *NUMBERS])
def test_what_cannot_be_computed_in_is_refused(dtype: torch.dtype) -> None:
    values = torch.zeros(8, 8, 3).to(dtype)
    what = r"convert it with \.float\(\)" if dtype in EIGHT_BITS else "give floats in 0..1"
    grade = match(SOURCE, TARGET, transform="cdl", samples=64)
    calls: list[Callable[[Tensor], object]] = []
    if dtype != torch.uint8:  # which is a picture
        calls += [lambda v: match(v, TARGET), lambda v: match(SOURCE, v), grade.apply]
    else:
        assert grade.apply(values).dtype == dtype
    if dtype in EIGHT_BITS[:4]:  # in the tests, annotations are checked, and refuse the others
        calls += [
            srgb_to_lab,
            lab_to_srgb,
            lambda v: color_distance(v.reshape(-1, 3), SOURCE.reshape(-1, 3)),
            lambda v: color_distance(SOURCE.reshape(-1, 3), v.reshape(-1, 3)),
        ]
    for call in calls:
        with pytest.raises(InputError, match=f"has dtype {dtype}: {what}"):
            call(values)


def test_views_and_gradients_are_taken_as_they_are() -> None:
    wanted = match(SOURCE, TARGET, samples=512).apply(SOURCE)
    views = [
        SOURCE.permute(2, 0, 1).contiguous().permute(1, 2, 0),
        torch.stack([SOURCE, SOURCE], -1)[..., 0],
        SOURCE.clone().requires_grad_(),
        torch._neg_view(-SOURCE),
    ]
    for view in views:
        grade = match(view, TARGET, samples=512)
        assert torch.equal(grade.apply(SOURCE), wanted)
        assert torch.allclose(grade.apply(view), wanted, atol=1e-6)


@pytest.mark.parametrize("value", [SOURCE.to_sparse(), SOURCE.to("meta")], ids=["sparse", "meta"])
def test_tensors_without_plain_values_are_refused(value: Tensor) -> None:
    grade = match(SOURCE, TARGET, transform="cdl", samples=64)
    for call in (lambda: match(value, TARGET), lambda: grade.apply(value), lambda: srgb_to_lab(value)):
        with pytest.raises(InputError, match="is no dense tensor with values"):
            call()
