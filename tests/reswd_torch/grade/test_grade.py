"""A grade on arrays and tensors, at any strength, and as plain data."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from reswd_torch import Cdl, Grade, InputError, Lut3D
from reswd_torch.grade.grade import grade_from_record
from tests.conftest import photograph

QUICK = settings(max_examples=25, deadline=None, derandomize=True)
LOOK = Cdl((1.2, 0.9, 1.05), (-0.05, 0.02, 0.1), (0.8, 1.3, 1.1), 1.4)


def bent_lut(size: int = 9) -> Lut3D:
    return Lut3D.sample(
        lambda c: torch.stack((c[:, 0] ** 0.8, c[:, 1] * 0.9 + 0.05 * c[:, 2], c[:, 2] ** 1.3), 1), size
    )


GRADES = [Grade(LOOK), Grade(bent_lut())]
both = pytest.mark.parametrize("grade", GRADES, ids=["cdl", "lut"])


@both
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_arrays(grade: Grade, dtype: str) -> None:
    picture = photograph().astype(dtype)
    kept = picture.copy()
    graded = grade.apply(picture)
    assert isinstance(graded, np.ndarray)
    assert (graded.dtype, graded.shape) == (picture.dtype, picture.shape)
    assert np.array_equal(picture, kept)  # the source is left alone
    exact = grade.apply(picture.astype("f8"))
    np.testing.assert_allclose(graded, exact, atol=4 * np.finfo(dtype).eps + 1e-6, rtol=0)


@both
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_tensors(grade: Grade, dtype: torch.dtype) -> None:
    picture = torch.from_numpy(photograph()).to(dtype)
    graded = grade.apply(picture)
    assert isinstance(graded, torch.Tensor)
    assert (graded.dtype, graded.shape, graded.device) == (picture.dtype, picture.shape, picture.device)
    again = grade.apply(picture.float().numpy())
    np.testing.assert_allclose(graded.float().numpy(), again, atol=4 * torch.finfo(dtype).eps + 1e-6, rtol=0)


@both
def test_the_gradient_flows_through(grade: Grade) -> None:
    picture = torch.from_numpy(photograph()).requires_grad_(True)
    grade.apply(picture).sum().backward()
    assert picture.grad is not None
    assert bool(torch.isfinite(picture.grad).all())
    assert float(picture.grad.abs().max()) > 0


@both
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", ">f4"])
def test_strength_0_gives_the_input_back_bit_for_bit(grade: Grade, dtype: str) -> None:
    picture = photograph().astype(dtype)
    same = grade.apply(picture, strength=0)
    assert same.tobytes() == picture.tobytes()
    assert not np.shares_memory(same, picture)
    assert grade.at_strength(0).apply(picture).tobytes() == picture.tobytes()


@both
def test_strength_1_is_the_fit_and_more_moves_further(grade: Grade) -> None:
    picture = photograph()
    assert np.array_equal(grade.apply(picture, strength=1), grade.apply(picture))
    moved = [np.abs(grade.apply(picture, strength=s) - picture).mean() for s in (0.25, 0.5, 1, 2)]
    assert moved == sorted(moved)
    assert moved[0] > 0


@both
@pytest.mark.parametrize("strength", [-0.5, 4.5, float("nan"), float("inf"), "1", None])
def test_strengths_out_of_range(grade: Grade, strength: object) -> None:
    with pytest.raises(InputError, match="strength"):
        grade.at_strength(strength)  # type: ignore[arg-type]
    if strength is not None:
        with pytest.raises(InputError, match="strength"):
            grade.apply(photograph(), strength=strength)  # type: ignore[arg-type]


@both
@pytest.mark.parametrize(
    ("picture", "said"),
    [
        (photograph()[..., :2], r"image has shape \(48, 64, 2\)"),
        ((photograph() * 255).astype(np.int32), "image has dtype int32"),
        (photograph() * 3, "image has values from"),
        (np.full((2, 2, 3), np.nan), "image holds NaN"),
        ("picture.jpg", "image picture.jpg: there is no such file"),
    ],
)
def test_pictures_refused(grade: Grade, picture: object, said: str) -> None:
    for strength in (0, 1):
        with pytest.raises(InputError, match=said):
            grade.apply(picture, strength=strength)  # type: ignore[type-var]


cdls = st.builds(
    Cdl,
    slope=st.tuples(*[st.floats(0.01, 10)] * 3),
    offset=st.tuples(*[st.floats(-2, 2)] * 3),
    power=st.tuples(*[st.floats(0.05, 10)] * 3),
    saturation=st.floats(0, 4),
)


@QUICK
@given(cdls, st.floats(0, 4))
def test_record_of_a_cdl_there_and_back_is_exact(cdl: Cdl, strength: float) -> None:
    grade = Grade(cdl, strength=strength, encoding="Display P3")
    again = grade_from_record(json.loads(json.dumps(grade.to_record())))
    assert (again.transform, again.strength, again.encoding) == (cdl, strength, "Display P3")


@QUICK
@given(st.integers(2, 6), st.integers(0, 99))
def test_record_of_a_lattice_there_and_back_is_exact(size: int, seed: int) -> None:
    lut = Lut3D(torch.rand(size, size, size, 3, generator=torch.Generator().manual_seed(seed)))
    again = grade_from_record(json.loads(json.dumps(Grade(lut, strength=0.7).to_record())))
    assert isinstance(again.transform, Lut3D)
    assert torch.equal(again.transform.values, lut.values)
    assert again.strength == 0.7


def spoil(record: dict, **changes: object) -> dict:
    return {key: value for key, value in (record | changes).items() if value is not None}


CDL_RECORD, LUT_RECORD = (grade.to_record() for grade in GRADES)


@pytest.mark.parametrize(
    "record",
    [
        {},
        spoil(CDL_RECORD, kind="curve"),
        spoil(CDL_RECORD, kind=None),
        spoil(CDL_RECORD, cdl=None),
        spoil(CDL_RECORD, cdl={"slope": [1, 1, 1]}),
        spoil(CDL_RECORD, cdl=CDL_RECORD["cdl"] | {"slope": [1, 1]}),
        spoil(CDL_RECORD, cdl=CDL_RECORD["cdl"] | {"power": ["a", 1, 1]}),
        spoil(CDL_RECORD, cdl=CDL_RECORD["cdl"] | {"power": [0, 1, 1]}),
        spoil(CDL_RECORD, strength="strong"),
        spoil(CDL_RECORD, strength=float("nan")),
        spoil(CDL_RECORD, strength=-1),
        spoil(LUT_RECORD, size=10),
        spoil(LUT_RECORD, size=0),
        spoil(LUT_RECORD, values="not base64!"),
        spoil(LUT_RECORD, values=""),
        spoil(LUT_RECORD, values=LUT_RECORD["values"][:-8]),
    ],
)
def test_damaged_records_are_refused_in_one_line(record: dict) -> None:
    with pytest.raises(InputError) as caught:
        grade_from_record(record)
    assert "\n" not in str(caught.value)


@both
def test_lattice_samples_the_grade_at_its_strength(grade: Grade) -> None:
    half = grade.at_strength(0.5)
    lattice = half.lattice(9)
    colours = torch.tensor([[0.0, 0.5, 1.0], [0.25, 0.25, 0.25]])
    torch.testing.assert_close(lattice.apply(colours), half.apply(colours), atol=1e-6, rtol=0)
