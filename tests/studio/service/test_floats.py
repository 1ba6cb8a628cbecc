"""Grades on floats: inside 0..1 they are what they are everywhere, and outside nothing is cut."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from reswd_torch.grade import Cdl, Grade, Lut3D, load_grade
from reswd_torch.grade.trims import Trims
from studio.media.images.picture import Container, Picture
from studio.service.floats import beyond_range
from studio.service.render import render

CDL = Cdl(slope=(1.3, 1.0, 0.8), offset=(-0.05, 0.0, 0.02), power=(1.1, 1.0, 0.9), saturation=1.2)
SQUARE = Lut3D.sample(lambda rgb: rgb**2 * 0.9)


def spread(dtype: type = np.float32) -> np.ndarray:
    return np.random.default_rng(0).normal(0.5, 1.5, (60, 50, 3)).astype(dtype)


def inside(dtype: type = np.float32) -> np.ndarray:
    return np.random.default_rng(1).uniform(0.2, 0.7, (60, 50, 3)).astype(dtype)


@pytest.mark.parametrize("transform", [CDL, SQUARE])
def test_inside_it_is_the_library_s_own_grade(transform: Cdl | Lut3D) -> None:
    grade = Grade(transform)
    colours = inside()
    np.testing.assert_allclose(render(colours, grade), grade.apply(torch.from_numpy(colours)).numpy(), atol=2e-6)


def test_ten_numbers_are_not_clamped() -> None:
    colours = spread()
    bent = colours * np.float64(CDL.slope) + CDL.offset
    bent = np.where(bent > 0, np.abs(bent) ** CDL.power, bent)
    luma = bent @ np.array([0.2126, 0.7152, 0.0722])
    wanted = luma[..., None] + CDL.saturation * (bent - luma[..., None])
    graded = render(colours, Grade(CDL))
    np.testing.assert_allclose(graded, wanted, rtol=1e-4, atol=1e-5)
    assert graded.min() < -1 and graded.max() > 3


def test_a_lut_keeps_the_distance_to_its_edge() -> None:
    colours = spread()
    edge = colours.clip(0, 1)
    wanted = SQUARE.apply(torch.from_numpy(edge)).numpy() + (colours - edge)
    np.testing.assert_allclose(render(colours, Grade(SQUARE)), wanted, atol=1e-6)


def test_a_lut_with_a_domain_of_its_own_grades_all_of_it(tmp_path: Path) -> None:
    lines = ["LUT_1D_SIZE 2", "DOMAIN_MIN -1 -1 -1", "DOMAIN_MAX 4 4 4", "-2 -2 -2", "8 8 8"]
    (tmp_path / "twice.cube").write_text("\n".join(lines) + "\n")
    colours = spread()
    within = colours.clip(-1, 4)
    graded = render(colours, load_grade(tmp_path / "twice.cube"))
    np.testing.assert_allclose(graded, 2 * within + (colours - within), atol=1e-5)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("grade", [Grade(CDL, strength=0.0), Grade(SQUARE, strength=0.0)])
def test_no_strength_is_exact(grade: Grade, dtype: type) -> None:
    colours = spread(dtype)
    colours[0, 0] = np.nan
    assert render(colours, grade).tobytes() == colours.tobytes()


def test_half_is_the_rounded_result_of_float() -> None:
    half = spread(np.float16)
    grade = Grade(CDL)
    np.testing.assert_array_equal(render(half, grade), render(half.astype(np.float32), grade).astype(np.float16))


@pytest.mark.parametrize("transform", [CDL, SQUARE])
def test_what_is_no_number_stays(transform: Cdl | Lut3D) -> None:
    colours = inside()
    colours[0, 0, 1], colours[1, 1] = np.nan, np.inf
    graded = render(colours, Grade(transform))
    np.testing.assert_array_equal(graded[[0, 1], [0, 1]], colours[[0, 1], [0, 1]])
    assert np.isfinite(graded).all(axis=-1).sum() == 60 * 50 - 2


def test_half_has_a_largest_number() -> None:
    bright = np.full((1, 2, 3), 60000, np.float16)
    graded = render(bright, Grade(Cdl(slope=(2.0, 2.0, 2.0))))
    assert (graded == np.finfo(np.float16).max).all()


def test_masks_and_in_place() -> None:
    colours, weights = spread(np.float16), np.random.default_rng(3).choice([0, 0.5, 1], (60, 50)).astype(np.float32)
    graded = render(colours, Grade(CDL))
    mixed = render(colours, Grade(CDL), weights)
    np.testing.assert_array_equal(mixed[weights == 0], colours[weights == 0])
    np.testing.assert_array_equal(mixed[weights == 1], graded[weights == 1])
    between = (colours.astype(np.float32) + graded) / 2
    np.testing.assert_allclose(mixed[weights == 0.5], between[weights == 0.5], rtol=2e-3, atol=1e-3)
    own = colours.copy()
    assert render(own, Grade(CDL), in_place=True) is own
    np.testing.assert_array_equal(own, graded)


def test_opacity_of_nothing_and_of_all_is_not_divided_by() -> None:
    colours, alpha = spread(), np.ones((60, 50), np.float32)
    alpha[:20], alpha[20:30], alpha[30:35] = 0, np.nan, -1
    grade = Grade(CDL)
    np.testing.assert_array_equal(render(colours, grade, multiplied_by=alpha), render(colours, grade))


def test_trims_are_applied() -> None:
    colours = spread()
    grade = Grade(SQUARE).trimmed(Trims(exposure=0.5))
    assert np.isfinite(render(colours, grade)).all() and render(colours, grade).max() > 3


def test_what_is_said_of_values_outside() -> None:
    floats = Picture(inside(), None, None, (), Path("a.exr"), Container("EXR"))
    codes = Picture(np.zeros((1, 1, 3), np.uint8), None, None, (), Path("a.png"), Container("PNG"))
    assert "without clamps" in beyond_range(floats, Grade(CDL))[0]
    assert "distance to its edge" in beyond_range(floats, Grade(SQUARE))[0]
    assert beyond_range(floats, Grade(CDL, strength=0.0)) == beyond_range(codes, Grade(CDL)) == ()
