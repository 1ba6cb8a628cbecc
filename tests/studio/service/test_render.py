"""Whole pictures of 8 and 16 bits against the float path."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from reswd_torch import Cdl, Grade, Lut3D
from studio.service import render as render_module
from studio.service.render import render

QUICK = settings(max_examples=15, deadline=None, derandomize=True)
LOOK = Cdl((1.2, 0.9, 1.05), (-0.05, 0.02, 0.1), (0.8, 1.3, 1.1), 1.4)
FLAT_SATURATION = Cdl((1.2, 0.9, 1.05), (-0.05, 0.02, 0.1), (0.8, 1.3, 1.1))


def bent_lut(size: int = 33) -> Lut3D:
    return Lut3D.sample(
        lambda c: torch.stack((c[:, 0] ** 0.8, c[:, 1] * 0.913 + 0.0471 * c[:, 2], c[:, 2] ** 1.3), 1), size
    )


GRADES = {
    "cdl": Grade(LOOK),
    "no saturation": Grade(FLAT_SATURATION),
    "lut": Grade(bent_lut()),
    "half": Grade(LOOK, 0.5),
}
every_grade = pytest.mark.parametrize("grade", GRADES.values(), ids=GRADES.keys())
depths = pytest.mark.parametrize("dtype", [np.uint8, np.uint16])


def noise(height: int, width: int, dtype: type, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max + 1, (height, width, 3), dtype)


def by_float(pixels: np.ndarray, grade: Grade) -> np.ndarray:
    """The grade in float64, rounded once."""
    top = np.iinfo(pixels.dtype).max
    return np.rint(grade.apply(pixels.astype(np.float64) / top) * top).astype(np.int64)


@every_grade
@depths
def test_equals_the_float_path(grade: Grade, dtype: type) -> None:
    """At most one code value anywhere, and at most 1% of the values differ."""
    pixels = noise(200, 300, dtype)
    graded = render(pixels, grade)
    assert (graded.dtype, graded.shape) == (pixels.dtype, pixels.shape)
    difference = np.abs(graded.astype(np.int64) - by_float(pixels, grade))
    assert difference.max() <= 1
    assert (difference > 0).mean() <= 0.01
    assert np.abs(graded.astype(int) - pixels.astype(int)).mean() > 0.01 * np.iinfo(dtype).max


@QUICK
@given(
    st.builds(
        Cdl,
        slope=st.tuples(*[st.floats(0.3, 2)] * 3),
        offset=st.tuples(*[st.floats(-0.3, 0.3)] * 3),
        power=st.tuples(*[st.floats(0.4, 2.5)] * 3),
        saturation=st.floats(0, 2),
    ),
    st.sampled_from([np.uint8, np.uint16]),
)
def test_any_cdl_equals_the_float_path(cdl: Cdl, dtype: type) -> None:
    pixels = noise(40, 50, dtype)
    difference = np.abs(render(pixels, Grade(cdl)).astype(np.int64) - by_float(pixels, Grade(cdl)))
    assert difference.max() <= 1
    assert (difference > 0).mean() <= 0.01


@depths
def test_extremes_saturate_instead_of_wrapping(dtype: type) -> None:
    top = np.iinfo(dtype).max
    pixels = np.array([[[0, 0, 0], [top, top, top], [top, 0, 0], [0, top, top]]], dtype)
    for cdl in (Cdl((4.0, 4.0, 4.0), saturation=4.0), Cdl(offset=(-0.9, -0.9, -0.9), saturation=3.0)):
        graded = render(pixels, Grade(cdl))
        assert np.abs(graded.astype(np.int64) - by_float(pixels, Grade(cdl))).max() <= 1


@every_grade
@depths
def test_strength_0_gives_the_same_values(grade: Grade, dtype: type) -> None:
    pixels = noise(20, 30, dtype)
    same = render(pixels, grade.at_strength(0))
    assert np.array_equal(same, pixels)
    assert not np.shares_memory(same, pixels)


@depths
def test_identity_gives_the_same_values(dtype: type) -> None:
    pixels = noise(50, 60, dtype)
    for identity in (Cdl(), Lut3D.sample(lambda c: c, 33)):
        assert np.abs(render(pixels, Grade(identity)).astype(int) - pixels.astype(int)).max() == 0


@every_grade
@depths
def test_weights(grade: Grade, dtype: type) -> None:
    """0 leaves a pixel exactly as it is, 1 grades it, between is mixed; the source stays as it was."""
    pixels = noise(30, 40, dtype)
    kept = pixels.copy()
    weights = np.zeros((30, 40), np.float32)
    weights[:, 10:20], weights[:, 20:30] = 1.0, 0.25
    whole, graded = render(pixels, grade), render(pixels, grade, weights)
    untouched = weights == 0
    assert np.array_equal(graded[untouched], pixels[untouched])
    assert np.array_equal(graded[:, 10:20], whole[:, 10:20])
    mixed = 0.75 * pixels[:, 20:30].astype(np.float64) + 0.25 * whole[:, 20:30]
    assert np.abs(graded[:, 20:30] - mixed).max() <= 0.5 + 1e-2
    assert np.array_equal(pixels, kept)


@every_grade
@depths
def test_strips_meet(grade: Grade, dtype: type, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = noise(37, 41, dtype)
    weights = np.random.default_rng(1).random((37, 41)).astype(np.float32)
    whole = render(pixels, grade, weights)
    for strip in (1, 41, 41 * 5, 41 * 36):
        monkeypatch.setattr(render_module, "_STRIP_PIXELS", strip)
        assert np.array_equal(render(pixels, grade, weights), whole)


@every_grade
@depths
@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1)])
def test_thin_pictures(grade: Grade, dtype: type, shape: tuple[int, int]) -> None:
    pixels = noise(*shape, dtype)
    assert np.abs(render(pixels, grade).astype(np.int64) - by_float(pixels, grade)).max() <= 1


@every_grade
@depths
def test_views_of_any_stride(grade: Grade, dtype: type) -> None:
    pixels = noise(40, 60, dtype)
    for view in (pixels[::2, ::3], pixels[::-1], pixels[..., ::-1], pixels.transpose(1, 0, 2)):
        assert np.array_equal(render(view, grade), render(view.copy(), grade))


@every_grade
@depths
@pytest.mark.parametrize("threads", [1, 2])
def test_in_place_gives_the_same(grade: Grade, dtype: type, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    before = torch.get_num_threads()
    monkeypatch.setattr(render_module, "_STRIP_PIXELS", 500)
    torch.set_num_threads(threads)
    pixels = noise(60, 40, dtype)
    expected = render(pixels, grade)
    graded = render(pixels, grade, in_place=True)
    torch.set_num_threads(before)
    assert np.shares_memory(graded, pixels)
    assert np.array_equal(graded, expected)


def test_in_place_leaves_what_it_must_not_write() -> None:
    pixels = noise(30, 20, np.uint8)
    kept = pixels.copy()
    render(pixels, GRADES["cdl"], np.full((30, 20), 0.5, np.float32), in_place=True)
    assert np.array_equal(pixels, kept)  # weights mix the graded with the ungraded
    pixels.flags.writeable = False
    assert not np.array_equal(render(pixels, GRADES["cdl"], in_place=True), kept)
    assert np.array_equal(pixels, kept)
